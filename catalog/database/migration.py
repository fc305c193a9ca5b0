"""Which version of the schema a database has, and how it gets the next one.

Alembic alone builds the schema. It is loaded only to change something: asking for
the version is one query.
"""

from __future__ import annotations

import ast
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from catalog.database.database_urls import display_url, normalise_url
from catalog.database.dialects import dialect_of
from catalog.database.engine import Database
from catalog.errors import DatabaseError, DatabaseMissingError, DatabaseVersionError

if TYPE_CHECKING:
    from alembic.config import Config


@cache
def head() -> str:
    """Name the revision that this version of the program works with: that of the last file."""
    return max(_revisions())


def location() -> Path:
    """Find the folder of the migrations: inside an installed package, or beside it."""
    package = Path(__file__).parent.parent
    carried = package / "_migrations"
    return carried if carried.is_dir() else package.parent / "migrations"


def config() -> Config:
    """Make alembic's configuration, without a file and without a URL in it."""
    import sys

    from alembic.config import Config

    # Alembic's own default is the stream that there was when it was imported.
    made = Config(stdout=sys.stdout)
    made.set_main_option("script_location", str(location()).replace("%", "%%"))
    return made


def current(url: str) -> str | None:
    """Ask for the revision of a database; None when it has no catalog in it yet.

    Raises
    ------
    DatabaseError
        When it cannot be opened, or holds something else than a catalog.
    """
    with Database(url) as database:
        return _revision(database)


def _revision(database: Database) -> str | None:
    if not database.dialect.is_there(database.url):
        return None
    try:
        with database.reading() as connection:
            tables = sa.inspect(connection).get_table_names()
            if "alembic_version" not in tables:
                if tables and database.dialect.MADE_BY_INDEX:
                    raise DatabaseError(
                        f"{display_url(database.url)} holds other tables ({tables[0]}, …) and no "
                        "catalog; name another file."
                    )
                return None
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except sa.exc.DatabaseError as error:
        raise database.dialect.explain(error, database.url) from error
    return None if found is None else str(found)


def create_file(url: str) -> None:
    """Make the empty file of an SQLite database; nothing for a database on a server."""
    url = normalise_url(url)
    dialect_of(url).create_file(url)


def init(url: str) -> None:
    """Make a catalog, in a new SQLite file or an empty PostgreSQL database.

    One that is there already, of this version, stays as it is.

    Raises
    ------
    DatabaseVersionError
        When there is one of another version.
    """
    url = normalise_url(url)
    found = current(url)
    if found is None:
        create_file(url)
        _upgrade(url)
    elif found != head():
        raise _other_version(url, found)


def upgrade(url: str) -> tuple[str | None, str]:
    """Bring a catalog to this version's schema; say from which revision to which.

    Raises
    ------
    DatabaseMissingError
        When there is no catalog.
    DatabaseVersionError
        When a later version of this program made it.
    """
    url = normalise_url(url)
    found = current(url)
    if found is None:
        raise _missing(url)
    if found not in _revisions():
        raise _other_version(url, found)
    if found != head():
        _upgrade(url)
    return found, head()


def changes(before: str | None, after: str) -> tuple[tuple[str, str], ...]:
    """Say what the revisions after one and up to another do: each with its first line."""
    return tuple(
        (revision, _first_line(path))
        for revision, path in sorted(_revisions().items())
        if (before or "") < revision <= after
    )


def ensure(url: str, create: bool) -> None:
    """Make sure that a database can be used as it is.

    Parameters
    ----------
    create
        Make an SQLite file that is not there yet. An old one is never migrated
        silently, and tables are made in PostgreSQL only by `init`.

    Raises
    ------
    DatabaseMissingError, DatabaseVersionError
        With the command to type.
    """
    url = normalise_url(url)
    found = current(url)
    if found is None:
        if not (create and dialect_of(url).MADE_BY_INDEX):
            raise _missing(url)
        init(url)
    elif found != head():
        raise _other_version(url, found)


def backup(url: str, file: str | Path) -> Path:
    """Copy a catalog into a new SQLite file, which every command can read.

    Others may go on reading and writing; the copy is of one moment. An existing file
    is never written over, and a copy that fails leaves none.

    Returns
    -------
    The file.

    Raises
    ------
    DatabaseError
        When the file exists, or cannot be written.
    """
    ensure(url, create=False)
    url = normalise_url(url)
    file = Path(file)
    if file.exists():
        raise DatabaseError(f"{file} exists already; name a file that does not.")
    if not file.parent.is_dir():
        raise DatabaseError(f"The folder {file.parent} does not exist; make it first.")
    unfinished = file.with_name(file.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        dialect_of(url).backup(url, unfinished)
        unfinished.rename(file)
    except OSError as error:
        raise DatabaseError(f"{file} cannot be written: {error.strerror or error}.") from error
    finally:
        for end in ("", "-wal", "-shm", "-journal"):
            unfinished.with_name(unfinished.name + end).unlink(missing_ok=True)
    return file


def _revisions() -> dict[str, Path]:
    return {path.name.partition("_")[0]: path for path in location().glob("versions/*.py")}


def _first_line(migration: Path) -> str:
    words = ast.get_docstring(ast.parse(migration.read_text(encoding="utf-8"))) or ""
    return words.partition("\n")[0]


def _upgrade(url: str) -> None:
    from alembic import command

    settings = config()
    with Database(url) as database:
        try:
            with database.migrating() as connection:
                settings.attributes["connection"] = connection
                command.upgrade(settings, "head")
        except sa.exc.DBAPIError as error:
            raise database.dialect.explain(error, database.url) from error


def _command(url: str, verb: str) -> str:
    return f"catalog -d {shlex.quote(display_url(url))} db {verb}"


def _missing(url: str) -> DatabaseMissingError:
    made = "; `catalog index ROOT` makes it too" if dialect_of(url).MADE_BY_INDEX else ""
    return DatabaseMissingError(
        f"There is no catalog at {display_url(url)} yet. Make one with:\n"
        f"    {_command(url, 'init')}{made}"
    )


def _other_version(url: str, found: str) -> DatabaseVersionError:
    if found in _revisions():
        words = (
            f"The catalog at {display_url(url)} has schema {found}, and this version of the "
            f"program works with {head()}. Bring it up to date with:\n"
            f"    {_command(url, 'upgrade')}"
        )
    else:
        words = (
            f"The catalog at {display_url(url)} has schema {found}, which a later version of the "
            f"program made; this one works with {head()}. Get the later version with:\n"
            "    pip install --upgrade ome-scene-catalog"
        )
    return DatabaseVersionError(words, found, head())
