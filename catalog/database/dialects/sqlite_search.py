"""Search in SQLite: FTS5 tables, one beside each table with a `search_text`.

They keep no text of their own, so what enters and leaves the tables is told to them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from catalog.database.dialects.searching import Matching, PatternPart, Wildcard, Word
from catalog.database.dialects.staged import Statement
from catalog.database.prepared import Prepared, parameter
from catalog.database.schema import SEARCHED

# SQLite guesses that a range holds a quarter of a table, whatever it holds.
ESTIMATES = False

SEARCH_INDEXES: frozenset[str] = frozenset()


def words_added(connection: sa.Connection, table: sa.Table, texts: Statement) -> None:
    """Take rows into the index, in one statement: one for each row takes six times as long."""
    connection.exec_driver_sql(
        f"INSERT INTO {table.name}_words (rowid, search_text) {texts.text} ORDER BY 1",
        texts.values,
    )


@cache
def _index(table: str) -> sa.TableClause:
    name = f"{table}_words"
    rowid = sa.column("rowid", sa.Integer)
    return sa.table(name, sa.column(name, sa.Text), rowid, sa.column("search_text", sa.Text))


def words_gone(
    connection: sa.Connection, table: sa.Table, rows: sa.Select[tuple[int, str]]
) -> None:
    """Take rows out of the index, which has to be told what it holds of them."""
    index = _index(table.name)
    name = index.name
    key, text = rows.selected_columns
    gone = rows.with_only_columns(sa.literal("delete"), key, text).where(text != "")
    connection.execute(sa.insert(index).from_select([name, "rowid", "search_text"], gone))


def words_anew(connection: sa.Connection) -> None:
    """Make the indexes anew."""
    for table in SEARCHED:
        name = f"{table}_words"
        connection.exec_driver_sql(f"INSERT INTO {name} ({name}) VALUES ('rebuild')")


def word_queries(wanted: Sequence[Word], unwanted: Sequence[Word]) -> tuple[str | None, str | None]:
    """Write both as one query: what is to be left out cannot be asked for alone."""
    without = " OR ".join(map(_fts5, unwanted))
    if not wanted:
        return None, without or None
    query = " AND ".join(map(_fts5, wanted))
    return f"({query}) NOT ({without})" if without else query, None


def matching(
    table: sa.Table,
    key: sa.Column[int],
    wanted: sa.ColumnElement[str] | None,
    unwanted: sa.ColumnElement[str] | None,
) -> Matching:
    """Ask the index, whose rows come in the order of the key."""
    index = _index(table.name)
    column = index.c[index.name]
    if wanted is None:
        listed = sa.select(index.c.rowid).where(column.op("MATCH")(unwanted))
        return Matching(key.not_in(listed), None, key)
    return Matching(column.op("MATCH", is_comparison=True)(wanted), index, index.c.rowid)


def as_many(
    connection: sa.Connection, some: sa.Select[Any], values: Sequence[Any], most: int
) -> bool:
    """Count them, up to so many."""
    counted = _counted(some, len(values)).rows(connection, [*values, most])
    return bool(counted[0][0] == most)


@lru_cache(maxsize=1_000)
def _counted(some: sa.Select[Any], most: int) -> Prepared:
    some = some.limit(parameter(most, sa.BigInteger()))
    return Prepared(sa.select(sa.func.count()).select_from(some.subquery()))


def few_expected(
    connection: sa.Connection, table: sa.Table, found: sa.Select[Any], values: Sequence[Any]
) -> bool | None:
    """Ask nothing: the index gives rows in the order of pages, many or few."""
    return None


def picked(key: sa.Column[int], condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Leave it as it is."""
    return condition


def _fts5(word: Word) -> str:
    return f'"{word.text}" *' if word.prefix else f'"{word.text}"'


def holds(text: sa.ColumnElement[str], part: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Find the part byte by byte."""
    return sa.func.instr(text, part, type_=sa.Integer) > sa.literal_column("0")


def pattern(parts: Sequence[PatternPart]) -> str:
    """Write a pattern of GLOB: LIKE takes capital letters for small ones."""
    signs = {Wildcard.ANY: "*", Wildcard.ONE: "?"}
    return "".join(
        re.sub(r"[*?\[]", r"[\g<0>]", part) if isinstance(part, str) else signs[part]
        for part in parts
    )


def like(column: sa.ColumnElement[str], pattern: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Use GLOB."""
    return column.op("GLOB", is_comparison=True)(pattern)


def unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Put a sign before a column that changes nothing, and that no index is over."""
    sign = sa.sql.operators.custom_op[Any]("+")
    return sa.sql.elements.UnaryExpression(column, operator=sign, type_=column.type)


def tied(condition: sa.ColumnElement[bool], key: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Say a condition of another table together with a key, which changes nothing.

    Where it is said of the other table alone, SQLite reads all of that table before the first
    row, for a filter that says which of its rows fit.
    """
    return sa.case((key == sa.literal_column("-1"), sa.null()), else_=condition)


def seldom(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Tell the planner that little fits, which changes nothing else."""
    # As a number: what is boolean would be compared to 1, and that no index serves.
    little: sa.ColumnElement[float] = sa.literal_column("0.0001")
    return sa.func.likelihood(condition, little, type_=sa.Integer)


def written(statement: sa.Select[Any]) -> str:
    """Write a statement with its values in it."""
    dialect = sqlite.dialect(paramstyle="named")
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
