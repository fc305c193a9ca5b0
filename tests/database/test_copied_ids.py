"""Ids that repeat what another row says: no foreign key holds them, the writer does."""

from __future__ import annotations

import runpy
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from catalog.crawl.records import HierarchyRecord
from catalog.database.engine import Database
from catalog.database.migration import config, head, location
from catalog.database.schema import metadata
from catalog.database.views import views
from catalog.database.writer import Writer
from catalog.indexing import index

EXAMPLES = Path(__file__).parents[2] / "examples" / "write_scenes.py"
COPIED = {
    "coordinate_system.hierarchy_id": "component_id",
    "image.axis_layout_id": "intrinsic_system_id",
    "transformation.hierarchy_id": "component_id",
    "transformation.component_id": "input_id",
}

Make = Callable[..., HierarchyRecord]
Untrue = Callable[[Database], dict[str, int]]
Rows = dict[str, list[tuple[object, ...]]]


def test_these_are_known_as_copies() -> None:
    columns = [column for table in metadata.tables.values() for column in table.columns]
    found = {str(c): c.info["copied_by"] for c in columns if "copied_by" in c.info}
    assert found == COPIED
    assert not [c for c in columns if str(c) in COPIED and c.foreign_keys]


def test_copies_are_true_whatever_was_indexed_in_whichever_order(
    database: Database, untrue_copies: Untrue, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    runpy.run_path(str(EXAMPLES))["write_all"](root)
    parts = [path.parent for path in sorted(root.glob("*/*/zarr.json"))]
    assert len(parts) > 5
    counted: list[int] = []

    def read(*places: Path, **how: bool) -> None:
        report = index([str(place) for place in places], database=database, prune_limit=1, **how)
        assert report.failed == 0
        assert untrue_copies(database) == {}
        with database.reading() as connection:
            counted.append(connection.scalar(sa.text("SELECT count(*) FROM transformation")) or 0)

    read(*parts)  # each a hierarchy of its own
    read(root)  # which absorbs them
    read(root, force=True)
    read(parts[0], parts[-1])  # which take themselves out of what is around them
    read(root, force=True)
    assert counted[-1] == counted[1] > counted[0] > 0
    shutil.rmtree(parts[0].parent)
    read(root)
    Writer(database).purge()
    read(root, force=True)
    assert 0 < counted[-1] < counted[1]


def test_an_untrue_copy_is_seen(
    database: Database, writer: Writer, crawl_id: int, scene_record: Make, untrue_copies: Untrue
) -> None:
    writer.write([scene_record(f"file:///data/{name}") for name in "ab"], crawl_id)
    for place in COPIED:
        table, _, column = place.partition(".")
        for change, untrue in ("+ 1000", {place: 1}), ("- 1000", {}):
            last = f"SELECT max(id) FROM {table}"
            with database.writing() as connection:
                connection.exec_driver_sql(
                    f"UPDATE {table} SET {column} = {column} {change} WHERE id = ({last})"
                )
            found = untrue_copies(database)
            assert {name: found[name] for name in untrue} == untrue
            assert bool(found) == bool(untrue)


def all_rows(database: Database) -> Rows:
    with database.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def keys(database: Database) -> dict[str, set[str]]:
    with database.reading() as connection:
        inspector = sa.inspect(connection)
        return {
            name: {str(key["name"]) for key in inspector.get_foreign_keys(name)}
            for name in metadata.tables
        }


def definitions(database: Database) -> set[str]:
    """All statements that would make the database; SQLite quotes the name of a table made anew."""
    with database.reading() as connection:
        return {each.sql.replace('"', "") for each in database.dialect.definitions(connection)}


def migrate(database: Database, to: str, *, folder: Path | None = None, refuse: bool) -> None:
    settings = config()
    if folder is not None:
        settings.set_main_option("script_location", str(folder))
    with database.migrating() as connection:
        settings.attributes["connection"] = connection
        if refuse:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.set_authorizer(_without_writable_schema)
        (command.upgrade if to == "head" else command.downgrade)(settings, to)


def _without_writable_schema(action: int, one: str | None, two: str | None, *_: object) -> int:
    """Pass over what an SQLite passes over that defends its definitions, as that of macOS does."""
    refused = action == sqlite3.SQLITE_PRAGMA and (one, two) == ("writable_schema", "ON")
    return sqlite3.SQLITE_IGNORE if refused else sqlite3.SQLITE_OK


@pytest.fixture(params=["sqlite", "sqlite that refuses", "postgresql"])
def filled(request: pytest.FixtureRequest, scene_record: Make, plate_record: Make):
    """A database with rows, and whether it lets nobody change a definition."""
    kind, _, refuses = request.param.partition(" ")
    with Database(request.getfixturevalue(f"{kind}_url")) as database:
        writer = Writer(database)
        records = [scene_record("file:///data/a.zarr"), plate_record("file:///data/b.zarr")]
        writer.write(records, writer.begin_crawl("file:///data"))
        yield database, bool(refuses)


def test_an_upgrade_takes_the_keys_and_nothing_else(
    filled: tuple[Database, bool], scene_record: Make, untrue_copies: Untrue
) -> None:
    database, refuse = filled
    rows, without, made = all_rows(database), keys(database), definitions(database)
    assert len(rows["transformation"]) == 21
    migrate(database, "0006", refuse=refuse)
    assert all_rows(database) == rows
    gone = {f"fk_{place.replace('.', '_')}" for place in COPIED}
    assert set().union(*keys(database).values()) - set().union(*without.values()) == gone
    with database.writing() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("UPDATE transformation SET component_id = 99999")
    migrate(database, "head", refuse=refuse)
    assert all_rows(database) == rows
    assert (keys(database), definitions(database)) == (without, made)
    writer = Writer(database)
    again = [scene_record("file:///data/a.zarr", images=2), scene_record("file:///data/c.zarr")]
    assert [
        outcome.failure for outcome in writer.write(again, writer.begin_crawl("file:///data"))
    ] == [None, None]
    assert untrue_copies(database) == {}
    with database.writing() as connection:
        if database.dialect.ONE_WRITER:
            # Reads what the search indexes hold, and compares it with the tables.
            for name in ("image", "coordinate_system", "transformation"):
                connection.exec_driver_sql(
                    f"INSERT INTO {name}_words ({name}_words, rank) VALUES ('integrity-check', 1)"
                )
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            # SQLite puts a name in quotes when it renames a table.
            renamed = "SELECT count(*) FROM sqlite_master WHERE sql LIKE 'CREATE TABLE \"trans%'"
            assert connection.exec_driver_sql(renamed).scalar() == int(refuse)
        for view in views.tables.values():
            connection.execute(sa.select(view))
        with pytest.raises(sa.exc.IntegrityError):
            connection.exec_driver_sql("UPDATE transformation SET input_id = 99999")


INTERRUPTED = f"""
revision = "9999"
down_revision = "{head()}"


def upgrade():
    raise KeyboardInterrupt
"""


def test_an_interrupted_upgrade_leaves_the_database_as_it_was(
    filled: tuple[Database, bool], tmp_path: Path
) -> None:
    database, refuse = filled
    migrate(database, "0006", refuse=refuse)
    before = (all_rows(database), keys(database), definitions(database))
    folder = tmp_path / "migrations"
    shutil.copytree(location(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_interrupted.py").write_text(INTERRUPTED)
    with pytest.raises(KeyboardInterrupt):
        migrate(database, "head", folder=folder, refuse=refuse)
    assert (all_rows(database), keys(database), definitions(database)) == before
    migrate(database, "head", refuse=refuse)
    assert all_rows(database) == before[0]
