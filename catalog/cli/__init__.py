"""The command `catalog`.

This module imports click and nothing else, so that `catalog --help` and a mistyped verb
answer at once: each verb loads its module when it is called.
"""

from __future__ import annotations

import errno
import os
import sys
from io import TextIOBase
from typing import Any, BinaryIO, TextIO, cast

import click

from catalog import __version__

# Verbs by section: where the command lives, and its line in `catalog --help`.
_VERBS: dict[str, dict[str, tuple[str, str]]] = {
    "Record": {
        "index": ("catalog.cli.index", "Crawl folders and buckets, and record what changed."),
        "watch": ("catalog.cli.watch", "Keep the catalog current while folders change."),
    },
    "Ask": {
        "search": ("catalog.cli.search", "Find images, scenes and other things."),
        "fields": ("catalog.cli.search", "List the fields that a search can filter by."),
        "path": ("catalog.cli.path", "How to get from one coordinate system to another."),
        "transform": (
            "catalog.cli.transform",
            "Move points from one coordinate system to another.",
        ),
        "connected": (
            "catalog.cli.questions",
            "List what can be reached from a coordinate system.",
        ),
        "depends": (
            "catalog.cli.questions",
            "List the images that would move if something changed.",
        ),
        "graph": ("catalog.cli.graph", "Draw coordinate systems and transformations."),
        "systems": ("catalog.cli.listings", "List coordinate systems."),
        "show": ("catalog.cli.show", "Show all that is recorded about one thing."),
        "problems": ("catalog.cli.listings", "List what is wrong with the documents."),
        "consistency": (
            "catalog.cli.consistency",
            "Find transformations that contradict each other.",
        ),
        "orphans": (
            "catalog.cli.questions",
            "List what belongs nowhere, and references into nothing.",
        ),
        "status": ("catalog.cli.listings", "Say what the catalog holds, and its last crawls."),
        "crawls": ("catalog.cli.crawls", "List past runs of index."),
    },
    "Report": {
        "report": ("catalog.cli.sql", "Print a report, or list the reports that there are."),
        "sql": ("catalog.cli.sql", "Ask a question in SQL."),
        "schema": ("catalog.cli.describe", "Say which tables and views there are."),
        "export": ("catalog.cli.search", "Write what a search finds into a file."),
        "stats": ("catalog.cli.describe", "Say what the catalog is made of, in numbers."),
    },
    "Check and look after": {
        "check": ("catalog.cli.check", "Validate OME-Zarr metadata on disk."),
        "db": ("catalog.cli.db", "Create, upgrade, back up and copy the database."),
    },
}

_HELP = """Find your way through collections of OME-Zarr scenes.

Index folders once, then ask which images there are, how their coordinate systems
hang together, and where a point of one lies in another.

\b
  catalog index /data/brains
  catalog path 'tile_3#physical' 'atlas.zarr#ccf'
  catalog transform 'tile_3#physical' 'atlas.zarr#ccf' < points.csv

The database is -d URL, else $CATALOG_DATABASE, else catalog.db in this folder.
"""


def exit_status(error: BaseException) -> int | None:
    """Return the exit status for an error: the one place that decides it.

    1 failed or not found, 2 usage, 3 the database is missing or of another version,
    130 interrupted; None for an error that nobody foresaw.
    """
    from catalog import errors

    if isinstance(error, errors.UsageError):
        return 2
    if isinstance(error, errors.DatabaseMissingError | errors.DatabaseVersionError):
        return 3
    if isinstance(error, errors.CatalogError | OSError):
        return 1
    if isinstance(error, KeyboardInterrupt):
        return 130
    if "sqlalchemy" in sys.modules:
        from sqlalchemy.exc import OperationalError

        if isinstance(error, OperationalError):
            return 1
    return None


def plain_message(error: BaseException) -> str:
    """Return what to tell the user about an error, in one paragraph."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; what was written so far is complete and stays."
    if isinstance(error, OSError) and error.strerror:
        if error.errno == errno.EBADF:
            return "The standard output is closed: nothing can be printed."
        return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."
    # A driver's error without SQLAlchemy's statement and link, which help nobody here.
    cause = getattr(error, "orig", None)
    if cause is not None:
        return f"the database does not answer: {str(cause).strip()}"
    return str(getattr(error, "message", error)) or type(error).__name__


class _ClosedOutput(TextIOBase):
    """In the place of a stdout that the caller has closed: to write is an error."""

    def write(self, text: str) -> int:
        """Fail."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    @property
    def buffer(self) -> BinaryIO:
        """Fail."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _fill_closed_streams() -> None:
    """Put something where the caller has closed stdin or stdout.

    Their numbers are taken, too: a file that is opened later would get them.
    """
    if sys.stdin is None:
        sys.stdin = open(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")  # noqa: SIM115, PTH123
    if sys.stdout is None:
        os.open(os.devnull, os.O_WRONLY)
        sys.stdout = cast("TextIO", _ClosedOutput())


class Verbs(click.Group):
    """A group that knows its commands' names and first lines, and loads one when called."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program; what cannot even be printed becomes a line on stderr, too."""
        _fill_closed_streams()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            click.echo(f"Error: {plain_message(error)}", err=True)
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the help."""
        return [verb for section in _VERBS.values() for verb in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a verb."""
        for section in _VERBS.values():
            if cmd_name in section:
                from importlib import import_module

                command = getattr(import_module(section[cmd_name][0]), cmd_name)
                if not isinstance(command, click.Command):
                    raise TypeError(f"{cmd_name} is not a command")
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs by section without loading them."""
        for title, section in _VERBS.items():
            with formatter.section(title):
                formatter.write_dl([(verb, line) for verb, (_, line) in section.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or name those that resemble what was typed."""
        verb = args[0]
        if verb not in self.list_commands(ctx) and not verb.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(verb, self.list_commands(ctx), n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " 'catalog --help' lists them."
            ctx.fail(f"There is no command '{verb}'.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the verb; an error of ours becomes a line on stderr and an exit status."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except BaseException as error:
            status = exit_status(error)
            if status is None:
                raise
            click.echo(f"Error: {plain_message(error)}", err=True)
            ctx.exit(status)


@click.group(
    cls=Verbs,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-d", "--database", metavar="URL", help="Database to use; a bare path means SQLite.")
@click.version_option(__version__, prog_name="catalog", message="%(prog)s %(version)s")
def main(database: str | None) -> None:
    """Run the command line."""
