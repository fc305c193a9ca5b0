"""Paths through transformations as documents state them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from pydantic import TypeAdapter

from catalog.geometry.classify import edge_mapping, invertibility
from catalog.graph import GraphEdge, GraphSystem, Path, TransformGraph
from catalog.metadata.transformations import AnyTransform

Json = dict[str, object]
Walk = Callable[..., Path]

ADAPTER: TypeAdapter[AnyTransform] = TypeAdapter(AnyTransform)


def graph_of(
    systems: dict[str, int], edges: Sequence[tuple[str, str, Json, str]]
) -> TransformGraph:
    """Make a graph of systems (address: dimensions) and edges (from, to, JSON, group)."""
    graph = TransformGraph()
    for address, ndim in systems.items():
        graph.add_system(GraphSystem(address, None, ndim))
    for number, (source, target, document, group) in enumerate(edges):
        transformation = ADAPTER.validate_python(document)
        ends = systems[source], systems[target]

        def load(transformation=transformation, ends=ends, group=group):
            return edge_mapping(transformation, *ends, None, place=group)

        graph.add_edge(
            GraphEdge(
                f"{group}#{number}",
                source,
                target,
                transformation.type,
                None,
                "scene",
                invertibility(transformation, *ends, None),
                group,
                f"/{number}",
                load,
            )
        )
    return graph


@pytest.fixture
def walk() -> Walk:
    """Give the path between two systems over transformations in JSON."""

    def make(
        source: str, target: str, systems: dict[str, int], *edges: tuple[str, str, Json, str]
    ) -> Path:
        return graph_of(systems, edges).path(source, target)

    return make


@pytest.fixture
def affine_path(walk: Walk) -> Callable[..., Path]:
    """Give the path of one affine, from `here` to `there`."""

    def make(*rows: Sequence[float], source: str = "img#here", target: str = "there") -> Path:
        systems = {source: len(rows[0]) - 1, target: len(rows)}
        document: Json = {"type": "affine", "affine": [list(row) for row in rows]}
        return walk(source, target, systems, (source, target, document, ""))

    return make
