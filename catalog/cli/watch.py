"""`catalog watch`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import printable
from catalog.cli.rendering import json_text
from catalog.cli.store_options import concurrency_option, store_options

if TYPE_CHECKING:
    from catalog.indexing import IndexReport, RootReport
    from catalog.stores import StoreOptions

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Read a length of time: 30, 90s, 10m, 1h30m, 1d."""
    if value is None:
        return None
    text = value.strip().lower()
    parts = _PART.findall(text)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or not seconds:
        raise click.BadParameter(
            f"{value!r} is no length of time; give 90s, 10m or 1h30m.", ctx, param
        )
    return seconds


@click.command(cls=Verb)
@click.argument("roots", nargs=-1, required=True, metavar="ROOT...")
@click.option(
    "--every",
    callback=_seconds,
    metavar="TIME",
    help="Crawl everything again after TIME (90s, 10m, 1h30m), and watch nothing.",
)
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Read what is on this machine with N processes.",
)
@concurrency_option
@store_options
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each crawl.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
@database_option
def watch(
    *,
    roots: tuple[str, ...],
    every: float | None,
    workers: int,
    concurrency: int,
    options: StoreOptions,
    as_json: bool,
    quiet: bool,
    database: str,
) -> None:
    """Keep the catalog current while folders change.

    Indexes each ROOT, and then again each hierarchy in which something changes, a moment
    after it is left alone (needs the extra 'watch'). What other machines write into a
    shared folder goes unnoticed, and buckets cannot be watched: there, --every crawls
    everything again and again. Ends on Ctrl-C, with exit status 0.

    For example:
      catalog watch /data/brains
      catalog watch s3://lab/screens --every 10m
    """
    from catalog.api import Catalog
    from catalog.indexing import Interrupted, Stopping

    def told(report: IndexReport) -> None:
        if quiet:
            return
        for root in report.roots:
            line = json_text(root, indent=None) if as_json else _line(root)
            click.echo(line)

    with Catalog(database) as catalog, Stopping() as stopping:
        try:
            catalog.watch(
                *roots,
                every=every,
                workers=workers,
                concurrency=concurrency,
                options=options,
                told=told,
                stopping=stopping,
            )
        except Interrupted:
            return


def _line(root: RootReport) -> str:
    now = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (root.written, "written"),
            (root.unchanged, "unchanged"),
            (root.removed, "removed"),
            (root.failed, "failed"),
        )
        if number
    ]
    message = f" ({root.message})" if root.message else ""
    return printable(f"{now}  {', '.join(parts) or 'nothing there'}  {root.root}{message}")
