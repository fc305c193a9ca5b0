"""A prepared statement gives and takes what SQLAlchemy would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.database.prepared import Prepared, by_name, parameter
from catalog.database.types import UtcTime
from catalog.errors import DatabaseError

MOMENT = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
VALUES = ["Größe", 2**40, 0.1, True, MOMENT]
TYPES = [sa.Text(), sa.BigInteger(), sa.Double(), sa.Boolean(), UtcTime()]


def test_values_go_in_and_come_out_as_they_are(database_url: str) -> None:
    given = [parameter(number, type_) for number, type_ in enumerate(TYPES)]
    statement = sa.select(*[value.label(f"c{n}") for n, value in enumerate(given)])
    prepared = Prepared(statement)
    with Database(database_url) as database, database.reading() as connection:
        for turn in range(8):  # drivers prepare what comes again
            values = [VALUES[0], 2**40 + turn, *VALUES[2:]]
            (row,) = prepared.rows(connection, values)
            assert row == tuple(values)
            assert row[3] is True
            assert row[4].tzinfo is UTC
        assert tuple(connection.execute(statement, by_name(VALUES)).one()) == tuple(VALUES)
        assert [tuple(row) for row in prepared.stream(connection, VALUES)] == [tuple(VALUES)]


def test_values_are_known_by_their_numbers(database_url: str) -> None:
    first, second = parameter(0, sa.Integer()), parameter(1, sa.Integer())
    prepared = Prepared(sa.select(second, first, second - first))
    with Database(database_url) as database, database.reading() as connection:
        assert prepared.rows(connection, [3, 10, "not used"]) == [(10, 3, 7)]


def test_a_complaint_is_that_of_sqlalchemy(database_url: str) -> None:
    prepared = Prepared(sa.select(sa.literal_column("nothing").label("n")))
    with Database(database_url) as database:
        with (
            database.reading() as connection,
            pytest.raises(sa.exc.DBAPIError, match="nothing"),
        ):
            prepared.rows(connection)
        # The connection is as good as before.
        with database.reading() as connection:
            assert Prepared(sa.select(sa.literal_column("1"))).rows(connection) == [(1,)]


def test_a_reader_writes_nothing(database_url: str) -> None:
    with Database(database_url) as database, database.reading() as connection:
        raw = connection.connection.cursor()
        with pytest.raises(connection.dialect.loaded_dbapi.Error, match="read"):
            raw.execute("DELETE FROM crawl")
        raw.close()


def test_a_lost_connection_is_an_error_once(postgresql_url: str) -> None:
    one = Prepared(sa.select(sa.literal_column("1")))
    with Database(postgresql_url) as database:
        with database.reading() as connection:
            ((pid,),) = Prepared(sa.select(sa.func.pg_backend_pid())).rows(connection)
        with database.writing() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        with pytest.raises(DatabaseError), database.reading() as connection:
            one.rows(connection)
        with database.reading() as connection:
            assert one.rows(connection) == [(1,)]
