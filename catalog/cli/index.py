"""`catalog index`."""

from __future__ import annotations

import shlex
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, database_option, is_default
from catalog.cli.output import printable
from catalog.cli.progress import Lines
from catalog.cli.rendering import json_text, plain
from catalog.cli.store_options import concurrency_option, store_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalog.indexing import Change, Failure, IndexReport, RootReport
    from catalog.stores import StoreOptions


@click.command(cls=Verb)
@click.argument("roots", nargs=-1, metavar="[ROOT]...")
@click.option(
    "--from-file",
    metavar="FILE",
    help="Index the URLs in FILE: a line each, or a column (.csv, .tsv, .parquet); - is stdin.",
)
@click.option("--column", metavar="NAME", help="Column of --from-file that holds the URLs.")
@click.option("--force", is_flag=True, help="Read and write everything, changed or not.")
@click.option(
    "--thorough",
    is_flag=True,
    help="On servers, compare all documents, not the first of each hierarchy alone.",
)
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
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option(
    "--max-errors",
    type=click.IntRange(min=0),
    metavar="N",
    help="Give up when more than N places failed.",
)
@click.option("--fail-fast", is_flag=True, help="Give up at the first failure.")
@click.option(
    "--failures",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write each failure to FILE when it happens, as a line of JSON.",
)
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Read what is on this machine with N processes.  [default: 1]",
)
@concurrency_option
@click.option(
    "--dask",
    metavar="ADDRESS|local",
    help="Read on a Dask cluster: that of a scheduler, or one of -j processes here.",
)
@store_options
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress and no summary.")
@database_option
@click.pass_context
def index(
    ctx: click.Context,
    *,
    roots: tuple[str, ...],
    from_file: str | None,
    column: str | None,
    force: bool,
    thorough: bool,
    prune: bool,
    prune_limit: float,
    dry_run: bool,
    max_errors: int | None,
    fail_fast: bool,
    failures: Path | None,
    workers: int | None,
    concurrency: int,
    dask: str | None,
    options: StoreOptions,
    as_json: bool,
    quiet: bool,
    database: str,
) -> None:
    """Crawl folders and buckets, and record what changed.

    Finds every OME-Zarr hierarchy at or below each ROOT (a folder or a URL): scenes, images,
    labels, plates, bioformats2raw collections. What has not changed is not read again; what
    has is replaced as a whole; what has gone is marked as removed. A broken document is
    recorded as a problem and stops nothing.

    Ctrl-C ends it within seconds. What was read by then is recorded, and the same command
    goes on where it ended; a second Ctrl-C ends it at once.

    Exit status 1 says that a ROOT does not exist or that something could not be read,
    130 (143) that Ctrl-C (SIGTERM) ended it.

    For example:
      catalog index /data/brains
      catalog index /data/brains s3://lab/screens -j 4
      catalog index --from-file scenes.csv --column url --failures failed.ndjson
      catalog index /data/brains --dry-run
      catalog -d postgresql://lab/catalog index /data/brains --json
    """
    if not roots and from_file is None:
        raise click.UsageError("Say what to index: a ROOT, or --from-file FILE.")
    if column is not None and from_file is None:
        raise click.UsageError("--column is a column of --from-file FILE.")
    if dask not in (None, "local") and workers is not None:
        raise click.UsageError("-j has no meaning for a cluster that runs elsewhere.")
    from catalog.api import Catalog
    from catalog.indexing import Interrupted, Stopping
    from catalog.indexing.lists import read_list

    listed = None if from_file is None else read_list(from_file, column)
    told = _Told(as_rows=as_json, quiet=quiet)
    status = 0
    with ExitStack() as stack:
        catalog = stack.enter_context(Catalog(database))
        where = "" if is_default(database) else f" -d {shlex.quote(catalog.url)}"
        stopping = stack.enter_context(Stopping())
        executor = None
        if dask is not None:
            from catalog.indexing.cluster import dask_executor

            executor = stack.enter_context(dask_executor(dask, workers))
        failure = None
        if failures is not None:
            failure = _to_file(stack, failures)
        progress = stack.enter_context(told.lines)
        try:
            report = catalog.index(
                *roots,
                listed=listed,
                executor=executor,
                workers=workers or 1,
                concurrency=concurrency,
                options=options,
                prune=prune,
                prune_limit=prune_limit,
                force=force,
                thorough=thorough,
                max_errors=0 if fail_fast else max_errors,
                dry_run=dry_run,
                progress=progress,
                failure=failure,
                change=told.change,
                stopping=stopping,
            )
        except Interrupted as error:
            if error.report is None:
                raise
            report, status = error.report, stopping.status
        status = status or (0 if report.complete else 1)
    if as_json:
        click.echo(json_text(_summary_object(report, told.changes if dry_run else None)))
    elif not quiet:
        click.echo("\n".join(_summary(report, where, dry_run)))
    if status >= 128:
        click.echo(
            "Error: interrupted; what is counted here is recorded and stays. "
            "The same command goes on.",
            err=True,
        )
    ctx.exit(status)


class _Told:
    """What a run tells while it runs: progress, and the changes of a dry run."""

    def __init__(self, *, as_rows: bool, quiet: bool) -> None:
        self.lines = Lines(quiet)
        self.changes: list[Change] = []
        self._as_rows = as_rows
        self._quiet = quiet

    def change(self, change: Change) -> None:
        """Print what would change, or keep it for the summary."""
        if self._as_rows:
            self.changes.append(change)
        elif not self._quiet:
            self.lines.clear()
            click.echo(f"{change.kind:<8}  {printable(change.url)}")


def _to_file(stack: ExitStack, file: Path) -> Callable[[Failure], None]:
    """Write failures to a file, each at once, so that somebody can follow it."""
    stream = stack.enter_context(file.open("w", encoding="utf-8", buffering=1))

    def write(failure: Failure) -> None:
        stream.write(json_text(failure, indent=None) + "\n")

    return write


def _summary_object(report: IndexReport, changes: list[Change] | None) -> dict[str, object]:
    names = (
        *("seen", "written", "unchanged", "failed", "removed", "ignored", "problems"),
        *("seconds", "requests", "retries"),
    )
    summary: dict[str, object] = {"roots": plain(report.roots)}
    summary.update({name: getattr(report, name) for name in names})
    if changes is not None:
        summary["changes"] = [change._asdict() for change in changes]
    return summary


def _summary(report: IndexReport, where: str, dry_run: bool) -> list[str]:
    lines: list[str] = []
    for root in report.roots:
        lines.extend(_root_lines(root, where, dry_run))
    if len(report.roots) > 1:
        lines.append("together")
        lines.append(f"  {_sum(report, dry_run)}")
    if dry_run:
        lines.append("nothing was written: --dry-run")
    return lines


def _root_lines(root: RootReport, where: str, dry_run: bool) -> list[str]:
    lines = [printable(root.root)]
    if root.seen or root.outcome != "failed":
        lines.append(f"  {_sum(root, dry_run)}")
    if root.removed:
        verb = "to be removed" if dry_run else "removed"
        lines.append(f"  {root.removed:,} {verb}, because no longer there")
    if root.ignored:
        lines.append(f"  {root.ignored:,} ignored: Zarr without OME-Zarr metadata")
    if root.problems:
        noun = "problem" if root.problems == 1 else "problems"
        lines.append(f"  {root.problems:,} {noun}{_how_to_see(root, where, dry_run)}")
    if root.requests:
        again = f", {root.retries:,} of them again" if root.retries else ""
        lines.append(f"  {root.requests:,} requests{again}, in {root.seconds:,.1f} s")
    if root.message:
        lines.append(
            f"  {root.outcome}: {root.message}" if root.outcome != "done" else f"  {root.message}"
        )
    return [printable(line) for line in lines]


def _how_to_see(root: RootReport, where: str, dry_run: bool) -> str:
    if dry_run:
        return ""
    if root.kind == "list":  # what it names lies anywhere
        return f"; see them with: catalog{where} problems"
    return f"; see them with: catalog{where} problems --under {shlex.quote(root.root)}"


def _sum(numbers: IndexReport | RootReport, dry_run: bool) -> str:
    noun = "hierarchy" if numbers.seen == 1 else "hierarchies"
    written = "to write" if dry_run else "written"
    return (
        f"{numbers.seen:,} {noun} seen = {numbers.written:,} {written} + "
        f"{numbers.unchanged:,} unchanged + {numbers.failed:,} failed"
    )
