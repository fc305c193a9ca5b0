"""Which coordinate systems of a hierarchy are connected, whatever the direction."""

from __future__ import annotations

from collections.abc import Iterable

LARGE = 256
"""Systems from which a component keeps its adjacency as packed arrays."""


def components(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """Number the component of each of `count` systems, in order of their first system.

    Examples
    --------
    >>> components(4, [(3, 1)])
    [0, 1, 2, 1]
    """
    parent = list(range(count))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for one, other in edges:
        a, b = find(one), find(other)
        # The lower number leads, so that a component is met first at its leader.
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b

    numbers: dict[int, int] = {}
    return [numbers.setdefault(find(node), len(numbers)) for node in range(count)]
