"""The graph of coordinate systems in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from catalog.errors import NoPathError
from catalog.geometry.moving import TOLERANCE, Outside
from catalog.graph.addresses import full_address, order
from catalog.graph.alternatives import k_cheapest
from catalog.graph.edges import GraphEdge, GraphSystem
from catalog.graph.laid_out import MANY, LaidOut
from catalog.graph.path import Moved, Path, Step, joined
from catalog.graph.resolving import resolve
from catalog.graph.restricted import Restricted, avoided_stop, no_other_path
from catalog.graph.search import Adjacency, Arc, Effort, Hop, cheapest

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.field import FieldReader
    from catalog.geometry.mapping import ParameterReader
    from catalog.metadata.assembly import Assembly


class TransformGraph:
    """Coordinate systems, and the transformations between them.

    An edge is kept once, in its declared direction; it is walked backwards where it has
    an inverse. Two transformations between the same two systems are two edges.

    Examples
    --------
    >>> from catalog.geometry.steps import Mapping
    >>> graph = TransformGraph()
    >>> for address in ("0#", "physical"):
    ...     graph.add_system(GraphSystem(address, ndim=2))
    >>> half = Mapping.from_rows(((0.5, 0.0, 0.0), (0.0, 0.5, 0.0)))
    >>> ends = ("0#", "physical")
    >>> graph.add_edge(
    ...     GraphEdge("a", *ends, "scale", None, "dataset", "closed", "", "", lambda: half)
    ... )
    >>> graph.transform([[2, 4]], "0#", "physical").tolist()
    [[1.0, 2.0]]
    >>> graph.transform([[1, 2]], "physical", "0#").tolist()
    [[2.0, 4.0]]
    """

    def __init__(self) -> None:
        self._systems: dict[str, GraphSystem] = {}
        self._order: dict[str, str] = {}
        self._edges: list[GraphEdge] = []
        self._keys: set[tuple[str, str, str]] = set()
        self._from: dict[str, list[Arc[str, GraphEdge]]] = {}
        self._to: dict[str, list[Arc[str, GraphEdge]]] = {}
        self._graph: nx.MultiDiGraph[str] | None = None
        self._component: dict[str, int] | None = None
        self._laid_out: LaidOut | None = None
        self._effort = Effort()

    @classmethod
    def from_assembly(
        cls,
        assembly: Assembly,
        parameters_for: Callable[[str], ParameterReader] | None = None,
        prefix: str = "",
        fields_for: Callable[[str], FieldReader] | None = None,
    ) -> TransformGraph:
        """Make the graph of an assembled hierarchy.

        Parameters
        ----------
        parameters_for
            Gives, for the path of a group, what reads the parameters that its
            transformations keep in arrays.
        prefix
            URL of the hierarchy, for full addresses; without it they count from its root.
        fields_for
            Gives, for the path of a group, what opens the fields that its
            transformations name.
        """
        graph = cls()
        for key, system in assembly.systems.items():
            address = full_address(prefix, key)
            graph.add_system(GraphSystem(address, system.axes, system.ndim, system.kind))
        for edge in assembly.edges:
            ends = [assembly.systems.get(key) for key in (edge.input, edge.output)]
            ndims = [None if end is None else end.ndim for end in ends]
            reader = None if parameters_for is None else parameters_for(edge.group)
            fields = None if fields_for is None else fields_for(edge.group)
            graph.add_edge(
                GraphEdge.from_edge(edge, ndims[0], ndims[1], reader, prefix, fields=fields)
            )
        return graph

    @property
    def systems(self) -> Mapping[str, GraphSystem]:
        """The coordinate systems by address."""
        return MappingProxyType(self._systems)

    @property
    def edges(self) -> tuple[GraphEdge, ...]:
        """The transformations, in the order in which they were added."""
        return tuple(self._edges)

    @property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The same as a networkx graph, frozen: nodes hold `system`, edges hold `edge`.

        For networkx's algorithms and for drawing; to add to it, use `add_system` and
        `add_edge`.
        """
        if self._graph is None:
            # networkx is slow to import, and no path needs it.
            import networkx as nx

            graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
            for address, system in self._systems.items():
                graph.add_node(address, system=system)
            for edge in self._edges:
                graph.add_edge(edge.source, edge.target, key=edge.key, edge=edge)
            self._graph = nx.freeze(graph)
        return self._graph

    def add_system(self, system: GraphSystem) -> None:
        """Add a coordinate system; one of the same address is replaced."""
        self._changed()
        self._systems[system.address] = system
        self._order[system.address] = order(system.address)

    def add_edge(self, edge: GraphEdge) -> None:
        """Add a transformation; an end that is not there yet is added as undeclared."""
        self._changed()
        for address in (edge.source, edge.target):
            if address not in self._systems:
                self.add_system(GraphSystem(address, kind="undeclared"))
        first, second = sorted((edge.source, edge.target))
        key, count = edge.key, 1
        while (first, second, key) in self._keys:
            count += 1
            key = f"{edge.key}~{count:06}"
        self._keys.add((first, second, key))
        if count > 1:
            edge = replace(edge, key=key)
        self._edges.append(edge)
        self._add_arc(edge, edge.source, edge.target, edge.forward_cost, inverse=False)
        self._add_arc(edge, edge.target, edge.source, edge.inverse_cost, inverse=True)

    def resolve(self, address: str) -> str:
        """Find the system that an address means, and give its full address.

        Accepted are the address itself, the relative forms (``name``, ``sub/group#name``,
        ``sub/group/0#``), the end of an address from a ``/`` on, and a name that only one
        system has.

        Raises
        ------
        UnknownAddressError
            When there is none; near ones are named.
        AmbiguousAddressError
            When there are several; they are listed.
        """
        return resolve(self._systems, address)

    def path(
        self,
        source: str,
        target: str,
        via: Sequence[str] = (),
        *,
        avoid: Sequence[str] = (),
        forward_only: bool = False,
    ) -> Path:
        """Find the cheapest path; among equals always the same one.

        Parameters
        ----------
        via
            Systems to pass through, in order.
        avoid
            Systems not to pass, and transformations not to take: where they are declared
            (``group#/pointer``), or their name.
        forward_only
            Walk no transformation backwards.

        Raises
        ------
        AddressError
            When a system is unknown or ambiguous.
        NoPathError
            When nothing leads from one to the other; it says which components they are in.
        """
        stops = [self.resolve(address) for address in (source, *via, target)]
        rest = self._without(stops, avoid, forward_only)
        legs = [self._leg(one, other, rest, avoid, forward_only) for one, other in pairwise(stops)]
        return legs[0] if len(legs) == 1 else joined(legs)

    def paths(
        self,
        source: str,
        target: str,
        limit: int = 10,
        *,
        avoid: Sequence[str] = (),
        forward_only: bool = False,
    ) -> tuple[Path, ...]:
        """List the cheapest paths that visit no system twice, cheapest first.

        Parallel transformations make different paths. At most `limit` are listed; fewer
        when there are no more, or when looking for more would take too long.
        """
        first, second = self.resolve(source), self.resolve(target)
        rest = self._without((first, second), avoid, forward_only)
        found = k_cheapest(rest or self, first, second, limit)
        if not found and limit > 0:
            raise self._no_path(first, second, avoid, forward_only)
        return tuple(self._made(first, second, hops) for hops in found)

    def transform(
        self,
        points: object,
        source: str,
        target: str,
        via: Sequence[str] = (),
        *,
        outside: Outside = "error",
        tolerance: float = TOLERANCE,
    ) -> NDArray[np.float64]:
        """Move points (n, N) in `source` to (n, M) in `target`.

        An array may have any shape (..., N), and gives (..., M). `outside` and
        `tolerance` concern displacement and coordinate fields: see `Path.transform`.

        Raises
        ------
        PointsError
            When the points are malformed or not finite.
        AddressError, NoPathError, TransformationError
            As `path` and the transformations on it say.
        """
        path = self.path(source, target, via)
        return path.transform(points, outside=outside, tolerance=tolerance)

    def move(
        self,
        points: object,
        source: str,
        target: str,
        via: Sequence[str] = (),
        *,
        outside: Outside = "error",
        tolerance: float = TOLERANCE,
    ) -> Moved:
        """Move points as `transform` does, and say how exact it was: see `Path.move`."""
        return self.path(source, target, via).move(points, outside=outside, tolerance=tolerance)

    def is_connected(self) -> bool:
        """Tell whether all systems hang together, whichever way edges point."""
        return len(self.components()) <= 1

    def components(self) -> tuple[tuple[str, ...], ...]:
        """List the systems that hang together, the largest group first, each in order."""
        groups: dict[int, list[str]] = {}
        for address, number in self._numbered().items():
            groups.setdefault(number, []).append(address)
        members = [tuple(sorted(group, key=self._order.__getitem__)) for group in groups.values()]
        members.sort(key=lambda group: (-len(group), self._order[group[0]]))
        return tuple(members)

    def to_svg(self, *, title: str = "", fold: int | None = 4) -> str:
        """Draw the graph as SVG: groups as frames, what is alike as one with its count.

        Parameters
        ----------
        title
            Of the whole; without it, the name of the group around everything.
        fold
            More alike than these are drawn as one, and so are the levels of a pyramid.
            None draws each by itself.
        """
        from catalog.graph.drawing import to_svg

        return to_svg(self, title=title, fold=fold)

    def to_png(self, *, title: str = "", fold: int | None = 4, scale: float = 2.0) -> bytes:
        """Draw the graph as PNG; it needs the extra ``png``. See `to_svg`.

        Raises
        ------
        UsageError
            When the extra is not installed.
        """
        from catalog.graph.drawing import to_png

        return to_png(self, title=title, fold=fold, scale=scale)

    def to_dot(self, *, title: str = "", fold: int | None = 4) -> str:
        """Describe the drawing in DOT, the language of Graphviz. See `to_svg`."""
        from catalog.graph.drawing import to_dot

        return to_dot(self, title=title, fold=fold)

    def to_mermaid(self, *, title: str = "", fold: int | None = 4) -> str:
        """Describe the drawing as a Mermaid flowchart, for Markdown. See `to_svg`."""
        from catalog.graph.drawing import to_mermaid

        return to_mermaid(self, title=title, fold=fold)

    def arcs_from(self, node: str) -> Collection[Arc[str, GraphEdge]]:
        """Give the ways out of a system: (cost, other system, edge, backwards?)."""
        return self._from.get(node, ())

    def arcs_to(self, node: str) -> Collection[Arc[str, GraphEdge]]:
        """Give the ways into a system."""
        return self._to.get(node, ())

    def order(self, node: str) -> str:
        """Give what systems are ordered by."""
        return self._order[node]

    def edge_order(self, edge: GraphEdge) -> str:
        """Give what edges are ordered by."""
        return edge.key

    def __len__(self) -> int:
        return len(self._systems)

    def __iter__(self) -> Iterator[str]:
        return iter(self._systems)

    def __contains__(self, address: object) -> bool:
        return address in self._systems

    def __repr__(self) -> str:
        return f"<TransformGraph: {len(self._systems)} systems, {len(self._edges)} transformations>"

    def _changed(self) -> None:
        self._graph = None
        self._laid_out = None
        self._effort = Effort()
        self._component = None

    def _add_arc(
        self, edge: GraphEdge, source: str, target: str, cost: int | None, *, inverse: bool
    ) -> None:
        if cost is None:
            return
        self._from.setdefault(source, []).append((cost, target, edge, inverse))
        self._to.setdefault(target, []).append((cost, source, edge, inverse))

    def _without(
        self, stops: Sequence[str], avoid: Sequence[str], forward_only: bool
    ) -> Restricted[str, GraphEdge] | None:
        """Give the graph without what is to be avoided; None when that is nothing."""
        if not avoid and not forward_only:
            return None
        systems: set[str] = set()
        edges: set[tuple[str, str]] = set()
        for text in avoid:
            found = {
                (edge.group, edge.pointer)
                for edge in self._edges
                if text in (edge.name, f"{edge.group}#{edge.pointer}")
            }
            edges |= found
            if not found:
                systems.add(self.resolve(text))
        for stop in stops:
            if stop in systems:
                raise avoided_stop(stop, stops[0], stops[-1])
        return Restricted(
            self,
            systems,
            lambda edge: (edge.group, edge.pointer) in edges,
            forward_only=forward_only,
        )

    def _leg(
        self,
        source: str,
        target: str,
        rest: Adjacency[str, GraphEdge] | None,
        avoid: Sequence[str],
        forward_only: bool,
    ) -> Path:
        if rest is not None:
            hops = cheapest(rest, source, target)
        elif self._laid_out is not None:
            hops = self._laid_out.cheapest(self, source, target)
        else:
            hops = cheapest(self, source, target, self._effort)
            # Laying out costs about as much as looking at each edge a few times.
            if len(self._systems) > MANY and self._effort.arcs > 4 * len(self._edges):
                self._laid_out = LaidOut(self._order, self._edges)
        if hops is None:
            raise self._no_path(source, target, avoid, forward_only)
        return self._made(source, target, hops)

    def _made(self, source: str, target: str, hops: Sequence[Hop[str, GraphEdge]]) -> Path:
        return Path(
            source,
            target,
            tuple(Step(hop.edge, hop.inverse) for hop in hops),
            sum(hop.cost for hop in hops),
            self._systems[source].ndim,
            self._systems[target].ndim,
        )

    def _numbered(self) -> dict[str, int]:
        if self._component is None:
            around: dict[str, list[str]] = {address: [] for address in self._systems}
            for edge in self._edges:
                around[edge.source].append(edge.target)
                around[edge.target].append(edge.source)
            numbers: dict[str, int] = {}
            for start in self._systems:
                if start in numbers:
                    continue
                numbers[start] = number = len(numbers)
                waiting = [start]
                while waiting:
                    for other in around[waiting.pop()]:
                        if other not in numbers:
                            numbers[other] = number
                            waiting.append(other)
            self._component = numbers
        return self._component

    def _no_path(
        self, source: str, target: str, avoid: Sequence[str] = (), forward_only: bool = False
    ) -> NoPathError:
        numbers = self._numbered()
        if numbers[source] == numbers[target]:
            if avoid or forward_only:
                return no_other_path(source, target, avoid, forward_only=forward_only)
            return NoPathError(
                f"No path leads from {source} to {target}: they are connected, but only "
                "through transformations without an inverse. State one with a bijection.",
                source,
                target,
            )
        parts = {group[0]: group for group in self.components()}
        described = []
        for address in (source, target):
            group = next(g for g in parts.values() if numbers[g[0]] == numbers[address])
            shown = ", ".join(group[:5]) + (", …" if len(group) > 5 else "")
            described.append(
                f"{address} is in a component of {len(group)} "
                f"coordinate system{'s' if len(group) != 1 else ''} ({shown})"
            )
        return NoPathError(
            f"No path leads from {source} to {target}: {'; '.join(described)}. "
            "A transformation between the two components would connect them.",
            source,
            target,
        )
