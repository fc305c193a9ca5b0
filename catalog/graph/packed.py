"""The search for a path in one large component, over packed arrays.

Nodes are numbers in order of address. Two things make it quick: what hangs on the graph
like leaves (tiles, levels, labels) is walked up and down without any search, and the
rest is searched in waves. All distances between k and k+1 times the cheapest step are
settled at once, since none of them can shorten another; so a wave is a few operations
on arrays, from both ends at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from catalog.errors import NoPathError, UnknownAddressError
from catalog.graph.alternatives import k_cheapest
from catalog.graph.cost import STEP, forward_cost, inverse_cost
from catalog.graph.edges import GraphEdge
from catalog.graph.path import Path, Step
from catalog.graph.search import Arc

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Hops = tuple[tuple[tuple[int, bool], ...], ...]
"""For each step, the edges that do equally well: (id, backwards?)."""

_NEVER = 2**30 - 1
"""Cost of what cannot be walked; two of them still fit into 32 bits."""


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
        if cost >= _NEVER:
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
        """Cost by kind of entry: leaving its node (row 0), reaching it (row 1)."""
        import numpy as np

        table = np.full((2, 2 * len(self._arrays.classes)), _NEVER, dtype=np.int32)
        for number, facts in enumerate(self._arrays.classes):
            backwards = inverse_cost(*facts)
            costs = (forward_cost(*facts), _NEVER if backwards is None else backwards)
            for side in (0, 1):  # the node is the edge's input, or its output
                table[0, 2 * number + side] = costs[side]
                table[1, 2 * number + side] = costs[1 - side]
        return table

    def _listed(self, node: int, reaching: int) -> list[Arc[int, int]]:
        entries = self._entries(node)
        arrays = self._arrays
        costs = self._costs[reaching][arrays.kinds[entries]].tolist()
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
            if cost < _NEVER
        ]

    def _entries(self, node: int) -> slice:
        starts = self._arrays.starts
        return slice(int(starts[node]), int(starts[node + 1]))

    def _hops(self, nodes: Sequence[int]) -> tuple[int, Hops]:
        """Give the cost of a walk and, for each step, the edges that cost no more.

        The cost is at least `_NEVER` when a step cannot be walked.
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
        front = _Front.of(node, node, starts.astype(np.int64))
        entries, index = front.spread(np.arange(max(front.entries, len(node))))
        matching = arrays.others[entries] == wanted[index]
        entries, index = entries[matching], index[matching]
        costs = self._costs[backward[index].astype(np.int64), arrays.kinds[entries]]
        arcs = arrays.arcs[entries]
        backwards = (arcs & 1).astype(bool) ^ backward[index]
        best = np.full(len(node), _NEVER, dtype=np.int64)
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
        between = _Waves(self._arrays, self._costs, up[-1], down[-1]).nodes()
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


class _Waves:
    """One search, from both ends. Node i is i ahead of the source, n + i behind the target."""

    def __init__(self, arrays: Arrays, costs: NDArray[np.int32], source: int, target: int) -> None:
        import numpy as np

        self._count = count = len(arrays.system_ids)
        self._arrays = arrays
        self._starts = arrays.starts.astype(np.int64)
        self._classes = costs.shape[1]
        self._costs = np.ascontiguousarray(costs).ravel()
        self._source, self._target = source, target
        self._distances = np.full(2 * count, _NEVER, dtype=np.int32)
        self._distances[[source, count + target]] = 0
        self._numbers = np.arange(2 * max(count, len(arrays.others)))
        self._marks = np.empty(2 * count, dtype=np.int64)
        # What was reached and is not settled, by wave.
        self._pending: dict[int, list[NDArray[np.int64]]] = {
            0: [np.array([source, count + target])]
        }
        self._best = _NEVER

    def nodes(self) -> list[int] | None:
        """Give the nodes of the canonical cheapest path; None when there is none."""
        wave = 0
        while self._pending:
            front = self._front(wave)
            # Near the end the exact distances count: a hub is not opened in vain.
            if front is not None and (2 * wave + 2) * STEP > self._best:
                behind = front.nodes >= self._count
                distances = self._distances[front.nodes]
                tops = [
                    int(side.min()) if len(side) else (wave + 1) * STEP
                    for side in (distances[~behind], distances[behind])
                ]
                if sum(tops) >= self._best:
                    break
            if front is not None and front.entries:
                self._advance(front)
            wave += 1
        return self._canonical() if self._best < _NEVER else None

    def _front(self, wave: int) -> _Front | None:
        """Give the nodes of a wave, each once; None when there are none."""
        import numpy as np

        parts = self._pending.pop(wave, None)
        if parts is None:
            return None
        nodes = parts[0] if len(parts) == 1 else np.concatenate(parts)
        numbers = self._numbers[: len(nodes)]
        self._marks[nodes] = numbers
        once = self._marks.take(nodes) == numbers
        once &= self._distances.take(nodes) >= wave * STEP  # else settled before
        nodes = nodes[once]
        return _Front.of(nodes, nodes % self._count, self._starts)

    def _advance(self, front: _Front) -> None:
        """Settle the nodes of a front: reach what they lead to."""
        import numpy as np

        count = self._count
        entries, index = front.spread(self._numbers)
        behind = (front.nodes >= count).take(index)
        reached = self._arrays.others.take(entries) + behind * count
        kinds = self._arrays.kinds.take(entries) + behind * self._classes
        distance = self._distances.take(front.nodes).take(index)
        distance += self._costs.take(kinds)
        # Nothing beyond the best is of use; what costs too much cannot be walked at all.
        better = distance < np.minimum(self._distances.take(reached), self._best + 1)
        reached, distance = reached[better], distance[better]
        if not len(reached):
            return
        np.minimum.at(self._distances, reached, distance)
        meeting = distance + self._distances.take((reached + count) % (2 * count))
        self._best = min(self._best, int(meeting.min()))
        first, last = int(distance.min()) // STEP, int(distance.max()) // STEP
        if first == last:
            self._pending.setdefault(first, []).append(reached)
            return
        waves = distance // STEP
        for wave in range(first, last + 1):
            found = reached[waves == wave]
            if len(found):
                self._pending.setdefault(wave, []).append(found)

    def _canonical(self) -> list[int]:
        """Walk the smallest path through all cheapest ones."""
        import numpy as np

        count, arrays = self._count, self._arrays
        ahead, behind = self._distances[:count], self._distances[count:]
        met = ahead + behind == self._best
        # Every node ahead of a meeting, on some cheapest path. An arc that is tight at an
        # exact end is exact at the other one too.
        marked = met.copy()
        waiting = np.flatnonzero(met)
        while len(waiting):
            entries, index = _Front.of(waiting, waiting, self._starts).spread(self._numbers)
            before = arrays.others.take(entries)
            kinds = arrays.kinds.take(entries).astype(np.int64)
            cost = self._costs.take(kinds + self._classes)
            tight = ahead.take(before) + cost == ahead.take(waiting).take(index)
            tight &= ~marked.take(before)
            waiting = before[tight].astype(np.int64)
            numbers = self._numbers[: len(waiting)]
            self._marks[waiting] = numbers
            waiting = waiting[self._marks.take(waiting) == numbers]
            marked[waiting] = True
        return self._walk(ahead, behind, met, marked)

    def _walk(
        self,
        ahead: NDArray[np.int32],
        behind: NDArray[np.int32],
        met: NDArray[np.bool_],
        marked: NDArray[np.bool_],
    ) -> list[int]:
        arrays, costs = self._arrays, self._costs
        nodes = [self._source]
        exact_behind = bool(met[self._source])
        while (node := nodes[-1]) != self._target:
            here = slice(int(self._starts[node]), int(self._starts[node + 1]))
            others, cost = arrays.others[here], costs.take(arrays.kinds[here])
            usable = marked.take(others)
            usable &= ahead.take(others) == cost + ahead[node]
            beyond = behind.take(others) + cost == behind[node]
            if exact_behind:
                usable |= beyond
            chosen = int(usable.argmax())
            following = int(others[chosen])
            exact_behind = bool(met[following]) or (exact_behind and bool(beyond[chosen]))
            nodes.append(following)
        return nodes


class _Front(NamedTuple):
    """Nodes to look at together: where their entries start, how many each has, and all."""

    nodes: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    entries: int

    @classmethod
    def of(
        cls, nodes: NDArray[np.int64], plain: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> _Front:
        """Look up the entries of nodes; `plain` is the same nodes without their side."""
        first = starts.take(plain)
        sizes = starts.take(plain + 1) - first
        return cls(nodes, first, sizes, int(sizes.sum()))

    def spread(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the position of every entry, and the position of its node in the front."""
        index = numbers[: len(self.nodes)].repeat(self.sizes)
        shift = self.starts - self.sizes.cumsum() + self.sizes
        return shift.take(index) + numbers[: self.entries], index
