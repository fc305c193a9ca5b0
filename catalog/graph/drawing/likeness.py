"""Which systems and groups are alike, so that one picture can stand for all of them.

Groups side by side are alike when their names differ by numbers only (or there are very
many), their systems have the same names but for numbers, the same kinds and axes, and
the same kinds of transformations lead to the same places. Transformations among the
alike do not tell them apart: 300 sections, each registered to the next, are one stack.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.graph.drawing.places import Group

if TYPE_CHECKING:
    from catalog.graph.drawing.values import Drawable
    from catalog.graph.edges import GraphSystem

_NUMBER = re.compile(r"\d+")

_HUB = 8
"""A tile has neighbours (8 in a grid); one that more lead to is a reference."""

_MANY = 12
"""So many groups that are alike but for their names can still be drawn by name."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Numbers that are equal for what is alike: systems by address, and groups."""

    systems: Mapping[str, int]
    groups: Mapping[Group, int]


def likeness(graph: Drawable, root: Group, groups: Mapping[str, Group], most: int) -> Likeness:
    """Judge the systems of a graph and the groups that they lie in.

    Parameters
    ----------
    most
        How many alike are still told apart by name, when others refer to them.
    """
    numbers = _Numbers()
    looks = {
        address: numbers[_look(system, groups[address])]
        for address, system in graph.systems.items()
    }
    classes = _classes(graph, root, groups, _shapes(root, looks, numbers), most)
    relations = _relations(graph, groups, looks, classes)
    facets = {address: numbers[looks[address], relations[address]] for address in looks}
    named = {group: place[1] for group, place in classes.items() if place[0] == "reference"}
    return Likeness(facets, _shapes(root, facets, numbers, named))


class _Numbers(dict[Hashable, int]):
    """Numbers values in the order in which they are met."""

    def __missing__(self, value: Hashable) -> int:
        self[value] = len(self)
        return self[value]


def _look(system: GraphSystem, group: Group) -> Hashable:
    """What a system is by itself; the levels of a pyramid look alike whatever their names."""
    axes = tuple((axis.name, axis.type, axis.unit) for axis in system.axes or ())
    name = system.address.partition("#")[2] if "#" in system.address else system.address
    if not name:
        return system.kind, "", axes
    if group.name:
        name = name.replace(group.name, "*")
    return system.kind, _NUMBER.sub("#", name), axes


def _shapes(
    root: Group,
    facets: Mapping[str, int],
    numbers: _Numbers,
    named: Mapping[Group, Hashable] | None = None,
) -> dict[Group, int]:
    """Number groups by what is in and below them, and by their names where these tell much.

    Numbered groups are alike whatever their numbers; a few that are named are not, and
    many are again.
    """
    shapes: dict[Group, int] = {root: 0}
    for group in root.walk():
        children = list(group.children.values())
        counted = Counter(shapes[child] for child in children)
        for child in children:
            if counted[shapes[child]] <= _MANY:
                shapes[child] = numbers[shapes[child], _pattern(child.name)]
        own = Counter(facets[address] for address in group.systems.values())
        below = Counter(shapes[child] for child in children)
        told_apart = named.get(group) if named else None
        shapes[group] = numbers[frozenset(own.items()), frozenset(below.items()), told_apart]
    return shapes


def _pattern(name: str) -> str:
    """Give a name without its numbers; a single letter, such as a plate's row, is one."""
    return "#" if len(name) == 1 else _NUMBER.sub("#", name)


def _classes(
    graph: Drawable,
    root: Group,
    groups: Mapping[str, Group],
    shapes: Mapping[Group, int],
    most: int,
) -> dict[Group, tuple[str, Hashable]]:
    """Say how others refer to a group: by its name, or as one of many of its shape.

    One of many that a great part of the others lead to is a reference, and keeps its name.
    """
    classes: dict[Group, tuple[str, Hashable]] = {root: ("name", "")}
    sizes: dict[Group, int] = {}
    for group in root.walk():
        counted = Counter(shapes[child] for child in group.children.values())
        for child in group.children.values():
            sizes[child] = counted[shapes[child]]
            if sizes[child] > most:
                classes[child] = ("shape", shapes[child])
            else:
                classes[child] = ("name", child.name)
    peers: dict[Group, set[Group]] = {}
    for edge in graph.edges:
        one, other = _parting(groups[edge.source], groups[edge.target])
        if one is not None and other is not None and classes[one] == classes[other]:
            peers.setdefault(one, set()).add(other)
            peers.setdefault(other, set()).add(one)
    for group, others in peers.items():
        if len(others) > max(_HUB, sizes[group] // 2):
            classes[group] = ("reference", group.name)
    return classes


def _parting(one: Group, other: Group) -> tuple[Group | None, Group | None]:
    """Give the groups around either, just below the innermost group around both.

    None where that innermost group is the one given itself.
    """
    lines = (list(one.above())[::-1], list(other.above())[::-1])
    depth = 0
    while depth < min(map(len, lines)) and lines[0][depth] is lines[1][depth]:
        depth += 1
    first, second = (line[depth] if depth < len(line) else None for line in lines)
    return first, second


def _relations(
    graph: Drawable,
    groups: Mapping[str, Group],
    looks: Mapping[str, int],
    classes: Mapping[Group, tuple[str, Hashable]],
) -> dict[str, Hashable]:
    """Say for each system which kinds of transformations lead where, seen from it."""
    found: dict[str, set[Hashable]] = {address: set() for address in looks}
    for edge in graph.edges:
        # A level is a level, whether a scale alone or a translation too leads to it.
        kind = "" if edge.origin == "dataset" else edge.type
        for here, there, forward in (
            (edge.source, edge.target, True),
            (edge.target, edge.source, False),
        ):
            near, far = _parting(groups[here], groups[there])
            if near is None and far is None:
                if looks[here] == looks[there]:
                    continue
            elif near is not None and far is not None and classes[near] == classes[far]:
                continue
            up = groups[here].depth - near.depth + 1 if near is not None else 0
            way = [classes[group] for group in groups[there].above()]
            down = tuple(way[: groups[there].depth - far.depth + 1]) if far is not None else ()
            found[here].add((kind, edge.origin, forward, looks[there], up, down))
    return {address: frozenset(relations) for address, relations in found.items()}
