"""The same scene in the spelling of every version is the same scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from catalog import Scene
from catalog.scene import open_hierarchy

YX = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
SHIFT = [10.0, 20.0]
SIZE = [0.5, 0.25]


def system(name: str) -> dict[str, Any]:
    return {"name": name, "axes": YX}


def end(version: str, name: str, path: str | None) -> Any:
    if version in ("0.6.dev1", "0.6.dev2"):
        return name
    return {"name": name} if path is None else {"path": path, "name": name}


def image(version: str, name: str) -> dict[str, Any]:
    """Give the attributes of an image whose intrinsic system has this name."""
    if version in ("0.4", "0.5"):
        entry: dict[str, Any] = {
            "axes": YX,
            "datasets": [
                {
                    "path": "0",
                    "coordinateTransformations": [{"type": "scale", "scale": SIZE}],
                }
            ],
        }
        if version == "0.4":
            return {"multiscales": [{"version": "0.4", **entry}]}
        return {"ome": {"version": "0.5", "multiscales": [entry]}}
    strings = version in ("0.6.dev1", "0.6.dev2", "0.6.dev3")
    transformation = {
        "type": "scale",
        "scale": SIZE,
        "input": "0" if strings else {"path": "0"},
        "output": name if strings else {"name": name},
    }
    entry = {
        "coordinateSystems": [system(name)],
        "datasets": [{"path": "0", "coordinateTransformations": [transformation]}],
    }
    return {"ome": {"version": version, "multiscales": [entry]}}


def scene(version: str, name: str) -> dict[str, Any]:
    parts = {
        "coordinateSystems": [system("world")],
        "coordinateTransformations": [
            {
                "type": "translation",
                "translation": SHIFT,
                "input": end(version, name, "tiles/t0"),
                "output": end(version, "world", None),
            }
        ],
    }
    if version in ("0.6.dev1", "0.6.dev2"):
        return {"ome": {"version": version, **parts}}
    return {"ome": {"version": version, "scene": parts}}


@pytest.mark.parametrize(
    "version", ["0.6.dev1", "0.6.dev2", "0.6.dev3", "0.6.dev4", "0.6rc0", "0.6"]
)
def test_every_version_is_read_as_the_same_scene(
    version: str, tmp_path: Path, write_node: Any
) -> None:
    write_node("s.zarr", scene(version, "local"))
    write_node("s.zarr/tiles/t0", image(version, "local"))
    write_node("s.zarr/tiles/t0/0", shape=(4, 4))
    read = Scene.from_zarr(zarr.open_group(tmp_path / "s.zarr", mode="r"))
    assert read.ome_attributes.version == "0.6"
    assert list(read.images) == ["tiles/t0"]
    (dataset,) = read.images["tiles/t0"].datasets[0]
    assert dataset.path == "0"
    expected = np.array([[2 * SIZE[0] + SHIFT[0], 4 * SIZE[1] + SHIFT[1]]])
    for graph in (read.transform_graph(), open_hierarchy(tmp_path / "s.zarr")):
        np.testing.assert_allclose(graph.transform([[2, 4]], "tiles/t0/0#", "world"), expected)

    read.to_zarr(tmp_path / "again.zarr")
    again = Scene.from_zarr(zarr.open_group(tmp_path / "again.zarr", mode="r"))
    assert again == read
    (written,) = again.ome_attributes.scene.coordinateTransformations
    assert written.input is not None
    assert (written.input.path, written.input.name) == ("tiles/t0", "local")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_older_images_lie_below_a_scene(version: str, tmp_path: Path, write_node: Any) -> None:
    zarr_format = 2 if version == "0.4" else 3
    write_node("s.zarr", scene("0.6", "physical"))
    write_node("s.zarr/tiles/t0", image(version, ""), zarr_format=zarr_format)
    write_node("s.zarr/tiles/t0/0", shape=(4, 4), zarr_format=zarr_format)
    read = Scene.from_zarr(zarr.open_group(tmp_path / "s.zarr", mode="r"))
    tile = read.images["tiles/t0"]
    assert tile.ome_attributes.version == "0.6"
    assert [s.name for s in tile.ome_attributes.multiscales[0].coordinateSystems] == ["physical"]
    assert tile.zarr_format == 3
    moved = read.transform_graph().transform([[2, 4]], "tiles/t0/0#", "world")
    np.testing.assert_allclose(moved, [[11.0, 21.0]])

    read.to_zarr(tmp_path / "again.zarr")
    again = Scene.from_zarr(zarr.open_group(tmp_path / "again.zarr", mode="r"))
    assert again == read
    assert zarr.open_array(tmp_path / "again.zarr/tiles/t0/0", mode="r").shape == (4, 4)


def test_an_end_that_is_a_location_is_written_as_one(tmp_path: Path, write_node: Any) -> None:
    attributes = scene("0.6.dev2", "tiles/t0")
    write_node("s.zarr", attributes)
    write_node("s.zarr/tiles/t0", image("0.6.dev2", "local"))
    write_node("s.zarr/tiles/t0/0", shape=(4, 4))
    read = Scene.from_zarr(zarr.open_group(tmp_path / "s.zarr", mode="r"))
    (transformation,) = read.ome_attributes.scene.coordinateTransformations
    assert transformation.input is not None
    assert (transformation.input.path, transformation.input.name) == ("tiles/t0", "local")
