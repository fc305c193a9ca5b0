"""An image as a place: what it is called by, and where it lies."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.prepared import Prepared, parameter
from catalog.database.schema import extent, image, zarr_group
from catalog.errors import AmbiguousAddressError, UnknownAddressError
from catalog.query.addresses import (
    Normalise,
    find_groups,
    groups_of_images_named,
    kind_and_id,
    resolve_group,
)

Rows = tuple[tuple[float, ...], ...]


class ImageExtent(NamedTuple):
    """Where an image lies, as `extent` holds it; `named` is what to call it."""

    image_id: int
    named: str
    component_id: int | None
    reference_id: int | None
    shape: tuple[int, ...] | None
    affine: Rows | None
    low: tuple[float, ...]
    high: tuple[float, ...]
    approximate: bool
    reason: str | None


class _Read(NamedTuple):
    """What is read of it."""

    id: int
    url: str
    entry: int
    image_id: int | None
    component_id: int | None
    reference_id: int | None
    shape: str | None
    affine: str | None
    low: str | None
    high: str | None
    approximate: bool | None
    reason: str | None


_e = extent.c
_IMAGES = (
    sa.select(
        *(image.c.id, zarr_group.c.url, image.c.entry, _e.image_id, _e.component_id),
        *(_e.reference_id, _e.shape, _e.affine, _e.low, _e.high, _e.approximate, _e.reason),
    )
    .join(zarr_group, zarr_group.c.id == image.c.group_id)
    .outerjoin(extent, extent.c.image_id == image.c.id)
    .where(zarr_group.c.removed_at.is_(None))
    .order_by(image.c.group_id, image.c.entry)
)
_OF_GROUP = _IMAGES.where(image.c.group_id == sa.bindparam("group"))
# By location, as most are asked for.
_AT = Prepared(_IMAGES.where(zarr_group.c.url == parameter(0, sa.Text())))
_BY_ID = _IMAGES.where(image.c.id == sa.bindparam("id"))
NOT_YET = "an earlier version recorded it; run 'catalog index' again on what holds it"


def image_extent(
    connection: sa.Connection, text: str, normalise: Normalise | None = None
) -> ImageExtent:
    """Find where an image lies.

    Parameters
    ----------
    text
        Its URL or path, the last parts of its URL, its name, or its id (``17``, ``image:17``).

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        When there is no such image, or several.
    """
    numbered = kind_and_id(text)
    if numbered is not None and numbered[0] in {None, "image"}:
        row = connection.execute(_BY_ID, {"id": numbered[1]}).first()
        if row is not None:
            return _made(row)
    there = _AT.rows(connection, [text.rstrip("/")])
    if len(there) == 1:
        return _made(_Read._make(there[0]))
    groups = find_groups(connection, text, normalise) or groups_of_images_named(connection, text)
    if not groups:
        resolve_group(connection, text, normalise)  # says what is near
    rows = [row for group in groups for row in connection.execute(_OF_GROUP, {"group": group.id})]
    if not rows:
        raise UnknownAddressError(
            f"{groups[0].url} is no image, but a group of another kind.", text
        )
    if len(rows) > 1:
        candidates = [f"image:{row.id}" for row in rows]
        listed = "".join(f"\n  image:{row.id}  {row.url} [{row.entry}]" for row in rows[:10])
        raise AmbiguousAddressError(
            f"{text!r} may mean {len(rows)} images; write one of: {listed}", text, candidates
        )
    return _made(rows[0])


def _made(row: Any) -> ImageExtent:
    def loaded(text: str | None) -> tuple[float, ...]:
        return () if text is None else tuple(json.loads(text))

    affine = None if row.affine is None else tuple(map(tuple, json.loads(row.affine)))
    reason = NOT_YET if row.image_id is None else row.reason
    return ImageExtent(
        row.id,
        row.url,
        row.component_id,
        row.reference_id,
        None if row.shape is None else tuple(json.loads(row.shape)),
        affine,
        loaded(row.low),
        loaded(row.high),
        bool(row.approximate),
        reason,
    )
