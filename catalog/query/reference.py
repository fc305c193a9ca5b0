"""The coordinate system that things are placed in when none is named."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema import coordinate_system, extent, image, zarr_group
from catalog.query.addresses import SystemRow, system_by_id

_s = coordinate_system.c
_PLACED_IN = (
    sa.select(extent.c.reference_id)
    .where(extent.c.component_id == sa.bindparam("component"), extent.c.reference_id.is_not(None))
    .limit(1)
)
_path = zarr_group.c.path
_LIKELY = (
    sa.select(_s.id)
    .join(zarr_group, _s.group_id == zarr_group.c.id)
    .where(_s.component_id == sa.bindparam("component"))
    .order_by(
        sa.case(
            (sa.or_(_s.kind == "undeclared", _s.ndim.is_(None)), 4),
            (_s.kind == "array", 3),
            (_s.image_entry.is_(None), 0),
            (sa.exists().where(image.c.intrinsic_system_id == _s.id), 1),
            else_=2,
        ),
        # The topmost: how many parts the group's path has.
        sa.case((_path == "", 0), else_=1)
        + sa.func.length(_path)
        - sa.func.length(sa.func.replace(_path, "/", "")),
        _s.ndim.desc(),
        zarr_group.c.url,
        _s.array_path,
        _s.name,
    )
    .limit(1)
)


def reference_system(connection: sa.Connection, component_id: int) -> SystemRow:
    """Give the reference system of a component.

    The one that its images were placed in when it was crawled. A component without
    images has none: there the same preferences choose, those for how many images can
    reach a system left out.
    """
    for query in (_PLACED_IN, _LIKELY):
        found = connection.execute(query, {"component": component_id}).scalar()
        row = None if found is None else system_by_id(connection, found)
        if row is not None:
            return row
    raise LookupError(f"component {component_id} has no coordinate system")
