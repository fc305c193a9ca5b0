"""Rows of a parcel arrive as they are, whatever stands in them."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.database.dialects.staged import Statement
from catalog.database.engine import Database

VALUES = sa.Table(
    "values_of_all_kinds",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("words", sa.Text),
    sa.Column("number", sa.Double),
    sa.Column("data", sa.LargeBinary),
    sa.Column("is_so", sa.Boolean),
    sa.Column("last", sa.Text),
)
COLUMNS = tuple(VALUES.c.keys())

TEXTS = st.none() | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.none() | st.floats(allow_nan=False),
        st.none() | st.binary(max_size=20),
        st.none() | st.booleans(),
        TEXTS,
    ),
    max_size=5,
)
AWKWARD = ("", "NULL", "'", "''", '"', "\\.", "\\N", ",", "\n", "\r\n", "\t", "a\n\\.\nb", "\x01")


@pytest.fixture
def place(database: Database) -> Database:
    """Lend a database with a table for values of all kinds."""
    with database.writing(alone=True) as connection:
        VALUES.create(connection)
    return database


def arrived(database: Database, rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Stage rows and insert them; give what is in the table then."""
    names = ", ".join(COLUMNS)
    with closing(sqlite3.connect(":memory:")) as parcel:
        parcel.execute(f"CREATE TABLE {VALUES.name} ({names})")
        parcel.executemany(
            f"INSERT INTO {VALUES.name} VALUES (?, ?, ?, ?, ?, ?)",
            [(number, *row) for number, row in enumerate(rows)],
        )
        parcel.commit()
        staged_rows = parcel.serialize()

    def insert(connection: sa.Connection) -> None:
        connection.execute(VALUES.delete())
        with database.dialect.staged(connection, staged_rows) as staged:
            text = (
                f"SELECT {names} FROM {staged.schema}.{VALUES.name} "
                "WHERE rowid > :after AND rowid <= :until"
            )
            chosen = Statement(text, {"after": 0, "until": len(rows)})
            database.dialect.insert_staged(connection, VALUES, COLUMNS, staged, chosen)

    database.transact(insert)
    found = database.ask(
        lambda connection: connection.execute(sa.select(VALUES).order_by(VALUES.c.id)).all()
    )
    return [tuple(row[1:]) for row in found]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS)
def test_values_of_all_kinds(place: Database, rows: list[tuple[object, ...]]) -> None:
    assert arrived(place, rows) == rows


def test_what_might_be_taken_for_something_else(place: Database) -> None:
    rows: list[tuple[object, ...]] = [(text, 0.1, b"\\x00'", True, text) for text in AWKWARD]
    rows += [(None, None, None, None, text) for text in AWKWARD]
    rows += [("", number, b"", False, None) for number in (math.inf, -math.inf, -0.0, 1e-320)]
    assert arrived(place, rows) == rows


def test_more_rows_than_go_at_once(place: Database) -> None:
    rows: list[tuple[object, ...]] = [
        (str(number), number / 3, None, None, None) for number in range(2500)
    ]
    assert arrived(place, rows) == rows
    assert arrived(place, []) == []
