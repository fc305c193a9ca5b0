"""Where images lie, as `show` says it."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema import coordinate_system, extent, transformation
from catalog.query.addresses import system_by_id
from catalog.query.listings import axis_layouts, numbers
from catalog.query.shown import ExtentShown

_e = extent.c


def extent_shown(connection: sa.Connection, image_id: int) -> ExtentShown | None:
    """Tell where an image lies; None when it was recorded by an earlier version."""
    found = connection.execute(sa.select(extent).where(_e.image_id == image_id)).first()
    if found is None:
        return None
    reference = None
    if found.reference_id is not None:
        reference = system_by_id(connection, found.reference_id)
    axes = None
    if reference is not None and reference.axis_layout_id is not None:
        layout = axis_layouts(connection)[reference.axis_layout_id]
        axes = tuple([axis.name for axis in layout])
    return ExtentShown(
        None if reference is None else reference.address,
        axes,
        numbers(found.low),
        numbers(found.high),
        bool(found.approximate),
        found.reason,
    )


def reference_of(connection: sa.Connection, component_id: int) -> str | None:
    """Give the address of the reference system of a component; None when it has no images."""
    query = sa.select(_e.reference_id).where(_e.component_id == component_id).limit(1)
    id_ = connection.execute(query).scalar()
    reference = None if id_ is None else system_by_id(connection, id_)
    return None if reference is None else reference.address


def references_of(connection: sa.Connection, group_id: int) -> tuple[str, ...]:
    """Give those of the components that a group's systems and transformations are part of."""
    found: set[int] = set()
    for table in (coordinate_system, transformation):
        query = sa.select(table.c.component_id).where(table.c.group_id == group_id).distinct()
        found.update(connection.execute(query).scalars())
    references = [reference_of(connection, component_id) for component_id in sorted(found)]
    return tuple(sorted({reference for reference in references if reference is not None}))
