"""Write the answers to the questions of docs/reports.md into it; `--check` says if they are stale.

Each question is an SQL block, whose first line may give parameters (``sql size=0.5``). They
are asked of the example scenes, as if these lay in ``/data/scenes``.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
from pathlib import Path

from catalog import Catalog
from catalog.cli.output import cell
from catalog.cli.sql import parameter

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "reports.md"
SHOWN = "file:///data/scenes"

QUESTION = re.compile(
    r"^```sql(?P<given>[^\n]*)\n(?P<sql>.*?)^```\n(?:\n```text\n.*?^```\n)?",
    re.DOTALL | re.MULTILINE,
)


def write_scenes(folder: Path) -> None:
    """Write the example scenes."""
    spec = importlib.util.spec_from_file_location(
        "write_scenes_for_reports", CHECKOUT / "examples" / "write_scenes.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write_all(folder)


def answered(page: str, catalog: Catalog, folder: Path) -> str:
    """Give a page with the answers of a catalog of the scenes in `folder`."""
    place = folder.as_uri()

    def answer(found: re.Match[str]) -> str:
        given = dict(pair.split("=", 1) for pair in found["given"].split())
        parameters = {name: parameter(value.replace(SHOWN, place)) for name, value in given.items()}
        with catalog.sql(found["sql"], parameters) as rows:
            lines = [
                [cell(value).replace(place, SHOWN) for value in row]
                for row in (rows.columns, *rows)
            ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )
        question = f"```sql{found['given']}\n{found['sql']}```\n"
        return f"{question}\n```text\n{table}\n```\n"

    return QUESTION.sub(answer, page)


def main() -> None:
    """Write the page, or check it."""
    written = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve() / "scenes"
        write_scenes(folder)
        with Catalog(str(Path(made) / "catalog.db")) as catalog:
            catalog.index(folder)
            fresh = answered(written, catalog, folder)
    if "--check" in sys.argv[1:]:
        if fresh != written:
            raise SystemExit(f"{PAGE} is stale: python scripts/document_reports.py")
        return
    PAGE.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
