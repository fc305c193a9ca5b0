"""What the catalog is made of, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.schema import (
    hierarchy,
    image,
    problem,
    transformation,
    zarr_group,
)
from catalog.query.listings import counts

THINGS = "things"
BYTES = "bytes"


class Figure(NamedTuple):
    """A number about the catalog.

    Attributes
    ----------
    about
        What is counted, such as ``things`` or ``data type of images``.
    value
        What the counted ones have in common; None when it is not known.
    """

    about: str
    value: str | None
    number: int


def stats(connection: sa.Connection) -> Iterator[Figure]:
    """Count what is there (and not removed): things, bytes, versions, types, problems.

    Within one subject the largest number comes first, but for `things`, which have the
    order of reading.
    """
    for name, count in counts(connection).items():
        yield Figure(THINGS, name, count)
    levels = sa.select(sa.func.sum(sa.cast(image.c.bytes, sa.Numeric)))
    present = levels.join(zarr_group).where(zarr_group.c.removed_at.is_(None))
    # All levels, uncompressed, as the documents declare them: nobody has looked at chunks.
    yield Figure(BYTES, "declared by images", int(connection.scalar(present) or 0))

    of_images = (
        ("OME-Zarr version of images", zarr_group.c.ome_version),
        ("Zarr format of images", sa.cast(zarr_group.c.zarr_format, sa.Text)),
        ("data type of images", image.c.dtype),
        ("axes of images", image.c.axes),
    )
    images = image.join(zarr_group)
    for about, column in of_images:
        yield from _shares(connection, about, column, images, zarr_group.c.removed_at)
    edges = transformation.join(hierarchy)
    for about, column in (
        ("type of transformations", transformation.c.type),
        ("way back through transformations", transformation.c.invertibility),
    ):
        yield from _shares(connection, about, column, edges, hierarchy.c.removed_at)
    problems = problem.outerjoin(hierarchy)
    for about, column in (
        ("severity of problems", problem.c.severity),
        ("code of problems", problem.c.code),
    ):
        yield from _shares(connection, about, column, problems, hierarchy.c.removed_at)


def _shares(
    connection: sa.Connection,
    about: str,
    column: sa.ColumnElement[str],
    source: sa.FromClause,
    removed_at: sa.ColumnElement[datetime],
) -> Iterator[Figure]:
    """Count those of a source that are there, by what they have in a column."""
    number = sa.func.count().label("number")
    query = sa.select(column, number).select_from(source).where(removed_at.is_(None))
    query = query.group_by(column).order_by(number.desc(), column.nulls_last())
    for value, count in connection.execute(query):
        yield Figure(about, value, count)
