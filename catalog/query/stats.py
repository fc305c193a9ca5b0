"""What the catalog is made of, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database import facets
from catalog.database.schema import hierarchy, image, problem, zarr_group
from catalog.query.listings import counts

THINGS = "things"
BYTES = "bytes"

_IMAGES = ("images", "labels")
_EDGES = ("transformations",)


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
    order of reading. What is counted while writing is read, not counted again.
    """
    for name, count in counts(connection).items():
        yield Figure(THINGS, name, count)
    # All levels, uncompressed, as the documents declare them: nobody has looked at chunks.
    yield Figure(BYTES, "declared by images", _bytes(connection))
    for about, subjects, field in (
        ("OME-Zarr version of images", _IMAGES, "version"),
        ("Zarr format of images", _IMAGES, "zarr_format"),
        ("data type of images", _IMAGES, "dtype"),
        ("axes of images", _IMAGES, "axes"),
        ("type of transformations", _EDGES, "type"),
        ("way back through transformations", _EDGES, "invertibility"),
    ):
        yield from _kept(connection, about, subjects, field)
    for about, column in (
        ("severity of problems", problem.c.severity),
        ("code of problems", problem.c.code),
    ):
        yield from _shares(connection, about, column)


def _bytes(connection: sa.Connection) -> int:
    """Add up what images declare: of all that are recorded, less what is removed."""
    total = sa.select(sa.func.sum(sa.cast(image.c.bytes, sa.Numeric)))
    gone = (
        total.join_from(image, zarr_group, image.c.group_id == zarr_group.c.id)
        .join(hierarchy, zarr_group.c.hierarchy_id == hierarchy.c.id)
        .where(hierarchy.c.removed_at.is_not(None))
    )
    everything, removed = connection.scalar(total), connection.scalar(gone)
    return int(everything or 0) - int(removed or 0)


def _kept(
    connection: sa.Connection, about: str, subjects: Sequence[str], field: str
) -> Iterator[Figure]:
    """Read how many have each value of a field."""
    values: Counter[str] = Counter()
    total = 0
    for subject in subjects:
        values.update(dict(facets.kept(connection, subject, field)))
        total += sum(count for _, count in facets.kept(connection, subject, ""))
    unknown = total - values.total()
    found: list[tuple[str | None, int]] = [*values.items()]
    if unknown > 0:
        found.append((None, unknown))
    for value, count in sorted(found, key=lambda one: (-one[1], one[0] is None, one[0] or "")):
        yield Figure(about, value, count)


def _shares(
    connection: sa.Connection, about: str, column: sa.ColumnElement[str]
) -> Iterator[Figure]:
    """Count problems that are there, by what they have in a column."""
    number = sa.func.count().label("number")
    query = (
        sa.select(column, number)
        .select_from(problem.outerjoin(hierarchy))
        .where(hierarchy.c.removed_at.is_(None))
        .group_by(column)
        .order_by(number.desc(), column.nulls_last())
    )
    for value, count in connection.execute(query):
        yield Figure(about, value, count)
