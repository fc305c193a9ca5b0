"""From a graph to what is drawn of it: groups as clusters, the alike folded into one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

from catalog.graph.drawing.likeness import Likeness, likeness
from catalog.graph.drawing.places import Group, grouped, natural
from catalog.graph.drawing.text import TIMES
from catalog.graph.drawing.values import Cluster, Line, Node, Sketch

if TYPE_CHECKING:
    from catalog.graph.drawing.values import Drawable
    from catalog.graph.edges import GraphEdge, GraphSystem

FOLD = 4
"""How many groups, or systems of a group, that are alike are still drawn one by one."""

T = TypeVar("T")

# Short forms for the drawing alone; whatever is not here is written as it stands.
_PREFIXES = {"": "", "nano": "n", "micro": "µ", "milli": "m", "centi": "c", "kilo": "k"}
_UNITS = {
    f"{prefix}{unit}": f"{short}{symbol}"
    for unit, symbol in (("meter", "m"), ("second", "s"))
    for prefix, short in _PREFIXES.items()
} | {"angstrom": "Å"}


def sketch(graph: Drawable, *, title: str = "", fold: int | None = FOLD) -> Sketch:
    """Say what a drawing of a graph shows.

    Parameters
    ----------
    title
        Of the whole; without it, the name of the group around everything.
    fold
        More alike than these are drawn as one, with their count, and so are the levels
        of a pyramid. None draws each by itself.
    """
    root, groups = grouped(graph)
    most = len(graph.systems) if fold is None else fold
    return _Sketcher(graph, likeness(graph, root, groups, most), fold).made(root, title)


class _Sketcher:
    def __init__(self, graph: Drawable, alike: Likeness, fold: int | None) -> None:
        self._graph = graph
        self._alike = alike
        self._fold = fold
        self._node_of: dict[str, str] = {}
        self._around: dict[str, tuple[str, ...]] = {}
        self._total: dict[str, int] = {}
        self._levels: dict[str, int] = {}
        self._nodes = 0
        self._clusters = 0

    def made(self, root: Group, title: str) -> Sketch:
        cluster = self._cluster([root], title or root.name, 1, (), 1)
        return Sketch(cluster, self._lines())

    def _cluster(
        self,
        groups: Sequence[Group],
        title: str,
        count: int,
        around: tuple[str, ...],
        total: int,
    ) -> Cluster:
        """Draw groups that are alike as one."""
        folded = [self._folded_systems(group) for group in groups]
        children = [self._folded_groups(group) for group in groups]
        self._clusters += 1
        key = f"cluster{self._clusters}"
        around = (*around, key)
        self._total[key] = total
        nodes = [
            self._node([same[rank] for same in folded], groups, around)
            for rank in range(len(folded[0]))
        ]
        clusters = self._inside(children, "", 1, around)
        return Cluster(
            key,
            title,
            count,
            tuple(sorted(nodes, key=lambda node: natural(node.title))),
            tuple(sorted(clusters, key=lambda inner: natural(inner.title))),
        )

    def _inside(
        self,
        children: Sequence[Sequence[Sequence[Group]]],
        prefix: str,
        times: int,
        around: tuple[str, ...],
    ) -> list[Cluster]:
        """Draw the children of groups that are alike, each list of which is in the same order.

        A folder without systems is a part of the paths of what is in it, and has no frame.
        """
        clusters: list[Cluster] = []
        for rank, alike in enumerate(children[0]):
            inner = [group for same in children for group in same[rank]]
            title = prefix + _span([group.name for group in alike])
            count = times * len(alike)
            if any(group.systems for group in inner):
                clusters.append(self._cluster(inner, title, count, around, len(inner)))
            else:
                below = [self._folded_groups(group) for group in inner]
                clusters += self._inside(below, f"{title}/", count, around)
        return clusters

    def _node(
        self, names: Sequence[Sequence[str]], groups: Sequence[Group], around: tuple[str, ...]
    ) -> Node:
        self._nodes += 1
        key = f"node{self._nodes}"
        addresses = tuple(
            group.systems[name] for group, same in zip(groups, names, strict=True) for name in same
        )
        for address in addresses:
            self._node_of[address] = key
        self._around[key] = around
        system = self._graph.systems[addresses[0]]
        if system.kind == "array":
            self._levels[key] = len(names[0])
        title = _span([name.rstrip("/") or groups[0].name for name in names[0]])
        return Node(key, title, _axes(system), system.kind, len(names[0]), addresses)

    def _folded_systems(self, group: Group) -> list[list[str]]:
        """Sort a group's systems into those drawn as one; equal for groups that are alike."""
        arrays = [name for name in group.systems if name.endswith("/")]
        others = [name for name in group.systems if not name.endswith("/")]

        def number(name: str) -> int:
            return self._alike.systems[group.systems[name]]

        levels = _folded(arrays, number, natural, None if self._fold is None else 1)
        return levels + _folded(others, number, natural, self._fold)

    def _folded_groups(self, group: Group) -> list[list[Group]]:
        return _folded(
            list(group.children.values()),
            self._alike.groups.__getitem__,
            lambda child: natural(child.name),
            self._fold,
        )

    def _lines(self) -> tuple[Line, ...]:
        gathered: dict[Hashable, list[GraphEdge]] = {}
        parallel: dict[Hashable, int] = {}
        for edge in sorted(self._graph.edges, key=lambda edge: natural(edge.key)):
            ends = (self._node_of[edge.source], self._node_of[edge.target])
            way_back = edge.invertibility
            # The levels of a pyramid: some scaled, some shifted too, all the same to a reader.
            kind = "" if edge.origin == "dataset" else edge.type
            same = (*ends, kind, edge.origin == "implied", way_back, edge.source, edge.target)
            rank = parallel[same] = parallel.get(same, -1) + 1
            gathered.setdefault((*same[:5], rank), []).append(edge)
        alone = {
            (self._node_of[edges[0].source], self._node_of[edges[0].target], edges[0].type)
            for edges in gathered.values()
        }
        ambiguous = len(alone) < len(gathered)
        return tuple(
            self._line(f"line{number}", edges, named=ambiguous)
            for number, edges in enumerate(gathered.values(), 1)
        )

    def _line(self, key: str, edges: Sequence[GraphEdge], *, named: bool) -> Line:
        edge = edges[0]
        source, target = self._node_of[edge.source], self._node_of[edge.target]
        shared = [
            one
            for one, other in zip(self._around[source], self._around[target], strict=False)
            if one == other
        ]
        total = self._total[shared[-1]]
        count = len(edges) // total if len(edges) % total == 0 else len(edges)
        label = " · ".join(dict.fromkeys(edge.type for edge in edges))
        if named and len(edges) == 1 and edge.name:
            label = f"{label} '{edge.name}'"
        if count > 1 and count != self._levels.get(source):
            label = f"{label} {TIMES}{count}"
        if edge.origin == "implied":
            label = f"{label}, implied"
        name = f" '{edge.name}'" if edge.name and len(edges) == 1 else ""
        more = f" and {len(edges) - 1:,} more" if len(edges) > 1 else ""
        title = f"{edge.type}{name}: {edge.source} to {edge.target}{more}"
        return Line(key, source, target, label, title, edge.origin == "implied", edge.invertibility)


def _folded(
    values: list[T],
    number: Callable[[T], int],
    order: Callable[[T], Hashable],
    most: int | None,
) -> list[list[T]]:
    """Join values of one number when there are more than `most` of them.

    The order is that of the numbers, so that it is the same wherever the numbers are.
    """
    classes: dict[int, list[T]] = {}
    for value in sorted(values, key=order):  # type: ignore[arg-type]
        classes.setdefault(number(value), []).append(value)
    result: list[list[T]] = []
    for _, same in sorted(classes.items()):
        result += [same] if most is not None and len(same) > most else [[one] for one in same]
    return result


def _span(names: Sequence[str]) -> str:
    """Name a row of things by its ends."""
    first, last = names[0], names[-1]
    return first if first == last else f"{first} … {last}"


def _axes(system: GraphSystem) -> str:
    if not system.axes:
        return "" if system.ndim is None else f"{system.ndim} axes"
    names = [axis.name for axis in system.axes]
    text = "".join(names) if all(len(name) == 1 for name in names) else ", ".join(names)
    units = list(
        dict.fromkeys(_UNITS.get(axis.unit, axis.unit) for axis in system.axes if axis.unit)
    )
    return f"{text} · {', '.join(units)}" if units else text
