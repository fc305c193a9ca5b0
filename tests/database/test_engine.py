from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from catalog.database.database_urls import display_url, normalise_url
from catalog.database.engine import Database
from catalog.database.schema import crawl, id_counter
from catalog.errors import DatabaseError, DatabaseMissingError

COUNTS = dict.fromkeys(("seen", "written", "unchanged", "failed", "removed", "problems"), 0)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("brains.db", "sqlite:///brains.db"),
        ("/data/my brains#1?.db", "sqlite:////data/my brains#1?.db"),
        ("sqlite:///brains.db", "sqlite:///brains.db"),
        ("sqlite:////data/brains.db", "sqlite:////data/brains.db"),
        ("postgresql://lab/brains", "postgresql+psycopg://lab/brains"),
        ("postgres://me:pw%2F@lab:5433/brains", "postgresql+psycopg://me:pw%2F@lab:5433/brains"),
        ("postgresql+psycopg2://lab/brains", "postgresql+psycopg://lab/brains"),
    ],
)
def test_a_database_has_one_url(typed: str, url: str) -> None:
    assert normalise_url(typed) == url
    assert normalise_url(url) == url


@pytest.mark.parametrize(
    "typed", ["", ":memory:", "sqlite://", "sqlite:///:memory:", "mysql://x/y"]
)
def test_what_is_no_database_is_refused(typed: str) -> None:
    with pytest.raises(DatabaseError):
        normalise_url(typed)


def test_a_home_folder_is_found() -> None:
    assert normalise_url("~/brains.db") == f"sqlite:///{Path.home()}/brains.db"


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@lab/brains", "postgresql://lab/brains?user=me&password=secret"]
)
def test_passwords_are_never_shown(url: str) -> None:
    assert "secret" not in display_url(normalise_url(url))
    assert "secret" not in repr(Database(url))


def test_a_file_with_an_odd_name_is_opened(tmp_path: Path) -> None:
    from catalog.database.migration import current, init

    for name in ("a b.db", "100%.db", "what?.db", "a#b.db", "é.db"):
        path = tmp_path / name
        init(str(path))
        assert path.stat().st_size > 0
        assert current(f"sqlite:///{path}") is not None


def test_a_reader_cannot_write(database: Database) -> None:
    with database.reading() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.execute(id_counter.insert().values(name="x", next_id=1))


def test_what_fails_is_undone(database: Database) -> None:
    def fail_while_writing() -> None:
        with database.writing() as connection:
            connection.execute(id_counter.insert().values(name="x", next_id=1))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail_while_writing()
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(id_counter)) == 0


def test_a_reader_sees_one_moment(database: Database) -> None:
    query = sa.select(sa.func.count()).select_from(id_counter)
    with database.reading() as connection:
        assert connection.scalar(query) == 0
        with database.writing() as other:
            other.execute(id_counter.insert().values(name="x", next_id=1))
        assert connection.scalar(query) == 0
    with database.reading() as connection:
        assert connection.scalar(query) == 1


def test_writers_wait_for_their_turn(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(id_counter.insert().values(name="x", next_id=0))

    def count_up() -> None:
        for _ in range(25):
            with database.writing(alone=True) as connection:
                now = connection.scalar(sa.select(id_counter.c.next_id))
                connection.execute(id_counter.update().values(next_id=now + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.scalar(sa.select(id_counter.c.next_id)) == 100


def test_times_are_in_utc(database: Database) -> None:
    moment = datetime(2024, 5, 1, 12, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    row = {"id": 1, "root": "file:///", "outcome": "running", **COUNTS}
    with database.writing() as connection:
        connection.execute(crawl.insert().values(started_at=moment, **row))
    with database.reading() as connection:
        found = connection.scalar(sa.select(crawl.c.started_at))
    assert found == moment
    assert found.tzinfo is UTC
    with database.writing() as connection, pytest.raises(sa.exc.StatementError, match="time zone"):
        connection.execute(crawl.insert().values(started_at=datetime(2024, 5, 1), **row))


def test_large_lists_are_one_parameter(database: Database) -> None:
    with database.reading() as connection:
        numbers = database.dialect.numbers(range(50_000))
        assert connection.scalar(sa.select(sa.func.sum(numbers.c.value))) == sum(range(50_000))


def test_a_database_that_is_not_there_says_so(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "none.db"))
    with pytest.raises(DatabaseMissingError, match=r"none\.db"), database.reading():
        pass
    with pytest.raises(DatabaseMissingError, match=r"none\.db"), database.writing():
        pass
    assert not (tmp_path / "none.db").exists()


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    database = Database(f"postgresql://me:secret@/x?host={tmp_path}")
    with pytest.raises(DatabaseError, match="postgresql") as caught, database.reading():
        pass
    assert "secret" not in caught.value.message


def test_a_file_of_another_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"certainly not a database, but long enough to be one " * 40)
    from catalog.database.migration import current

    with pytest.raises(DatabaseError, match="not an SQLite database"):
        current(str(path))


def test_a_log_left_by_a_killed_writer_is_read(sqlite_url: str, tmp_path: Path) -> None:
    source = Path(sqlite_url.removeprefix("sqlite:///"))
    raw = sqlite3.connect(source)
    raw.execute("INSERT INTO id_counter VALUES ('x', 7)")
    raw.commit()
    copy = tmp_path / "copy.db"
    for end in ("", "-wal"):  # as a kill leaves them: the rows are in the log alone
        Path(f"{copy}{end}").write_bytes(Path(f"{source}{end}").read_bytes())
    raw.close()
    with Database(str(copy)) as database, database.reading() as connection:
        assert connection.scalar(sa.select(id_counter.c.next_id)) == 7


def test_a_database_on_a_medium_that_cannot_be_written_is_read(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may write everywhere, so that permissions alone would not show it.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with Database(sqlite_url) as database, database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(id_counter)) == 0
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    assert [path.name for path in folder.iterdir()] == ["catalog.db"]


def test_without_the_driver_of_postgresql_it_is_said_what_to_install():
    program = (
        "import sys\n"
        "sys.modules['psycopg'] = None\n"
        "from catalog.database.dialects import dialect_of\n"
        "dialect_of('postgresql://lab/brains')\n"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "pip install 'ome-scene-catalog[postgresql]'" in ended.stderr
