"""What was read does not wait for long where reading is slow."""

import pytest
import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.indexing import crawl, index


@pytest.mark.parametrize(("seconds", "written"), [(0.0, [1, 2, 3, 4, 5, 6]), (3600.0, [0] * 6)])
def test_what_waits_for_long_is_written(scenes, sqlite_url, monkeypatch, seconds, written):
    monkeypatch.setattr(crawl, "_SECONDS_AT_ONCE", seconds)
    counted = []
    with Database(sqlite_url) as database:

        def count(_):
            with database.reading() as connection:
                counted.append(connection.scalar(sa.text("SELECT count(*) FROM hierarchy")))

        index([str(scenes)], database=database, progress=count)
    assert counted == written
