"""The pictures of docs/drawings.md are what is drawn today."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_pictures_are_up_to_date() -> None:
    script = ROOT / "scripts" / "document_drawings.py"
    run = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_the_page_counts_rightly() -> None:
    page = (ROOT / "docs" / "drawings.md").read_text(encoding="utf-8")
    picture = (ROOT / "docs" / "drawings" / "atlas.svg").read_text(encoding="utf-8")
    (said,) = re.findall(r"These are ([\d,]+) coordinate systems", page)
    assert f"<desc>{said.replace(',', '')} coordinate systems" in picture
