"""Options that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from inspect import cleandoc
from typing import Any, TypeVar

import click

DEFAULT_DATABASE = "sqlite:///catalog.db"

_EXAMPLES = re.compile(r"\n\n(?=For example:\n)")


def _with_examples(help_text: str | None) -> str | None:
    """Keep the lines of a docstring's examples as they stand; click would join them."""
    return help_text and _EXAMPLES.sub("\n\n\b\n", cleandoc(help_text))


class Verb(click.Command):
    """A command whose docstring is its help, examples included."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _with_examples(self.help)


class VerbGroup(click.Group):
    """A group of commands, likewise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = _with_examples(self.help)


F = TypeVar("F", bound=Callable[..., object])


def database_of(ctx: click.Context, value: str | None = None) -> str:
    """Return the database's URL: the nearest `-d`, else CATALOG_DATABASE, else catalog.db here."""
    at: click.Context | None = ctx
    while not value and at is not None:
        value = at.params.get("database")
        at = at.parent
    return value or os.environ.get("CATALOG_DATABASE") or DEFAULT_DATABASE


def is_default(url: str) -> bool:
    """Say whether a database is the one that commands use when they are not told."""
    return url == (os.environ.get("CATALOG_DATABASE") or DEFAULT_DATABASE)


def database_option(command: F) -> F:
    """Give a command `-d/--database`, which also works before the verb."""

    def resolve(ctx: click.Context, _: click.Parameter, value: str | None) -> str:
        return database_of(ctx, value)

    return click.option(
        "-d",
        "--database",
        metavar="URL",
        callback=resolve,
        help="Database to use; a bare path means SQLite.  [default: $CATALOG_DATABASE, else "
        "catalog.db]",
    )(command)
