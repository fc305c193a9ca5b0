"""Registrations that contradict each other: cycles that do not lead back to where they began."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

import sqlalchemy as sa

from catalog.database.schema import (
    component,
    coordinate_system,
    hierarchy,
    transformation,
    zarr_group,
)
from catalog.errors import NoPathError
from catalog.geometry.units import unit_size
from catalog.graph.disagreement import Difference, difference
from catalog.graph.path import Path, Step
from catalog.graph.search import cheapest
from catalog.query.addresses import below
from catalog.query.component import Component, Edge, rows_of
from catalog.query.extents import ArrayBox, Corners, array_boxes, corners_in, unit_box
from catalog.query.listings import AxisListing, axis_layouts

if TYPE_CHECKING:
    from catalog.geometry.field import FieldReader

PER_COMPONENT = 10_000
"""Cycles looked at in one component; the next is looked at then."""


@dataclass(frozen=True)
class Cycle:
    """A round trip that does not lead back to where it began.

    Attributes
    ----------
    system
        Where it begins and ends, and the distance is measured.
    distance, unit
        The largest by which it misses; see `Difference`.
    at
        The point where it misses most.
    by_axis
        Largest miss along each axis.
    extent
        Address of the array whose corners went around; None for the unit box.
    steps
        Out along one transformation, back along the others. Where there is no way back,
        the two ways out are compared instead, and `ways` is 2.
    """

    system: str
    distance: float
    unit: str | None
    at: tuple[float, ...]
    by_axis: tuple[float, ...]
    extent: str | None
    steps: tuple[Step, ...]
    ways: int = 1

    def to_dict(self) -> dict[str, object]:
        """Give it as plain values, ready for JSON."""
        return {
            "system": self.system,
            "distance": self.distance,
            "unit": self.unit,
            "at": list(self.at),
            "by_axis": list(self.by_axis),
            "extent": self.extent,
            "compared": "round trip" if self.ways == 1 else "two ways",
            "steps": [
                {
                    "from": step.source,
                    "to": step.target,
                    "type": step.edge.type,
                    "name": step.edge.name,
                    "direction": "inverse" if step.inverse else "forward",
                    "declared_in": step.edge.group,
                    "pointer": step.edge.pointer,
                }
                for step in self.steps
            ],
        }


@dataclass(frozen=True)
class Consistency:
    """What was found.

    Attributes
    ----------
    cycles
        Those that miss by more than the tolerance, worst first.
    checked
        How many were compared.
    inconsistent
        How many of them miss: more than `cycles` has where a limit was reached.
    unchecked
        How many could not be compared: no way around, or points outside all fields.
    skipped
        How many were not looked at, in components with too many.
    """

    cycles: tuple[Cycle, ...]
    checked: int
    inconsistent: int
    unchecked: int
    skipped: int


def consistency(
    connection: sa.Connection,
    *,
    tolerance: float,
    limit: int = 100,
    under: str | None = None,
    fields_for: Callable[[str], FieldReader],
    per_component: int = PER_COMPONENT,
) -> Consistency:
    """Walk every independent cycle of the graph, and every bijection there and back.

    A cycle is one transformation and the cheapest other way between its ends; together
    they are a basis of all cycles of a component. Points are the corners of an image on
    the cycle, or next to it.

    Parameters
    ----------
    tolerance
        In the unit of the system where a cycle is measured.
    limit
        How many to keep, the worst.
    under
        Only hierarchies at and below this URL.
    """
    layouts = axis_layouts(connection)
    worst: list[tuple[float, int, Cycle]] = []
    numbers = count()
    checked = inconsistent = unchecked = skipped = 0
    for component_id in _candidates(connection, under):
        walk = _Walk(connection, component_id, layouts, fields_for)
        for number, (edge, alone) in enumerate(walk.cycles()):
            if number >= per_component:
                skipped += 1
                continue
            found = walk.compared(edge, alone=alone)
            if found is None:
                unchecked += 1
                continue
            checked += 1
            # Not "distance > tolerance": what overflows is no agreement either.
            if found.distance <= tolerance:
                continue
            inconsistent += 1
            # Of equal ones the first met is kept.
            heapq.heappush(worst, (_in_metres(found), -next(numbers), found))
            if len(worst) > limit:
                heapq.heappop(worst)
    ranked = tuple(cycle for *_, cycle in sorted(worst, reverse=True, key=lambda one: one[:2]))
    return Consistency(ranked, checked, inconsistent, unchecked, skipped)


def _candidates(connection: sa.Connection, under: str | None) -> Iterator[int]:
    """Give the components that have a cycle, or a transformation with a stated inverse."""
    stated = (
        sa.select(transformation.c.id)
        .where(
            transformation.c.component_id == component.c.id,
            transformation.c.invertibility == "explicit",
        )
        .exists()
    )
    query = (
        sa.select(component.c.id)
        .join(hierarchy, component.c.hierarchy_id == hierarchy.c.id)
        .where(
            hierarchy.c.removed_at.is_(None),
            sa.or_(component.c.transformations >= component.c.systems, stated),
        )
        .order_by(component.c.id)
    )
    if under is not None:
        inside = (
            sa.select(coordinate_system.c.id)
            .join(zarr_group, coordinate_system.c.group_id == zarr_group.c.id)
            .where(
                coordinate_system.c.component_id == component.c.id, below(zarr_group.c.url, under)
            )
        )
        query = query.where(inside.exists())
    yield from connection.execute(query).scalars().all()


class _Walk:
    """The cycles of one component."""

    def __init__(
        self,
        connection: sa.Connection,
        component_id: int,
        layouts: dict[int, tuple[AxisListing, ...]],
        fields_for: Callable[[str], FieldReader],
    ) -> None:
        nodes, edges = rows_of(connection, component_id)
        self._edges = sorted(edges, key=lambda edge: edge.id)
        self._graph = Component(nodes)
        self._fields_for = fields_for
        query = sa.select(
            coordinate_system.c.id, coordinate_system.c.group_id, coordinate_system.c.axis_layout_id
        ).where(coordinate_system.c.component_id == component_id)
        self._groups: dict[int, int] = {}
        self._axes: dict[int, tuple[AxisListing, ...]] = {}
        for id_, group_id, layout in connection.execute(query):
            self._groups[id_] = group_id
            if layout is not None:
                self._axes[id_] = layouts[layout]
        self._boxes: dict[int, list[ArrayBox]] = {}
        for box in array_boxes(connection, component_id):
            self._boxes.setdefault(box.group_id, []).append(box)
        self._corners = cache(self._corners_at)

    def cycles(self) -> Iterator[tuple[Edge, bool]]:
        """Give each cycle by an edge; True where it is this edge there and back alone.

        First all edges of a spanning tree go into the graph, then one by one the others:
        each closes one cycle with what is there, and no two the same.
        """
        later: list[Edge] = []
        leader: dict[int, int] = {}

        def find(node: int) -> int:
            while (above := leader.setdefault(node, node)) != node:
                leader[node] = node = leader.setdefault(above, above)
            return node

        for edge in self._edges:
            one, other = find(edge.input_id), find(edge.output_id)
            if one == other:
                later.append(edge)
            else:
                leader[other] = one
                self._graph.add(edge)
        for edge in self._edges:
            if edge.invertibility == "explicit":
                yield edge, True
        for edge in later:
            yield edge, False
            self._graph.add(edge)

    def compared(self, edge: Edge, *, alone: bool) -> Cycle | None:
        """Walk a cycle, and say by how much it misses; None where that cannot be said."""
        self._graph.edges.setdefault(edge.id, edge)
        out = Step(self._graph.graph_edge(edge.id))
        one, other = edge.input_id, edge.output_id
        if alone:
            return self._round([(one, out), (other, Step(out.edge, inverse=True))])
        if one == other:
            return self._round([(one, out)])
        back = cheapest(self._graph, other, one)
        if back is not None:
            steps, at = [(one, out)], other
            for hop in back:
                steps.append((at, Step(self._graph.graph_edge(hop.edge), hop.inverse)))
                at = hop.node
            return self._round(steps)
        ahead = cheapest(self._graph, one, other)
        if ahead is None:
            return None
        ways = tuple(Step(self._graph.graph_edge(hop.edge), hop.inverse) for hop in ahead)
        return self._made(one, other, (out,), ways)

    def _round(self, steps: list[tuple[int, Step]]) -> Cycle | None:
        """Begin where an image is near: its corners are the points that matter."""
        for i, (node, _) in enumerate(steps):
            place = self._corners(node)
            if place is not None and place.extent is not None:
                steps = steps[i:] + steps[:i]
                break
        node = steps[0][0]
        return self._made(node, node, tuple(step for _, step in steps), None)

    def _made(
        self, start: int, end: int, one: tuple[Step, ...], other: tuple[Step, ...] | None
    ) -> Cycle | None:
        place = self._corners(start)
        if place is None:
            return None
        nodes = self._graph.nodes
        ends = (nodes[start].address, nodes[end].address)
        ndims = (nodes[start].ndim, nodes[end].ndim)
        ways = [
            None if steps is None else Path(*ends, steps, 0, *ndims).reading(self._fields_for)
            for steps in (one, other)
        ]
        found = difference(ways[0], ways[1], place.points, self._axes.get(end))
        return _cycle(ends[1], found, place, (*one, *(other or ())), 1 if other is None else 2)

    def _corners_at(self, node: int) -> Corners | None:
        boxes = self._boxes.get(self._groups.get(node, -1), ())
        here = corners_in(boxes, node, lambda id_: self._path(id_, node), self._fields_for)
        if here is not None:
            return here
        ndim = self._graph.nodes[node].ndim
        return None if ndim is None else unit_box(ndim)

    def _path(self, one: int, other: int) -> Path:
        graph, nodes = self._graph, self._graph.nodes
        hops = cheapest(graph, one, other)
        ends = (nodes[one].address, nodes[other].address)
        if hops is None:
            raise NoPathError(f"No path leads from {ends[0]} to {ends[1]}.", *ends)
        steps = tuple(Step(graph.graph_edge(hop.edge), hop.inverse) for hop in hops)
        return Path(*ends, steps, 0, nodes[one].ndim, nodes[other].ndim)


def _cycle(
    system: str, found: Difference, place: Corners, steps: Iterable[Step], ways: int
) -> Cycle | None:
    if found.distance is None:
        return None
    facts = (found.distance, found.unit, found.at, found.by_axis, place.extent)
    return Cycle(system, *facts, tuple(steps), ways)


def _in_metres(cycle: Cycle) -> float:
    """Give a number to rank by: distances without a known unit as if in micrometres."""
    size = None if cycle.unit is None else unit_size(cycle.unit)
    return cycle.distance * float(Fraction(1, 10**6) if size is None else size[1])
