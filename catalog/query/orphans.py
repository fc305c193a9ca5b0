"""What belongs nowhere: images of no scene, systems without a way, references into nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, Literal, NamedTuple, get_args

import sqlalchemy as sa

from catalog.database.schema import (
    component,
    coordinate_system,
    hierarchy,
    image,
    problem,
    scene_image,
    zarr_group,
)
from catalog.errors import UsageError
from catalog.query.addresses import address, below

Kind = Literal["images", "systems", "references"]
KINDS: tuple[Kind, ...] = get_args(Kind)

REFERENCES = (
    # The end of a transformation.
    *("unknown-system", "ambiguous-system", "missing-image", "outside-hierarchy"),
    # An array: of a resolution level, of stored parameters, of a field.
    *("missing-array", "missing-parameters"),
    # A label image in a list, and the image that one annotates.
    *("missing-label", "missing-label-source"),
    # Parts of plates and of other collections.
    *("missing-well", "missing-field", "missing-series"),
)
"""Codes of problems that say: what is named here was not found."""

_FETCH = 1_000


class OrphanListing(NamedTuple):
    """Something that belongs nowhere.

    Attributes
    ----------
    what
        ``image``, ``system`` or ``reference``.
    id
        Of the image, the coordinate system, or the problem.
    place
        URL of an image, address of a system; of a reference the group (or array) and the
        JSON pointer where it stands.
    why
        ``no-scene``: no scene has the image; ``unreferenced``: it lies in a scene that does
        not refer to it; ``unconnected``: nothing leads to the system or away from it; or
        the code of the problem.
    """

    what: str
    id: int
    name: str | None
    place: str
    why: str
    message: str | None


def orphans(
    connection: sa.Connection,
    kinds: Collection[Kind] = KINDS,
    *,
    under: str | None = None,
    limit: int | None = None,
) -> Iterator[OrphanListing]:
    """List what belongs nowhere: images first, then systems, then references.

    Images and systems come in the order in which they were recorded, references by place.
    Label images belong to the image that they annotate; where that is missing, it is a
    reference into nothing.

    Parameters
    ----------
    under
        URL of a group or folder: only what lies there or below.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is nothing to list; there are {', '.join(KINDS)}.")
    return islice(_all(connection, kinds, under), limit)


def _all(
    connection: sa.Connection, kinds: Collection[Kind], under: str | None
) -> Iterator[OrphanListing]:
    if "images" in kinds:
        for id_, name, url, lies_in_scene in _rows(connection, images_in_no_scene(under)):
            why = "unreferenced" if lies_in_scene else "no-scene"
            yield OrphanListing("image", id_, name, url, why, None)
    if "systems" in kinds:
        for id_, url, array_path, name in _rows(connection, unconnected_systems(under)):
            place = address(url, array_path, name)
            yield OrphanListing("system", id_, name, place, "unconnected", None)
    if "references" in kinds:
        for id_, url, pointer, code, message in _rows(connection, broken_references(under)):
            yield OrphanListing("reference", id_, None, f"{url}#{pointer}", code, message)


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[tuple[Any, ...]]:
    # Closed here, also when the caller stops half-way: a server keeps the rest for us.
    with connection.execute(query.execution_options(yield_per=_FETCH)) as rows:
        yield from rows


def images_in_no_scene(under: str | None) -> sa.Select[Any]:
    """Select images to which no scene refers."""
    of_scene = scene_image.c.image_group_id == image.c.group_id
    query = (
        sa.select(
            image.c.id,
            image.c.title,
            zarr_group.c.url,
            sa.exists().where(of_scene).label("lies_in_scene"),
        )
        .select_from(image)
        .join(zarr_group, image.c.group_id == zarr_group.c.id)
        .where(
            zarr_group.c.removed_at.is_(None),
            image.c.is_label.is_(sa.false()),
            ~sa.exists().where(of_scene, scene_image.c.referenced),
        )
        # Not by place: nothing is sorted before the first of a million comes.
        .order_by(image.c.id)
    )
    return query if under is None else query.where(below(zarr_group.c.url, under))


def unconnected_systems(under: str | None) -> sa.Select[Any]:
    """Select declared coordinate systems that are a component by themselves."""
    s = coordinate_system.c
    # From the components: there are fewer of them than of systems.
    alone = sa.select(component.c.id).where(component.c.systems == 1)
    query = (
        sa.select(s.id, zarr_group.c.url, s.array_path, s.name)
        .join(zarr_group, s.group_id == zarr_group.c.id)
        .where(s.component_id.in_(alone), s.kind == "declared", zarr_group.c.removed_at.is_(None))
        .order_by(s.component_id)
    )
    return query if under is None else query.where(below(zarr_group.c.url, under))


def broken_references(under: str | None) -> sa.Select[Any]:
    """Select what was said of references into nothing."""
    p = problem.c
    query = (
        sa.select(p.id, p.url, p.pointer, p.code, p.message)
        .outerjoin(hierarchy, p.hierarchy_id == hierarchy.c.id)
        .where(p.code.in_(REFERENCES), hierarchy.c.removed_at.is_(None))
        .order_by(p.url, p.pointer, p.id)
    )
    return query if under is None else query.where(below(p.url, under))
