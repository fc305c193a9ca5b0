"""Images and scenes written by ngff-zarr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import zarr

from catalog import Image, Scene
from catalog.scene import open_hierarchy

pytestmark = pytest.mark.filterwarnings("ignore")

Peer = Callable[[str], ModuleType]

SCALE = {"z": 2.0, "y": 0.5, "x": 0.25}
TRANSLATION = {"z": -1.0, "y": 10.0, "x": 20.0}


def multiscales(ngff_zarr: ModuleType) -> Any:
    image = ngff_zarr.to_ngff_image(
        np.zeros((4, 32, 32), dtype="uint16"),
        dims=list("zyx"),
        scale=SCALE,
        translation=TRANSLATION,
    )
    return ngff_zarr.to_multiscales(image, scale_factors=[2])


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_a_voxel_lies_where_its_image_says(peer: Peer, version: str, tmp_path: Path) -> None:
    ngff_zarr = peer("ngff_zarr")
    written = multiscales(ngff_zarr)
    ngff_zarr.to_ngff_zarr(str(tmp_path / "image.zarr"), written, version=version)
    graph = open_hierarchy(tmp_path / "image.zarr")
    (intrinsic,) = [s.address for s in graph.systems.values() if s.kind in ("declared", "implied")]
    voxel = np.array([1.0, 2.0, 3.0])
    for level, image in enumerate(written.images):
        expected = [
            image.scale[d] * v + image.translation[d] for d, v in zip("zyx", voxel, strict=True)
        ]
        path = written.metadata.datasets[level].path
        moved = graph.transform([voxel], f"{path}#", intrinsic)
        np.testing.assert_allclose(moved, [expected])
    model = Image.from_zarr(zarr.open_group(tmp_path / "image.zarr", mode="r"))
    assert [dataset.path for dataset in model.datasets[0]] == [
        dataset.path for dataset in written.metadata.datasets
    ]


def test_a_scene_has_the_answers_that_ome_zarr_py_gives(peer: Peer, tmp_path: Path) -> None:
    ngff_zarr = peer("ngff_zarr")
    metadata = peer("ngff_zarr.v06.zarr_metadata")
    classes = peer("ome_zarr.classes")
    end = metadata.CoordinateSystemIdentifier
    system = multiscales(ngff_zarr).metadata.to_version("0.6").coordinateSystems[0]
    world = metadata.CoordinateSystem(name="world", axes=system.axes)
    scene = peer("ngff_zarr.scene").NgffScene(
        images={"fixed": multiscales(ngff_zarr), "moving": multiscales(ngff_zarr)},
        coordinateTransformations=[
            metadata.Translation(
                translation=[1.0, 2.0, 3.0],
                input=end(name=system.name, path="fixed"),
                output=end(name="world"),
            ),
            metadata.Scale(
                scale=[2.0, 4.0, 8.0],
                input=end(name=system.name, path="moving"),
                output=end(name="world"),
            ),
        ],
        coordinateSystems=[world],
    )
    scene.to_ome_zarr(str(tmp_path / "scene.zarr"), version="0.6")
    theirs = classes.OMEZarrScene.from_ome_zarr(str(tmp_path / "scene.zarr"))
    points = np.array([[0.0, 0.0, 0.0], [5.0, -6.0, 7.0]])
    ends = ("moving", system.name), ("fixed", system.name)
    expected = theirs._graph.transform(*ends, points)
    graph = open_hierarchy(tmp_path / "scene.zarr")
    moved = graph.transform(points, f"moving#{system.name}", f"fixed#{system.name}")
    np.testing.assert_allclose(moved, expected)
    ours = Scene.from_zarr(zarr.open_group(tmp_path / "scene.zarr", mode="r"))
    assert list(ours.images) == ["fixed", "moving"]
