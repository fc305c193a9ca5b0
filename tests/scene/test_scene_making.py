"""`Scene.new`, `Image.new` and `to_zarr`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from pydantic import ValidationError
from pydantic_zarr.v3 import ArraySpec, GroupSpec
from zarr.storage import MemoryStore

from catalog import Image, NoPathError, Scene, StoreError
from catalog.metadata.axes import CoordinateSystem, CoordinateSystemIdentifier
from catalog.metadata.transformations import Affine, AnyTransform, Translation

AXES: Any = ({"name": "y", "type": "space"}, {"name": "x", "type": "space"})


def system(name: str) -> CoordinateSystem:
    return CoordinateSystem(name=name, axes=AXES)


def array(*shape: int) -> ArraySpec:  # type: ignore[type-arg]
    # zarr writes the byte order, so that a model which says it is equal to what is read.
    codecs = ({"name": "bytes", "configuration": {"endian": "little"}},)
    return ArraySpec.from_array(np.zeros(shape, dtype="uint16"), codecs=codecs)


def image(name: str = "tile", **changes: Any) -> Image:
    arguments: dict[str, Any] = {
        "array_specs": [
            array(16, 16),
            array(8, 8),
        ],
        "paths": ["0", "scale1/img"],
        "scales": [[0.5, 0.5], [1.0, 1.0]],
        "translations": [None, [0.25, 0.25]],
        "physical_coord_system": system("physical"),
        "name": name,
    }
    return Image.new(**(arguments | changes))


def placed(location: str, shift: tuple[float, float]) -> AnyTransform:
    return Translation(
        translation=shift,
        input=CoordinateSystemIdentifier(path=location, name="physical"),
        output=CoordinateSystemIdentifier(name="world"),
    )


@pytest.fixture
def scene() -> Scene:
    return Scene.new(
        images={"tiles/t0": image("t0"), "tiles/t1": image("t1"), "map": image("map")},
        coord_transforms=[placed("tiles/t0", (0, 0)), placed("tiles/t1", (0, 7))],
        coord_systems=[system("world")],
    )


def test_a_scene_never_written_has_a_graph(scene: Scene) -> None:
    graph = scene.transform_graph()
    moved = graph.transform([[0, 0], [4, 4]], "tiles/t1/scale1/img#", "tiles/t0/0#")
    np.testing.assert_allclose(moved, [[0.5, 14.5], [8.5, 22.5]])
    assert not graph.is_connected()
    with pytest.raises(NoPathError):
        graph.path("map#physical", "world")


def test_images_come_back_as_they_were_given(scene: Scene) -> None:
    assert list(scene.images) == ["map", "tiles/t0", "tiles/t1"]
    assert scene.images["tiles/t1"] == image("t1")
    assert scene.members is not None
    assert isinstance(scene.members["tiles"], GroupSpec)


def test_what_is_written_is_read(scene: Scene, tmp_path: Path) -> None:
    group = scene.to_zarr(tmp_path / "new.zarr")
    assert isinstance(group, zarr.Group)
    assert Scene.from_zarr(zarr.open_group(tmp_path / "new.zarr", mode="r")) == scene
    array = zarr.open_array(tmp_path / "new.zarr/tiles/t0/scale1/img")
    array[:] = 3
    assert array.shape == (8, 8)


def test_a_model_survives_json(scene: Scene) -> None:
    assert Scene.model_validate_json(scene.model_dump_json()) == scene
    assert Scene.model_validate(scene.model_dump()) == scene


def test_nothing_is_overwritten_unasked(scene: Scene) -> None:
    store = MemoryStore()
    scene.to_zarr(store, "a")
    scene.to_zarr(store, "a")
    other = Scene.new(images={})
    with pytest.raises(StoreError, match="overwrite=True"):
        other.to_zarr(store, "a")
    other.to_zarr(store, "a", overwrite=True)
    assert Scene.from_zarr(zarr.open_group(store, path="a")) == other


def test_a_scene_without_images_is_one() -> None:
    empty = Scene.new(images={}, coord_systems=[system("world")])
    assert empty.images == {}
    assert list(empty.transform_graph().systems) == ["world"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"paths": ["0"]}, "2 arrays and 1 paths"),
        ({"scales": [[1.0, 1.0]]}, "2 arrays and 1 scales"),
        ({"translations": []}, "2 arrays and 0 translations"),
    ],
)
def test_each_array_needs_its_part(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        image(**changes)


def test_an_array_must_fit_the_axes() -> None:
    flat = [array(4)] * 2
    with pytest.raises(ValidationError, match="has 1 dimensions, and the coordinate system"):
        image(array_specs=flat)


def test_an_image_may_have_more_systems() -> None:
    ends = {
        "input": CoordinateSystemIdentifier(name="physical"),
        "output": CoordinateSystemIdentifier(name="turned"),
    }
    turned = image(
        coord_systems=[system("turned")],
        coord_transforms=[Affine(affine=((0, -1, 0), (1, 0, 0)), **ends)],
    )
    moved = turned.transform_graph().transform([[2, 0]], "0#", "turned")
    np.testing.assert_allclose(moved, [[0, 1]])


def test_images_cannot_lie_below_an_array() -> None:
    with pytest.raises(ValueError, match="is an array"):
        image(paths=["0", "0/1"])
