"""Columns for the things of one cluster: which stands left of which.

Works on a directed graph of whole numbers; nothing here knows sizes or names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def backwards(count: int, arrows: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Give the arrows to turn around so that no way leads in a circle.

    Few of them, and the same ones each time: what most arrows leave stands first.
    """
    after: dict[int, set[int]] = {item: set() for item in range(count)}
    before: dict[int, set[int]] = {item: set() for item in range(count)}
    weights: dict[tuple[int, int], int] = {}
    for tail, head in arrows:
        after[tail].add(head)
        before[head].add(tail)
        weights[tail, head] = weights.get((tail, head), 0) + 1
    left: list[int] = []
    right: list[int] = []
    rest = dict.fromkeys(range(count))
    sources = [item for item in rest if not before[item]]
    sinks = [item for item in rest if not after[item] and before[item]]

    def take(item: int) -> None:
        del rest[item]
        for other in sorted(after[item]):
            before[other].discard(item)
            if other in rest and not before[other]:
                sources.append(other)
        for other in sorted(before[item]):
            after[other].discard(item)
            if other in rest and not after[other]:
                sinks.append(other)

    while rest:
        if sinks or sources:
            waiting, side = (sinks, right) if sinks else (sources, left)
            item = waiting.pop(0)
            if item not in rest:
                continue
        else:
            side = left
            item = max(rest, key=lambda one: (len(after[one]) - len(before[one]), -one))
        side.append(item)
        take(item)
    place = {item: at for at, item in enumerate([*left, *reversed(right)])}
    return {(tail, head) for tail, head in weights if place[tail] > place[head]}


def ranked(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """Give each item its column, so that all arrows point right and few are long.

    The arrows have no circle.
    """
    after: dict[int, list[int]] = {item: [] for item in range(count)}
    before: dict[int, list[int]] = {item: [] for item in range(count)}
    for tail, head in arrows:
        after[tail].append(head)
        before[head].append(tail)
    order = _sorted(count, after, before)
    ranks = [0] * count
    for item in order:
        ranks[item] = max((ranks[other] + 1 for other in before[item]), default=0)
    for _ in range(4):
        for item in reversed(order):
            if len(after[item]) > len(before[item]):
                ranks[item] = min(ranks[other] for other in after[item]) - 1
        for item in order:
            if len(before[item]) > len(after[item]):
                ranks[item] = max(ranks[other] for other in before[item]) + 1
    lowest = min(ranks, default=0)
    return [rank - lowest for rank in ranks]


def _sorted(
    count: int, after: Mapping[int, Sequence[int]], before: Mapping[int, Sequence[int]]
) -> list[int]:
    """Give the items so that what arrows point from comes first."""
    missing = {item: len(before[item]) for item in range(count)}
    order = [item for item in range(count) if not missing[item]]
    for item in order:
        for other in after[item]:
            missing[other] -= 1
            if not missing[other]:
                order.append(other)  # a queue: it grows while it is read
    return order
