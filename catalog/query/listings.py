"""What the catalog holds, as rows: coordinate systems, problems, the state of the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.schema import (
    axis,
    component,
    coordinate_system,
    crawl,
    facet_count,
    hierarchy,
    problem,
    well,
    zarr_group,
)
from catalog.query.addresses import address, below

_FETCH = 1_000


class SystemListing(NamedTuple):
    """A coordinate system in a list; `axes` and `units` are in order, empty when unknown."""

    id: int
    address: str
    axes: tuple[str, ...]
    units: tuple[str | None, ...]
    kind: str
    component: int


class ProblemListing(NamedTuple):
    """A problem in a list."""

    id: int
    severity: str
    code: str
    url: str
    pointer: str
    message: str


class CrawlListing(NamedTuple):
    """A run of `index` over one root."""

    id: int
    root: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    seen: int
    written: int
    unchanged: int
    failed: int
    removed: int
    problems: int
    message: str | None


@dataclass(frozen=True)
class Status:
    """What a catalog holds.

    Attributes
    ----------
    url
        Of the database, without a password.
    counts
        How many there are of each thing, in the order of reading.
    crawls
        The last ones, newest first.
    """

    url: str
    revision: str
    counts: dict[str, int]
    crawls: tuple[CrawlListing, ...]


class AxisListing(NamedTuple):
    """An axis of a coordinate system."""

    name: str
    type: str | None
    unit: str | None


def axis_layouts(connection: sa.Connection) -> dict[int, tuple[AxisListing, ...]]:
    """Return the axes of each layout; there are few layouts, however many systems there are."""
    rows = connection.execute(
        sa.select(axis.c.axis_layout_id, axis.c.name, axis.c.type, axis.c.unit).order_by(
            axis.c.axis_layout_id, axis.c.position
        )
    )
    layouts: dict[int, list[AxisListing]] = {}
    for layout, name, type_, unit in rows:
        layouts.setdefault(layout, []).append(AxisListing(name, type_, unit))
    return {layout: tuple(axes) for layout, axes in layouts.items()}


def systems(
    connection: sa.Connection, scope: str | None = None, kind: str | None = None
) -> Iterator[SystemListing]:
    """List coordinate systems by address.

    Parameters
    ----------
    scope
        URL of a group: its systems and those of the groups below it. None for all.
    kind
        ``declared``, ``array``, ``implied`` or ``undeclared`` alone.
    """
    query = (
        sa.select(
            coordinate_system.c.id,
            zarr_group.c.url,
            coordinate_system.c.array_path,
            coordinate_system.c.name,
            coordinate_system.c.axis_layout_id,
            coordinate_system.c.kind,
            coordinate_system.c.component_id,
        )
        .join(zarr_group, coordinate_system.c.group_id == zarr_group.c.id)
        .where(zarr_group.c.removed_at.is_(None))
        .order_by(zarr_group.c.url, coordinate_system.c.array_path, coordinate_system.c.name)
    )
    if scope is not None:
        query = query.where(below(zarr_group.c.url, scope))
    if kind is not None:
        query = query.where(coordinate_system.c.kind == kind)
    layouts = axis_layouts(connection)
    # Closed here, also when the caller stops half-way: a server keeps the rest for us.
    with connection.execute(query.execution_options(yield_per=_FETCH)) as rows:
        for id_, url, array_path, name, layout, kind_, component_id in rows:
            axes = layouts.get(layout, ())
            yield SystemListing(
                id_,
                address(url, array_path, name),
                tuple(axis.name for axis in axes),
                tuple(axis.unit for axis in axes),
                kind_,
                component_id,
            )


def problems(
    connection: sa.Connection,
    *,
    code: str | None = None,
    severity: str | None = None,
    under: str | None = None,
) -> Iterator[ProblemListing]:
    """List problems by place.

    Parameters
    ----------
    code, severity
        Only those of this rule; only ``error`` or ``warning``.
    under
        URL of a group or folder: only what lies there or below.
    """
    query = (
        sa.select(
            problem.c.id,
            problem.c.severity,
            problem.c.code,
            problem.c.url,
            problem.c.pointer,
            problem.c.message,
        )
        .outerjoin(hierarchy, problem.c.hierarchy_id == hierarchy.c.id)
        .where(hierarchy.c.removed_at.is_(None))
        .order_by(problem.c.url, problem.c.pointer, problem.c.id)
    )
    if code is not None:
        query = query.where(problem.c.code == code)
    if severity is not None:
        query = query.where(problem.c.severity == severity)
    if under is not None:
        query = query.where(below(problem.c.url, under))
    with connection.execute(query.execution_options(yield_per=_FETCH)) as rows:
        for row in rows:
            yield ProblemListing._make(row)


def problems_of(connection: sa.Connection, url: str) -> tuple[ProblemListing, ...]:
    """Return the problems of one group, not of those below it."""
    columns = [problem.c[name] for name in ProblemListing._fields]
    query = sa.select(*columns).where(problem.c.url == url)
    rows = connection.execute(query.order_by(problem.c.pointer, problem.c.id))
    return tuple(map(ProblemListing._make, rows))


def problem_codes(connection: sa.Connection) -> list[str]:
    """Return the codes of which there are problems, in order."""
    query = sa.select(problem.c.code).distinct().order_by(problem.c.code)
    return list(connection.execute(query).scalars())


def crawls(connection: sa.Connection, limit: int = 5) -> tuple[CrawlListing, ...]:
    """Return the last runs of `index`, newest first."""
    columns = [crawl.c[name] for name in CrawlListing._fields]
    query = sa.select(*columns).order_by(crawl.c.id.desc()).limit(limit)
    return tuple(CrawlListing._make(row) for row in connection.execute(query))


def counts(connection: sa.Connection) -> dict[str, int]:
    """Count what is there (and not removed), by kind of thing.

    Images, scenes, plates, coordinate systems and transformations are counted while they
    are written. Of the rest all are counted, less those of hierarchies that are removed:
    these are few, and found by indexes.
    """
    gone = hierarchy.c.removed_at.is_not(None)

    def number(of: sa.FromClause, *conditions: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(of).where(*conditions)
        return int(connection.execute(query).scalar_one())

    def present(table: sa.Table, *links: sa.Table) -> int:
        of_removed: sa.FromClause = table
        for link in (*links, hierarchy):
            of_removed = of_removed.join(link)
        return number(table) - number(of_removed, gone)

    c = facet_count.c
    totals = connection.execute(sa.select(c.subject, c.count).where(c.field == ""))
    kept = {subject: int(count) for subject, count in totals}
    removed = number(hierarchy, gone)
    return {
        "hierarchies": number(hierarchy) - removed,
        "scenes": kept.get("scenes", 0),
        "images": kept.get("images", 0) + kept.get("labels", 0),
        "label images": kept.get("labels", 0),
        "plates": kept.get("plates", 0),
        "wells": present(well, zarr_group),
        "coordinate systems": kept.get("systems", 0),
        "transformations": kept.get("transformations", 0),
        "components": present(component),
        "problems": present(problem),
        "removed hierarchies": removed,
    }


def numbers(text: str | None) -> tuple[float, ...] | None:
    """Read a column that holds a JSON list of numbers."""
    return None if text is None else tuple(json.loads(text))


def integers(text: str | None) -> tuple[int, ...] | None:
    """Read a column that holds a JSON list of integers."""
    return None if text is None else tuple(json.loads(text))
