"""Search in PostgreSQL: GIN over the words of each `search_text`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import TSQUERY

from catalog.database.dialects.searching import Matching, PatternPart, Wildcard, Word
from catalog.database.dialects.staged import Statement
from catalog.database.prepared import Prepared
from catalog.database.schema import SEARCHED

ESTIMATES = True

_UNKNOWN = 0.0051
"""Part of all rows that the planner expects, at most, of a word that it does not know."""

_LITTLE = 1_000

WORD_INDEXES = frozenset(f"ix_{table}_search_text" for table in SEARCHED)
SEARCH_INDEXES = WORD_INDEXES | {"ix_extent_box"}


def words_added(connection: sa.Connection, table: sa.Table, texts: Statement) -> None:
    """Do nothing: the index follows its table."""


def words_gone(
    connection: sa.Connection, table: sa.Table, rows: sa.Select[tuple[int, str]]
) -> None:
    """Do nothing: the index follows its table."""


def words_anew(connection: sa.Connection) -> None:
    """Do nothing: the index follows its table."""


def word_queries(wanted: Sequence[Word], unwanted: Sequence[Word]) -> tuple[str | None, str | None]:
    """Write a query of each."""
    return " & ".join(map(_tsquery, wanted)) or None, " | ".join(map(_tsquery, unwanted)) or None


def matching(
    table: sa.Table,
    key: sa.Column[int],
    wanted: sa.ColumnElement[str] | None,
    unwanted: sa.ColumnElement[str] | None,
) -> Matching:
    """Ask the index over the words as they stand: no parser of PostgreSQL splits them again."""
    text = table.c.search_text
    # Constants, not parameters: the index is over this very expression.
    vector = sa.func.array_to_tsvector(sa.func.string_to_array(text, sa.literal_column("' '")))

    def has(query: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        return vector.op("@@", is_comparison=True)(sa.cast(query, TSQUERY))

    conditions = []
    if wanted is not None:
        conditions.append(has(wanted))
    if unwanted is not None:
        conditions.append(sa.not_(has(unwanted)))
    return Matching(sa.and_(*conditions), None, key)


def as_many(
    connection: sa.Connection, some: sa.Select[Any], values: Sequence[Any], most: int
) -> bool:
    """Ask the planner how many it expects."""
    return _expected(connection, some, values) >= most


def _expected(connection: sa.Connection, some: sa.Select[Any], values: Sequence[Any]) -> int:
    plan = _explained(some).rows(connection, values)[0][0]
    return int(plan[0]["Plan"]["Plan Rows"])


def few_expected(
    connection: sa.Connection, table: sa.Table, found: sa.Select[Any], values: Sequence[Any]
) -> bool | None:
    """Tell whether the planner knows what matches to be little.

    Of a word that its statistics lack it knows no more than that, and would rather walk
    through the whole table, in the order asked for, until a page is full. Where that is
    right, words are not asked of the index: to split each row that is passed takes longer
    than to look whether it has them, 4 µs to 0.4.
    """
    rows: float = _rows_of(table.name).rows(connection)[0][0]
    return _expected(connection, found, values) <= max(_UNKNOWN * rows, _LITTLE)


@lru_cache(maxsize=100)
def _explained(statement: sa.Select[Any]) -> Prepared:
    return Prepared(statement, before="EXPLAIN (FORMAT JSON) ")


@cache
def _rows_of(table: str) -> Prepared:
    class_ = sa.table("pg_class", sa.column("reltuples"), sa.column("oid"))
    named: sa.ColumnElement[int] = sa.literal_column(f"'{table}'::regclass")
    return Prepared(sa.select(class_.c.reltuples).where(class_.c.oid == named))


def picked(key: sa.Column[int], condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Collect what matches before anything else."""
    found = sa.select(key).where(condition)
    return key == sa.func.any(sa.func.array(found.correlate(None).scalar_subquery()))


def _tsquery(word: Word) -> str:
    return f"'{word.text}':*" if word.prefix else f"'{word.text}'"


def holds(text: sa.ColumnElement[str], part: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Find the part; of this, unlike LIKE, the planner does not think that nothing fits."""
    return sa.func.strpos(text, part, type_=sa.Integer) > sa.literal_column("0")


def pattern(parts: Sequence[PatternPart]) -> str:
    """Write a pattern of LIKE."""
    signs = {Wildcard.ANY: "%", Wildcard.ONE: "_"}
    return "".join(
        re.sub(r"[%_\\]", r"\\\g<0>", part) if isinstance(part, str) else signs[part]
        for part in parts
    )


def like(column: sa.ColumnElement[str], pattern: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Use LIKE."""
    return column.like(pattern)


def unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Leave it to the planner, which knows better."""
    return column


def tied(condition: sa.ColumnElement[bool], key: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Leave it to the planner, which knows better."""
    return condition


def seldom(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Leave it to the planner, which knows better."""
    return condition


def written(statement: sa.Select[Any]) -> str:
    """Write a statement with its values in it."""
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
