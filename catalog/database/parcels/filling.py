"""From a hierarchy's record to the rows of its tables, as tuples of plain values."""

from __future__ import annotations

from catalog.database.cells import Cell
from catalog.database.crates import crate_row, term_rows
from catalog.database.manifest import encode_manifest
from catalog.database.parcels.columns import COLUMNS
from catalog.database.parcels.contents import fill_contents
from catalog.database.parcels.coordinates import fill_extents, fill_systems
from catalog.database.parcels.draft import Axes, Draft
from catalog.database.texts import indexable, storable


class Rows:
    """Rows of a parcel, by table, and the axis layouts that they refer to."""

    def __init__(self) -> None:
        self.of: dict[str, list[tuple[Cell, ...]]] = {name: [] for name in COLUMNS}
        self.layouts: dict[Axes, int] = {}

    @property
    def counts(self) -> tuple[int, ...]:
        """How many there are of each table, in the order of `COLUMNS`."""
        return tuple(map(len, self.of.values()))


def fill(rows: Rows, draft: Draft) -> None:
    """Add all rows of a hierarchy.

    Raises
    ------
    ValueError, KeyError
        When the record refers to what it does not hold; some rows may have been added then.
    """
    record = draft.record
    hierarchy = len(rows.of["hierarchy"])
    rows.of["hierarchy"].append(
        (hierarchy, draft.url, record.digest, encode_manifest(record.manifest))
    )
    first = len(rows.of["zarr_group"])
    group_numbers = {path: number for number, path in enumerate(draft.group_urls, first)}
    _fill_groups(rows, draft, hierarchy, group_numbers)
    layouts = _layouts(rows, draft)
    systems = fill_systems(rows.of, draft, hierarchy, group_numbers, layouts)
    images = fill_contents(rows.of, draft, group_numbers, systems.first, layouts)
    fill_extents(rows.of, draft, images, systems)
    if record.crate is not None:
        rows.of["crate"].append(crate_row(record.crate, hierarchy))
        rows.of["crate_term"] += term_rows(record.crate, hierarchy)
    problems = rows.of["problem"]
    for problem in draft.problems:
        location, pointer, code, severity, message = problem
        url = storable(record.url_of(location))
        words = storable(message)
        problems.append(
            (len(problems), None, hierarchy, url, storable(pointer), code, severity, words)
        )


def _fill_groups(rows: Rows, draft: Draft, hierarchy: int, numbers: dict[str, int]) -> None:
    listed = rows.of["zarr_group"]
    for group in draft.groups:
        url = draft.group_urls[group.path]
        if indexable(url) != url:
            raise ValueError(f"the URL of the group {group.path!r} is longer than 1,000 bytes")
        listed.append(
            (
                *(numbers[group.path], hierarchy),
                None if group.parent is None else numbers[group.parent],
                *(url, storable(group.path), indexable(group.name), group.kind),
                *(storable(group.ome_version), group.zarr_format, group.mtime_ns, group.size),
                *(group.digest, storable(group.attributes)),
            )
        )


def _layouts(rows: Rows, draft: Draft) -> dict[int, int | None]:
    """Number the axis layouts of systems, by the identity of their axes.

    Most systems share the very same axes, and to compare them takes long.
    """
    layouts = rows.layouts
    shared = {id(system.axes): system.axes for system in draft.record.systems}
    return {
        key: None if axes is None else layouts.setdefault(axes, len(layouts))
        for key, axes in shared.items()
    }
