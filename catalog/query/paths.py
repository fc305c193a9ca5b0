"""Paths between coordinate systems of the database.

A query loads one component, never the collection: a small one as rows, a large one as
the packed graph beside its rows, and then the rows of the path alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.components import LARGE
from catalog.errors import NoPathError
from catalog.graph.alternatives import k_cheapest
from catalog.graph.packed import PackedGraph, PackedPath
from catalog.graph.path import Path, Step, joined
from catalog.graph.restricted import Restricted, avoided_stop, no_other_path
from catalog.graph.search import Adjacency, Hop, cheapest
from catalog.query.addresses import (
    Normalise,
    SystemRow,
    resolve_systems,
)
from catalog.query.avoiding import Avoided, resolve_avoided
from catalog.query.component import Component, graph_edge, rows_by_id, rows_of
from catalog.query.kept import packed_graph


def path(
    connection: sa.Connection,
    source: str,
    target: str,
    via: Sequence[str] = (),
    *,
    avoid: Sequence[str] = (),
    forward_only: bool = False,
    normalise: Normalise | None = None,
) -> Path:
    """Find the best chain of transformations between two coordinate systems.

    Parameters
    ----------
    source, target, via
        Addresses as `resolve_system` takes them; `via` are passed through in order.
    avoid
        Coordinate systems and transformations not to pass; see `resolve_avoided`.
    forward_only
        Walk no transformation backwards.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If an address means nothing, or several systems.
    NoPathError
        If nothing leads from one to the other.
    """
    stops = _stops(connection, (source, *via, target), normalise)
    conditions = _conditions(connection, stops, avoid, forward_only, normalise)
    graph = _load(connection, stops[0], conditions)
    found = [graph.path(one, other) for one, other in pairwise(stops)]
    return joined(found) if len(found) > 1 else found[0]


def paths(
    connection: sa.Connection,
    source: str,
    target: str,
    limit: int = 10,
    *,
    avoid: Sequence[str] = (),
    forward_only: bool = False,
    normalise: Normalise | None = None,
) -> tuple[Path, ...]:
    """Find the best chains between two coordinate systems, cheapest first, at most `limit`.

    Chains that differ in one of several parallel transformations are different chains.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError, NoPathError
        As for `path`.
    """
    one, other = stops = _stops(connection, (source, target), normalise)
    if limit < 1:
        return ()
    conditions = _conditions(connection, stops, avoid, forward_only, normalise)
    return _load(connection, one, conditions).paths(one, other, limit)


def path_between(connection: sa.Connection, one: SystemRow, other: SystemRow) -> Path:
    """Find the best chain between two coordinate systems that are at hand.

    Raises
    ------
    NoPathError
        If nothing leads from one to the other.
    """
    if one.component_id != other.component_id:
        raise _apart(one, other)
    return _load(connection, one, None).path(one, other)


class _Conditions(NamedTuple):
    """What a path must not pass, and how it was said."""

    avoided: Avoided
    texts: tuple[str, ...]
    forward_only: bool


def _stops(
    connection: sa.Connection, texts: Sequence[str], normalise: Normalise | None
) -> list[SystemRow]:
    stops = resolve_systems(connection, texts, normalise)
    for one, other in pairwise(stops):
        if one.component_id != other.component_id:
            raise _apart(one, other)
    return stops


def _conditions(
    connection: sa.Connection,
    stops: Sequence[SystemRow],
    avoid: Sequence[str],
    forward_only: bool,
    normalise: Normalise | None,
) -> _Conditions | None:
    if not avoid and not forward_only:
        return None
    avoided = resolve_avoided(connection, avoid, stops[0].component_id, normalise)
    for stop in stops:
        if stop.id in avoided.systems:
            raise avoided_stop(stop.address, stops[0].address, stops[-1].address)
    return _Conditions(avoided, tuple(avoid), forward_only)


def _apart(one: SystemRow, other: SystemRow) -> NoPathError:
    return NoPathError(
        f"No transformations connect {one.address} and {other.address}: the first lies in "
        f"component {one.component_id} of {_systems(one)}, the second in component "
        f"{other.component_id} of {_systems(other)}.",
        one.address,
        other.address,
    )


def _one_way(
    one: SystemRow, other: SystemRow, conditions: _Conditions | None = None
) -> NoPathError:
    if conditions is not None:
        return no_other_path(
            one.address,
            other.address,
            conditions.texts,
            forward_only=conditions.forward_only,
        )
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


def _load(
    connection: sa.Connection, row: SystemRow, conditions: _Conditions | None
) -> _Small | _Large:
    if row.component_systems >= LARGE:
        graph = packed_graph(connection, row.component_id)
        if graph is not None:
            return _Large(connection, graph, conditions)
    return _Small(Component(*rows_of(connection, row.component_id)), conditions)


class _Small:
    """A small component: all its rows."""

    def __init__(self, component: Component, conditions: _Conditions | None) -> None:
        self._component = component
        self._conditions = conditions
        self._open: Adjacency[int, int] = component
        if conditions is not None:
            avoided, _, forward_only = conditions
            barred = avoided.edges.__contains__
            self._open = Restricted(component, avoided.systems, barred, forward_only=forward_only)

    def path(self, one: SystemRow, other: SystemRow) -> Path:
        """Find the canonical cheapest path."""
        hops = cheapest(self._open, one.id, other.id)
        if hops is None:
            raise _one_way(one, other, self._conditions)
        return self._made(one, other, hops)

    def paths(self, one: SystemRow, other: SystemRow, limit: int) -> tuple[Path, ...]:
        """Find the cheapest paths."""
        found = k_cheapest(self._open, one.id, other.id, limit)
        if not found:
            raise _one_way(one, other, self._conditions)
        return tuple(self._made(one, other, hops) for hops in found)

    def _made(self, one: SystemRow, other: SystemRow, hops: Sequence[Hop[int, int]]) -> Path:
        steps = tuple(Step(self._component.graph_edge(hop.edge), hop.inverse) for hop in hops)
        cost = sum(hop.cost for hop in hops)
        return Path(one.address, other.address, steps, cost, one.ndim, other.ndim)


class _Large:
    """A large component: its packed graph, and the rows of the path alone."""

    def __init__(
        self,
        connection: sa.Connection,
        graph: PackedGraph,
        conditions: _Conditions | None = None,
    ) -> None:
        self._connection = connection
        self._conditions = conditions
        if conditions is not None:
            avoided, _, forward_only = conditions
            graph = graph.without(avoided.systems, avoided.edges, forward_only=forward_only)
        self._graph = graph

    def path(self, one: SystemRow, other: SystemRow) -> Path:
        """Find the canonical cheapest path."""
        try:
            found = self._graph.path(one.id, other.id)
        except NoPathError as error:
            raise _one_way(one, other, self._conditions) from error
        return self._made(one, other, [found])[0]

    def paths(self, one: SystemRow, other: SystemRow, limit: int) -> tuple[Path, ...]:
        """Find the cheapest paths."""
        try:
            found = self._graph.paths(one.id, other.id, limit)
        except NoPathError as error:
            raise _one_way(one, other, self._conditions) from error
        return self._made(one, other, found)

    def _made(
        self, one: SystemRow, other: SystemRow, found: Sequence[PackedPath]
    ) -> tuple[Path, ...]:
        node_ids = {id_ for way in found for id_ in way.systems}
        edge_ids = {id_ for way in found for id_ in way.edge_ids}
        nodes, rows = rows_by_id(self._connection, node_ids, edge_ids)
        edges = {row.id: graph_edge(row, nodes) for row in rows}
        return tuple(
            way.path(edges, one.address, other.address, one.ndim, other.ndim) for way in found
        )
