"""Write docs/fields.md from the fields of searches; `--check` only says if it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

from catalog.query.search.asking import fields
from catalog.query.search.subjects import SUBJECTS

TARGET = Path(__file__).parent.parent / "docs" / "fields.md"

HEAD = """\
# Fields of searches

What `catalog search --where`, `--sort` and `--facet` take, for each kind of thing; `catalog fields`
prints the same. This page is made by `python scripts/document_fields.py`.

A filter of an *indexed* field that little fits is answered at once, however much there is. Fields
marked *many* may have several values for one thing, or none: a filter fits where one value does,
and nothing can be sorted by them. [Searching](search.md) says how to write a filter.
"""


def document() -> str:
    """Describe all fields in Markdown."""
    parts = [HEAD]
    for name, subject in SUBJECTS.items():
        many = {each.name for each in subject.fields if each.many is not None}
        parts.append(f"## {name}\n\n| field | type | | example | indexed |\n|---|---|---|---|---|")
        parts += [
            f"| `{each.name}` | {each.type}{', many' if each.name in many else ''} "
            f"| {each.meaning} | `{each.example}` | {'yes' if each.indexed else ''} |"
            for each in fields(name)
        ]
        parts.append("")
    return "\n".join(parts)


def main() -> None:
    """Write the page, or check it."""
    text = document()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            raise SystemExit(f"{TARGET} is stale: python scripts/document_fields.py")
        return
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
