"""Write docs/tables.md from the comments of the tables and views; `--check` says if it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

import sqlalchemy as sa

from catalog.database.schema import metadata
from catalog.database.views import views
from catalog.query.described import type_of

TARGET = Path(__file__).parent.parent / "docs" / "tables.md"

# In the order of a reader's questions: what is there, how it is connected, how it came here.
CHAPTERS = {
    "What is there": (
        *("hierarchy", "zarr_group", "scene", "scene_image", "image", "resolution_level"),
        "extent",
        *("channel", "label_image", "plate", "well", "crate", "crate_term"),
    ),
    "How it is connected": (
        *("coordinate_system", "axis_layout", "axis", "transformation", "component"),
    ),
    "How much there is": ("facet_count",),
    "How it came here": ("crawl", "problem", "id_counter"),
}

HEAD = """\
# Tables

What `catalog -d URL` keeps, for people who ask in SQL. This page is made from the comments of
the schema (PostgreSQL shows them too) by `python scripts/document_tables.py`.

- The same tables, columns, names of constraints and order of text (byte by byte) in SQLite and
  PostgreSQL. Times are UTC. Columns that hold JSON hold it as text.
- A hierarchy or a group with `removed_at` was found to be gone. Its last state is kept;
  leave it out with `WHERE removed_at IS NULL`.
- Ids of hierarchies, groups, images and coordinate systems stay while what they mean stays.
  No id is ever used twice.

Which image lies in which scene:

```sql
SELECT s.url AS scene, i.url AS image
FROM scene_image
JOIN zarr_group AS s ON s.id = scene_image.scene_id
JOIN zarr_group AS i ON i.id = scene_image.image_group_id
WHERE s.removed_at IS NULL;
```
"""

VIEWS = """\
## Views for reports

They say in plain columns what the tables keep in pieces, and leave out what was removed.
[reports.md](reports.md) has questions to start from.
"""


def document() -> str:
    """Describe all tables in Markdown."""
    listed = [name for names in CHAPTERS.values() for name in names]
    missing = set(metadata.tables) ^ set(listed)
    if missing:
        raise SystemExit(f"not in any chapter, or no table: {', '.join(sorted(missing))}")
    parts = [HEAD]
    for title, names in CHAPTERS.items():
        parts.append(f"## {title}\n")
        parts.extend(_table(metadata.tables[name]) for name in names)
    parts.append(VIEWS)
    parts.extend(_table(view) for view in views.tables.values())
    return "\n".join(parts)


def _table(table: sa.Table) -> str:
    lines = [f"### {table.name}\n", f"{table.comment}.\n", "| column | type | |", "|---|---|---|"]
    lines += [
        f"| `{column.name}` | {type_of(column)} | {_meaning(column)} |" for column in table.columns
    ]
    lines.append("")
    unique = [
        f"`{', '.join(column.name for column in constraint.columns)}`"
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint)
    ]
    if unique:
        lines += [f"Unique: {'; '.join(unique)}.", ""]
    if table.indexes:
        names = sorted(
            ", ".join(column.name for column in index.columns) for index in table.indexes
        )
        lines += [f"Indexed by: {'; '.join(f'`{name}`' for name in names)}.", ""]
    return "\n".join(lines)


def _meaning(column: sa.Column[object]) -> str:
    words = (column.comment or "").replace("|", "\\|")
    if column.primary_key:
        words = f"**Key.** {words}"
    keys = [f"{key.column.table.name}.{key.column.name}" for key in column.foreign_keys]
    if "ids_of" in column.info:
        keys.append(f"{column.info['ids_of']}.id")
    return " → ".join([words, *[f"`{key}`" for key in keys]])


def main() -> None:
    """Write the page, or check it."""
    text = document()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text() != text:
            raise SystemExit(f"{TARGET} is stale: python scripts/document_tables.py")
        return
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
