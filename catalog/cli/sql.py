"""`catalog sql` and `catalog report`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import Output, listing

if TYPE_CHECKING:
    from catalog.database.asking import Answer
    from catalog.database.cells import Cell

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


@click.command(cls=Verb)
@click.argument("statement", required=False)
@click.option(
    "-f",
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read the statement from FILE.",
)
@click.option(
    "-p",
    "--parameter",
    "given",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="Value of :NAME in the statement; may be repeated.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=10_000,
    show_default=True,
    help="Stop after so many rows, and say so; 0 for all.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up after that time; 0 for never.",
)
@database_option
@listing
def sql(
    database: str,
    *,
    statement: str | None,
    file: Path | None,
    given: tuple[tuple[str, str], ...],
    limit: int,
    timeout: float,
    output: Output,
) -> None:
    """Ask a question in SQL.

    STATEMENT, FILE or the standard input holds one statement that reads: SELECT, WITH,
    VALUES or EXPLAIN. Nothing can be changed by it. `catalog schema` says which tables
    and views there are; docs/reports.md has questions to start from.

    A VALUE that looks like a number is one.

    For example:
      catalog sql "SELECT dtype, COUNT(*) FROM report_image GROUP BY dtype"
      catalog sql -p size 0.5 "SELECT url FROM report_image WHERE voxel_size_x < :size"
      catalog sql -f monthly.sql -o monthly.csv
    """
    from catalog.api import Catalog

    text = _statement(statement, file)
    parameters: dict[str, Cell] = {
        name.removeprefix(":"): parameter(value) for name, value in given
    }
    with (
        Catalog(database) as catalog,
        catalog.sql(text, parameters, limit=limit or None, timeout=timeout or None) as answer,
    ):
        _write(output, answer, "No rows.")
        if answer.cut:
            click.echo(f"Only the first {limit:,} rows; say --limit 0 for all.", err=True)


@click.command(cls=Verb)
@click.argument("name", required=False)
@click.option(
    "-c",
    "--columns",
    metavar="NAME,…",
    help="Only these columns, in this order.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=0,
    help="Stop after so many rows, and say so.  [default: all]",
)
@database_option
@listing
def report(
    database: str, name: str | None, columns: str | None, limit: int, output: Output
) -> None:
    """Print a report, or list the reports that there are.

    A report is a view of the database: the report `image` is the view `report_image`.
    `catalog schema NAME` says what its columns mean, and `catalog sql` asks it anything.

    For example:
      catalog report
      catalog report image -o images.csv
      catalog report scene -c url,images,components
    """
    from catalog.api import Catalog
    from catalog.query.described import ReportListing

    with Catalog(database) as catalog:
        if name is None:
            if columns:
                raise click.UsageError("-c chooses columns of a report; give its name too.")
            output.write(ReportListing._fields, catalog.reports())
            return
        wanted = [column.strip() for column in (columns or "").split(",") if column.strip()]
        with catalog.report(name, wanted, limit=limit or None) as answer:
            _write(output, answer, "The report is empty.")
            if answer.cut:
                click.echo(f"Only the first {limit:,} rows; say --limit 0 for all.", err=True)


def _statement(statement: str | None, file: Path | None) -> str:
    if statement is not None and statement != "-" and file is not None:
        raise click.UsageError("The statement is given twice: as an argument and by -f.")
    if file is not None:
        return file.read_text(encoding="utf-8-sig")
    if statement is not None and statement != "-":
        return statement
    if statement is None and sys.stdin.isatty():
        raise click.UsageError("Give a statement, -f FILE, or a statement on the standard input.")
    return sys.stdin.read()


def parameter(text: str) -> int | float | str:
    """Read the value of a parameter: a number where it looks like one, else a text."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _write(output: Output, answer: Answer, empty: str) -> None:
    rows = (
        tuple(rf"\x{cell.hex()}" if isinstance(cell, bytes) else cell for cell in row)
        for row in answer
    )
    output.write(answer.columns, rows, empty=empty)
