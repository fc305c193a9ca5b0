"""Places for the things of one cluster: columns from left to right, few crossings, straight lines.

The layered method of Sugiyama: columns by rank, points where a long wire passes a column,
an order in each column by what its neighbours suggest, and heights that keep wires
straight: for each column the least squares under the rule that nothing overlaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt

from catalog.graph.drawing.ranks import ranked

Point = tuple[float, float]

SLOT = 17.0
"""From one wire to the next at a side of a box: a line of small text."""

_BETWEEN = 18.0  # boxes
_BESIDE = 9.0  # a box and a wire, or two wires
_PAST = 6.0  # what a wire takes where it passes a column
_BEND = 30.0  # a gap between columns, besides what is written in it
_LABEL = 12.0  # around a label
_SWEEPS = 12
_RATIO = 1.6  # width to height of what looks good


@dataclass(slots=True)
class Box:
    """A thing with a size.

    Attributes
    ----------
    ports
        Where wires meet it, down from its top, for those that may not choose (the inside
        of a cluster decides); other wires are spread over `face` from the top.
    side
        -1, 1 for a point at the left or right border, 0 for all others.
    frame
        Whether it may become as wide as its column; others only as wide as their like.
    """

    width: float
    height: float
    face: float
    ports: dict[object, float] = field(default_factory=dict)
    side: int = 0
    frame: bool = False
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class Wire:
    """A line from the right side of one box to the left side of another.

    Attributes
    ----------
    tail_slot, head_slot
        Wires with the same slot at a box meet there.
    tail_label, head_label
        Widths of what is written beside its ends.
    points
        Its course, once it is placed.
    """

    tail: int
    head: int
    tail_slot: object
    head_slot: object
    tail_label: float = 0.0
    head_label: float = 0.0
    points: list[Point] = field(default_factory=list)


def arrange(boxes: Sequence[Box], wires: Sequence[Wire]) -> tuple[float, float]:
    """Place boxes and wires in the quarter right of and below (0, 0); give the size taken.

    What hangs together is placed together; the rest beside it, in rows.
    """
    parts = _parts(boxes, wires)
    sizes = []
    for members, own in parts:
        sizes.append(_Layers([boxes[i] for i in members], own, members).place())
    area = sum(width * height for width, height in sizes)
    limit = max([sqrt(area * _RATIO) * 1.1, *(width for width, _ in sizes)], default=0.0)
    x = y = below = widest = 0.0
    placed = []
    for (members, own), (width, height) in zip(parts, sizes, strict=True):
        sides = {boxes[i].side for i in members} - {0}
        if x and (x + width > limit or sides):
            x, y = 0.0, below + _BETWEEN
        placed.append((members, own, x, y, width if sides == {1} else None))
        widest = max(widest, x + width)
        below = max(below, y + height)
        x = limit + 1 if sides else x + width + _BETWEEN
    for members, own, left, top, width_to_right in placed:
        # What only leads out to the right stands there.
        shift = left if width_to_right is None else widest - width_to_right
        for i in members:
            boxes[i].x += shift
            boxes[i].y += top
        for wire in own:
            wire.points = [(px + shift, py + top) for px, py in wire.points]
    return widest, below


def _parts(boxes: Sequence[Box], wires: Sequence[Wire]) -> list[tuple[list[int], list[Wire]]]:
    """Sort boxes and wires by what hangs together; all that touches a border does."""
    leader = list(range(len(boxes)))

    def find(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    borders = [i for i, box in enumerate(boxes) if box.side]
    for one, other in [
        *((w.tail, w.head) for w in wires),
        *pairwise(borders),
    ]:
        first, second = sorted((find(one), find(other)))
        leader[second] = first
    parts: dict[int, tuple[list[int], list[Wire]]] = {}
    for i in range(len(boxes)):
        parts.setdefault(find(i), ([], []))[0].append(i)
    for wire in wires:
        parts[find(wire.tail)][1].append(wire)
    return sorted(parts.values(), key=lambda part: -len(part[1]))


@dataclass(slots=True, eq=False)
class _Stop:
    """A box in its column, or a point where a long wire passes one."""

    box: Box | None
    rank: int
    height: float
    y: float = 0.0
    into: list[_Hop] = field(default_factory=list)
    out: list[_Hop] = field(default_factory=list)
    mean: float = 0.0


@dataclass(slots=True, eq=False)
class _Hop:
    """The part of a wire from one column to the next."""

    wire: Wire
    tail: _Stop
    head: _Stop
    tail_y: float = 0.0
    head_y: float = 0.0


class _Layers:
    """The columns of what hangs together."""

    def __init__(self, boxes: list[Box], wires: list[Wire], members: Sequence[int]) -> None:
        self._boxes = boxes
        self._wires = wires
        place = {member: i for i, member in enumerate(members)}
        ends = [(place[wire.tail], place[wire.head]) for wire in wires]
        ranks = self._ranks(ends)
        self._stops = [
            _Stop(box, rank, box.height, mean=float(at))
            for at, (box, rank) in enumerate(zip(boxes, ranks, strict=True))
        ]
        self._columns: list[list[_Stop]] = [[] for _ in range(max(ranks) + 1)]
        for stop in self._stops:
            self._columns[stop.rank].append(stop)
        self._hops: dict[int, list[_Hop]] = {}
        for number, (wire, (tail, head)) in enumerate(zip(wires, ends, strict=True)):
            self._hops[number] = self._passed(wire, self._stops[tail], self._stops[head])
        for column in self._columns:
            column.sort(key=lambda stop: stop.mean)

    def _ranks(self, ends: list[tuple[int, int]]) -> list[int]:
        inner = [i for i, box in enumerate(self._boxes) if not box.side]
        number = {i: at for at, i in enumerate(inner)}
        arrows = [(number[t], number[h]) for t, h in ends if t in number and h in number]
        inner_ranks = ranked(len(inner), arrows)
        last = max(inner_ranks, default=0)
        for i, at in number.items():  # what nothing inside holds stands at its border
            sides = [self._boxes[h].side for t, h in ends if t == i and self._boxes[h].side]
            if sides and not any(at in arrow for arrow in arrows):
                inner_ranks[at] = last
        inner_ranks = self._split([self._boxes[i] for i in inner], inner_ranks)
        last = max(inner_ranks, default=0)
        shift = 1 if any(box.side < 0 for box in self._boxes) else 0
        ranks = [0] * len(self._boxes)
        for i, box in enumerate(self._boxes):
            if box.side:
                ranks[i] = 0 if box.side < 0 else last + 1 + shift
            else:
                ranks[i] = inner_ranks[number[i]] + shift
        return ranks

    @staticmethod
    def _split(boxes: Sequence[Box], ranks: list[int]) -> list[int]:
        """Break columns that are much higher than the whole is wide into several."""
        columns: dict[int, list[int]] = {}
        for i, rank in enumerate(ranks):
            columns.setdefault(rank, []).append(i)
        widths = {r: max(boxes[i].width for i in own) + 3 * _BEND for r, own in columns.items()}
        result = list(ranks)
        shift = 0
        for rank, own in sorted(columns.items()):
            height = sum(boxes[i].height + _BETWEEN for i in own)
            others = sum(widths.values()) - widths[rank]
            pieces = 1
            while pieces < len(own) // 3 and height / pieces > others + widths[rank] * pieces:
                pieces += 1
            for at, i in enumerate(own):  # read in rows
                result[i] = rank + shift + at % pieces
            shift += pieces - 1
        return result

    def _passed(self, wire: Wire, tail: _Stop, head: _Stop) -> list[_Hop]:
        hops = []
        at = tail
        for rank in range(tail.rank + 1, head.rank + 1):
            if rank == head.rank:
                following = head
            else:
                following = _Stop(None, rank, _PAST, mean=tail.mean)
                self._columns[rank].append(following)
            hop = _Hop(wire, at, following)
            at.out.append(hop)
            following.into.append(hop)
            hops.append(hop)
            at = following
        return hops

    def place(self) -> tuple[float, float]:
        """Place all boxes and wires; give width and height."""
        self._order()
        self._spread()
        self._settle()
        width = self._across()
        top = min(stop.y for column in self._columns for stop in column)
        height = 0.0
        for column in self._columns:
            for stop in column:
                stop.y -= top
                height = max(height, stop.y + stop.height)
                if stop.box is not None:
                    stop.box.y = stop.y
        self._draw()
        return width, height

    def _order(self) -> None:
        """Order each column so that few wires cross."""
        best, fewest = [list(column) for column in self._columns], self._crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            rightward = sweep % 2 == 0
            columns = self._columns[1:] if rightward else self._columns[-2::-1]
            for column in columns:
                self._number()
                for at, stop in enumerate(column):
                    hops = stop.into if rightward else stop.out
                    others = [hop.tail if rightward else hop.head for hop in hops]
                    stop.mean = (
                        sum(other.y for other in others) / len(others) if others else float(at)
                    )
                column.sort(key=lambda stop: stop.mean)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(column) for column in self._columns], crossings
        self._columns = best

    def _number(self) -> None:
        for column in self._columns:
            for at, stop in enumerate(column):
                stop.y = float(at)

    def _crossings(self) -> int:
        self._number()
        total = 0
        for column in self._columns[1:]:
            ends = sorted((hop.tail.y, hop.head.y) for stop in column for hop in stop.into)
            total += _inversions([head for _, head in ends])
        return total

    def _spread(self) -> None:
        """Choose where on the sides of its boxes each wire ends."""
        self._number()
        for stop in self._stops:
            ends = [(hop.wire.head_slot, hop.tail.y) for hop in stop.into]
            for hop, y in zip(stop.into, self._ports(stop, ends), strict=True):
                hop.head_y = y
            ends = [(hop.wire.tail_slot, hop.head.y) for hop in stop.out]
            for hop, y in zip(stop.out, self._ports(stop, ends), strict=True):
                hop.tail_y = y
        for hops in self._hops.values():
            for hop in hops:
                if hop.tail.box is None:
                    hop.tail_y = hop.tail.height / 2
                if hop.head.box is None:
                    hop.head_y = hop.head.height / 2

    @staticmethod
    def _ports(stop: _Stop, ends: Sequence[tuple[object, float]]) -> list[float]:
        """Give for each wire at a side (slot, height of its other end) where it ends there."""
        box = stop.box
        assert box is not None
        heights: dict[object, list[float]] = {}
        for slot, height in ends:
            heights.setdefault(slot, []).append(height)
        free = sorted(
            (slot for slot in heights if slot not in box.ports),
            key=lambda slot: sum(heights[slot]) / len(heights[slot]),
        )
        first = box.face / 2 - SLOT * (len(free) - 1) / 2
        places = {slot: first + SLOT * at for at, slot in enumerate(free)} | box.ports
        return [places[slot] for slot, _ in ends]

    def _settle(self) -> None:
        """Choose heights: each column in turn takes what its neighbours would like."""
        for column in self._columns:
            y = 0.0
            for above, stop in zip([None, *column], column, strict=False):
                y += 0.0 if above is None else above.height + _gap(above, stop)
                stop.y = y
        for sweep in range(_SWEEPS):
            for column in self._columns if sweep % 2 == 0 else reversed(self._columns):
                wishes = []
                for stop in column:
                    total = weight = 0.0
                    sides = (
                        (stop.into, stop.out)
                        if sweep >= _SWEEPS - 2
                        else ((stop.into,) if sweep % 2 == 0 else (stop.out,))
                    )
                    for hops in sides:
                        for hop in hops:
                            straight = 1 + 3 * ((hop.tail.box is None) + (hop.head.box is None))
                            if hop.head is stop:
                                wish = hop.tail.y + hop.tail_y - hop.head_y
                            else:
                                wish = hop.head.y + hop.head_y - hop.tail_y
                            total += straight * wish
                            weight += straight
                    wishes.append((total / weight, weight) if weight else (stop.y, 0.01))
                _stack(column, wishes)

    def _across(self) -> float:
        """Choose the columns' places from left to right; give the width of all."""
        x = 0.0
        self._left: list[float] = []
        self._right: list[float] = []
        self._runs: list[tuple[float, float]] = []
        for rank, column in enumerate(self._columns):
            width = max((stop.box.width for stop in column if stop.box is not None), default=0.0)
            plain = [s.box.width for s in column if s.box is not None and not s.box.frame]
            for stop in column:
                if stop.box is not None:
                    stop.box.width = width if stop.box.frame else max(plain)
                    stop.box.x = x + (width - stop.box.width if stop.out else 0.0)
            self._left.append(x)
            self._right.append(x + width)
            if rank + 1 == len(self._columns):
                break
            hops = [hop for stop in column for hop in stop.out]
            before = max((h.wire.tail_label for h in hops if h.tail.box is not None), default=0.0)
            after = max((h.wire.head_label for h in hops if h.head.box is not None), default=0.0)
            before += _LABEL if before else 0.0
            after += _LABEL if after else 0.0
            steep = max((abs(h.tail.y + h.tail_y - h.head.y - h.head_y) for h in hops), default=0.0)
            bend = _BEND if steep > 1 or before + after < _BEND else 0.0
            bend += min(steep / 8, 60.0)
            border = all(stop.box is not None and stop.box.side for stop in column) or all(
                stop.box is not None and stop.box.side for stop in self._columns[rank + 1]
            )
            if border and not before + after:
                bend = bend if steep > 1 else 0.0
            self._runs.append((before, after))
            x += width + before + bend + after
        return self._right[-1]

    def _draw(self) -> None:
        for hops in self._hops.values():
            points: list[Point] = []
            for hop in hops:
                rank = hop.tail.rank
                before, after = self._runs[rank]
                y = hop.tail.y + hop.tail_y
                box = hop.tail.box
                start = self._right[rank] if box is None else box.x + box.width
                points += [(start, y), (self._right[rank] + before, y)]
                y = hop.head.y + hop.head_y
                box, left = hop.head.box, self._left[rank + 1]
                points += [(left - after, y), (left if box is None else box.x, y)]
            hops[0].wire.points = points


def _gap(above: _Stop, below: _Stop) -> float:
    return _BETWEEN if above.box is not None and below.box is not None else _BESIDE


def _stack(column: Sequence[_Stop], wishes: Sequence[tuple[float, float]]) -> None:
    """Place a column's stops as near to their wishes as they can stand without overlap.

    Least squares under an order, by pooling neighbours that would overlap.
    """
    offsets = [0.0]
    for above, stop in pairwise(column):
        offsets.append(offsets[-1] + above.height + _gap(above, stop))
    pools: list[list[float]] = []  # mean, weight, count
    for (wish, weight), offset in zip(wishes, offsets, strict=True):
        pools.append([wish - offset, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, weight_, count = pools.pop()
            last = pools[-1]
            whole = last[1] + weight_
            last[0] = (last[0] * last[1] + mean * weight_) / whole
            last[1] = whole
            last[2] += count
    places = [mean for mean, _, count in pools for _ in range(int(count))]
    for stop, place, offset in zip(column, places, offsets, strict=True):
        stop.y = place + offset


def _inversions(values: Sequence[float]) -> int:
    """Count the pairs that stand in the wrong order."""
    if len(values) < 2:
        return 0
    from bisect import bisect_right, insort

    seen: list[float] = []
    total = 0
    for value in values:
        total += len(seen) - bisect_right(seen, value)
        insort(seen, value)
    return total
