"""Which images would move if a transformation, or a coordinate system, changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.dialects import dialect_of
from catalog.database.schema import (
    coordinate_system,
    hierarchy,
    image,
    resolution_level,
    transformation,
    zarr_group,
)
from catalog.errors import AmbiguousAddressError, NoPathError, UnknownAddressError
from catalog.graph.nearest import leading
from catalog.query.addresses import (
    Normalise,
    SystemRow,
    address,
    kind_and_id,
    resolve_system,
    system_by_id,
    systems_named,
)
from catalog.query.avoiding import system_otherwise, transformations_at
from catalog.query.reference import reference_system
from catalog.query.whole import Whole, decided

_FETCH = 1_000


class DependentListing(NamedTuple):
    """An image that would move.

    Attributes
    ----------
    levels
        Those of its resolution levels that would.
    address
        Of the first of these arrays.
    steps, cost
        Of that array's path to the target.
    """

    id: int
    name: str
    url: str
    entry: int
    levels: tuple[int, ...]
    address: str
    steps: int
    cost: int


class Subject(NamedTuple):
    """What is asked about: a transformation or a coordinate system.

    Attributes
    ----------
    address
        ``GROUP#/pointer`` of a transformation, or a system's address.
    """

    kind: str
    id: int
    address: str
    component_id: int


@dataclass(frozen=True)
class Dependence:
    """What depends on a subject.

    Attributes
    ----------
    subject
        What would change.
    target
        Address of the coordinate system in which things are said to move.
    moving
        Ids of the systems that would, with steps and cost of their paths to the target.
    """

    subject: Subject
    target: str
    moving: Mapping[int, tuple[int, int]]


def depends(
    connection: sa.Connection,
    what: str,
    *,
    to: str | None = None,
    normalise: Normalise | None = None,
) -> Dependence:
    """Find what would move if a transformation or a coordinate system changed.

    An image moves in a target system when the path from one of its arrays to the target,
    the one that `path` gives, takes the transformation, or passes the coordinate system
    (or begins or ends in it). The paths of all arrays together are a tree: it is grown
    once, whatever the number of images.

    Parameters
    ----------
    what
        A coordinate system, as `resolve_system` takes it; or a transformation: where it
        is declared (``GROUP#/pointer``), its id (``transformation:17``), or its name.
    to
        The target; without it, the reference system of the component.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If a text means nothing, or several things.
    NoPathError
        If the target lies in another component, where nothing depends on it.
    """
    subject = resolve_subject(connection, what, normalise)
    if to is not None:
        target = resolve_system(connection, to, normalise)
        if target.component_id != subject.component_id:
            raise NoPathError(
                f"Nothing in the component of {target.address} depends on {subject.address}: no "
                "transformations connect the two.",
                subject.address,
                target.address,
            )
    else:
        target = reference_system(connection, subject.component_id)
    return Dependence(subject, target.address, _moving(connection, subject, target))


def resolve_subject(
    connection: sa.Connection, text: str, normalise: Normalise | None = None
) -> Subject:
    """Find the transformation or the coordinate system that a text means.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If it means nothing, or several things.
    """
    numbered = kind_and_id(text)
    if numbered is not None and numbered[0] in (None, "transformation"):
        edges = _edges(connection, [numbered[1]])
        system = None if numbered[0] else system_by_id(connection, numbered[1])
        if edges and system is not None:
            raise AmbiguousAddressError(
                f"{text!r} is the id of a coordinate system and of a transformation; write "
                f"'system:{text}' or 'transformation:{text}'.",
                text,
                [f"system:{text}", f"transformation:{text}"],
            )
        if edges:
            return edges[0]
        if numbered[0]:
            raise UnknownAddressError(
                f"There is no transformation {numbered[1]} (any more).", text, ()
            )
    found = _edges(connection, transformations_at(connection, text, None, normalise))
    if "#" not in text and found and (named := systems_named(connection, text)):
        candidates = [*(row.address for row in named), *(edge.address for edge in found)]
        raise AmbiguousAddressError(
            f"{text!r} is the name of a transformation and of a coordinate system; write "
            f"'#{text}' for the system, 'transformation:{found[0].id}' for the transformation.",
            text,
            candidates,
        )
    if len(found) > 1:
        places = "".join(f"\n  transformation:{one.id}  {one.address}" for one in found[:10])
        raise AmbiguousAddressError(
            f"{text!r} may mean {len(found)} transformations; write one of them: {places}",
            text,
            [f"transformation:{one.id}" for one in found],
        )
    if found:
        return found[0]
    row = system_otherwise(connection, text, normalise)
    return Subject("system", row.id, row.address, row.component_id)


_EDGES = (
    sa.select(
        transformation.c.id,
        zarr_group.c.url,
        transformation.c.pointer,
        transformation.c.component_id,
    )
    .join(zarr_group, transformation.c.group_id == zarr_group.c.id)
    .join(hierarchy, transformation.c.hierarchy_id == hierarchy.c.id)
    .where(hierarchy.c.removed_at.is_(None))
    .order_by(transformation.c.id)
)


def _edges(connection: sa.Connection, ids: Sequence[int]) -> list[Subject]:
    """Read transformations of hierarchies that are there."""
    if not ids:
        return []
    rows = connection.execute(_EDGES.where(transformation.c.id.in_(ids[:200])))
    return [
        Subject("transformation", id_, f"{url}#{pointer}", component)
        for id_, url, pointer, component in rows
    ]


def _moving(
    connection: sa.Connection, subject: Subject, target: SystemRow
) -> dict[int, tuple[int, int]]:
    """Give steps and cost of the paths to a target that pass something, by their system."""
    whole = Whole.of(connection, target.component_id, target.component_systems)
    end = whole.node(target.id)
    asked = subject.id if subject.kind == "transformation" else None
    node = None if asked is not None else whole.node(subject.id)
    moving: dict[int, tuple[int, int]] = {}
    if node == end:
        moving[end] = (0, 0)
    for one in leading(whole.graph, end):
        moves = one.node == node or one.neighbour in moving
        if not moves and asked is not None and any(edge == asked for edge, _ in one.edges):
            settled = decided(connection, [one.edges])
            moves = settled.get(one.edges, one.edges[0])[0] == asked
        if moves:
            moving[one.node] = (one.steps, one.cost)
    return {whole.system_id(number): found for number, found in moving.items()}


@cache
def _levels(dialect: str) -> sa.Select[Any]:
    wanted = dialect_of(dialect).numbers_named("ids")
    s = coordinate_system.c
    return (
        sa.select(
            image.c.id,
            image.c.title,
            zarr_group.c.url,
            image.c.entry,
            resolution_level.c.level,
            s.id,
            s.array_path,
            s.name,
        )
        .select_from(coordinate_system)
        .join(wanted, s.id == wanted.c.value)
        .join(resolution_level, resolution_level.c.system_id == s.id)
        .join(image, resolution_level.c.image_id == image.c.id)
        .join(zarr_group, image.c.group_id == zarr_group.c.id)
        .order_by(zarr_group.c.url, image.c.entry, image.c.id, resolution_level.c.level)
    )


def dependents(
    connection: sa.Connection, dependence: Dependence, limit: int | None = None
) -> Iterator[DependentListing]:
    """List the images that would move, by place."""
    return islice(_images(connection, dependence.moving), limit)


def _images(
    connection: sa.Connection, moving: Mapping[int, tuple[int, int]]
) -> Iterator[DependentListing]:
    if not moving:
        return
    dialect = connection.dialect.name
    values = {"ids": dialect_of(dialect).numbers_given(sorted(moving))}
    query = _levels(dialect).execution_options(yield_per=_FETCH)
    with connection.execute(query, values) as rows:
        for (id_, name, url, entry), levels in groupby(rows, key=lambda row: row[:4]):
            first, *others = levels
            steps, cost = moving[first[5]]
            yield DependentListing(
                id_,
                name,
                url,
                entry,
                (first[4], *(level[4] for level in others)),
                address(url, *first[6:]),
                steps,
                cost,
            )
