"""Images as BioFile Finder lists files: one row for each, with the columns that it knows.

BioFile Finder takes any CSV, Parquet or JSON table with a column ``File Path``. It knows
``File ID`` (unique; without it paths have to be), ``File Name``, ``File Size`` and
``Uploaded`` as well; every other column is something to group, filter and sort by. It
reads a text as a list that is separated by commas. There is no ``Thumbnail``: it draws
one itself of an image whose address holds ``.zarr``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import unquote

import sqlalchemy as sa

from catalog.database.dialects import dialect_of
from catalog.database.schema import (
    channel,
    crate_term,
    hierarchy,
    image,
    scene,
    scene_image,
    zarr_group,
)
from catalog.errors import UsageError
from catalog.query.search.found import Found, ImageFound

COLUMNS: Mapping[str, type[str] | type[int] | type[float]] = {
    "File ID": str,
    "File Path": str,
    "File Name": str,
    "File Size": int,
    "Uploaded": str,
    "Folder": str,
    "Scene": str,
    "Channel": str,
    "Organism": str,
    "Modality": str,
    "Axes": str,
    "Data Type": str,
    "Size T": int,
    "Size C": int,
    "Size Z": int,
    "Size Y": int,
    "Size X": int,
    "Voxel Size Z": float,
    "Voxel Size Y": float,
    "Voxel Size X": float,
    "Time Step": float,
    "Levels": int,
    "Label Images": int,
    "OME-Zarr Version": str,
    "Zarr Format": int,
}
"""What is written of an image, in this order, with the type of its values."""

FileRow = tuple[str | int | float | None, ...]
"""Values of `COLUMNS`."""

_BLOCK = 1_000


class _More(NamedTuple):
    """What a search does not give: when the image was last read, and what it belongs to."""

    uploaded: str
    scenes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    organisms: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()


_NOTHING = _More("")


def file_rows(
    found: Iterable[Found], reading: Callable[[], AbstractContextManager[sa.Connection]]
) -> Iterator[FileRow]:
    """Give for each image that a search found the values of `COLUMNS`.

    Raises
    ------
    UsageError
        When something else than images was searched for.
    """
    found = iter(found)
    while block := list(islice(found, _BLOCK)):
        images = [one for one in block if isinstance(one, ImageFound)]
        if len(images) < len(block):
            raise UsageError("BioFile Finder lists images; search for these alone.")
        with reading() as connection:
            more = _more(connection, [one.id for one in images])
        for one in images:
            yield _row(one, more.get(one.id, _NOTHING))


def file_path(url: str) -> str:
    """Write an address as a program opens it: a local one as a path, others as they are.

    Examples
    --------
    >>> file_path("file:///data/brain%237.zarr")
    '/data/brain#7.zarr'
    """
    return unquote(url.removeprefix("file://")) if url.startswith("file:///") else url


def _row(one: ImageFound, more: _More) -> FileRow:
    path = file_path(one.url)
    sizes: dict[str, int] = {}
    if one.shape is not None and len(one.shape) == len(one.axes):
        sizes = dict(zip(one.axes, one.shape, strict=True))
    return (
        str(one.id),
        path,
        one.name,
        one.bytes,
        more.uploaded or None,
        path.rpartition("/")[0],
        _listed(more.scenes),
        _listed(more.channels),
        _listed(more.organisms),
        _listed(more.modalities),
        one.axes,
        one.dtype,
        *(sizes.get(axis) for axis in "tczyx"),
        one.voxel_size_z,
        one.voxel_size_y,
        one.voxel_size_x,
        one.time_step,
        one.levels,
        one.labels,
        one.version or None,
        one.zarr_format,
    )


def _listed(texts: tuple[str, ...]) -> str | None:
    """Join texts with commas; one inside of a text would part it."""
    return ",".join(text.replace(",", ";") for text in texts) or None


@cache
def _statements(dialect: str) -> tuple[sa.Select[Any], ...]:
    """Select what `_More` holds, field by field, each with the id of its image."""
    wanted = dialect_of(dialect).numbers_named("ids")
    images = image.join(wanted, image.c.id == wanted.c.value)
    of_scene = scene_image.c.image_group_id == image.c.group_id
    groups = images.join(zarr_group, image.c.group_id == zarr_group.c.id)
    # As a crate names it; most give identifiers alone.
    term = sa.func.coalesce(crate_term.c.label, crate_term.c.identifier)
    terms = (
        sa.select(image.c.id, term)
        .select_from(
            groups.join(crate_term, crate_term.c.hierarchy_id == zarr_group.c.hierarchy_id)
        )
        .order_by(image.c.id, term)
    )
    return (
        sa.select(image.c.id, hierarchy.c.indexed_at).select_from(
            groups.join(hierarchy, zarr_group.c.hierarchy_id == hierarchy.c.id)
        ),
        sa.select(image.c.id, scene.c.title)
        .select_from(images.join(scene_image, sa.and_(of_scene, scene_image.c.referenced)))
        .join(scene, scene_image.c.scene_id == scene.c.group_id)
        .order_by(image.c.id, scene.c.title, scene.c.group_id),
        sa.select(image.c.id, channel.c.label)
        .select_from(images.join(channel, channel.c.group_id == image.c.group_id))
        .where(channel.c.label.is_not(None))
        .order_by(image.c.id, channel.c.position),
        terms.where(crate_term.c.kind == "organism"),
        terms.where(crate_term.c.kind == "modality"),
    )


def _more(connection: sa.Connection, ids: list[int]) -> dict[int, _More]:
    values = {"ids": dialect_of(connection.dialect.name).numbers_given(ids)}
    read, *others = (
        connection.execute(statement, values).all()
        for statement in _statements(connection.dialect.name)
    )
    of: list[dict[int, dict[str, None]]] = []
    for rows in others:
        texts: dict[int, dict[str, None]] = {}
        for id_, text in rows:
            texts.setdefault(id_, {})[text] = None
        of.append(texts)
    return {
        id_: _More(
            moment.strftime("%Y-%m-%d %H:%M:%S"), *[tuple(texts.get(id_, ())) for texts in of]
        )
        for id_, moment in read
    }
