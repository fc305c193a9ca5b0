"""`catalog db`: create, upgrade and back up the database."""

from __future__ import annotations

from pathlib import Path

import click

from catalog.cli.options import Verb, VerbGroup, database_option


@click.group(cls=VerbGroup)
@click.option("-d", "--database", metavar="URL", help="Database to use; a bare path means SQLite.")
def db(database: str | None) -> None:
    """Create, upgrade and back up the database.

    For example:
      catalog db init
      catalog -d postgresql://lab/catalog db upgrade
      catalog db backup catalog-2026-05-01.db
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
