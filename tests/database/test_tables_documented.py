from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from catalog.database.engine import Database

ROOT = Path(__file__).parents[2]


def test_the_page_of_tables_is_up_to_date() -> None:
    script = ROOT / "scripts" / "document_tables.py"
    run = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_its_example_runs(database: Database, writer, crawl_id, scene_record) -> None:
    writer.write([scene_record("file:///data/a.zarr")], crawl_id)
    page = (ROOT / "docs" / "tables.md").read_text()
    [query] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    with database.reading() as connection:
        assert len(connection.execute(sa.text(query)).all()) == 5
