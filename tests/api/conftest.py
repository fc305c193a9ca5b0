"""Small scenes, written as JSON, and a catalog of them in each database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog import Catalog

Json = dict[str, object]
AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def group(folder: Path, ome: Json) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}
    (folder / "zarr.json").write_text(json.dumps(document))


def array(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [8, 8],
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 8]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes"}],
        "attributes": {},
    }
    (folder / "zarr.json").write_text(json.dumps(document))


def image(folder: Path, name: str) -> None:
    scale = {
        "type": "scale",
        "scale": [0.5, 0.5],
        "input": {"path": "0"},
        "output": {"name": "physical"},
    }
    multiscale = {
        "name": name,
        "coordinateSystems": [{"name": "physical", "axes": AXES}],
        "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
    }
    group(folder, {"version": "0.6", "multiscales": [multiscale]})
    array(folder / "0")


@pytest.fixture
def write_scene(tmp_path: Path) -> Callable[..., Path]:
    """Write a scene of tiles in one world below `data`."""

    def write(location: str, *tiles: str, shift: float = 10.0) -> Path:
        folder = tmp_path / "data" / location
        edges = [
            {
                "type": "translation",
                "translation": [shift * i, 0.0],
                "input": {"path": tile, "name": "physical"},
                "output": {"name": "world"},
            }
            for i, tile in enumerate(tiles)
        ]
        scene = {
            "coordinateSystems": [{"name": "world", "axes": AXES}],
            "coordinateTransformations": edges,
        }
        group(folder, {"version": "0.6", "scene": scene})
        for tile in tiles:
            image(folder / tile, f"{location} {tile}")
        return folder

    return write


@pytest.fixture
def catalog(database_url: str) -> Iterator[Catalog]:
    """An empty catalog."""
    with Catalog(database_url) as made:
        yield made
