"""Graphs as they come: scenes of tiles, plates, stacks of sections, atlases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from catalog.geometry.steps import Mapping
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.metadata.axes import Axis

ZYX = tuple(Axis(name=name, type="space", unit="micrometer") for name in "zyx")


class Scene:
    """Builds a graph, address by address."""

    def __init__(self) -> None:
        self.graph = TransformGraph()

    def system(self, address: str, kind: str = "declared") -> None:
        self.graph.add_system(GraphSystem(address, ZYX, 3, kind))

    def edge(
        self,
        source: str,
        target: str,
        type: str = "translation",
        *,
        origin: str = "scene",
        invertibility: str = "closed",
        group: str = "",
        name: str | None = None,
    ) -> None:
        number = len(self.graph.edges)
        self.graph.add_edge(
            GraphEdge(
                f"{group}#{number:06}",
                source,
                target,
                type,
                name,
                origin,
                invertibility,
                group,
                f"/{number}",
                lambda: Mapping(3, 3),
            )
        )

    def image(self, location: str, levels: int = 3) -> str:
        """Add an image with its pyramid; give the address of its system."""
        physical = f"{location}#physical"
        self.system(physical)
        for level in range(levels):
            array = f"{location}/{level}#"
            self.system(array, "array")
            kind = "sequence" if level else "scale"
            self.edge(array, physical, kind, origin="dataset", group=location)
        return physical


@pytest.fixture
def scene() -> Scene:
    """An empty scene."""
    return Scene()


@pytest.fixture
def tiles() -> Callable[[int], TransformGraph]:
    """Give a scene of so many tiles in one world."""

    def make(count: int) -> TransformGraph:
        scene = Scene()
        scene.system("world")
        for number in range(count):
            scene.edge(scene.image(f"tiles/t{number:03}"), "world")
        return scene.graph

    return make
