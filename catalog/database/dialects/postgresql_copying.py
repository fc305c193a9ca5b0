"""Rows of parcels as the lines that COPY reads, which SQLite writes.

In Python a row costs as much as all else that is done to write it, and keeps those who read
from going on. The form is CSV whose values are quoted as in SQL: what `%Q` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import sqlalchemy as sa

from catalog.database.dialects.staged import Staged, Statement

FORM = "FORMAT csv, QUOTE '''', NULL 'NULL'"
"""What COPY has to be told."""

_ROWS_AT_ONCE = 1024


def lines(
    table: sa.Table, columns: Sequence[str], staged: Staged, rows: Statement
) -> Iterator[str]:
    """Give the lines of rows, those of many together.

    Parameters
    ----------
    rows
        Selects the columns of the table, of staged rows between ``:after`` and ``:until``.
    """
    text = _statement(table, tuple(columns), rows.text)
    after, until = rows.values["after"], rows.values["until"]
    for start in range(after, until, _ROWS_AT_ONCE):
        end = min(start + _ROWS_AT_ONCE, until)
        values = {**rows.values, "after": start, "until": end}
        (found,) = staged.connection.execute(text, values).fetchone()
        if found is not None:
            yield found + "\n"


@lru_cache(maxsize=128)
def _statement(table: sa.Table, columns: tuple[str, ...], rows: str) -> str:
    names = [f"c{number}" for number in range(len(columns))]
    cells = [_cell(name, table.c[column]) for name, column in zip(names, columns, strict=True)]
    line = f"printf('{','.join(['%Q'] * len(names))}', {', '.join(cells)})"
    return (
        f"WITH given({', '.join(names)}) AS ({rows}) "
        f"SELECT group_concat({line}, char(10)) FROM given"
    )


def _cell(name: str, column: sa.Column[object]) -> str:
    """Write in SQL what stands for a value: a text, or what is one without loss, or NULL."""
    if isinstance(column.type, sa.LargeBinary):
        return rf"CASE WHEN {name} IS NOT NULL THEN '\x' || hex({name}) END"
    if isinstance(column.type, sa.Double):
        # `%Q` would round it. Infinity is a number that is too large, to some versions.
        return f"nullif(replace(quote({name}), '9.0e+999', 'Infinity'), 'NULL')"
    return name
