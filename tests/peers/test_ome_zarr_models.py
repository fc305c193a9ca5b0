"""Scenes written by ome-zarr-models, and ours read by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import zarr
from pydantic_zarr.v3 import ArraySpec

from catalog import Image, Scene
from catalog.metadata.axes import CoordinateSystem
from catalog.scene import open_hierarchy

# Peers warn on their own account (deprecations, serializers); that is not what is tested.
pytestmark = pytest.mark.filterwarnings("ignore")

Peer = Callable[[str], ModuleType]


def axes(names: str) -> tuple[dict[str, str], ...]:
    return tuple({"name": name, "type": "space", "unit": "micrometer"} for name in names)


def arguments(system: type, scale: float, name: str) -> dict[str, Any]:
    """Give the arguments of `Image.new`, which are the same for both packages."""
    return {
        "array_specs": [
            ArraySpec.from_array(np.zeros((8 // n, 16 // n), dtype="uint8")) for n in (1, 2)
        ],
        "paths": ["s0", "deep/s1"],
        "scales": [[scale, scale], [2 * scale, 2 * scale]],
        "translations": [None, [scale / 2, scale / 2]],
        "physical_coord_system": system(name="physical", axes=axes("yx")),
        "name": name,
    }


def scene_of(scenes: ModuleType, transforms: ModuleType, image: type, system: type) -> Any:
    """Make the same scene with either package."""
    end = transforms.CoordinateSystemIdentifier
    return scenes.Scene.new(
        images={
            "a": image.new(**arguments(system, 0.5, "a")),
            "b": image.new(**arguments(system, 2.0, "b")),
        },
        coord_systems=[system(name="world", axes=axes("yx"))],
        coord_transforms=[
            transforms.Affine(
                affine=((1.0, 0.25, 3.0), (0.0, 1.0, 4.0)),
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
                name="turned",
            ),
        ],
    )


@pytest.fixture
def theirs(peer: Peer) -> Any:
    transforms = peer("ome_zarr_models.v06.coordinate_transforms")
    return scene_of(
        peer("ome_zarr_models.v06.scene"),
        transforms,
        peer("ome_zarr_models.v06.image").Image,
        transforms.CoordinateSystem,
    )


@pytest.fixture
def ours() -> Scene:
    import catalog.metadata.axes
    import catalog.metadata.transformations
    import catalog.scene

    transforms = ModuleType("transforms")
    vars(transforms).update(vars(catalog.metadata.transformations))
    vars(transforms).update(vars(catalog.metadata.axes))
    scene = scene_of(catalog.scene, transforms, Image, CoordinateSystem)
    assert isinstance(scene, Scene)
    return scene


def attributes(model: Any) -> Any:
    """Give what a model says, without nulls, as JSON."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if item is not None}
        return [bare(item) for item in value] if isinstance(value, list) else value

    return bare(model.model_dump(mode="json", by_alias=True))


def test_the_same_arguments_make_the_same_metadata(theirs: Any, ours: Scene) -> None:
    assert attributes(ours.ome_attributes) == attributes(theirs.ome_attributes)
    assert list(ours.images) == list(theirs.images) == ["a", "b"]
    for location, image in theirs.images.items():
        said = attributes(image.ome_attributes)
        assert attributes(ours.images[location].ome_attributes) == said


def test_reads_what_it_wrote(theirs: Any, ours: Scene, tmp_path: Path) -> None:
    theirs.to_zarr(zarr.storage.LocalStore(tmp_path / "scene.zarr"), "")
    read = Scene.from_zarr(zarr.open_group(tmp_path / "scene.zarr", mode="r"))
    assert attributes(read.ome_attributes) == attributes(ours.ome_attributes)
    assert list(read.images) == ["a", "b"]


def test_it_reads_what_we_wrote(peer: Peer, theirs: Any, ours: Scene, tmp_path: Path) -> None:
    ours.to_zarr(tmp_path / "scene.zarr")
    read = peer("ome_zarr_models.v06.scene").Scene.from_zarr(
        zarr.open_group(tmp_path / "scene.zarr", mode="r")
    )
    assert read.ome_attributes == theirs.ome_attributes
    assert read.images["b"].ome_attributes == theirs.images["b"].ome_attributes


def test_moves_points_as_its_transformations_do(theirs: Any, tmp_path: Path) -> None:
    theirs.to_zarr(zarr.storage.LocalStore(tmp_path / "scene.zarr"), "")
    graph = open_hierarchy(tmp_path / "scene.zarr")
    affine, turned = theirs.ome_attributes.scene.coordinateTransformations
    back = turned.get_inverse()
    for point in ((0.0, 0.0), (3.0, -7.5), (1e4, 0.125)):
        expected = back.transform_point(affine.transform_point(point))
        np.testing.assert_allclose(
            graph.transform([point], "a#physical", "b#physical"), [expected], atol=1e-9
        )
    level = theirs.images["a"].datasets[0][1].coordinateTransformations[0]
    expected = affine.transform_point(level.transform_point((3.0, 4.0)))
    moved = graph.transform([(3.0, 4.0)], "a/deep/s1#", "world")
    np.testing.assert_allclose(moved, [expected])
