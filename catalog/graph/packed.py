"""The search for a path in one large component, over packed arrays.

Nodes are numbers in order of address. Two things make it quick: what hangs on the graph
like leaves (tiles, levels, labels) is walked up and down without any search, and the
rest is searched in waves (`catalog.graph.waves`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from catalog.errors import NoPathError, UnknownAddressError
from catalog.graph.alternatives import k_cheapest
from catalog.graph.cost import forward_cost, inverse_cost
from catalog.graph.edges import GraphEdge
from catalog.graph.listed import Listed
from catalog.graph.path import Path, Step
from catalog.graph.search import Arc
from catalog.graph.waves import NEVER, Front, TwoSided, Waves

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Hops = tuple[tuple[tuple[int, bool], ...], ...]
"""For each step, the edges that do equally well: (id, backwards?)."""


class Arrays(Protocol):
    """A component's graph as arrays; see `catalog.database.packing.PackedArrays`."""

    @property
    def system_ids(self) -> NDArray[np.int64]:
        """Ids of the nodes, in order of address."""

    @property
    def edge_ids(self) -> NDArray[np.int64]:
        """Ids of the edges."""

    @property
    def starts(self) -> NDArray[np.int32]:
        """Where the entries of each node begin."""

    @property
    def others(self) -> NDArray[np.int32]:
        """The node at the other end of each entry."""

    @property
    def arcs(self) -> NDArray[np.int32]:
        """Twice the edge's number, plus 1 where the node is its output."""

    @property
    def kinds(self) -> NDArray[np.uint16]:
        """Twice the number of the edge's class, plus the same 1."""

    @property
    def parents(self) -> NDArray[np.int32]:
        """The node that a stripped leaf hangs on; -1 for the rest."""

    @property
    def classes(self) -> tuple[tuple[str, str, str], ...]:
        """Type, invertibility and origin of each class."""


@dataclass(frozen=True, slots=True)
class PackedPath:
    """A path as ids: what to read of the rows, to make a `Path` of it.

    Attributes
    ----------
    systems
        Ids of the systems passed, source and target included.
    hops
        For each step the edges that do equally well: (id, backwards?). Nearly always
        there is one; which of several it is, is for their order to say.
    """

    systems: tuple[int, ...]
    hops: Hops
    cost: int

    @property
    def edge_ids(self) -> tuple[int, ...]:
        """Ids of all edges whose rows are needed."""
        return tuple(dict.fromkeys(edge for hop in self.hops for edge, _ in hop))

    def steps(self, edges: Mapping[int, GraphEdge]) -> tuple[Step, ...]:
        """Make the steps of the rows read, the smallest edge where several do as well."""
        return tuple(
            Step(*min(((edges[e], back) for e, back in hop), key=lambda s: (s[0].key, s[1])))
            for hop in self.hops
        )

    def path(
        self,
        edges: Mapping[int, GraphEdge],
        source: str,
        target: str,
        ndim_in: int | None = None,
        ndim_out: int | None = None,
    ) -> Path:
        """Make the path of the rows read."""
        return Path(source, target, self.steps(edges), self.cost, ndim_in, ndim_out)


class PackedGraph:
    """The graph of one large component.

    Answers what `TransformGraph` does for the same systems and edges.
    """

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return len(self._arrays.system_ids)

    def node(self, system_id: int) -> int:
        """Give the number of a system.

        Raises
        ------
        UnknownAddressError
            When it is not in this component.
        """
        import numpy as np

        found = np.flatnonzero(self._arrays.system_ids == system_id)
        if not len(found):
            raise UnknownAddressError(
                f"The coordinate system {system_id} is not in this component.", str(system_id)
            )
        return int(found[0])

    def path(self, source_id: int, target_id: int) -> PackedPath:
        """Find the canonical cheapest path between two systems, by id.

        Raises
        ------
        NoPathError
            When every way needs an inverse that does not exist.
        """
        source, target = self.node(source_id), self.node(target_id)
        nodes = self._nodes(source, target)
        if nodes is None:
            raise self._no_path(source_id, target_id)
        cost, hops = self._hops(nodes)
        if cost >= NEVER:
            raise self._no_path(source_id, target_id)
        ids = self._arrays.system_ids
        return PackedPath(tuple(int(ids[node]) for node in nodes), tuple(hops), cost)

    def paths(self, source_id: int, target_id: int, limit: int = 10) -> tuple[PackedPath, ...]:
        """List the cheapest paths, cheapest first; parallel edges make different paths.

        Raises
        ------
        NoPathError
            When there is none.
        """
        source, target = self.node(source_id), self.node(target_id)
        found = k_cheapest(self, source, target, limit)
        if not found and limit > 0:
            raise self._no_path(source_id, target_id)
        ids = self._arrays.system_ids
        return tuple(
            PackedPath(
                (source_id, *(int(ids[hop.node]) for hop in hops)),
                tuple(((hop.edge, hop.inverse),) for hop in hops),
                sum(hop.cost for hop in hops),
            )
            for hops in found
        )

    def arcs_from(self, node: int) -> Collection[Arc[int, int]]:
        """Give the ways out of a node: (cost, other node, edge id, backwards?)."""
        return self._listed(node, 0)

    def arcs_to(self, node: int) -> Collection[Arc[int, int]]:
        """Give the ways into a node."""
        return self._listed(node, 1)

    def order(self, node: int) -> int:
        """Nodes are numbered in order of address."""
        return node

    def edge_order(self, edge: int) -> int:
        """Edges are listed by id: in the order in which their documents declare them."""
        return edge

    @cached_property
    def _costs(self) -> NDArray[np.int32]:
        """Cost of each entry: leaving its node; then of each again: reaching it."""
        import numpy as np

        arrays = self._arrays
        table = np.full((2, 2 * len(arrays.classes)), NEVER, dtype=np.int32)
        for number, facts in enumerate(arrays.classes):
            backwards = inverse_cost(*facts)
            costs = (forward_cost(*facts), NEVER if backwards is None else backwards)
            for side in (0, 1):  # the node is the edge's input, or its output
                table[0, 2 * number + side] = costs[side]
                table[1, 2 * number + side] = costs[1 - side]
        return np.concatenate((table[0].take(arrays.kinds), table[1].take(arrays.kinds)))

    @cached_property
    def _core(self) -> NDArray[np.int64]:
        """Entries between nodes that do not hang on the graph like leaves."""
        import numpy as np

        arrays = self._arrays
        inside = arrays.parents < 0
        return np.flatnonzero(inside.repeat(np.diff(arrays.starts)) & inside.take(arrays.others))

    @cached_property
    def _graph(self) -> TwoSided:
        """What a search looks at: the graph without its leaves."""
        import numpy as np

        arrays, core = self._arrays, self._core
        starts = np.searchsorted(core, arrays.starts)
        return TwoSided.of(starts, arrays.others.take(core), self._costs_of_core)

    @property
    def _costs_of_core(self) -> NDArray[np.int32]:
        import numpy as np

        costs, size = self._costs, len(self._arrays.arcs)
        return np.concatenate((costs[:size].take(self._core), costs[size:].take(self._core)))

    def without(
        self,
        system_ids: Collection[int] = (),
        edge_ids: Collection[int] = (),
        *,
        forward_only: bool = False,
    ) -> PackedGraph:
        """Give the same graph where some systems and edges cannot be passed.

        Parameters
        ----------
        forward_only
            Walk no edge backwards.
        """
        import numpy as np

        arrays = self._arrays
        size = len(arrays.arcs)
        closed = np.zeros(size, dtype=bool)
        if edge_ids:
            shut = np.isin(arrays.edge_ids, list(edge_ids))
            closed |= shut.take(arrays.arcs >> 1)
        if system_ids:
            gone = np.isin(arrays.system_ids, list(system_ids))
            closed |= gone.take(arrays.others)
            closed |= gone.repeat(np.diff(arrays.starts))
        costs = self._costs.copy()
        costs[:size][closed] = NEVER
        costs[size:][closed] = NEVER
        if forward_only:
            is_output = (arrays.arcs & 1).astype(bool)
            costs[:size][is_output] = NEVER
            costs[size:][~is_output] = NEVER
        rest = PackedGraph(arrays)
        # Everything else is the same, and made already.
        rest.__dict__.update(_costs=costs, _core=self._core)
        rest.__dict__["_graph"] = self._graph.with_costs(rest._costs_of_core)
        return rest

    def listed(self) -> Listed:
        """Give the graph as plain lists, for a walk that comes to every node."""
        arrays = self._arrays
        return Listed(
            arrays.starts.tolist(),
            arrays.others.tolist(),
            arrays.edge_ids[arrays.arcs >> 1].tolist(),
            (arrays.arcs & 1).tolist(),
            self._costs.tolist(),
        )

    @property
    def system_ids(self) -> NDArray[np.int64]:
        """Ids of the systems, by number."""
        return self._arrays.system_ids

    @property
    def nbytes(self) -> int:
        """Memory that it takes once it was searched."""
        arrays = self._arrays
        parts = (arrays.system_ids, arrays.edge_ids, arrays.starts, arrays.others, arrays.arcs)
        own = sum(part.nbytes for part in (*parts, arrays.kinds, arrays.parents))
        return own + self._costs.nbytes + self._core.nbytes + self._graph.nbytes

    def _listed(self, node: int, reaching: int) -> list[Arc[int, int]]:
        entries = self._entries(node)
        arrays = self._arrays
        beyond = reaching * len(arrays.arcs)
        costs = self._costs[entries.start + beyond : entries.stop + beyond].tolist()
        arcs = arrays.arcs[entries]
        return [
            (cost, other, edge, bool((arc & 1) ^ reaching))
            for cost, other, edge, arc in zip(
                costs,
                arrays.others[entries].tolist(),
                arrays.edge_ids[arcs >> 1].tolist(),
                arcs.tolist(),
                strict=True,
            )
            if cost < NEVER
        ]

    def _entries(self, node: int) -> slice:
        starts = self._arrays.starts
        return slice(int(starts[node]), int(starts[node + 1]))

    def _hops(self, nodes: Sequence[int]) -> tuple[int, Hops]:
        """Give the cost of a walk and, for each step, the edges that cost no more.

        The cost is at least `NEVER` when a step cannot be walked.
        """
        import numpy as np

        if len(nodes) < 2:
            return 0, ()
        arrays = self._arrays
        ends = np.array(nodes, dtype=np.int64)
        leaving, reaching = ends[:-1], ends[1:]
        starts = arrays.starts
        degree = starts[ends + 1] - starts[ends]
        # Of the two nodes the one with fewer entries is looked at: the other may be a hub.
        backward = degree[1:] < degree[:-1]
        node, wanted = np.where(backward, (reaching, leaving), (leaving, reaching))
        sizes = np.minimum(degree[1:], degree[:-1]).astype(np.int64)
        front = Front(node, starts.take(node).astype(np.int64), sizes, int(sizes.sum()))
        entries = front.entries(np.arange(front.total))
        index = np.arange(len(node)).repeat(sizes)
        matching = arrays.others[entries] == wanted[index]
        entries, index = entries[matching], index[matching]
        # Seen from the node that is reached, an entry's cost stands in the second half.
        costs = self._costs[entries + backward[index] * len(arrays.arcs)]
        arcs = arrays.arcs[entries]
        backwards = (arcs & 1).astype(bool) ^ backward[index]
        best = np.full(len(node), NEVER, dtype=np.int64)
        np.minimum.at(best, index, costs)
        hops: list[list[tuple[int, bool]]] = [[] for _ in node]
        tied = costs == best[index]
        for step, edge, back in zip(
            index[tied].tolist(),
            arrays.edge_ids[arcs[tied] >> 1].tolist(),
            backwards[tied].tolist(),
            strict=True,
        ):
            hops[step].append((edge, back))
        return int(best.sum()), tuple(map(tuple, hops))

    def _nodes(self, source: int, target: int) -> list[int] | None:
        """Give the nodes of the canonical path, if its steps can all be walked."""
        up, down, joined = self._climb(source, target)
        if joined:
            return [*up, *reversed(down[:-1])]
        between = Waves(self._graph, up[-1], down[-1]).nodes()
        return None if between is None else [*up[:-1], *between, *reversed(down[:-1])]

    def _climb(self, source: int, target: int) -> tuple[list[int], list[int], bool]:
        """Climb from both ends: up to where they meet, or to where a search begins."""
        parents = self._arrays.parents
        up = [source]
        while (parent := int(parents[up[-1]])) >= 0:
            up.append(parent)
        position = {node: index for index, node in enumerate(up)}
        down = [target]
        while down[-1] not in position and (parent := int(parents[down[-1]])) >= 0:
            down.append(parent)
        meeting = position.get(down[-1])
        if meeting is None:
            return up, down, False
        return up[: meeting + 1], down, True

    def _no_path(self, source_id: int, target_id: int) -> NoPathError:
        return NoPathError(
            f"No path leads from coordinate system {source_id} to {target_id}: they are "
            f"connected (in a component of {len(self)}), but only through transformations "
            "without an inverse. State one with a bijection.",
            str(source_id),
            str(target_id),
        )
