"""SQL that somebody typed: answers alike on both databases, and errors that show the place."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest

from catalog.crawl.records import HierarchyRecord
from catalog.database.asking import Answer, ask
from catalog.database.engine import Database
from catalog.database.writer import Writer
from catalog.errors import DatabaseError, StatementError, TimeLimitError, UsageError

COUNTING = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"


def place(error: StatementError) -> tuple[int | None, int | None]:
    return error.line, error.column


def test_an_answer_has_columns_and_rows(database: Database) -> None:
    with ask(database, "SELECT 1 AS one, 'x' AS two, NULL AS three, 0.5 AS half") as answer:
        assert answer.columns == ("one", "two", "three", "half")
        assert list(answer) == [(1, "x", None, 0.5)]
        assert not answer.cut
    assert list(answer) == []


def test_columns_of_the_same_name_are_told_apart(database: Database) -> None:
    answer = ask(database, "SELECT 1 AS a, 2 AS a, 3 AS a_2")
    assert answer.columns == ("a", "a_2", "a_2_2")
    answer.close()


def test_values_are_alike_on_both(
    database: Database, writer: Writer, crawl_id: int, scene_record: Callable[..., HierarchyRecord]
) -> None:
    writer.write([scene_record("file:///data/a.zarr", images=2, levels=1)], crawl_id)
    [row] = ask(
        database,
        "SELECT COUNT(*), SUM(bytes), AVG(size_x), MIN(url), MAX(voxel_size_x), MIN(indexed_at) "
        "FROM report_image",
    )
    assert row[:5] == (2, 2 * 64**3 * 2, 64.0, "file:///data/a.zarr/tile_0", 2.0)
    assert [type(value) for value in row] == [int, int, float, str, float, str]
    assert isinstance(row[5], str)
    assert len(row[5]) == len("2026-05-01 12:00:00.000000")
    [(digest,)] = ask(database, "SELECT digest FROM hierarchy")
    assert digest == b"1"


def test_times_are_compared_as_they_are_shown(
    database: Database, writer: Writer, crawl_id: int, scene_record: Callable[..., HierarchyRecord]
) -> None:
    writer.write([scene_record("file:///data/a.zarr", images=1)], crawl_id)
    after = "SELECT COUNT(*) FROM report_hierarchy WHERE indexed_at > :time"
    assert list(ask(database, after, {"time": "2020-01-01"})) == [(1,)]
    assert list(ask(database, after, {"time": "2999-01-01"})) == [(0,)]


def test_more_rows_than_a_block_come_in_order(database: Database) -> None:
    answer = ask(database, COUNTING.format(3_500) + " SELECT i FROM n", limit=None)
    assert [i for (i,) in answer] == list(range(1, 3_501))
    assert not answer.cut


@pytest.mark.parametrize(
    ("limit", "count", "cut"), [(0, 0, True), (1, 1, True), (5, 5, False), (9, 5, False)]
)
def test_a_limit_is_said(database: Database, limit: int, count: int, cut: bool) -> None:
    answer = ask(database, COUNTING.format(5) + " SELECT i FROM n", limit=limit)
    assert len(list(answer)) == count
    assert answer.cut is cut


def test_an_answer_may_be_left_before_its_end(database: Database) -> None:
    with ask(database, COUNTING.format(5_000) + " SELECT i FROM n") as answer:
        assert next(answer) == (1,)
    assert list(answer) == []
    ask(database, "SELECT 1")
    gc.collect()


def test_parameters_have_the_type_of_what_they_are_compared_with(
    database: Database, writer: Writer, crawl_id: int, scene_record: Callable[..., HierarchyRecord]
) -> None:
    writer.write([scene_record("file:///data/a.zarr", images=2, levels=1)], crawl_id)

    def count(where: str, **parameters: str | int | float | None) -> object:
        [(found,)] = ask(database, f"SELECT COUNT(*) FROM report_image WHERE {where}", parameters)
        return found

    assert count("size_x = :n", n=64) == 2
    assert count("voxel_size_x < :n AND :n > 0", n=2.5) == 2
    assert count("name = :name", name="tile_1") == 1
    assert count("name = :name", name="it's ; -- :no") == 0
    assert count("url LIKE :a || '%' AND name <> ':b'", a="file:///data") == 2
    assert count("CAST(size_x AS TEXT) = CAST(:n AS TEXT)", n=64) == 2
    assert count("size_t IS NULL AND CAST(:x AS TEXT) IS NULL", x=None) == 2


def test_a_parameter_needs_a_value_and_a_place(database: Database) -> None:
    with pytest.raises(StatementError, match=":name has no value") as caught:
        ask(database, "SELECT 1\nWHERE 'a' = :name")
    assert place(caught.value) == (2, 13)
    with pytest.raises(UsageError, match="no parameter :other; it has :name"):
        ask(database, "SELECT :name", {"name": 1, "other": 2})
    with pytest.raises(UsageError, match="no parameter :x"):
        ask(database, "SELECT ':x' -- :x", {"x": 1})


@pytest.mark.parametrize(
    ("statement", "words", "at"),
    [
        ("SELECT url\nFROM report_image\nWHERE nme = 'x'", "name", (3, 7)),
        ("SELECT i.nme FROM report_image AS i", "nme", (1, 8)),
        ("SELECT 1 FROM report_imag", "did you mean report_image?", (1, 15)),
        ("SELECT 1 FROM problems", "did you mean problem?", (1, 15)),
        ("SELECT no_such(1)", "no_such", (1, 8)),
        ("SELECT 'nme', nme FROM report_image -- nme", "nme", (1, 15)),
        ("SELECT url,\n  FROM report_image", "yntax error", (2, 3)),
        ("SELECT url FROM report_image ORDER ORDER", "yntax error", (1, 36)),
    ],
)
def test_an_error_shows_its_place(
    database: Database, statement: str, words: str, at: tuple[int, int]
) -> None:
    with pytest.raises(StatementError) as caught:
        ask(database, statement)
    assert words in caught.value.message
    assert place(caught.value) == at
    *_, line, mark = caught.value.message.splitlines()
    assert line == f"  line {at[0]}: {statement.splitlines()[at[0] - 1]}"
    assert mark.index("^") == len(f"  line {at[0]}: ") + at[1] - 1


def test_a_place_behind_parameters_is_that_of_the_statement_as_typed(database: Database) -> None:
    with pytest.raises(StatementError) as caught:
        ask(database, "SELECT :long_name, :b, nme FROM report_image", {"long_name": 1, "b": 2})
    assert place(caught.value) == (1, 24)


def test_an_error_while_rows_come_is_one_of_the_statement(postgresql_url: str) -> None:
    with Database(postgresql_url) as database, pytest.raises(StatementError, match="ivision"):
        list(ask(database, COUNTING.format(5_000) + " SELECT 1 / (i - 4000) FROM n"))


@pytest.mark.parametrize("statement", ["", "  \n", "-- nothing", " ; "])
def test_an_empty_statement_is_said_to_be_one(database: Database, statement: str) -> None:
    with pytest.raises(StatementError, match="empty"):
        ask(database, statement)


def test_a_plan_may_be_asked_for(database: Database) -> None:
    prefix = "EXPLAIN QUERY PLAN" if database.url.startswith("sqlite") else "EXPLAIN"
    assert list(ask(database, f"{prefix} SELECT * FROM image WHERE id = :id", {"id": 1}))


def test_the_plan_of_any_query_may_be_asked_for(postgresql_url: str) -> None:
    with Database(postgresql_url) as database:
        for options in ("", "ANALYZE VERBOSE", "(ANALYZE, FORMAT JSON)", "(COSTS OFF) "):
            for query in ("SELECT :n + 1", "(SELECT :n + 1)", "WITH a AS (VALUES (1)) TABLE a"):
                given = {"n": 1} if ":n" in query else {}
                assert list(ask(database, f"explain {options} {query}", given))


def test_a_parameter_without_any_type_is_said_to_need_one(postgresql_url: str) -> None:
    with (
        Database(postgresql_url) as database,
        pytest.raises(StatementError, match=r"CAST\(:name AS TEXT\)"),
    ):
        ask(database, "SELECT 1 WHERE :x IS NULL", {"x": None})


def test_what_takes_too_long_is_given_up(database: Database) -> None:
    began = time.monotonic()
    endless = COUNTING.format(10**12)
    with pytest.raises(TimeLimitError, match=r"longer than 0\.3 s"):
        list(ask(database, endless + " SELECT COUNT(*) FROM n", seconds=0.3))
    with pytest.raises(TimeLimitError, match=r"longer than 0\.3 s"):
        for _ in ask(database, endless + " SELECT i FROM n", seconds=0.3, limit=None):
            pass
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(("limit", "seconds"), [(-1, 1), (1, 0), (1, -1)])
def test_limits_must_make_sense(database: Database, limit: int, seconds: float) -> None:
    with pytest.raises(UsageError, match="limit"):
        ask(database, "SELECT 1", limit=limit, seconds=seconds)


def test_a_server_that_is_not_there_is_no_error_of_the_statement() -> None:
    with pytest.raises(DatabaseError) as caught:
        ask(Database("postgresql://me:secret@127.0.0.1:1/none"), "SELECT 1")
    assert "secret" not in caught.value.message


def test_virtual_tables_are_read(sqlite_url: str) -> None:
    with Database(sqlite_url) as database:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE VIRTUAL TABLE words USING fts5(body)")
            connection.exec_driver_sql("INSERT INTO words VALUES ('brain seven')")
            connection.exec_driver_sql("CREATE VIRTUAL TABLE boxes USING rtree(id, low, high)")
            connection.exec_driver_sql("INSERT INTO boxes VALUES (1, 0, 5)")
        assert list(ask(database, "SELECT body FROM words WHERE words MATCH 'seven'")) == [
            ("brain seven",)
        ]
        assert list(ask(database, "SELECT id FROM boxes WHERE high > 3")) == [(1,)]
        assert list(ask(database, "SELECT value FROM json_each('[1, 2]')")) == [(1,), (2,)]
        names = ask(database, "SELECT name FROM pragma_table_info('crawl') WHERE pk")
        assert list(names) == [("id",)]


def test_answers_are_let_go(database: Database) -> None:
    answers: list[Answer] = [ask(database, "SELECT 1") for _ in range(8)]
    assert [list(answer) for answer in answers] == [[(1,)]] * 8
