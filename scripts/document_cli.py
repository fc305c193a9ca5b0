"""Write docs/cli.md from the commands' own help; `--check` only says whether it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from catalog.cli import main as catalog

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

_HEAD = """\
# The command line

This page is what `catalog COMMAND --help` prints, collected by
`python scripts/document_cli.py`.

What a command finds goes to stdout, everything else to stderr. The exit status is 0 when
it is done (also with no result), 1 when it failed, failed in part, or did not find what
was named, 2 when it was called wrongly, and 3 when the database is missing or of another
version; the message then says the command to type.

The database is `-d`/`--database`, before or after the command; else the environment
variable `CATALOG_DATABASE`; else `catalog.db` in the working directory. A bare path means
SQLite.

A coordinate system is named by its address, `GROUP#NAME`; that of an array is `ARRAY#`.
`GROUP` is a URL, a path, or the last parts of a URL, as long as they are unique. A name
that only one coordinate system has is enough, and so is an id that another command printed
(`17`, or `system:17` where a name looks like a number).
"""


def page() -> str:
    """Return the page."""
    parts = [_HEAD]
    context = click.Context(catalog, info_name="catalog", **catalog.context_settings)
    for names, text in _helps(catalog, context):
        parts.append(f"## {names}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    context.terminal_width = 88
    yield context.command_path, command.get_help(context).rstrip()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _helps(child, click.Context(child, context, info_name=name))


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
            sys.exit(f"{PAGE} is out of date: run python scripts/document_cli.py")
    else:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
