"""What can be reached from a coordinate system, nearest first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from catalog.database.dialects import dialect_of
from catalog.database.schema import coordinate_system, image, zarr_group
from catalog.errors import UsageError
from catalog.graph.nearest import Reached, nearest
from catalog.query.addresses import Normalise, address, resolve_system
from catalog.query.whole import Choice, Whole, Worth, decided, worth

Only = Literal["images", "systems"]

_FIRST_BLOCK, _LARGEST_BLOCK = 100, 20_000


class ConnectedListing(NamedTuple):
    """A coordinate system that can be reached.

    Attributes
    ----------
    image
        Name of the image that it belongs to, or that of the image's group; None if it is
        of no image.
    steps, cost
        Of the path that `catalog path` gives.
    exact
        Whether no field and no iteration is needed on that path.
    invertible
        Whether each of its steps has a way back.
    """

    id: int
    address: str
    kind: str
    image: str | None
    image_id: int | None
    steps: int
    cost: int
    exact: bool
    invertible: bool


class _System(NamedTuple):
    """A coordinate system's row."""

    address: str
    kind: str
    image: str | None
    image_id: int | None


@cache
def _systems(dialect: str) -> sa.Select[Any]:
    wanted = dialect_of(dialect).numbers_named("ids")
    s = coordinate_system.c
    of_image = sa.and_(image.c.group_id == s.group_id, image.c.entry == s.image_entry)
    return (
        sa.select(s.id, zarr_group.c.url, s.array_path, s.name, s.kind, image.c.title, image.c.id)
        .select_from(coordinate_system)
        .join(wanted, s.id == wanted.c.value)
        .join(zarr_group, s.group_id == zarr_group.c.id)
        .outerjoin(image, of_image)
    )


def connected(
    connection: sa.Connection,
    system: str,
    *,
    depth: int | None = None,
    limit: int | None = None,
    only: Only | None = None,
    forward_only: bool = False,
    normalise: Normalise | None = None,
) -> Iterator[ConnectedListing]:
    """List what has a path from a coordinate system, the cheapest path first.

    Of equally cheap ones the order is that of addresses. The system itself is not listed.

    Parameters
    ----------
    depth
        Only what the path takes at most so many steps to.
    limit
        At most so many rows: of a large component no more is walked than they take.
    only
        ``images``: each other image once, with the nearest of its systems. ``systems``:
        coordinate systems of no image.
    forward_only
        Walk no transformation backwards.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If `system` means nothing, or several systems.
    """
    if only not in (None, "images", "systems"):
        raise UsageError(f"{only!r} is nothing to list alone; there are 'images' and 'systems'.")
    start = resolve_system(connection, system, normalise)
    whole = Whole.of(
        connection, start.component_id, start.component_systems, forward_only=forward_only
    )
    # A path of so many steps costs no more than this.
    most = None if depth is None else depth * whole.dearest
    reached = nearest(whole.graph, whole.node(start.id), most)
    rows = _rows(connection, whole, reached, start.id)
    found: Iterator[ConnectedListing] = rows
    if depth is not None:
        found = (row for row in rows if row.steps <= depth)
    if only == "images":
        found = _each_image(found, _image_of(connection, start.id))
    elif only == "systems":
        found = (row for row in found if row.image_id is None)
    yield from islice(found, limit)


def _rows(
    connection: sa.Connection,
    whole: Whole,
    reached: Iterator[Reached[int, int]],
    start_id: int,
) -> Iterator[ConnectedListing]:
    so_far = {whole.node(start_id): Worth(exact=True, invertible=True)}
    size = _FIRST_BLOCK
    while block := list(islice(reached, size)):
        # Who wants few rows gets them at once; who wants all, in few questions.
        size = min(4 * size, _LARGEST_BLOCK)
        chosen = _chosen(connection, block)
        judged = worth(connection, chosen)
        systems = _read(connection, [whole.system_id(one.node) for one in block])
        for one, step in zip(block, chosen, strict=True):
            before, last = so_far[one.neighbour], judged[step]
            whole_way = Worth(before.exact and last.exact, before.invertible and last.invertible)
            so_far[one.node] = whole_way
            id_ = whole.system_id(one.node)
            yield ConnectedListing(id_, *systems[id_], one.steps, one.cost, *whole_way)


def _chosen(connection: sa.Connection, block: list[Reached[int, int]]) -> list[tuple[int, bool]]:
    choices: list[Choice] = [one.edges for one in block]
    settled = decided(connection, choices)
    return [settled.get(choice, choice[0]) for choice in choices]


def _read(connection: sa.Connection, ids: list[int]) -> dict[int, _System]:
    given = dialect_of(connection.dialect.name).numbers_given(ids)
    rows = connection.execute(_systems(connection.dialect.name), {"ids": given}).all()
    return {
        id_: _System(address(url, array_path, name), kind, title, image_id)
        for id_, url, array_path, name, kind, title, image_id in rows
    }


def _image_of(connection: sa.Connection, system_id: int) -> int | None:
    return _read(connection, [system_id])[system_id].image_id


def _each_image(rows: Iterator[ConnectedListing], own: int | None) -> Iterator[ConnectedListing]:
    """Leave out systems of no image, and of images that have been there."""
    been = {own, None}
    for row in rows:
        if row.image_id not in been:
            been.add(row.image_id)
            yield row
