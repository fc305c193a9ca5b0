"""`catalog db`: create, upgrade, back up and copy the database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, VerbGroup, database_option

if TYPE_CHECKING:
    from catalog.database.copying import CopyProgress


@click.group(cls=VerbGroup)
@click.option("-d", "--database", metavar="URL", help="Database to use; a bare path means SQLite.")
def db(database: str | None) -> None:
    """Create, upgrade, back up and copy the database.

    For example:
      catalog db init
      catalog -d postgresql://lab/catalog db upgrade
      catalog db backup catalog-2026-05-01.db
      catalog db copy catalog.db postgresql://lab/catalog
    """


@db.command(cls=Verb, short_help="Make the catalog.")
@database_option
def init(database: str) -> None:
    """Make the catalog: a new SQLite file, or the tables in an empty PostgreSQL database.

    `catalog index` makes a new SQLite file by itself. One that is there already stays as
    it is.

    For example:
      catalog db init
      catalog db init -d postgresql://lab/catalog
    """
    from catalog.api import Catalog

    with Catalog(database) as catalog:
        before = catalog.current()
        catalog.init()
        made = "There is a new catalog at" if before is None else "There was already a catalog at"
        click.echo(f"{made} {catalog.url}", err=True)


@db.command(cls=Verb, short_help="Bring the schema up to date.")
@database_option
def upgrade(database: str) -> None:
    """Bring the database to the schema of this version of the program.

    It says what each step does. All of them are done, or none. Back the database up first:
    `catalog db backup FILE`.

    For example:
      catalog db upgrade -d catalog.db
    """
    from catalog.api import Catalog
    from catalog.database.migration import changes

    with Catalog(database) as catalog:
        before, after = catalog.upgrade()
        for revision, words in changes(before, after):
            click.echo(f"{revision}  {words}", err=True)
        done = f"is at {after} already" if before == after else f"was at {before}, is at {after}"
        click.echo(f"The schema of {catalog.url} {done}.", err=True)


@db.command(cls=Verb, short_help="Print the schema's version.")
@database_option
def current(database: str) -> None:
    """Print the version of the database's schema; nothing when there is no catalog.

    For example:
      catalog db current
    """
    from catalog.api import Catalog

    with Catalog(database) as catalog:
        revision = catalog.current()
        if revision is None:
            click.echo(f"There is no catalog at {catalog.url}.", err=True)
        else:
            click.echo(revision)


@db.command(cls=Verb, short_help="Copy the catalog into a new SQLite file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@database_option
def backup(database: str, file: Path) -> None:
    """Copy the catalog into a new SQLite FILE that every command can read.

    Others may go on reading and writing meanwhile; the copy is of one moment.

    For example:
      catalog db backup catalog-2026-05-01.db
    """
    from catalog.api import Catalog

    with Catalog(database) as catalog:
        click.echo(f"Copied {catalog.url} to {catalog.backup(file)}.", err=True)


@db.command(cls=Verb, short_help="Copy the catalog into another database.")
@click.argument("source")
@click.argument("target")
@click.option("--replace", is_flag=True, help="Delete what the target holds.")
def copy(source: str, target: str, replace: bool) -> None:
    """Copy the catalog at SOURCE into the database TARGET: from SQLite to PostgreSQL, or back.

    All rows keep their ids. In an empty PostgreSQL database the tables are made; one that
    holds rows already is refused, unless you say --replace. All rows arrive, and are counted,
    or nothing is changed. Others may go on reading and writing SOURCE meanwhile; the copy is
    of one moment.

    For example:
      catalog db copy catalog.db postgresql://lab/catalog
      catalog db copy postgresql://lab/catalog laptop.db
      catalog db copy --replace catalog.db postgresql://lab/catalog
    """
    from catalog.api import Catalog

    with Catalog(source) as catalog, Catalog(target) as other:
        shown = sys.stderr.isatty()
        copied = catalog.copy(target, replace=replace, progress=_show if shown else None)
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)
        tables = sum(map(bool, copied.rows.values()))
        click.echo(
            f"Copied {catalog.url} to {other.url}: {copied.total:,} rows in {tables} tables.",
            err=True,
        )


def _show(progress: CopyProgress) -> None:
    """Write how far a table has come over the line that says so."""
    done = f"{progress.rows:,} of {progress.total:,} rows"
    click.echo(f"\r\x1b[K{progress.table}: {done}", nl=False, err=True)
