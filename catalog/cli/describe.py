"""`catalog schema` and `catalog stats`."""

from __future__ import annotations

import math
from itertools import groupby

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import Output, listing, opened, printable

_UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")


@click.command(cls=Verb)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="The columns of all tables and views.")
@click.option("--sql", "as_sql", is_flag=True, help="Print the statements that make them.")
@database_option
@listing
def schema(
    database: str, names: tuple[str, ...], everything: bool, as_sql: bool, output: Output
) -> None:
    """Say which tables and views there are, and what their columns mean.

    Without a NAME it lists the tables and views; with one, its columns. The views
    `report_…` are made for questions: `catalog schema image` is the table, and
    `catalog schema report_image` the view.

    For example:
      catalog schema
      catalog schema report_image
      catalog schema --sql report_scene
    """
    from catalog.api import Catalog
    from catalog.query.described import ColumnListing, RelationListing

    if as_sql and output.form != "table":
        raise click.UsageError("--sql prints statements; it goes with no other form.")
    with Catalog(database) as catalog:
        if as_sql:
            with opened(output.file) as stream:
                for statement in catalog.definitions(*names):
                    stream.write(f"{statement}\n")
        elif names or everything:
            output.write(ColumnListing._fields, catalog.schema(*names))
        else:
            output.write(RelationListing._fields, catalog.relations())


@click.command(cls=Verb)
@database_option
@listing
def stats(database: str, output: Output) -> None:
    """Say what the catalog is made of: images, bytes, versions, types, problems.

    Bytes are those that images declare in all their levels, uncompressed.

    For example:
      catalog stats
      catalog stats --json
    """
    from catalog.api import Catalog
    from catalog.query.stats import BYTES, Figure

    with Catalog(database) as catalog:
        figures = catalog.stats()
    if output.form != "table":
        output.write(Figure._fields, figures)
        return
    width = max(len(f"{figure.number:,}") for figure in figures)
    with opened(output.file) as stream:
        for about, group in groupby(figures, key=lambda figure: figure.about):
            stream.write(f"{about}\n")
            for figure in group:
                value = printable(figure.value or "not known")
                more = f" ({_readable(figure.number)})" if about == BYTES else ""
                stream.write(f"  {figure.number:>{width},}  {value}{more}\n")


def _readable(size: float) -> str:
    """Write a number of bytes as people say it."""
    if size < 1000:
        return f"{size:.0f} bytes"
    power = min(int(math.log10(size)) // 3, len(_UNITS))
    return f"{size / 1000**power:.3g} {_UNITS[power - 1]}"
