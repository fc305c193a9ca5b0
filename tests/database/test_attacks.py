"""SQL that would do more than read is refused on both databases, and nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from catalog.crawl.records import HierarchyRecord
from catalog.database.asking import ask
from catalog.database.engine import Database
from catalog.database.schema import metadata
from catalog.database.writer import Writer
from catalog.errors import CatalogError


def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        names = {"tables": [(name,) for name in sorted(inspector.get_table_names())]}
        return names | {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


@pytest.fixture
def unchanged(
    database: Database, writer: Writer, crawl_id: int, scene_record: Callable[..., HierarchyRecord]
) -> Callable[[str], str]:
    """Ask an attack; give the words of its refusal; hold that no row has changed."""
    writer.write([scene_record("file:///data/a.zarr", images=1)], crawl_id)
    before = content(database)

    def attack(statement: str) -> str:
        with pytest.raises(CatalogError) as caught:
            list(ask(database, statement))
        assert content(database) == before
        return caught.value.message

    return attack


WRITING = (
    "DELETE FROM image",
    "INSERT INTO id_counter VALUES ('x', 1)",
    "UPDATE image SET name = 'x'",
    "DROP TABLE image",
    "DROP VIEW report_image",
    "CREATE TABLE mine (id INTEGER)",
    "CREATE TEMPORARY TABLE mine (id INTEGER)",
    "ALTER TABLE image ADD COLUMN mine INTEGER",
    "CREATE TABLE mine AS SELECT * FROM image",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT mine",
    "VACUUM",
    "ANALYZE",
    "REINDEX",
)


def test_statements_that_write_are_refused(unchanged: Callable[[str], str]) -> None:
    for statement in WRITING:
        words = unchanged(statement)
        assert "Only statements that read are accepted" in words
        assert statement.split(maxsplit=1)[0] in words
        # The first word is looked at for the sake of the message; what follows is what holds.
        assert unchanged(f"EXPLAIN {statement}; {statement}")


SEVERAL = (
    "SELECT 1; DELETE FROM image",
    "SELECT 1; COMMIT; DELETE FROM image",
    "SELECT 1;; SELECT 2",
    "SELECT 1 /* ; */ ; SELECT 2",
    "VALUES (1); DROP TABLE channel",
    "EXPLAIN SELECT 1; DELETE FROM channel",
)


def test_one_statement_alone_is_taken(unchanged: Callable[[str], str]) -> None:
    for statement in SEVERAL:
        assert "more than one statement" in unchanged(statement), statement


def test_a_last_semicolon_and_comments_are_no_second_statement(database: Database) -> None:
    for text in ("SELECT 1;", "SELECT 1 ; -- done", "-- first\nSELECT 1", "/* ; */ (SELECT 1)"):
        if text.endswith(")") and "sqlite" in database.url:
            continue  # SQLite has no parentheses around a whole statement
        assert list(ask(database, text)) == [(1,)]


INSIDE = (
    "WITH gone AS (SELECT id FROM image) DELETE FROM channel",
    "WITH gone AS (DELETE FROM channel RETURNING 1) SELECT * FROM gone",
    "SELECT * INTO mine FROM image",
    "SELECT id FROM image FOR UPDATE",
)


def test_writing_inside_a_query_is_refused(unchanged: Callable[[str], str]) -> None:
    for statement in INSIDE:
        assert unchanged(statement)


AROUND_SQLITE = (
    ("ATTACH 'FILE' AS other", "starts with ATTACH"),
    ("PRAGMA query_only = OFF", "starts with PRAGMA"),
    ("VACUUM INTO 'FILE'", "starts with VACUUM"),
    ("SELECT * FROM pragma_query_only", "function is refused"),
    ("SELECT * FROM pragma_writable_schema", "function is refused"),
    ("SELECT * FROM pragma_wal_checkpoint", "No such table"),
    ("SELECT * FROM pragma_journal_mode('delete')", "refused"),
    ("SELECT load_extension('x.so')", "function load_extension"),
    ("SELECT writefile('FILE', 'x')", "No such function: writefile"),
    ("WITH x AS (SELECT 1) DELETE FROM image", "DELETE is refused"),
    ("WITH x AS (SELECT 1) INSERT INTO channel SELECT * FROM channel", "INSERT is refused"),
    ("EXPLAIN ATTACH 'FILE' AS other", "ATTACH is refused"),
)


def test_ways_around_of_sqlite(sqlite_url: str, tmp_path: Path) -> None:
    with Database(sqlite_url) as database:
        before = content(database)
        target = tmp_path / "made"
        for statement, words in AROUND_SQLITE:
            with pytest.raises(CatalogError, match=re.escape(words)):
                list(ask(database, statement.replace("FILE", str(target))))
            assert not target.exists(), statement
            assert content(database) == before, statement


def test_sqlite_writes_nothing_even_where_the_words_are_not_looked_at(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds is the connection: the first word is only looked at for the message."""
    from catalog.database.statements import Statement

    monkeypatch.setattr(Statement, "refuse_other_than_reading", lambda self: None)
    made = tmp_path / "made"
    with Database(sqlite_url) as database:
        before = content(database)
        for statement in (
            f"ATTACH 'file:{made}?mode=rwc' AS other",
            f"VACUUM INTO '{made}'",
            "PRAGMA query_only = OFF",
            "PRAGMA writable_schema = ON",
            "PRAGMA journal_mode = DELETE",
            "DELETE FROM image",
            "CREATE TABLE mine (id)",
            "CREATE TEMP TABLE mine (id)",
            "BEGIN IMMEDIATE",
            "DROP VIEW report_image",
            "REINDEX",
            "ANALYZE",
        ):
            with pytest.raises(CatalogError):
                list(ask(database, statement))
        assert list(tmp_path.iterdir()) == []
        assert content(database) == before


AROUND_POSTGRESQL = (
    ("SET TRANSACTION READ WRITE", "starts with SET"),
    ("SELECT 1; SET TRANSACTION READ WRITE; DELETE FROM image", "more than one statement"),
    ("COPY image TO PROGRAM 'touch FILE'", "starts with COPY"),
    ("COPY image TO 'FILE'", "starts with COPY"),
    ("COPY (SELECT 1) TO 'FILE'", "starts with COPY"),
    ("DO $$ BEGIN DELETE FROM image; END $$", "starts with DO"),
    ("CALL mine()", "starts with CALL"),
    ("LOCK TABLE image", "starts with LOCK"),
    ("TRUNCATE image", "starts with TRUNCATE"),
    ("NOTIFY mine", "starts with NOTIFY"),
    ("EXPLAIN DELETE FROM image", "yntax error"),
    ("EXPLAIN ANALYZE DELETE FROM image", "yntax error"),
    # PostgreSQL itself makes this table in a read-only transaction.
    ("EXPLAIN ANALYZE CREATE TABLE mine AS SELECT 1", "yntax error"),
    ("EXPLAIN (ANALYZE) CREATE TABLE mine AS SELECT 1", "yntax error"),
    ("EXPLAIN (ANALYZE) (VERBOSE) CREATE TABLE mine AS SELECT 1", "yntax error"),
    ("EXPLAIN", "yntax error"),
    ("SELECT set_config('transaction_read_only', 'off', true)", "function set_config"),
    ("SELECT SET_CONFIG ('statement_timeout', '0', true)", "function set_config"),
    ("SELECT pg_catalog.set_config/**/('role', 'x', true)", "function set_config"),
    ("SELECT \"set_config\" ('role', 'x', true)", "function set_config"),
    ("SELECT U&\"set\\005fconfig\"('role', 'x', true)", "U&"),
    ("SELECT E'\\'' || set_config('role', 'x', true)", "function set_config"),
    ("SELECT $a$'$a$ || set_config('role', 'x', true)", "function set_config"),
    ("SELECT /* /* */ ' */ set_config('role', 'x', true) -- '", "function set_config"),
    ("SELECT lo_export(1, 'FILE')", "function lo_export"),
    ("SELECT lo_from_bytea(0, 'x')", "function lo_from_bytea"),
    ("SELECT pg_read_file('/etc/passwd')", "function pg_read_file"),
    ("SELECT pg_terminate_backend(pg_backend_pid())", "function pg_terminate_backend"),
    ("SELECT pg_reload_conf()", "function pg_reload_conf"),
    ("SELECT pg_advisory_lock(1)", "function pg_advisory_lock"),
    ("SELECT pg_logical_emit_message(false, 'a', 'b')", "pg_logical_emit_message"),
    ("SELECT query_to_xml('DELETE FROM image', true, true, '')", "function query_to_xml"),
    ("SELECT nextval('mine')", "function nextval"),
    ("SELECT * FROM pg_ls_dir('.')", "function pg_ls_dir"),
    ("SELECT pg_sleep(1)", "function pg_sleep"),
)


def test_ways_around_of_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    with Database(postgresql_url) as database:
        before = content(database)
        target = tmp_path / "made"
        for statement, words in AROUND_POSTGRESQL:
            with pytest.raises(CatalogError, match=re.escape(words)):
                list(ask(database, statement.replace("FILE", str(target))))
            assert not target.exists(), statement
            assert content(database) == before, statement


def test_postgresql_writes_nothing_even_where_the_words_are_not_looked_at(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds is the grammar behind DECLARE, the one statement, and the transaction."""
    from catalog.database.statements import Statement

    monkeypatch.setattr(Statement, "refuse_other_than_reading", lambda self: None)
    made = tmp_path / "made"
    with Database(postgresql_url) as database:
        before = content(database)
        for statement in (
            "SET TRANSACTION READ WRITE",
            "SET TRANSACTION READ WRITE; DELETE FROM image",
            "COMMIT; DELETE FROM image",
            f"COPY image TO PROGRAM 'touch {made}'",
            f"COPY image TO '{made}'",
            "DELETE FROM image",
            "CREATE TEMPORARY TABLE mine (id INTEGER)",
            "DO $$ BEGIN NULL; END $$",
            "LISTEN mine",
        ):
            with pytest.raises(CatalogError):
                list(ask(database, statement))
        assert list(tmp_path.iterdir()) == []
        assert content(database) == before
