"""`catalog systems`, `problems` and `status`."""

from __future__ import annotations

from itertools import chain

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import Output, listing, printable


@click.command(cls=Verb)
@click.argument("scope", required=False)
@click.option(
    "--kind",
    type=click.Choice(["declared", "array", "implied", "undeclared"]),
    help="Only systems that a document declares, those of arrays, …",
)
@database_option
@listing
def systems(database: str, scope: str | None, kind: str | None, output: Output) -> None:
    """List coordinate systems.

    SCOPE limits the list to a group or folder and what lies below it. The id and the
    address are what `path` and `transform` take.

    For example:
      catalog systems
      catalog systems brain7.zarr --kind declared
      catalog systems /data/brains --csv > systems.csv
    """
    from catalog.api import Catalog
    from catalog.query.listings import SystemListing

    with Catalog(database) as catalog:
        output.write(
            SystemListing._fields,
            catalog.systems(scope, kind),
            empty="No coordinate systems.",
        )


@click.command(cls=Verb)
@click.option("--code", metavar="CODE", help="Only those of this rule, such as unknown-system.")
@click.option("--severity", type=click.Choice(["error", "warning"]), help="Only these.")
@click.option("--under", metavar="URL", help="Only what lies at or below a group or folder.")
@database_option
@listing
def problems(
    database: str, code: str | None, severity: str | None, under: str | None, output: Output
) -> None:
    """List what is wrong with the documents.

    Each row names the rule, the group, the place in its attributes (a JSON pointer), and
    what is wrong. docs/problems.md explains the codes.

    For example:
      catalog problems
      catalog problems --severity error --under /data/brains
      catalog problems --code unknown-system --json
    """
    from difflib import get_close_matches

    from catalog.api import Catalog
    from catalog.query.listings import ProblemListing

    with Catalog(database) as catalog:
        rows = catalog.problems(code=code, severity=severity, under=under)
        first = next(rows, None)
        empty = "No problems."
        if first is None and code is not None:
            codes = catalog.problem_codes()
            near = get_close_matches(code, codes, n=1) or (codes if code not in codes else ())
            if near:
                empty = f"No problems of {code}. There are problems of: {', '.join(near)}."
        found = chain(() if first is None else (first,), rows)
        output.write(ProblemListing._fields, found, empty=empty)


@click.command(cls=Verb)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@database_option
def status(database: str, as_json: bool) -> None:
    """Say what the catalog holds, and its last crawls.

    For example:
      catalog status
      catalog -d postgresql://lab/catalog status --json
    """
    from catalog.api import Catalog
    from catalog.cli.rendering import json_text, moment

    with Catalog(database) as catalog:
        found = catalog.status()
    if as_json:
        click.echo(json_text(found))
        return
    click.echo(f"database  {found.url}\nschema    {found.revision}\n")
    width = max(len(f"{count:,}") for count in found.counts.values())
    for name, count in found.counts.items():
        shown = "of them label images" if name == "label images" else name
        click.echo(f"{count:>{width},}  {shown}")
    if not found.crawls:
        click.echo("\nNothing is indexed yet. Index a folder with: catalog index FOLDER")
        return
    click.echo("\nlast crawls")
    for crawl in found.crawls:
        click.echo(
            f"  {moment(crawl.started_at)}  {crawl.outcome}  {printable(crawl.root)}\n"
            f"    {crawl.seen:,} seen = {crawl.written:,} written + {crawl.unchanged:,} unchanged"
            f" + {crawl.failed:,} failed; {crawl.removed:,} removed"
        )
        if crawl.message:
            click.echo(f"    {printable(crawl.message)}")
