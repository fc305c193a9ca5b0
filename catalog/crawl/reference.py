"""Which coordinate system is the reference system of a component.

Of the systems that an image can reach: those that a scene declares come before the
intrinsic system of an image, then another one of an image, the grid of an array, and last
what is only referred to. Of several, the one that most images can reach; then that of the
topmost scene, then the one with the most axes, and among equals the first by address.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence

from catalog.crawl.records import SystemRecord

_EFFORT = 8
"""Looks at a system, for each system of the component, until the best so far is taken."""

Key = tuple[int, int, int]


def reference_system(
    systems: Sequence[SystemRecord],
    members: Sequence[int],
    starts: Sequence[int],
    *,
    intrinsic: Container[int],
    address: Callable[[int], str],
    sources: Callable[[int], Iterable[int]] | None,
) -> int:
    """Choose the reference system among the systems of a component.

    Parameters
    ----------
    systems
        Of the hierarchy.
    members
        Numbers of those of the component.
    starts
        The system of each image: its finest array, or its intrinsic system.
    intrinsic
        Those that the datasets of an image lead to.
    address
        Gives what systems are compared by.
    sources
        Gives the systems from which a step leads to a system; None when every step of
        the component can be walked both ways, so that all images reach everything.
    """

    def rank(node: int) -> int:
        system = systems[node]
        if system.kind == "undeclared" or system.ndim is None:
            return 4
        if system.kind == "array":
            return 3
        if system.image is None:
            return 0
        return 1 if node in intrinsic else 2

    def key(node: int) -> Key:
        system = systems[node]
        depth = system.group.count("/") + bool(system.group)
        return rank(node), depth, -(system.ndim or 0)

    if sources is None:
        ranks = list(map(rank, members))
        best = min(ranks)
        members = [node for node, its in zip(members, ranks, strict=True) if its == best]
        return members[0] if len(members) == 1 else _first(members, key, address)
    reach = _reaches(members, starts, {node: key(node) for node in members}, sources)
    most = max(reach.values())
    return _first([node for node, count in reach.items() if count == most], key, address)


def _first(nodes: Sequence[int], key: Callable[[int], Key], address: Callable[[int], str]) -> int:
    keys = list(map(key, nodes))
    best = min(keys)
    tied = [node for node, its in zip(nodes, keys, strict=True) if its == best]
    return tied[0] if len(tied) == 1 else min(tied, key=address)


def _reaches(
    members: Sequence[int],
    starts: Sequence[int],
    keys: dict[int, Key],
    sources: Callable[[int], Iterable[int]],
) -> dict[int, int]:
    """Count the images that can reach each system of the first rank that any can reach."""
    weight: dict[int, int] = {}
    for start in starts:
        weight[start] = weight.get(start, 0) + 1
    found: dict[int, int] = {}
    effort = _EFFORT * (len(members) + 10)
    best = 0
    before: Key | None = None
    for node in sorted(members, key=lambda node: (keys[node], node)):
        key = keys[node]
        # All others are of a later rank, or lose where as many images reach them.
        over = before is not None and (
            key[0] > before[0] or (best == len(starts) and key > before) or effort <= 0
        )
        if over and best > 0:
            break
        reached = [node]
        seen = {node}
        for at in reached:  # grows while it is walked through
            for other in sources(at):
                if other not in seen:
                    seen.add(other)
                    reached.append(other)
        found[node] = sum(weight.get(at, 0) for at in reached)
        best = max(best, found[node])
        effort -= len(reached)
        before = key
    return found
