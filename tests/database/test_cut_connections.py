"""The connection is cut in the middle, or the server starts again: a crawl goes on."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from catalog.database import engine
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.schema import metadata
from catalog.database.writer import Writer
from catalog.errors import DatabaseError

T = metadata.tables
TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@contextmanager
def cutting(url: str, times: int) -> Iterator[list[int]]:
    """Cut all connections again and again; give how many were cut each time."""
    cut: list[int] = []
    stop = threading.Event()

    def cut_all() -> None:
        with psycopg.connect(url, autocommit=True) as admin:
            while not stop.wait(random.uniform(0.02, 0.1)) and len(cut) < times:
                cut.append(admin.execute(TERMINATE).fetchone()[0])

    thread = threading.Thread(target=cut_all)
    thread.start()
    try:
        yield cut
    finally:
        stop.set()
        thread.join()


def counts(database: Database) -> dict[str, int | None]:
    with database.reading() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in metadata.sorted_tables
            if table.name not in ("id_counter", "facet_count")
        }


def facets(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        found = sa.select(T["facet_count"]).where(T["facet_count"].c.count != 0)
        return sorted(map(tuple, connection.execute(found)))


def crawl_all(database: Database, scene_record: Callable[..., object], rounds: int = 1) -> None:
    for _ in range(rounds):
        writer = Writer(database)
        crawl_id = writer.begin_crawl("file:///data")
        urls = [f"file:///data/{i}" for i in range(60)]
        writer.known(urls)
        for start in range(0, 60, 6):
            batch = [scene_record(url, images=1 + start % 3) for url in urls[start : start + 6]]
            assert {outcome.failure for outcome in writer.write(batch, crawl_id)} == {None}
            writer.known(urls)
            writer.touch({urls[start]: ()})
        writer.mark_removed("file:///data", set(urls[:50]), prune_limit=1)
        writer.restore(urls[50:])
        writer.finish_crawl(crawl_id, CrawlCounts(seen=60, written=60), "done")


def test_a_crawl_goes_on_when_connections_are_cut(
    postgresql_url: str, sqlite_url: str, scene_record
) -> None:
    random.seed(5)
    with Database(postgresql_url) as database:
        assert counts(database)  # a server that never answered is not waited for
        with cutting(postgresql_url, 60) as cut:
            crawl_all(database, scene_record, rounds=4)
    assert sum(cut) > 10  # there was something to go on from
    with Database(postgresql_url) as database, Database(sqlite_url) as undisturbed:
        # Nothing half done, nothing double, without another run.
        crawl_all(undisturbed, scene_record, rounds=4)
        assert counts(database) == counts(undisturbed)
        assert facets(database) == facets(undisturbed)
        with database.reading() as connection:
            assert set(connection.scalars(sa.select(T["crawl"].c.outcome))) == {"done"}


def test_a_crawl_goes_on_when_the_server_starts_again(
    restarting_postgresql: tuple[str, Callable[[], None]], sqlite_url: str, scene_record
) -> None:
    url, restart = restarting_postgresql
    with Database(url) as database, Database(sqlite_url) as undisturbed:
        crawl_all(database, scene_record)
        thread = threading.Thread(target=restart)
        thread.start()
        try:
            crawl_all(database, scene_record, rounds=3)
        finally:
            thread.join()
        crawl_all(undisturbed, scene_record, rounds=4)
        assert counts(database) == counts(undisturbed)
        assert facets(database) == facets(undisturbed)


def test_a_reader_of_before_the_restart_asks_again(
    restarting_postgresql: tuple[str, Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, restart = restarting_postgresql
    with Database(url) as database:
        query = sa.select(sa.func.count()).select_from(T["crawl"])
        assert database.ask(lambda connection: connection.scalar(query)) == 0
        restart()
        time.sleep(1.1)  # so long that the connection is not trusted any more
        with database.reading() as connection:
            assert connection.scalar(query) == 0


def test_a_server_that_stays_away_is_given_up_in_words(
    postgresql_url: str, scene_record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "RECONNECT_SECONDS", 0.3)
    name = sa.make_url(postgresql_url).database
    with Database(postgresql_url) as database:
        writer = Writer(database)
        crawl_id = writer.begin_crawl("file:///data")
        writer.write([scene_record("file:///data/a")], crawl_id)
        admin = sa.make_url(postgresql_url).set(database="postgres")
        with psycopg.connect(admin.render_as_string(), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            with pytest.raises(DatabaseError, match="cannot be used") as told:
                writer.write([scene_record("file:///data/b")], crawl_id)
            assert "Traceback" not in str(told.value)
            connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        assert counts(database)["hierarchy"] == 1
        writer.write([scene_record("file:///data/b")], crawl_id)
        assert counts(database)["hierarchy"] == 2


def test_a_server_that_never_was_there_is_not_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    with Database(f"postgresql://nobody@/nothing?host={tmp_path}") as database:
        # As it was typed, not as the driver is called.
        with pytest.raises(DatabaseError, match=r"postgresql://nobody@.* cannot be used"):
            Writer(database).begin_crawl("file:///data")
        with pytest.raises(DatabaseError, match="cannot be used"):
            Writer(database).known(["file:///data"])
    assert time.monotonic() - started < 10
