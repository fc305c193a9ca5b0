"""Takes what was derived from a hierarchy's documents out of the tables, by indexes only."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.database.dialects import Dialect
from catalog.database.schema import (
    SEARCHED,
    channel,
    component,
    coordinate_system,
    crate,
    crate_term,
    extent,
    hierarchy,
    image,
    label_image,
    plate,
    problem,
    resolution_level,
    scene,
    scene_image,
    transformation,
    well,
    zarr_group,
)

_OF_GROUPS = (image, scene, plate)


def clear(connection: sa.Connection, dialect: Dialect, hierarchies: Sequence[int]) -> None:
    """Delete all rows of hierarchies but the hierarchies themselves and their groups."""
    listed = dialect.numbers(hierarchies)
    these = sa.select(listed.c.value)
    groups = sa.select(zarr_group.c.id).where(zarr_group.c.hierarchy_id.in_(these))
    images = sa.select(image.c.id).where(image.c.group_id.in_(groups))
    for table in (image, scene, plate, coordinate_system, transformation):
        owner, among = ("group_id", groups) if table in _OF_GROUPS else ("hierarchy_id", these)
        gone = sa.select(table.c[SEARCHED[table.name]], table.c.search_text)
        dialect.words_gone(connection, table, gone.where(table.c[owner].in_(among)))
    for statement in (
        # Children before parents, as their foreign keys need it.
        problem.delete().where(problem.c.hierarchy_id.in_(these)),
        crate_term.delete().where(crate_term.c.hierarchy_id.in_(these)),
        crate.delete().where(crate.c.hierarchy_id.in_(these)),
        extent.delete().where(extent.c.image_id.in_(images)),
        resolution_level.delete().where(resolution_level.c.image_id.in_(images)),
        label_image.delete().where(label_image.c.image_id.in_(images)),
        channel.delete().where(channel.c.group_id.in_(groups)),
        image.delete().where(image.c.group_id.in_(groups)),
        scene_image.delete().where(scene_image.c.scene_id.in_(groups)),
        scene.delete().where(scene.c.group_id.in_(groups)),
        well.delete().where(well.c.group_id.in_(groups)),
        plate.delete().where(plate.c.group_id.in_(groups)),
        transformation.delete().where(transformation.c.hierarchy_id.in_(these)),
        coordinate_system.delete().where(coordinate_system.c.hierarchy_id.in_(these)),
        component.delete().where(component.c.hierarchy_id.in_(these)),
    ):
        connection.execute(statement)


def delete(connection: sa.Connection, dialect: Dialect, hierarchies: Sequence[int]) -> int:
    """Delete hierarchies with all that belongs to them; say how many groups went."""
    clear(connection, dialect, hierarchies)
    these = sa.select(dialect.numbers(hierarchies).c.value)
    groups = delete_groups(connection, zarr_group.c.hierarchy_id.in_(these))
    connection.execute(hierarchy.delete().where(hierarchy.c.id.in_(these)))
    return groups


def delete_groups(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    """Delete groups that nothing is derived from any more; say how many."""
    child = zarr_group.alias()
    gone = sa.select(zarr_group.c.id).where(which)
    connection.execute(
        zarr_group.update()
        .where(zarr_group.c.id.in_(sa.select(child.c.id).where(child.c.parent_id.in_(gone))))
        .values(parent_id=None)
    )
    return connection.execute(zarr_group.delete().where(which)).rowcount
