"""What the tables and views are called and what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.schema import metadata
from catalog.database.types import UtcTime
from catalog.database.views import order_of, views
from catalog.errors import UsageError

PREFIX = "report_"


class RelationListing(NamedTuple):
    """A table or a view."""

    name: str
    kind: str
    columns: int
    meaning: str


class ColumnListing(NamedTuple):
    """A column of a table or a view."""

    relation: str
    column: str
    type: str
    meaning: str


class ReportListing(NamedTuple):
    """A report, as `catalog report` takes it; the view is called ``report_`` and its name."""

    name: str
    columns: int
    meaning: str


def relations() -> Iterator[RelationListing]:
    """List the views for reports, and then the tables."""
    for kind, found in (("view", views.tables), ("table", metadata.tables)):
        for name, table in found.items():
            yield RelationListing(name, kind, len(table.columns), table.comment or "")


def columns(names: Sequence[str] = ()) -> Iterator[ColumnListing]:
    """List the columns of tables and views, in their order; of all when none is named.

    Raises
    ------
    UsageError
        If there is no such table or view; it names a near one.
    """
    known = {**views.tables, **metadata.tables}
    for table in [_relation(name) for name in names] if names else known.values():
        for column in table.columns:
            yield ColumnListing(table.name, column.name, type_of(column), column.comment or "")


def reports() -> Iterator[ReportListing]:
    """List the reports."""
    for name, view in views.tables.items():
        yield ReportListing(name.removeprefix(PREFIX), len(view.columns), view.comment or "")


def report_statement(name: str, wanted: Sequence[str] = ()) -> str:
    """Write the statement that lists a report, in its order.

    Parameters
    ----------
    wanted
        The columns to list; all when none is named.

    Raises
    ------
    UsageError
        If there is no such report or column; it names a near one.
    """
    view = views.tables.get(name, views.tables.get(PREFIX + name))
    if view is None:
        known = [found.removeprefix(PREFIX) for found in views.tables]
        near = get_close_matches(name.removeprefix(PREFIX), known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
        raise UsageError(f"There is no report {name!r}. {hint}")
    for column in wanted:
        if column not in view.columns:
            near = get_close_matches(column, view.columns.keys(), n=1)
            hint = near[0] if near else ", ".join(view.columns.keys())
            raise UsageError(f"{view.name} has no column {column!r}. It has {hint}.")
    listed = ", ".join(wanted or view.columns.keys())
    return f"SELECT {listed} FROM {view.name} ORDER BY {', '.join(order_of(view))}"


def relation_names(names: Sequence[str]) -> frozenset[str]:
    """Return the full names of tables and views; see `columns`."""
    return frozenset(_relation(name).name for name in names)


def type_of(column: sa.Column[object]) -> str:
    """Return the name of a column's type, alike for every database."""
    name = "time" if isinstance(column.type, UtcTime) else str(column.type.compile()).lower()
    in_view = column.table is not None and column.table.name in views.tables
    return name if column.nullable or in_view else f"{name}, not null"


def _relation(name: str) -> sa.Table:
    known = {**views.tables, **metadata.tables}
    if name in known:
        return known[name]
    if PREFIX + name in known:
        return known[PREFIX + name]
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "'catalog schema' lists them."
    raise UsageError(f"There is no table or view {name!r}. {hint}")
