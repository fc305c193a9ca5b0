"""`catalog index`."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, database_option, is_default
from catalog.cli.output import printable
from catalog.cli.rendering import json_text

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from catalog.indexing import IndexReport, Progress, RootReport

_SECONDS_BETWEEN_LINES = 0.1


@click.command(cls=Verb)
@click.argument("roots", nargs=-1, required=True, metavar="ROOT...")
@click.option("--force", is_flag=True, help="Read and write everything, changed or not.")
@click.option(
    "--prune/--no-prune",
    default=True,
    show_default=True,
    help="Mark as removed what is no longer there.",
)
@click.option(
    "--prune-limit",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Mark nothing when a greater share of a root is gone.",
)
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Read with N processes.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@database_option
@click.pass_context
def index(
    ctx: click.Context,
    *,
    roots: tuple[str, ...],
    force: bool,
    prune: bool,
    prune_limit: float,
    workers: int,
    as_json: bool,
    database: str,
) -> None:
    """Crawl folders and record what changed.

    Finds every OME-Zarr hierarchy at or below each ROOT: scenes, images, labels, plates,
    bioformats2raw collections. What has not changed is not read again; what has is
    replaced as a whole; what has gone is marked as removed. A broken document is recorded
    as a problem and stops nothing.

    Exit status 1 says that a ROOT does not exist or that something could not be read.

    For example:
      catalog index /data/brains
      catalog index /data/brains /data/screens -j 4
      catalog -d postgresql://lab/catalog index /data/brains --json
    """
    from catalog.api import Catalog

    with Catalog(database) as catalog:
        with _Line() as progress, _executor(workers) as executor:
            report = catalog.index(
                *roots,
                executor=executor,
                prune=prune,
                prune_limit=prune_limit,
                force=force,
                progress=progress,
            )
        where = "" if is_default(database) else f" -d {shlex.quote(catalog.url)}"
    if as_json:
        click.echo(json_text(report))
    else:
        click.echo("\n".join(_summary(report, where)))
    if not report.complete:
        ctx.exit(1)


def _executor(workers: int) -> AbstractContextManager[Executor | None]:
    if workers == 1:
        return nullcontext(None)
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers)


class _Line:
    """A line on the terminal that says how far the crawl has come; none elsewhere."""

    def __init__(self) -> None:
        self._last = 0.0
        self._written = False

    def __enter__(self) -> Callable[[Progress], None] | None:
        return self._show if sys.stderr.isatty() else None

    def __exit__(self, *_: object) -> None:
        if self._written:
            click.echo("\r\033[K", nl=False, err=True)

    def _show(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last, self._written = now, True
        line = (
            f"{printable(progress.root)}: {progress.seen:,} seen, {progress.written:,} to write, "
            f"{progress.unchanged:,} unchanged, {progress.failed:,} failed"
        )
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"\r\033[K{line[-width:]}", nl=False, err=True)


def _summary(report: IndexReport, where: str) -> list[str]:
    lines: list[str] = []
    for root in report.roots:
        lines.extend(_root_lines(root, where))
    if len(report.roots) > 1:
        lines.append("together")
        lines.append(f"  {_sum(report)}")
    return lines


def _root_lines(root: RootReport, where: str) -> list[str]:
    lines = [printable(root.root)]
    if root.seen or root.outcome != "failed":
        lines.append(f"  {_sum(root)}")
    if root.removed:
        lines.append(f"  {root.removed:,} removed, because no longer there")
    if root.ignored:
        lines.append(f"  {root.ignored:,} ignored: Zarr without OME-Zarr metadata")
    if root.problems:
        noun = "problem" if root.problems == 1 else "problems"
        command = f"catalog{where} problems --under {shlex.quote(root.root)}"
        lines.append(f"  {root.problems:,} {noun}; see them with: {command}")
    if root.message:
        lines.append(
            f"  {root.outcome}: {root.message}" if root.outcome != "done" else f"  {root.message}"
        )
    return [printable(line) for line in lines]


def _sum(numbers: IndexReport | RootReport) -> str:
    noun = "hierarchy" if numbers.seen == 1 else "hierarchies"
    return (
        f"{numbers.seen:,} {noun} seen = {numbers.written:,} written + "
        f"{numbers.unchanged:,} unchanged + {numbers.failed:,} failed"
    )
