"""Which ids the rows of a parcel get: those that they had before, or new ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from catalog.database.cells import Cell
from catalog.database.dialects import Dialect
from catalog.database.ids import Ids
from catalog.database.packing import renumbered
from catalog.database.parcels.columns import NUMBERED
from catalog.database.schema import coordinate_system, image, zarr_group
from catalog.database.staging import Part

KEYS: dict[str, tuple[str, ...]] = {
    "hierarchy": ("url",),
    "zarr_group": ("url",),
    "coordinate_system": ("group_id", "array_path", "name"),
    "image": ("group_id", "entry"),
}
"""Tables whose rows keep their ids when they are written again, and what tells them apart."""

Recorded = Mapping[str, Mapping[tuple[Cell, ...], int]]
"""Ids that rows of such tables have, by their keys."""


def number(part: Part, ids: Ids, recorded: Recorded) -> None:
    """Give all rows their ids, parents before children: theirs may be a part of a key."""
    for table in NUMBERED:
        had = recorded.get(table)
        if not had:
            part.number_from(table, ids.take(table, part.count(table)).start)
            continue
        found = [had.get(key) for key in part.rows(part.select(table, KEYS[table]))]
        new = iter(ids.take(table, found.count(None)))
        part.number(table, [next(new) if id_ is None else id_ for id_ in found])
    _renumber_graphs(part)


def _renumber_graphs(part: Part) -> None:
    """Put ids in the place of the numbers in the packed graphs of large components."""
    asked = part.ask("SELECT id, adjacency", "component", "AND adjacency IS NOT NULL")
    large = part.rows(asked)
    if not large:
        return
    systems, edges = (
        [id_ for (id_,) in part.rows(part.select(table, ("id",)))]
        for table in ("coordinate_system", "transformation")
    )
    first_system, first_edge = part.first("coordinate_system"), part.first("transformation")
    for component, packed in large:
        part.put_adjacency(component, renumbered(packed, first_system, systems, first_edge, edges))


def recorded_ids(
    connection: sa.Connection,
    dialect: Dialect,
    groups: Iterable[tuple[str, int]],
    hierarchies: Mapping[str, int],
    among: Sequence[int],
) -> Recorded:
    """Find the ids of what is recorded already.

    Parameters
    ----------
    groups
        URLs and ids of groups that are to keep their ids.
    hierarchies
        The same of hierarchies.
    among
        The hierarchies whose images and coordinate systems are to keep theirs.
    """
    these = sa.select(dialect.numbers(among).c.value)
    i, c = image.c, coordinate_system.c
    images = sa.select(i.group_id, i.entry, i.id).join_from(
        image, zarr_group, i.group_id == zarr_group.c.id
    )
    systems = sa.select(c.group_id, c.array_path, c.name, c.id)
    return {
        "hierarchy": {(url,): id_ for url, id_ in hierarchies.items()},
        "zarr_group": {(url,): id_ for url, id_ in groups},
        "image": {
            tuple(key): id_
            for *key, id_ in connection.execute(images.where(zarr_group.c.hierarchy_id.in_(these)))
        },
        "coordinate_system": {
            tuple(key): id_
            for *key, id_ in connection.execute(systems.where(c.hierarchy_id.in_(these)))
        },
    }
