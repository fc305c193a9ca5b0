"""A group's own metadata, as it stood."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema import zarr_group
from catalog.query.addresses import Normalise
from catalog.query.show import show
from catalog.query.shown import GroupShown, SystemShown


def document(connection: sa.Connection, text: str, normalise: Normalise | None = None) -> str:
    """Return, as JSON, the attributes of the group that a text means, or that declares it.

    Parameters
    ----------
    text
        What `show` takes.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If it means nothing, or several things.
    """
    shown = show(connection, text, normalise)
    if isinstance(shown, GroupShown):
        url = shown.url
    elif isinstance(shown, SystemShown):
        url = shown.group
    else:
        url = shown.declared_in
    query = sa.select(zarr_group.c.attributes).where(zarr_group.c.url == url)
    return str(connection.execute(query).scalar_one())
