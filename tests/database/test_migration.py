from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.database.migration import (
    backup,
    changes,
    current,
    ensure,
    head,
    init,
    upgrade,
)
from catalog.database.schema import metadata
from catalog.database.writer import Writer
from catalog.errors import DatabaseError, DatabaseMissingError, DatabaseVersionError


def claim(database: Database, revision: str) -> None:
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :r"), {"r": revision})


def test_init_makes_a_catalog_once(tmp_path: Path) -> None:
    url = str(tmp_path / "catalog.db")
    assert current(url) is None
    init(url)
    assert current(url) == head()
    init(url)
    assert current(url) == head()
    assert upgrade(url) == (head(), head())


def test_init_makes_a_catalog_on_a_server(empty_postgresql_url: str) -> None:
    assert current(empty_postgresql_url) is None
    with pytest.raises(DatabaseMissingError, match="db init"):
        ensure(empty_postgresql_url, create=True)
    init(empty_postgresql_url)
    ensure(empty_postgresql_url, create=False)


def test_the_first_index_makes_an_sqlite_catalog(tmp_path: Path) -> None:
    url = str(tmp_path / "catalog.db")
    with pytest.raises(DatabaseMissingError, match=r"catalog -d .* db init"):
        ensure(url, create=False)
    assert not (tmp_path / "catalog.db").exists()
    ensure(url, create=True)
    ensure(url, create=False)


def test_an_empty_file_is_no_catalog_yet(tmp_path: Path) -> None:
    # As a process leaves it that was killed between making the file and its tables.
    path = tmp_path / "catalog.db"
    path.touch()
    assert current(str(path)) is None
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert current(str(path)) is None
    ensure(str(path), create=True)
    assert current(str(path)) == head()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"folder .*none does not exist"):
        init(str(tmp_path / "none" / "catalog.db"))


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE customers (id INTEGER)")
    connection.close()
    for use in (current, init, lambda url: ensure(url, create=True)):
        with pytest.raises(DatabaseError, match="holds other tables"):
            use(str(path))


def test_a_catalog_of_a_later_version_is_left_alone(database: Database) -> None:
    claim(database, "9999")
    for use in (init, upgrade, lambda url: ensure(url, create=True)):
        with pytest.raises(DatabaseVersionError, match="pip install --upgrade") as caught:
            use(database.url)
        assert (caught.value.found, caught.value.expected) == ("9999", head())


def test_an_old_catalog_is_upgraded_only_when_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A program that works with a later revision meets a catalog of this one.
    now = head()
    monkeypatch.setattr("catalog.database.migration.head", lambda: "9998")
    with pytest.raises(DatabaseVersionError, match=r"catalog -d .* db upgrade") as caught:
        ensure(database.url, create=True)
    assert (caught.value.found, caught.value.expected) == (now, "9998")


def test_an_upgrade_says_what_it_does() -> None:
    assert changes(None, head())[0][0] == "0001"
    assert changes("0001", "0002") == (
        ("0002", "Views for reports, and how many bytes arrays declare."),
    )
    assert changes(head(), head()) == ()


def test_commands_to_type_hide_the_password(postgresql_url: str) -> None:
    with Database(postgresql_url) as database:
        claim(database, "9999")
        secret = postgresql_url.replace("postgres:@", "postgres:secret@")
        with pytest.raises(DatabaseVersionError) as caught:
            ensure(secret, create=False)
        assert "secret" not in caught.value.message


def test_many_processes_may_make_the_same_catalog(tmp_path: Path) -> None:
    url = str(tmp_path / "catalog.db")
    code = "import sys; from catalog.database.migration import ensure; ensure(sys.argv[1], True)"
    processes = [
        subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
    assert current(url) == head()


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    with Database(url) as database, database.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def test_a_backup_is_a_catalog_with_the_same_rows(
    database: Database, writer: Writer, crawl_id: int, scene_record: Callable, tmp_path: Path
) -> None:
    writer.write([scene_record(f"file:///data/{i}.zarr") for i in range(3)], crawl_id)
    file = backup(database.url, tmp_path / "copy 1.db")
    assert file == tmp_path / "copy 1.db"
    assert [path.name for path in tmp_path.iterdir()] == ["copy 1.db"]
    assert current(str(file)) == head()
    assert rows(str(file)) == rows(database.url)
    moved = tmp_path / "elsewhere.db"
    shutil.copyfile(file, moved)  # it needs nothing beside it
    assert rows(str(moved)) == rows(database.url)
    with Database(str(moved)) as copied:
        again = Writer(copied)
        again.write([scene_record("file:///data/new.zarr")], again.begin_crawl("file:///data"))


def test_a_backup_writes_over_nothing(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "precious.db"
    file.write_text("precious")
    with pytest.raises(DatabaseError, match="exists already"):
        backup(database.url, file)
    assert file.read_text() == "precious"
    with pytest.raises(DatabaseError, match="does not exist"):
        backup(database.url, tmp_path / "none" / "copy.db")


def test_a_backup_needs_a_catalog(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissingError):
        backup(str(tmp_path / "none.db"), tmp_path / "copy.db")
