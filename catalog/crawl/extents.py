"""Where each image lies: its box in the reference system of its component.

Every component with images has one reference system. The way from an image to it is the
one that `catalog path` takes, by the same costs and the same order, found for all images
at once: one tree of cheapest ways that all end in the reference system. Plain Python on
purpose: a collection has many components, and most of them a handful of images.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Container, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.crawl.records import (
    ExtentRecord,
    ImageRecord,
    LevelRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.crawl.reference import reference_system
from catalog.errors import CatalogError
from catalog.geometry import rows as plain
from catalog.geometry.rows import Row, Rows
from catalog.geometry.steps import LinearStep, Mapping
from catalog.geometry.walking import edge_order, forward_cost, inverse_cost, order
from catalog.stores.url import join

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MappingOf = Callable[[int], Mapping]
"""Gives the mapping of a transformation, by its number, with what opens its fields."""


# The first step from a system towards the reference system: where it leads, the edge, and
# whether this is walked backwards.
_Step = tuple[int, int, bool]


class _Place(NamedTuple):
    """Where an image lies, as its record says it."""

    affine: Rows | None
    low: Row | None
    high: Row | None
    approximate: bool


_NOWHERE = _Place(None, None, None, False)


class _Unplaceable(Exception):  # noqa: N818 - no error: some images have no place
    """An image has no box; the message says why."""


def extents(
    url: str,
    systems: Sequence[SystemRecord],
    edges: Sequence[TransformationRecord],
    images: Sequence[ImageRecord],
    levels: Iterable[LevelRecord],
    *,
    mapping_of: MappingOf | None = None,
) -> tuple[ExtentRecord, ...]:
    """Place the images of a hierarchy, one record for each.

    Parameters
    ----------
    url
        Of the hierarchy.
    mapping_of
        For transformations that are not affine; without it, what lies behind one of
        them cannot be placed.
    """
    if not images:
        return ()
    finest: dict[tuple[str, int], LevelRecord] = {}
    for level in levels:
        if level.system is None or not level.shape:
            continue
        image = level.group, level.image
        known = finest.get(image)
        if known is None or level.level < known.level:
            finest[image] = level
    graph = _Graph(url, systems, edges, mapping_of)
    starts: list[int | None] = []
    for entry in images:
        found = finest.get((entry.group, entry.index))
        starts.append(entry.intrinsic if found is None else found.system)
    intrinsic = {entry.intrinsic for entry in images if entry.intrinsic is not None}
    references = graph.references([start for start in starts if start is not None], intrinsic)
    records = []
    for entry, start in zip(images, starts, strict=True):
        placed = finest.get((entry.group, entry.index))
        system, shape = (None, None) if placed is None else (placed.system, placed.shape)
        reference = None if start is None else references[start]
        place, reason = _NOWHERE, None
        if shape is None or reference is None or start is None:
            reason = "no array of it is there whose shape is known"
        else:
            try:
                place = graph.placed(start, shape, reference)
            except _Unplaceable as unplaceable:
                reason = str(unplaceable)
        records.append(
            ExtentRecord(entry.group, entry.index, system, shape, reference, *place, reason)
        )
    return tuple(records)


class _Graph:
    """The systems and edges of a hierarchy, and the trees of cheapest ways to references."""

    def __init__(
        self,
        url: str,
        systems: Sequence[SystemRecord],
        edges: Sequence[TransformationRecord],
        mapping_of: MappingOf | None,
    ) -> None:
        self._url = url
        self._systems = systems
        self._edges = edges
        self._mapping_of = mapping_of
        # For each system the steps that lead to it: the system they leave, edge, inverse.
        self._into: list[list[_Step]] = [[] for _ in systems]
        # The ends of edges without a way back.
        self._one_way: dict[int, list[int]] = {}
        into = self._into
        for number, edge in enumerate(edges):
            one, other = edge.input, edge.output
            if one == other:
                continue
            into[other].append((one, number, False))
            if edge.invertibility == "no":
                self._one_way.setdefault(one, []).append(other)
            else:
                into[one].append((other, number, True))
        # The references of components in which only one way leads to each system.
        self._single: set[int] = set()
        self._trees: dict[int, dict[int, _Step]] = {}
        self._rows: dict[int, dict[int, Rows | None]] = {}

    def references(self, starts: Sequence[int], intrinsic: Container[int]) -> dict[int, int]:
        """Choose the reference system of each component; give it for each start in it."""
        chosen: dict[int, int] = {}
        for first in starts:
            if first in chosen:
                continue
            members = [first]
            seen = {first}
            edges = 0  # each is met from both of its ends
            for node in members:  # grows while it is walked through
                near = [step[0] for step in self._into[node]] + self._one_way.get(node, [])
                edges += len(near)
                for other in near:
                    if other not in seen:
                        seen.add(other)
                        members.append(other)
            inside = [start for start in starts if start in seen]
            one_way = any(node in self._one_way for node in members)
            reference = reference_system(
                self._systems,
                members,
                inside,
                intrinsic=intrinsic,
                address=self._address,
                sources=self._sources if one_way else None,
            )
            if edges == 2 * (len(members) - 1):
                self._single.add(reference)
            chosen |= dict.fromkeys(inside, reference)
        return chosen

    def _sources(self, node: int) -> Iterable[int]:
        return (step[0] for step in self._into[node])

    def _address(self, node: int) -> str:
        system = self._systems[node]
        path = f"{system.group}/{system.array_path}" if system.array_path else system.group
        return order(f"{join(self._url, path.removeprefix('/'))}#{system.name}")

    def placed(self, start: int, shape: tuple[int, ...], reference: int) -> _Place:
        """Place an array of a shape, whose system is `start`, in a reference system.

        Raises
        ------
        _Unplaceable
        """
        if min(shape, default=1) <= 0:
            raise _Unplaceable("its array has no voxels")
        tree = self._trees.get(reference)
        if tree is None:
            tree = self._trees[reference] = self._tree(reference)
        if start != reference and start not in tree:
            raise _Unplaceable(
                "each way to the reference system takes a transformation backwards that has "
                "no inverse"
            )
        rows = self._to_reference(start, reference, tree)
        if rows is None:
            low, high = self._sampled(start, shape, reference, tree)
            return self._in_reference(None, low, high, reference)
        if len(rows[0]) != len(shape) + 1:
            raise _Unplaceable(
                f"its array has {len(shape)} dimensions, and its transformations take "
                f"{len(rows[0]) - 1}"
            )
        low, high = _box(rows, shape)
        return self._in_reference(rows, low, high, reference)

    def _in_reference(self, affine: Rows | None, low: Row, high: Row, reference: int) -> _Place:
        ndim = self._systems[reference].ndim
        if ndim is not None and ndim != len(low):
            raise _Unplaceable(
                f"its transformations lead to {len(low)} dimensions, and the reference system "
                f"has {ndim}"
            )
        if not all(map(math.isfinite, (*low, *high))):
            raise _Unplaceable("its transformations lead to numbers that are not finite")
        return _Place(affine, low, high, affine is None)

    def _tree(self, reference: int) -> dict[int, _Step]:
        """Find the canonical cheapest way from every system that has one."""
        if reference in self._single:
            return self._only_ways(reference)
        distances = {reference: 0}
        steps: dict[int, _Step] = {}
        heap = [(0, reference)]
        while heap:
            distance, node = heapq.heappop(heap)
            if distance > distances[node]:
                continue
            for other, edge, inverse in self._into[node]:
                reached = distance + self._cost(edge, inverse=inverse)
                known = distances.get(other)
                if known is None or reached < known:
                    distances[other] = reached
                    steps[other] = node, edge, inverse
                    heapq.heappush(heap, (reached, other))
                elif reached == known:
                    step = node, edge, inverse
                    if self._rank(step) < self._rank(steps[other]):
                        steps[other] = step
        return steps

    def _cost(self, number: int, *, inverse: bool) -> int:
        edge = self._edges[number]
        facts = (edge.type, edge.invertibility, edge.origin)
        cost = inverse_cost(*facts) if inverse else forward_cost(*facts)
        assert cost is not None  # what has no way back is no step
        return cost

    def _only_ways(self, reference: int) -> dict[int, _Step]:
        """Find the ways in a component without rings, as most are: there are no others."""
        steps: dict[int, _Step] = {}
        reached = [reference]
        for node in reached:  # grows while it is walked through
            for other, edge, inverse in self._into[node]:
                if other not in steps and other != reference:
                    steps[other] = node, edge, inverse
                    reached.append(other)
        return steps

    def _rank(self, step: _Step) -> tuple[str, str, int, bool]:
        to, number, inverse = step
        edge = self._edges[number]
        place = edge_order(join(self._url, edge.group), edge.pointer)
        return self._address(to), place, number, inverse

    def _to_reference(self, start: int, reference: int, tree: dict[int, _Step]) -> Rows | None:
        """Compose the affine map from a system; None when some step is not one."""
        known = self._rows.setdefault(reference, {})
        walked: list[int] = []
        node = start
        while node not in known:
            if node == reference:
                known[node] = self._identity(node)
                break
            walked.append(node)
            node = tree[node][0]
        for node in reversed(walked):
            to, number, inverse = tree[node]
            rest = known[to]
            if rest is None:
                known[node] = None
                continue
            there = _rows_of(self._edges[number], inverse=inverse)
            if there is None:
                known[node] = None
            elif to == reference:
                known[node] = there
            elif len(rest[0]) != len(there) + 1:
                raise _Unplaceable(
                    "transformations on its way follow each other that have other numbers of "
                    "dimensions"
                )
            else:
                known[node] = plain.compose(there, rest)
        return known[start]

    def _identity(self, node: int) -> Rows:
        return plain.identity(self._systems[node].ndim or 0)

    def _sampled(
        self, start: int, shape: tuple[int, ...], reference: int, tree: dict[int, _Step]
    ) -> tuple[Row, Row]:
        """Find the box around an array through something that is not affine."""
        from catalog.geometry.moving import Moving
        from catalog.geometry.widened import widened_box

        if self._mapping_of is None:
            raise _Unplaceable("a transformation on its way is not affine")
        parts = []
        node = start
        try:
            while node != reference:
                node, number, inverse = tree[node]
                there = self._mapping_of(number)
                parts.append(there.inverse() if inverse else there)
            whole = Mapping.chain(parts)

            def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
                moving = Moving("nan")
                moving.begin(len(points))
                moved = whole.apply(points, moving)
                gone = moving.gone
                if gone is not None:
                    moved = moved.copy()
                    moved[gone] = math.nan
                return moved

            low, high = widened_box([-0.5] * len(shape), [size - 0.5 for size in shape], move)
        except CatalogError as error:
            raise _Unplaceable(error.message.rstrip(".")) from error
        except Exception as error:  # whatever is stored as a field: the record goes on
            raise _Unplaceable(
                f"a field on its way cannot be used ({type(error).__name__}: {error})"
            ) from error
        return low, high


def _rows_of(edge: TransformationRecord, *, inverse: bool) -> Rows | None:
    """Give the affine map of an edge in one direction; None when it is not one."""
    if not inverse:
        return edge.affine
    if edge.inverse_affine is not None:
        return edge.inverse_affine
    rows = edge.affine
    if rows is None or edge.invertibility != "closed" or len(rows[0]) != len(rows) + 1:
        return None
    try:
        return LinearStep(rows).inverse().rows
    except CatalogError:
        return None


def _box(rows: Rows, shape: tuple[int, ...]) -> tuple[Row, Row]:
    """Give the box around an array in the system that an affine map leads to."""
    low, high = [], []
    for row in rows:
        first = last = row[-1]
        for factor, size in zip(row, shape, strict=False):
            if not factor:
                continue
            if factor > 0.0:
                first -= 0.5 * factor
                last += factor * (size - 0.5)
            elif factor < 0.0:
                first += factor * (size - 0.5)
                last -= 0.5 * factor
        low.append(first)
        high.append(last)
    return tuple(low), tuple(high)
