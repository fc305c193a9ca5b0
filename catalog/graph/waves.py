"""The search itself over packed arrays: in waves, from both ends at once.

All distances between k and k+1 times the cheapest step are settled together, since none
of them can shorten another; so a wave is a few operations on arrays. What a search looks
at is laid out for both ends in one: node i is i ahead of the source and n + i behind the
target, so that one operation serves both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from catalog.graph.cost import STEP

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEVER = 2**30 - 1
"""Cost of what cannot be walked; two of them still fit into 32 bits."""

_FEW = 64  # entries of a node up to which plain Python beats arrays


@dataclass(frozen=True, slots=True)
class TwoSided:
    """A graph of n nodes with e entries, as both searches see it.

    Attributes
    ----------
    starts
        int64[2n]: where the entries of a node begin; those of n + i are e further on.
    sizes
        int64[2n]: how many entries it has.
    others
        int64[2e]: the node at the other end, on the same side.
    costs
        int32[2e]: what walking costs, from the node (first half) or to it (second half).
    mirror
        int64[2n]: the same node on the other side.
    """

    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    others: NDArray[np.int64]
    costs: NDArray[np.int32]
    mirror: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        starts: NDArray[np.int64],
        others: NDArray[np.int32] | NDArray[np.int64],
        costs: NDArray[np.int32],
    ) -> TwoSided:
        """Lay out a graph.

        Parameters
        ----------
        starts
            int64[n + 1]: the entries of node i are ``starts[i]`` to ``starts[i + 1]``.
        others
            [e].
        costs
            int32[2e].
        """
        import numpy as np

        count, entries = len(starts) - 1, len(others)
        # 64 bits: numpy would widen the indices of every single look-up.
        both = np.empty(2 * entries, dtype=np.int64)
        both[:entries] = others
        np.add(both[:entries], count, out=both[entries:])
        begins = np.empty(2 * count, dtype=np.int64)
        begins[:count] = starts[:-1]
        np.add(begins[:count], entries, out=begins[count:])
        numbers = np.arange(2 * count, dtype=np.int64)
        return cls(
            begins,
            np.tile(np.diff(starts), 2),
            both,
            costs,
            np.concatenate((numbers[count:], numbers[:count])),
        )

    def with_costs(self, costs: NDArray[np.int32]) -> TwoSided:
        """Give the same graph with other costs."""
        return TwoSided(self.starts, self.sizes, self.others, costs, self.mirror)

    def front(self, nodes: NDArray[np.int64]) -> Front:
        """Look up the entries of nodes."""
        sizes = self.sizes.take(nodes)
        return Front(nodes, self.starts.take(nodes), sizes, int(sizes.sum()))

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        parts = (self.starts, self.sizes, self.others, self.costs, self.mirror)
        return sum(part.nbytes for part in parts)


class Front(NamedTuple):
    """Nodes to look at together: where their entries start, how many each has, and all."""

    nodes: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    total: int

    def entries(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the position of every entry, node by node; `numbers` counts from 0."""
        shift = self.starts - self.sizes.cumsum()
        shift += self.sizes
        spread: NDArray[np.int64] = shift.repeat(self.sizes)
        spread += numbers[: self.total]
        return spread


class Waves:
    """One search for the canonical cheapest path between two nodes."""

    def __init__(self, graph: TwoSided, source: int, target: int) -> None:
        import numpy as np

        self._graph = graph
        self._count = count = len(graph.starts) // 2
        self._source, self._target = source, target
        self._distances = np.full(2 * count, NEVER, dtype=np.int32)
        self._distances[[source, count + target]] = 0
        self._numbers = np.arange(4096, dtype=np.int64)
        self._marks = np.empty(2 * count, dtype=np.int64)
        # What was reached and is not settled, by wave.
        self._pending: dict[int, list[NDArray[np.int64]]] = {
            0: [np.array([source, count + target])]
        }
        self._best = NEVER

    def nodes(self) -> list[int] | None:
        """Give the nodes of the path; None when there is none."""
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
            if front is not None and front.total:
                self._advance(front)
            wave += 1
        return self._canonical() if self._best < NEVER else None

    def _front(self, wave: int) -> Front | None:
        """Give the nodes of a wave, each once; None when there are none."""
        import numpy as np

        parts = self._pending.pop(wave, None)
        if parts is None:
            return None
        nodes = self._once(parts[0] if len(parts) == 1 else np.concatenate(parts))
        settled_before = self._distances.take(nodes) < wave * STEP
        if settled_before.any():
            nodes = nodes[~settled_before]
        return self._graph.front(nodes)

    def _once(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Leave out what is there twice."""
        numbers = self._counting(len(nodes))
        self._marks[nodes] = numbers
        last = self._marks.take(nodes) == numbers
        once: NDArray[np.int64] = nodes[last]
        return once

    def _counting(self, size: int) -> NDArray[np.int64]:
        import numpy as np

        if size > len(self._numbers):
            self._numbers = np.arange(2 * size, dtype=np.int64)
        return self._numbers[:size]

    def _advance(self, front: Front) -> None:
        """Settle the nodes of a front: reach what they lead to."""
        import numpy as np

        graph, distances = self._graph, self._distances
        entries = front.entries(self._counting(front.total))
        reached = graph.others.take(entries)
        distance = distances.take(front.nodes).repeat(front.sizes)
        distance += graph.costs.take(entries)
        known = distances.take(reached)
        if self._best < NEVER:  # nothing beyond the best is of use
            np.minimum(known, self._best + 1, out=known)
        better = distance < known
        reached, distance = reached[better], distance[better]
        if not len(reached):
            return
        np.minimum.at(distances, reached, distance)
        meeting = distances.take(graph.mirror.take(reached))
        meeting += distance
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

        count, graph = self._count, self._graph
        ahead, behind = self._distances[:count], self._distances[count:]
        met = ahead + behind == self._best
        # Every node ahead of a meeting, on some cheapest path. An arc that is tight at an
        # exact end is exact at the other one too.
        marked = met.copy()
        waiting = np.flatnonzero(met)
        while len(waiting):
            front = graph.front(waiting + count)
            entries = front.entries(self._counting(front.total))
            before = graph.others.take(entries)
            before -= count
            reached = ahead.take(before)
            reached += graph.costs.take(entries)
            tight = reached == ahead.take(waiting).repeat(front.sizes)
            tight &= ~marked.take(before)
            waiting = self._once(before[tight])
            marked[waiting] = True
        return self._walk(ahead, behind, met, marked)

    def _walk(
        self,
        ahead: NDArray[np.int32],
        behind: NDArray[np.int32],
        met: NDArray[np.bool_],
        marked: NDArray[np.bool_],
    ) -> list[int]:
        nodes = [self._source]
        exact_behind = bool(met[self._source])
        while (node := nodes[-1]) != self._target:
            following, beyond = self._following(node, ahead, behind, marked, exact_behind)
            exact_behind = bool(met[following]) or (exact_behind and beyond)
            nodes.append(following)
        return nodes

    def _following(
        self,
        node: int,
        ahead: NDArray[np.int32],
        behind: NDArray[np.int32],
        marked: NDArray[np.bool_],
        exact_behind: bool,
    ) -> tuple[int, bool]:
        """Give the smallest next node on a cheapest path, and whether it is nearer the target."""
        graph = self._graph
        start, size = int(graph.starts[node]), int(graph.sizes[node])
        here = slice(start, start + size)
        others, costs = graph.others[here], graph.costs[here]
        spent, left = ahead.item(node), behind.item(node)
        if size <= _FEW:
            for other, cost in zip(others.tolist(), costs.tolist(), strict=True):
                beyond = behind.item(other) + cost == left
                if (beyond and exact_behind) or (
                    marked.item(other) and ahead.item(other) == spent + cost
                ):
                    return other, beyond
        usable = marked.take(others)
        usable &= ahead.take(others) == costs + spent
        nearer = behind.take(others) + costs == left
        if exact_behind:
            usable |= nearer
        chosen = int(usable.argmax())
        return int(others[chosen]), bool(nearer[chosen])
