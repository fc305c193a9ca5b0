"""The hierarchy that a group belongs to."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema import hierarchy, zarr_group
from catalog.errors import UnknownAddressError

_OF_GROUP = (
    sa.select(hierarchy.c.url, zarr_group.c.path)
    .join(hierarchy, zarr_group.c.hierarchy_id == hierarchy.c.id)
    .where(zarr_group.c.url == sa.bindparam("url"))
)


def hierarchy_of(connection: sa.Connection, url: str) -> tuple[str, str]:
    """Give the URL of a group's hierarchy, and the group's path in it.

    Raises
    ------
    UnknownAddressError
        If the catalog holds no such group.
    """
    row = connection.execute(_OF_GROUP, {"url": url}).one_or_none()
    if row is None:
        raise UnknownAddressError(f"The catalog holds no group {url}.", url)
    return row[0], row[1]
