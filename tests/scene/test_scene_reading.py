"""`Scene.from_zarr` and what it keeps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from pydantic import ValidationError
from zarr.storage import MemoryStore, WrapperStore

from catalog import DocumentError, Image, Scene, StoreError, TransformationError
from catalog.scene import open_hierarchy

TILES = ["tiles/t00", "tiles/t01", "tiles/t10", "tiles/t11"]


def test_images_are_found_by_location(scenes: Path) -> None:
    scene = Scene.from_zarr(zarr.open_group(scenes / "tiles.zarr", mode="r"))
    assert list(scene.images) == TILES
    assert all(isinstance(image, Image) for image in scene.images.values())
    assert scene.members is not None
    assert set(scene.members) == {"tiles"}
    assert scene.zarr_format == 3
    assert scene.node_type == "group"
    assert scene.attributes.ome is scene.ome_attributes


def test_the_graph_joins_images_labels_and_arrays(scenes: Path) -> None:
    scene = Scene.from_zarr(zarr.open_group(scenes / "tiles.zarr", mode="r"))
    graph = scene.transform_graph()
    addresses = set(graph.systems)
    assert {"world", "tiles/t00#physical", "tiles/t00/1#", "tiles/t00/labels/cells/0#"} <= addresses
    moved = graph.transform([[0, 0, 0]], "tiles/t00/labels/cells/0#", "tiles/t11#physical")
    np.testing.assert_allclose(moved, [[0, -29.1, -28.6]])


def test_models_and_documents_give_the_same_graph(scenes: Path) -> None:
    for name in ("tiles.zarr", "registration.zarr"):
        scene = Scene.from_zarr(zarr.open_group(scenes / name, mode="r"))
        one, other = scene.transform_graph(), open_hierarchy(scenes / name)
        assert dict(one.systems) == dict(other.systems)
        assert [(e.source, e.target, e.type, e.origin) for e in one.edges] == [
            (e.source, e.target, e.type, e.origin) for e in other.edges
        ]


def test_parameters_stored_as_an_array_are_read_when_they_are_needed(scenes: Path) -> None:
    scene = Scene.from_zarr(zarr.open_group(scenes / "registration.zarr", mode="r"))
    graph = scene.transform_graph()
    moved = graph.transform([[1, 2, 3]], "moving#physical", "fixed#physical")
    np.testing.assert_allclose(moved, [[1 + 3, -3 + 40, 2 - 5]])
    back = graph.transform(moved, "fixed#physical", "moving#physical")
    np.testing.assert_allclose(back, [[1, 2, 3]])
    through = graph.transform([[100, 2000, 3000]], "moving#stage", "atlas")
    np.testing.assert_allclose(through, np.array([[3, 40, -5]]) * 0.025)


def test_parameters_of_a_scene_made_in_memory_are_missing(scenes: Path) -> None:
    read = Scene.from_zarr(zarr.open_group(scenes / "registration.zarr", mode="r"))
    made = Scene.new(
        images=read.images,
        coord_transforms=read.ome_attributes.scene.coordinateTransformations,
        coord_systems=read.ome_attributes.scene.coordinateSystems or (),
    )
    graph = made.transform_graph()
    with pytest.raises(TransformationError, match="was made in memory"):
        graph.transform([[1, 2, 3]], "moving#physical", "fixed#physical")
    np.testing.assert_allclose(graph.transform([[40, 40, 40]], "fixed#physical", "atlas"), 1.0)


def test_what_is_read_and_written_again_has_lost_nothing(tmp_path: Path, scenes: Path) -> None:
    document = json.loads((scenes / "registration.zarr" / "zarr.json").read_text())
    ome = document["attributes"]["ome"]
    ome["@type"] = "ngff:Scene"
    ome["scene"]["note"] = {"by": "ada"}
    ome["scene"]["coordinateTransformations"][1]["quality"] = 0.9
    ome["scene"]["coordinateTransformations"][1]["forward"]["@id"] = "f"
    ome["scene"]["coordinateSystems"][0]["axes"][0]["orientation"] = "dorsal-to-ventral"
    document["attributes"]["lab"] = {"room": 7}
    store = MemoryStore()
    source = zarr.open_group(scenes / "registration.zarr", mode="r")
    Scene.from_zarr(source).to_zarr(store, "s")
    group = zarr.open_group(store, path="s")
    group.attrs.put(document["attributes"])
    group["fixed"].attrs["lab"] = ["kept"]

    Scene.from_zarr(group).to_zarr(tmp_path / "again.zarr")
    again = json.loads((tmp_path / "again.zarr" / "zarr.json").read_text())
    assert again["attributes"] == document["attributes"]
    fixed = json.loads((tmp_path / "again.zarr/fixed/zarr.json").read_text())
    assert fixed["attributes"]["lab"] == ["kept"]
    assert (tmp_path / "again.zarr/parameters/affine/zarr.json").exists()


def test_a_scene_can_be_read_inside_a_store(scenes: Path) -> None:
    store = MemoryStore()
    scene = Scene.from_zarr(zarr.open_group(scenes / "tiles.zarr", mode="r"))
    scene.to_zarr(store, "deep/inside")
    assert Scene.from_zarr(zarr.open_group(store, path="deep/inside")) == scene


class Unlistable(WrapperStore[Any]):
    """A store as HTTP serves it: what is asked for by name can be had, nothing can be listed."""

    supports_listing = False

    def list_dir(self, prefix: str) -> Any:
        raise NotImplementedError


def test_a_store_that_cannot_be_listed_is_read_along_its_names(scenes: Path) -> None:
    listed = zarr.open_group(scenes / "tiles.zarr", mode="r")
    scene = Scene.from_zarr(zarr.open_group(Unlistable(listed.store), mode="r"))
    assert list(scene.images) == TILES
    moved = scene.transform_graph().transform([[0, 0, 0]], "tiles/t00/labels/cells/0#", "world")
    np.testing.assert_allclose(moved, [[0, 0, 0]], atol=1e-12)


def test_codecs_that_nobody_knows_are_no_obstacle(tmp_path: Path, write_scenes: Any) -> None:
    write_scenes.write_tiles(tmp_path / "tiles.zarr")
    path = tmp_path / "tiles.zarr/tiles/t00/0/zarr.json"
    document = json.loads(path.read_text())
    document["codecs"].append({"name": "zstandard", "configuration": {"level": 3}})
    path.write_text(json.dumps(document))
    scene = Scene.from_zarr(zarr.open_group(tmp_path / "tiles.zarr", mode="r"))
    assert list(scene.images) == TILES

    scene.to_zarr(tmp_path / "again.zarr")
    again = json.loads((tmp_path / "again.zarr/tiles/t00/0/zarr.json").read_text())
    assert again == document
    assert Scene.from_zarr(zarr.open_group(tmp_path / "again.zarr", mode="r")) == scene


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tiles.zarr/tiles/t00", "is an image and has no scene metadata: read it with Image"),
        ("plate.zarr", "is a plate and has no scene metadata"),
        ("tiles.zarr/tiles", "holds no OME-Zarr metadata"),
        ("broken.zarr", "cannot be read whole.*/ome/scene/coordinateTransformations/1"),
    ],
)
def test_what_is_no_scene_is_an_error_in_words(scenes: Path, name: str, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught:
        Scene.from_zarr(zarr.open_group(scenes / name, mode="r"))
    assert caught.value.url.endswith(name)


def test_an_image_is_no_scene_for_pydantic_either(scenes: Path) -> None:
    with pytest.raises(ValidationError, match="has no scene metadata"):
        Scene.model_validate({"attributes": {"ome": {"version": "0.6", "labels": ["a"]}}})
    with pytest.raises(DocumentError, match="no multiscales metadata"):
        Image.from_zarr(zarr.open_group(scenes / "tiles.zarr", mode="r"))


def test_an_image_is_read_alone(scenes: Path) -> None:
    image = Image.from_zarr(zarr.open_group(scenes / "embryo.zarr", mode="r"))
    assert image.ome_zarr_version == "0.6"
    graph = image.transform_graph()
    moved = graph.transform([[1, 0, 1, 0, 2]], "1#", "physical")
    np.testing.assert_allclose(moved, [[30, 0, 1.5, 0, 1.6]])
    assert image.ome_attributes.model_dump()["omero"]["channels"][0]["label"] == "membrane"


def test_a_group_that_is_gone_is_a_store_error(tmp_path: Path, write_node: Any) -> None:
    write_node("s.zarr", {"ome": {"version": "0.6", "scene": {}}})
    group = zarr.open_group(tmp_path / "s.zarr", mode="r")
    (tmp_path / "s.zarr/zarr.json").unlink()
    with pytest.raises(StoreError, match="no Zarr group any more"):
        Scene.from_zarr(group)


def test_fields_and_labels_are_not_images_of_a_scene(tmp_path: Path, write_scenes: Any) -> None:
    write_scenes.write_tiles(tmp_path / "tiles.zarr")
    write_scenes.write_image(tmp_path / "tiles.zarr/fields/warp")
    group = zarr.open_group(tmp_path / "tiles.zarr")
    ome: Any = dict(group.attrs["ome"])  # type: ignore[call-overload]
    ome["scene"]["coordinateTransformations"].append(
        {
            "type": "displacements",
            "path": "fields/warp",
            "input": {"path": "tiles/t00", "name": "physical"},
            "output": {"name": "world"},
        }
    )
    group.attrs["ome"] = ome
    assert list(Scene.from_zarr(group).images) == TILES
