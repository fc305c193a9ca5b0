"""`catalog crawls`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import Output, listing, opened, printable

if TYPE_CHECKING:
    from catalog.query.crawls import CrawlRun, CrawlShown


@click.command(cls=Verb)
@click.argument("id", type=int, required=False, metavar="[ID]")
@click.option("--root", metavar="URL", help="Only crawls of this folder, or of what is below it.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="List at most so many; 0 for all.",
)
@database_option
@listing
def crawls(database: str, id: int | None, root: str | None, limit: int, output: Output) -> None:
    """List past runs of `catalog index`, newest first; with ID say all about one.

    Numbers are those of hierarchies, but for `problems`. With ID the message is shown, and
    how many of the problems that it found are there still.

    For example:
      catalog crawls
      catalog crawls --root /data/brains --limit 0 --csv
      catalog crawls 17
    """
    from catalog.api import Catalog
    from catalog.cli.rendering import json_text
    from catalog.query.crawls import CrawlRun

    if id is not None and root is not None:
        raise click.UsageError("ID and --root exclude each other; give one.")
    with Catalog(database) as catalog:
        if id is None:
            rows: Iterable[CrawlRun] = catalog.crawls(root, limit or None)
        else:
            shown = catalog.crawl(id)
            if output.form in {"table", "json"}:
                text = json_text(shown) if output.form == "json" else "\n".join(_lines(shown))
                with opened(output.file) as stream:
                    stream.write(f"{text}\n")
                return
            rows = [shown.run]
        plain = output.form != "table"
        names = [name for name in CrawlRun._fields if plain or name != "message"]
        output.write(
            names,
            (_row(row, plain=plain)[: len(names)] for row in rows),
            empty="Nothing is indexed yet. Index a folder with: catalog index FOLDER",
            hints={"seconds": float, "message": str},
        )


def _row(row: CrawlRun, *, plain: bool) -> tuple[object, ...]:
    from catalog.cli.rendering import moment

    started = row.started_at.isoformat() if plain else moment(row.started_at)
    return tuple(row._replace(started_at=started))  # type: ignore[arg-type]


def _lines(shown: CrawlShown) -> Iterator[str]:
    from catalog.cli.rendering import moment, plain

    run = shown.run
    yield f"crawl {run.id}  {printable(run.root)}"
    if run.kind != "root":
        yield f"kind      {run.kind}"
    yield f"started   {moment(run.started_at)}"
    if shown.finished_at is not None:
        yield f"finished  {moment(shown.finished_at)}, after {run.seconds:,.1f} s"
    yield f"outcome   {run.outcome}"
    if run.message:
        yield f"message   {printable(run.message)}"
    yield (
        f"seen      {run.seen:,} = {run.written:,} written + {run.unchanged:,} unchanged"
        f" + {run.failed:,} failed; {run.removed:,} removed"
    )
    yield f"problems  {run.problems:,}"
    for name, value in shown.more.items():
        if value:
            yield printable(f"{name:<8}  {plain(value)}")
    noun = "hierarchy" if shown.last_of == 1 else "hierarchies"
    yield f"of {shown.last_of:,} {noun} it was the last to write"
    if shown.standing:
        yield "\nits problems that are there still"
        width = max(len(f"{found.number:,}") for found in shown.standing)
        for found in shown.standing:
            yield f"  {found.number:>{width},}  {found.code} ({found.severity})"
