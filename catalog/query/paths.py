"""Paths between coordinate systems of the database.

A query loads one component, never the collection: a small one as rows, a large one as
the packed graph beside its rows, and then the rows of the path alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.components import LARGE
from catalog.database.dialects import dialect_of
from catalog.database.packing import unpack
from catalog.database.schema import component, coordinate_system, transformation, zarr_group
from catalog.errors import NoPathError
from catalog.graph.addresses import edge_order, order
from catalog.graph.alternatives import k_cheapest
from catalog.graph.cost import forward_cost, inverse_cost
from catalog.graph.edges import GraphEdge
from catalog.graph.packed import PackedGraph, PackedPath
from catalog.graph.path import Path, Step, joined
from catalog.graph.search import Arc, Hop, cheapest
from catalog.query.addresses import Normalise, SystemRow, address, resolve_system


class _Node(NamedTuple):
    address: str
    ndim: int | None


class _Edge(NamedTuple):
    id: int
    input_id: int
    output_id: int
    type: str
    name: str | None
    origin: str
    invertibility: str
    group: str
    pointer: str
    affine: str | None
    inverse_affine: str | None
    parameters: str


_NODES = sa.select(
    coordinate_system.c.id,
    zarr_group.c.url,
    coordinate_system.c.array_path,
    coordinate_system.c.name,
    coordinate_system.c.ndim,
).join(zarr_group, coordinate_system.c.group_id == zarr_group.c.id)
_EDGES = sa.select(
    transformation.c.id,
    transformation.c.input_id,
    transformation.c.output_id,
    transformation.c.type,
    transformation.c.name,
    transformation.c.origin,
    transformation.c.invertibility,
    zarr_group.c.url,
    transformation.c.pointer,
    transformation.c.affine,
    transformation.c.inverse_affine,
    transformation.c.parameters,
).join(zarr_group, transformation.c.group_id == zarr_group.c.id)
_NODES_OF = _NODES.where(coordinate_system.c.component_id == sa.bindparam("component"))
_EDGES_OF = _EDGES.where(transformation.c.component_id == sa.bindparam("component"))
_ADJACENCY_OF = sa.select(component.c.adjacency).where(component.c.id == sa.bindparam("component"))


def path(
    connection: sa.Connection,
    source: str,
    target: str,
    via: Sequence[str] = (),
    *,
    normalise: Normalise | None = None,
) -> Path:
    """Find the best chain of transformations between two coordinate systems.

    Parameters
    ----------
    source, target, via
        Addresses as `resolve_system` takes them; `via` are passed through in order.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If an address means nothing, or several systems.
    NoPathError
        If nothing leads from one to the other.
    """
    stops = [resolve_system(connection, text, normalise) for text in (source, *via, target)]
    for one, other in pairwise(stops):
        if one.component_id != other.component_id:
            raise _apart(one, other)
    graph = _load(connection, stops[0])
    found = [graph.path(one, other) for one, other in pairwise(stops)]
    return joined(found) if len(found) > 1 else found[0]


def paths(
    connection: sa.Connection,
    source: str,
    target: str,
    limit: int = 10,
    *,
    normalise: Normalise | None = None,
) -> tuple[Path, ...]:
    """Find the best chains between two coordinate systems, cheapest first, at most `limit`.

    Chains that differ in one of several parallel transformations are different chains.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError, NoPathError
        As for `path`.
    """
    one = resolve_system(connection, source, normalise)
    other = resolve_system(connection, target, normalise)
    if one.component_id != other.component_id:
        raise _apart(one, other)
    return _load(connection, one).paths(one, other, limit)


def _apart(one: SystemRow, other: SystemRow) -> NoPathError:
    return NoPathError(
        f"No transformations connect {one.address} and {other.address}: the first lies in "
        f"component {one.component_id} of {_systems(one)}, the second in component "
        f"{other.component_id} of {_systems(other)}.",
        one.address,
        other.address,
    )


def _one_way(one: SystemRow, other: SystemRow) -> NoPathError:
    return NoPathError(
        f"No path leads from {one.address} to {other.address}: both lie in component "
        f"{one.component_id} of {_systems(one)}, but each way between them takes a "
        "transformation backwards that has no inverse.",
        one.address,
        other.address,
    )


def _systems(row: SystemRow) -> str:
    noun = "system" if row.component_systems == 1 else "systems"
    return f"{row.component_systems:,} {noun}"


def _load(connection: sa.Connection, row: SystemRow) -> _Small | _Large:
    values = {"component": row.component_id}
    if row.component_systems >= LARGE:
        data = connection.execute(_ADJACENCY_OF, values).scalar()
        if data is not None:
            return _Large(connection, PackedGraph(unpack(data)))
    return _Small(
        _nodes(connection.execute(_NODES_OF, values).all()),
        map(_Edge._make, connection.execute(_EDGES_OF, values).all()),
    )


def _nodes(rows: Iterable[tuple[Any, ...]]) -> dict[int, _Node]:
    return {id_: _Node(address(*place), ndim) for id_, *place, ndim in rows}


class _Small:
    """A small component: all its rows, as a graph whose nodes and edges are ids."""

    def __init__(self, nodes: Mapping[int, _Node], edges: Iterable[_Edge]) -> None:
        self._nodes = nodes
        self._edges = {edge.id: edge for edge in edges}
        self._out: dict[int, list[Arc[int, int]]] = {}
        self._in: dict[int, list[Arc[int, int]]] = {}
        for edge in self._edges.values():
            one, other = edge.input_id, edge.output_id
            if one == other:
                continue
            facts = (edge.type, edge.invertibility, edge.origin)
            self._add(one, other, edge.id, forward_cost(*facts), inverse=False)
            cost = inverse_cost(*facts)
            if cost is not None:
                self._add(other, one, edge.id, cost, inverse=True)

    def _add(self, one: int, other: int, edge: int, cost: int, *, inverse: bool) -> None:
        self._out.setdefault(one, []).append((cost, other, edge, inverse))
        self._in.setdefault(other, []).append((cost, one, edge, inverse))

    def path(self, one: SystemRow, other: SystemRow) -> Path:
        """Find the canonical cheapest path."""
        hops = cheapest(self, one.id, other.id)
        if hops is None:
            raise _one_way(one, other)
        return self._made(one, other, hops)

    def paths(self, one: SystemRow, other: SystemRow, limit: int) -> tuple[Path, ...]:
        """Find the cheapest paths."""
        found = k_cheapest(self, one.id, other.id, limit)
        if not found:
            raise _one_way(one, other)
        return tuple(self._made(one, other, hops) for hops in found)

    def _made(self, one: SystemRow, other: SystemRow, hops: Sequence[Hop[int, int]]) -> Path:
        steps = tuple(
            Step(_graph_edge(self._edges[hop.edge], self._nodes), hop.inverse) for hop in hops
        )
        cost = sum(hop.cost for hop in hops)
        return Path(one.address, other.address, steps, cost, one.ndim, other.ndim)

    def arcs_from(self, node: int) -> list[Arc[int, int]]:
        """Give the ways out of a system."""
        return self._out.get(node, [])

    def arcs_to(self, node: int) -> list[Arc[int, int]]:
        """Give the ways into a system."""
        return self._in.get(node, [])

    def order(self, node: int) -> str:
        """Give what systems are compared by."""
        return order(self._nodes[node].address)

    def edge_order(self, edge: int) -> tuple[str, int]:
        """Give what edges between the same systems are compared by."""
        row = self._edges[edge]
        return edge_order(row.group, row.pointer), row.id


class _Large:
    """A large component: its packed graph, and the rows of the path alone."""

    def __init__(self, connection: sa.Connection, graph: PackedGraph) -> None:
        self._connection = connection
        self._graph = graph

    def path(self, one: SystemRow, other: SystemRow) -> Path:
        """Find the canonical cheapest path."""
        try:
            found = self._graph.path(one.id, other.id)
        except NoPathError as error:
            raise _one_way(one, other) from error
        return self._made(one, other, [found])[0]

    def paths(self, one: SystemRow, other: SystemRow, limit: int) -> tuple[Path, ...]:
        """Find the cheapest paths."""
        try:
            found = self._graph.paths(one.id, other.id, limit)
        except NoPathError as error:
            raise _one_way(one, other) from error
        return self._made(one, other, found)

    def _made(
        self, one: SystemRow, other: SystemRow, found: Sequence[PackedPath]
    ) -> tuple[Path, ...]:
        node_ids = {id_ for way in found for id_ in way.systems}
        edge_ids = {id_ for way in found for id_ in way.edge_ids}
        nodes = _nodes(self._rows(_NODES, coordinate_system.c.id, node_ids))
        edges = {
            row[0]: _graph_edge(_Edge._make(row), nodes)
            for row in self._rows(_EDGES, transformation.c.id, edge_ids)
        }
        return tuple(
            way.path(edges, one.address, other.address, one.ndim, other.ndim) for way in found
        )

    def _rows(
        self, query: sa.Select[Any], column: sa.Column[int], ids: Iterable[int]
    ) -> Sequence[tuple[Any, ...]]:
        # A path may have more steps than a statement may have parameters.
        wanted = dialect_of(self._connection.dialect.name).numbers(sorted(ids))
        return self._connection.execute(query.join(wanted, column == wanted.c.value)).all()


def _graph_edge(edge: _Edge, nodes: Mapping[int, _Node]) -> GraphEdge:
    one, other = nodes[edge.input_id], nodes[edge.output_id]
    return GraphEdge.from_rows(
        source=one.address,
        target=other.address,
        type=edge.type,
        name=edge.name,
        origin=edge.origin,
        invertibility=edge.invertibility,
        group=edge.group,
        pointer=edge.pointer,
        ndim_in=one.ndim,
        ndim_out=other.ndim,
        affine=edge.affine,
        inverse_affine=edge.inverse_affine,
        parameters=edge.parameters,
    )
