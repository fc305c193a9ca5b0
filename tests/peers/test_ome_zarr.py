"""Scenes written by ome-zarr-py, whose graph (transformnd's) answers the same questions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from catalog import Catalog
from catalog.scene import open_hierarchy

pytestmark = pytest.mark.filterwarnings("ignore")

Peer = Callable[[str], ModuleType]
POINTS = np.array([[0.0, 0.0], [10.0, -3.0], [1234.5, 0.25]])


@pytest.fixture
def scene(peer: Peer) -> Any:
    classes = peer("ome_zarr.classes")
    transforms = peer("ome_zarr_models.v06.coordinate_transforms")
    end = transforms.CoordinateSystemIdentifier

    def system(name: str) -> Any:
        axes = tuple(transforms.Axis(name=axis, type="space") for axis in "yx")
        return transforms.CoordinateSystem(name=name, axes=axes)

    def image(name: str, y: float, x: float) -> Any:
        flat = classes.OMEZarrImage(
            np.zeros((32, 32), dtype="uint8"),
            "yx",
            scale={"y": y, "x": x},
            axes_types={"y": "space", "x": "space"},
            name=name,
        )
        return classes.OMEZarrMultiscale(image=flat, scale_factors=[2])

    return classes.OMEZarrScene(
        {"a": image("a", 0.5, 0.5), "b": image("b", 2.0, 3.0), "c": image("c", 1.0, 1.0)},
        [
            transforms.Affine(
                affine=((1.0, 0.2, 3.0), (0.0, 1.0, 4.0)),
                input=end(name="physical", path="a"),
                output=end(name="world"),
            ),
            transforms.Sequence(
                transformations=(
                    transforms.Rotation(rotation=((0.0, -1.0), (1.0, 0.0))),
                    transforms.Translation(translation=(5.0, 6.0)),
                ),
                input=end(name="physical", path="b"),
                output=end(name="world"),
            ),
            transforms.MapAxis(mapAxis=(1, 0), input=end(name="world"), output=end(name="atlas")),
            transforms.Scale(
                scale=(2.0, 4.0),
                input=end(name="physical", path="c"),
                output=end(name="physical", path="b"),
            ),
        ],
        [system("world"), system("atlas")],
    )


def address(space: tuple[str, str]) -> str:
    path, name = space
    return f"{path}#{name}" if path else name


def test_every_pair_of_systems_has_the_answer_of_its_graph(scene: Any, tmp_path: Path) -> None:
    scene.to_ome_zarr(str(tmp_path / "scene.zarr"))
    graph = open_hierarchy(tmp_path / "scene.zarr")
    spaces = list(scene._graph.graph.nodes)
    assert len(spaces) == 5
    for source, target in permutations(spaces, 2):
        expected = scene._graph.transform(source, target, POINTS)
        moved = graph.transform(POINTS, address(source), address(target))
        np.testing.assert_allclose(moved, expected, atol=1e-9)


def test_the_index_answers_the_same(scene: Any, tmp_path: Path) -> None:
    scene.to_ome_zarr(str(tmp_path / "scene.zarr"))
    with Catalog(str(tmp_path / "catalog.db")) as catalog:
        catalog.index(tmp_path / "scene.zarr")
        for source, target in permutations(scene._graph.graph.nodes, 2):
            expected = scene._graph.transform(source, target, POINTS)
            ends = [f"scene.zarr#{s[1]}" if not s[0] else f"scene.zarr/{s[0]}#{s[1]}"
                    for s in (source, target)]  # fmt: skip
            np.testing.assert_allclose(catalog.transform(POINTS, *ends), expected, atol=1e-9)
