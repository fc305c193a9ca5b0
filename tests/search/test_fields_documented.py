from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from catalog.query.search.cql import parse_filter
from catalog.query.search.subjects import SUBJECTS

ROOT = Path(__file__).parents[2]


def test_the_page_of_fields_is_up_to_date() -> None:
    script = ROOT / "scripts" / "document_fields.py"
    run = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_every_field_says_what_it_is_by_an_example_that_can_be_asked() -> None:
    for subject in SUBJECTS.values():
        names = [field.name for field in subject.fields]
        assert len(set(names)) == len(names)
        for field in subject.fields:
            assert field.meaning[0].isupper()
            assert (field.column is None) != (field.many is None)
            assert parse_filter(field.example, subject)
