"""A whole component to walk through, small or large, and what its steps are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.components import LARGE
from catalog.database.dialects import dialect_of
from catalog.database.schema import transformation
from catalog.errors import CatalogError
from catalog.graph.cost import FIELD, IMPLIED, NUMERIC_INVERSE, STEP
from catalog.graph.path import Step
from catalog.graph.restricted import Restricted
from catalog.graph.search import Adjacency
from catalog.query.component import Component, graph_edge, rows_by_id, rows_of
from catalog.query.kept import packed_graph

_DEAREST = STEP + IMPLIED + FIELD + NUMERIC_INVERSE

Choice = tuple[tuple[int, bool], ...]
"""Edges of a step that do equally well: (id, backwards?)."""


class Whole:
    """A component, the nodes of its graph, and the ids of the systems that these are.

    Attributes
    ----------
    graph
        Edges are ids; nodes are what `node` gives.
    dearest
        No step costs more than this.
    """

    def __init__(
        self, graph: Adjacency[int, int], ids: list[int] | None, dearest: int = _DEAREST
    ) -> None:
        self.graph = graph
        self.dearest = dearest
        self._ids = ids

    @classmethod
    def of(
        cls,
        connection: sa.Connection,
        component_id: int,
        systems: int,
        *,
        forward_only: bool = False,
    ) -> Whole:
        """Load a component of so many systems."""
        packed = packed_graph(connection, component_id) if systems >= LARGE else None
        if packed is not None:
            if forward_only:
                packed = packed.without(forward_only=True)
            listed = packed.listed()
            return cls(listed, packed.system_ids.tolist(), listed.dearest)
        graph = Component(*rows_of(connection, component_id))
        return cls(Restricted(graph, forward_only=True) if forward_only else graph, None)

    def node(self, system_id: int) -> int:
        """Give the node of a system."""
        return system_id if self._ids is None else self._ids.index(system_id)

    def system_id(self, node: int) -> int:
        """Give the system of a node."""
        return node if self._ids is None else self._ids[node]


class Worth(NamedTuple):
    """What is known of a step: whether it is exact, and whether there is a way back."""

    exact: bool
    invertible: bool


_PLAIN = Worth(exact=True, invertible=True)


class _Facts(NamedTuple):
    """What decides the worth of a step; by far the most have an affine and its inverse."""

    id: int
    invertibility: str
    has_affine: bool
    has_inverse: bool
    input_id: int
    output_id: int


@cache
def _facts(dialect: str, *, plain: bool) -> sa.Select[Any]:
    wanted = dialect_of(dialect).numbers_named("ids")
    t = transformation.c
    query = sa.select(
        t.id,
        t.invertibility,
        t.affine.is_not(None),
        t.inverse_affine.is_not(None),
        t.input_id,
        t.output_id,
    ).join(wanted, t.id == wanted.c.value)
    if plain:
        return query
    return query.where(sa.or_(t.invertibility != "closed", t.affine.is_(None)))


def _read(
    connection: sa.Connection, ids: Iterable[int], *, plain: bool = True
) -> dict[int, _Facts]:
    """Read edges; without the `plain` ones, those that are exact and closed both ways."""
    dialect = connection.dialect.name
    values = {"ids": dialect_of(dialect).numbers_given(sorted(ids))}
    rows = connection.execute(_facts(dialect, plain=plain), values).all()
    return {row[0]: _Facts._make(row) for row in rows}


def decided(connection: sa.Connection, choices: Iterable[Choice]) -> dict[Choice, tuple[int, bool]]:
    """Say which of the edges that do equally well is the one of the path."""
    open_ = {choice for choice in choices if len(choice) > 1}
    if not open_:
        return {}
    ids = {edge for choice in open_ for edge, _ in choice}
    facts = _read(connection, ids)
    ends = {end for row in facts.values() for end in (row.input_id, row.output_id)}
    nodes, rows = rows_by_id(connection, ends, ids)
    component = Component(nodes, rows)
    return {
        choice: min(choice, key=lambda one: (component.edge_order(one[0]), one[1]))
        for choice in open_
    }


def worth(
    connection: sa.Connection, steps: Iterable[tuple[int, bool]]
) -> Mapping[tuple[int, bool], Worth]:
    """Say of steps, each an edge and whether it is walked backwards, what they are worth.

    As `Path.exact` does: a step is exact when no field is interpolated for it and no
    inverse found by iteration. One whose document is broken is not.
    """
    steps = set(steps)
    facts = _read(connection, {edge for edge, _ in steps}, plain=False)
    result: dict[tuple[int, bool], Worth] = {}
    unclear: list[tuple[int, bool]] = []
    for step in steps:
        edge, back = step
        row = facts.get(edge)
        if row is None:
            result[step] = _PLAIN
            continue
        exact: bool | None = None
        if back and row.invertibility == "numeric":
            exact = False
        elif row.has_affine and (not back or row.has_inverse):
            exact = True
        if exact is None:
            unclear.append(step)
        result[step] = Worth(bool(exact), back or row.invertibility != "no")
    if unclear:
        ids = {edge for edge, _ in unclear}
        ends = {end for id_ in ids for end in (facts[id_].input_id, facts[id_].output_id)}
        nodes, rows = rows_by_id(connection, ends, ids)
        edges = {row.id: graph_edge(row, nodes) for row in rows}
        for step in unclear:
            try:
                needs = Step(edges[step[0]], step[1]).mapping.needs
            except CatalogError:
                continue  # no points will go through it
            result[step] = result[step]._replace(exact=not needs)
    return result
