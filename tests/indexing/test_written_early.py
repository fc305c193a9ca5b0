"""What was read does not wait for long where reading is slow."""

import time

import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.indexing import crawl, index


def recorded(database):
    with database.reading() as connection:
        return connection.scalar(sa.text("SELECT count(*) FROM hierarchy"))


def test_what_waits_for_long_is_written(scenes, sqlite_url, monkeypatch):
    monkeypatch.setattr(crawl, "_SECONDS_AT_ONCE", 0.0)
    counted = []
    with Database(sqlite_url) as database:

        def count(_):
            # It is written while the crawl goes on, which waits here.
            end = time.monotonic() + 30
            while recorded(database) <= len(counted) and time.monotonic() < end:
                time.sleep(0.01)
            counted.append(recorded(database))

        index([str(scenes)], database=database, progress=count)
    assert counted == [1, 2, 3, 4, 5, 6]


def test_what_does_not_is_written_together(scenes, sqlite_url, monkeypatch):
    monkeypatch.setattr(crawl, "_SECONDS_AT_ONCE", 3600.0)
    counted = []
    with Database(sqlite_url) as database:
        index(
            [str(scenes)],
            database=database,
            progress=lambda _: counted.append(recorded(database)),
        )
        assert recorded(database) == 6
    assert counted == [0] * 6
