"""Search in PostgreSQL: GIN over the words of each `search_text`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSQUERY

from catalog.database.dialects.searching import Matching, PatternPart, Wildcard, Word
from catalog.database.schema import SEARCHED

ESTIMATES = True

_UNKNOWN = 0.0051
"""Part of all rows that the planner expects, at most, of a word that it does not know."""

_LITTLE = 1_000

SEARCH_INDEXES = frozenset(f"ix_{table}_search_text" for table in SEARCHED)


def words_added(connection: sa.Connection, table: sa.Table, keys: Sequence[object]) -> None:
    """Do nothing: the index follows its table."""


def words_gone(
    connection: sa.Connection, table: sa.Table, rows: sa.Select[tuple[int, str]]
) -> None:
    """Do nothing: the index follows its table."""


def words_anew(connection: sa.Connection) -> None:
    """Do nothing: the index follows its table."""


def matching(
    table: sa.Table, key: sa.Column[int], wanted: Sequence[Word], unwanted: Sequence[Word]
) -> Matching:
    """Ask the index over the words as they stand: no parser of PostgreSQL splits them again."""
    text = table.c.search_text
    # Constants, not parameters: the index is over this very expression.
    vector = sa.func.array_to_tsvector(sa.func.string_to_array(text, sa.literal_column("' '")))

    def has(words: Sequence[Word], between: str) -> sa.ColumnElement[bool]:
        query = sa.literal(between.join(map(_tsquery, words)), sa.Text)
        return vector.op("@@", is_comparison=True)(sa.cast(query, TSQUERY))

    conditions = []
    if wanted:
        conditions.append(has(wanted, " & "))
    if unwanted:
        conditions.append(sa.not_(has(unwanted, " | ")))
    return Matching(sa.and_(*conditions), None, key)


def picked(
    connection: sa.Connection, key: sa.Column[int], condition: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    """Collect what matches before anything else, where the planner knows it to be little.

    Of a word that its statistics lack it knows no more than that, and would rather walk
    through the whole table, in the order asked for, until a page is full.
    """
    found = sa.select(key).where(condition)
    query = found.compile(dialect=connection.dialect)
    explain = f"EXPLAIN (FORMAT JSON) {query}"
    plan = connection.exec_driver_sql(explain, query.params).scalar_one()
    rows = connection.exec_driver_sql(
        "SELECT reltuples FROM pg_class WHERE oid = %(name)s::regclass", {"name": key.table.name}
    ).scalar_one()
    if plan[0]["Plan"]["Plan Rows"] > max(_UNKNOWN * rows, _LITTLE):
        return condition
    return key == sa.func.any(sa.func.array(found.correlate(None).scalar_subquery()))


def _tsquery(word: Word) -> str:
    return f"'{word.text}':*" if word.prefix else f"'{word.text}'"


def like(column: sa.ColumnElement[str], pattern: Sequence[PatternPart]) -> sa.ColumnElement[bool]:
    """Use LIKE."""
    signs = {Wildcard.ANY: "%", Wildcard.ONE: "_"}
    text = "".join(
        re.sub(r"[%_\\]", r"\\\g<0>", part) if isinstance(part, str) else signs[part]
        for part in pattern
    )
    return column.like(sa.literal(text, sa.Text))


def unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Leave it to the planner, which knows better."""
    return column


def seldom(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Leave it to the planner, which knows better."""
    return condition


def written(statement: sa.Select[Any]) -> str:
    """Write a statement with its values in it."""
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
