"""How many things have each value of a field: kept while writing, so that asking is free.

What is counted is what is there: nothing of a hierarchy that is marked as removed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects import Dialect
from catalog.database.parcels.draft import Axes
from catalog.database.prepared import Prepared, parameter
from catalog.database.schema import (
    axis,
    channel,
    coordinate_system,
    facet_count,
    hierarchy,
    image,
    plate,
    scene,
    transformation,
    zarr_group,
)
from catalog.database.staging import Part
from catalog.database.texts import storable

Key = tuple[str, str, str]
"""Subject, field, value as text."""

FIELDS: dict[str, tuple[str, ...]] = {
    "images": (
        *("axes", "dtype", "version", "zarr_format", "ndim", "levels", "channels", "has_labels"),
        *("axis", "unit", "channel"),
    ),
    "scenes": ("version",),
    "plates": ("version",),
    "systems": ("kind", "axis", "unit"),
    "transformations": ("type", "origin", "invertibility"),
}
"""Fields that are counted, by subject; label images have those of images."""
FIELDS["labels"] = FIELDS["images"]

_IMAGE = ("axes", "dtype", "version", "zarr_format", "ndim", "levels", "channels", "has_labels")
_EDGE = ("type", "origin", "invertibility")


_OF_IMAGE = (
    *("is_label", "axes", "dtype", "ome_version", "zarr_format", "ndim", "levels", "channels"),
    *("labels > 0", "axis_layout_id"),
)

_ADD = sa.text(
    "INSERT INTO facet_count (subject, field, value, count) "
    "VALUES (:subject, :field, :value, :count) ON CONFLICT (subject, field, value) "
    "DO UPDATE SET count = facet_count.count + excluded.count"
)


@contextmanager
def recounted(
    connection: sa.Connection, dialect: Dialect, hierarchies: Sequence[int]
) -> Iterator[None]:
    """Keep the counts true while what hierarchies hold, or whether they are there, changes."""
    before = tally(connection, dialect, hierarchies)
    yield
    after = tally(connection, dialect, hierarchies)
    after.subtract(before)
    add(connection, after)


def add(connection: sa.Connection, counts: Counter[Key]) -> None:
    """Add to the counts; what is negative is taken from them."""
    # In one order, so that two writers that wait for each other's rows cannot meet.
    rows = [
        {"subject": subject, "field": field, "value": value, "count": count}
        for (subject, field, value), count in sorted(counts.items())
        if count
    ]
    if rows:
        connection.execute(_ADD, rows)


def tally(connection: sa.Connection, dialect: Dialect, hierarchies: Sequence[int]) -> Counter[Key]:
    """Count what some hierarchies hold, unless they are marked as removed."""
    counts: Counter[Key] = Counter()
    if not hierarchies:
        return counts
    these = sa.select(dialect.numbers(hierarchies).c.value)
    there = sa.and_(zarr_group.c.hierarchy_id.in_(these), zarr_group.c.removed_at.is_(None))
    layouts: Counter[tuple[str, int]] = Counter()
    _images(connection, there, counts, layouts)
    for subject, table in (("scenes", scene), ("plates", plate)):
        version = zarr_group.c.ome_version
        query = (
            sa.select(version, sa.func.count())
            .join_from(zarr_group, table, table.c.group_id == zarr_group.c.id)
            .where(there)
            .group_by(version)
        )
        for value, count in connection.execute(query):
            _count(counts, subject, [("version", value)], count)
    present = sa.select(hierarchy.c.id).where(
        hierarchy.c.id.in_(these), hierarchy.c.removed_at.is_(None)
    )
    s = coordinate_system.c
    grouped = (s.kind, s.axis_layout_id)
    query = sa.select(*grouped, sa.func.count()).where(s.hierarchy_id.in_(present))
    for kind, layout, count in connection.execute(query.group_by(*grouped)):
        _count(counts, "systems", [("kind", kind)], count)
        if layout is not None:
            layouts["systems", layout] += count
    t = transformation.c
    of = (t.type, t.origin, t.invertibility)
    query = sa.select(*of, sa.func.count()).where(t.hierarchy_id.in_(present)).group_by(*of)
    for type_, origin, invertibility, count in connection.execute(query):
        values = [("type", type_), ("origin", origin), ("invertibility", invertibility)]
        _count(counts, "transformations", values, count)
    if layouts:
        found = _recorded_axes(connection, dialect, {layout for _, layout in layouts})
        _axes(counts, layouts, found)
    return counts


def counted(part: Part) -> Counter[Key]:
    """Count what is about to be written as `tally` would afterwards."""
    counts: Counter[Key] = Counter()
    used: Counter[tuple[str, int]] = Counter()

    def grouped(table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        if part.count(table):
            named = ", ".join(columns)
            yield from part.rows(part.ask(f"SELECT {named}, count(*)", table, f"GROUP BY {named}"))

    for is_label, *values, labels, layout, count in grouped("image", *_OF_IMAGE):
        subject = _subject(is_label)
        _count(counts, subject, zip(_IMAGE, [*values, _has(labels)], strict=True), count)
        if layout is not None:
            used[subject, layout] += count
    if part.count("channel"):
        in_group: dict[int, list[str]] = {}
        for group, is_label, count in grouped("image", "group_id", "is_label"):
            in_group.setdefault(group, []).extend([_subject(is_label)] * count)
        for group, label, _ in grouped("channel", "group_id", "label"):
            if label is not None:
                for subject in in_group.get(group, ()):
                    counts[subject, "channel", label] += 1
    for subject, table in (("scenes", "scene"), ("plates", "plate")):
        for version, count in grouped(table, part.looked_up(table, "group_id", "ome_version")):
            _count(counts, subject, [("version", version)], count)
    for kind, layout, count in grouped("coordinate_system", "kind", "axis_layout_id"):
        _count(counts, "systems", [("kind", kind)], count)
        if layout is not None:
            used["systems", layout] += count
    for *values, count in grouped("transformation", *_EDGE):
        _count(counts, "transformations", zip(_EDGE, values, strict=True), count)
    _axes(counts, used, {number: _axis_values(axes) for number, axes in enumerate(part.layouts)})
    return counts


def _images(
    connection: sa.Connection,
    there: sa.ColumnElement[bool],
    counts: Counter[Key],
    layouts: Counter[tuple[str, int]],
) -> None:
    c = image.c
    source = zarr_group.join(image, c.group_id == zarr_group.c.id)
    grouped = (
        *(c.is_label, c.axes, c.dtype, c.ome_version, c.zarr_format, c.ndim, c.levels),
        # Not a parameter: PostgreSQL takes two of one value for two expressions.
        *(c.channels, c.labels > sa.literal_column("0"), c.axis_layout_id),
    )
    query = sa.select(*grouped, sa.func.count()).select_from(source).where(there)
    for is_label, *values, labels, layout, count in connection.execute(query.group_by(*grouped)):
        subject = _subject(is_label)
        _count(counts, subject, zip(_IMAGE, [*values, _has(labels)], strict=True), count)
        if layout is not None:
            layouts[subject, layout] += count
    labelled = (
        sa.select(c.is_label, channel.c.label, sa.func.count(c.id.distinct()))
        .select_from(source.join(channel, channel.c.group_id == c.group_id))
        .where(there, channel.c.label.is_not(None))
        .group_by(c.is_label, channel.c.label)
    )
    for is_label, label, count in connection.execute(labelled):
        counts[_subject(is_label), "channel", label] += count


def _axis_values(axes: Axes) -> set[tuple[str, str]]:
    units = {("unit", storable(axis.unit)) for axis in axes if axis.unit is not None}
    return units | {("axis", storable(axis.name)) for axis in axes}


def _recorded_axes(
    connection: sa.Connection, dialect: Dialect, layouts: Iterable[int]
) -> dict[int, set[tuple[str, str]]]:
    these = sa.select(dialect.numbers(sorted(layouts)).c.value)
    query = sa.select(axis.c.axis_layout_id, axis.c.name, axis.c.unit)
    values: dict[int, set[tuple[str, str]]] = {}
    for layout, name, unit in connection.execute(query.where(axis.c.axis_layout_id.in_(these))):
        found = values.setdefault(layout, set())
        found.add(("axis", name))
        if unit is not None:
            found.add(("unit", unit))
    return values


def _axes(
    counts: Counter[Key],
    layouts: Counter[tuple[str, int]],
    values: Mapping[int, set[tuple[str, str]]],
) -> None:
    """Count the things that have an axis of a name, and one in a unit."""
    for (subject, layout), count in layouts.items():
        for field, value in values.get(layout, ()):
            counts[subject, field, value] += count


def _subject(is_label: object) -> str:
    return "labels" if is_label else "images"


def _has(labels: object) -> str:
    return "true" if labels else "false"


def _count(
    counts: Counter[Key], subject: str, values: Iterable[tuple[str, object]], count: int
) -> None:
    counts[subject, "", ""] += count
    for field, value in values:
        if value is not None:
            counts[subject, field, str(value)] += count


def kept(connection: sa.Connection, subject: str, field: str) -> list[tuple[str, int]]:
    """Give the values of a field with their counts, the most frequent first."""
    return [(value, count) for value, count in _KEPT.rows(connection, (subject, field))]


def _kept() -> Prepared:
    c = facet_count.c
    of = (c.subject == parameter(0, sa.Text()), c.field == parameter(1, sa.Text()), c.count > 0)
    return Prepared(sa.select(c.value, c.count).where(*of).order_by(c.count.desc(), c.value))


_KEPT = _kept()
