"""Write a collection of scenes, the same one every time: documents alone, no chunks.

Each scene is a row of overlapping tiles, in OME-Zarr 0.6: a world system, one
translation for each image, and images of several resolution levels. Images repeat, as
those of one instrument do; with ``--varied`` no two images have a number or a name in
common, which no collection of an instrument is like.

    python benchmarks/collection.py FOLDER [SCENES] [--varied]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]


class Tile(NamedTuple):
    """What may differ from one image to the next (lengths in micrometers, for z, y, x).

    Attributes
    ----------
    spacing, origin
        Of the finest level: the size of a voxel, and where the first one is.
    shape
        Of the finest level.
    place
        Of the image in the world of its scene.
    """

    name: str
    spacing: tuple[float, float, float]
    origin: tuple[float, float, float]
    shape: tuple[int, int, int]
    place: tuple[float, float, float]


def usual_tile(scene: int, tile: int) -> Tile:
    """Make a tile of one instrument: only its place is its own."""
    place = (0.0, float(scene % 7), 460.0 * tile)
    return Tile(f"tile {tile}", (2.0, 0.5, 0.5), (0.0, 0.0, 0.0), (16, 1024, 1024), place)


def varied_tile(scene: int, tile: int) -> Tile:
    """Make a tile that has nothing in common with any other."""
    chance = Random(1000 * scene + tile)

    def three(least: float, most: float) -> tuple[float, float, float]:
        return (
            chance.uniform(least, most),
            chance.uniform(least, most),
            chance.uniform(least, most),
        )

    shape = (chance.randint(16, 99), chance.randint(256, 4095), chance.randint(256, 4095))
    name = f"{chance.randrange(16**8):08x} of slide {scene}"
    return Tile(name, three(0.1, 2.0), three(0.0, 1e4), shape, three(0.0, 1e5))


def group(attributes: dict[str, Any]) -> dict[str, Any]:
    """Make the document of a Zarr v3 group."""
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def array(shape: list[int]) -> dict[str, Any]:
    """Make the document of a Zarr v3 array, as zarr-python writes it."""
    return {
        "shape": shape,
        "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 256, 256]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
        ],
        "attributes": {},
        "dimension_names": ["z", "y", "x"],
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }


def image(tile: Tile, levels: int = 3) -> dict[str, Any]:
    """Make the document of an image with its resolution levels."""
    return group(
        {
            "ome": {
                "version": "0.6",
                "multiscales": [
                    {
                        "name": tile.name,
                        "coordinateSystems": [{"name": "physical", "axes": AXES}],
                        "datasets": [
                            {
                                "path": str(level),
                                "coordinateTransformations": [dataset(tile, level)],
                            }
                            for level in range(levels)
                        ],
                    }
                ],
            }
        }
    )


def dataset(tile: Tile, level: int) -> dict[str, Any]:
    """Make the transformation of a resolution level: those after the finest move too."""
    factor = 2**level
    ends = {"input": {"path": str(level)}, "output": {"name": "physical"}}
    z, y, x = tile.spacing
    scale = {"type": "scale", "scale": [z, y * factor, x * factor]}
    if level == 0 and not any(tile.origin):
        return {**scale, **ends}
    # The centre of a coarse voxel lies between those of the fine ones that it covers.
    shift = (0.0, 0.5 * y * (factor - 1), 0.5 * x * (factor - 1))
    origin = [start + more for start, more in zip(tile.origin, shift, strict=True)]
    move = {"type": "translation", "translation": origin}
    return {"type": "sequence", "transformations": [scale, move], **ends}


def scene(tiles: list[Tile]) -> dict[str, Any]:
    """Make the document of a scene: each tile moved to its place in the world."""
    return group(
        {
            "ome": {
                "version": "0.6",
                "scene": {
                    "coordinateSystems": [{"name": "world", "axes": AXES}],
                    "coordinateTransformations": [
                        {
                            "type": "translation",
                            "name": f"tile {index} to world",
                            "input": {"path": f"tile_{index}", "name": "physical"},
                            "output": {"name": "world"},
                            "translation": list(tile.place),
                        }
                        for index, tile in enumerate(tiles)
                    ],
                },
            }
        }
    )


def write(folder: Path, document: dict[str, Any]) -> None:
    """Write one document into its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_text(json.dumps(document, indent=2))


def write_scene(
    folder: Path,
    index: int = 0,
    images: int = 5,
    levels: int = 3,
    tile_of: Callable[[int, int], Tile] = usual_tile,
) -> None:
    """Write a scene with its images and arrays into a folder."""
    tiles = [tile_of(index, number) for number in range(images)]
    write(folder, scene(tiles))
    for number, tile in enumerate(tiles):
        write(folder / f"tile_{number}", image(tile, levels))
        depth, height, width = tile.shape
        for level in range(levels):
            shape = [depth, height >> level, width >> level]
            write(folder / f"tile_{number}" / str(level), array(shape))


def write_collection(
    root: Path,
    scenes: int,
    progress: Callable[[int], None] | None = None,
    *,
    varied: bool = False,
) -> None:
    """Write scenes into folders of a hundred."""
    tile_of = varied_tile if varied else usual_tile
    for index in range(scenes):
        folder = root / f"batch_{index // 100:03}" / f"scene_{index:05}.zarr"
        write_scene(folder, index, tile_of=tile_of)
        if progress is not None:
            progress(index + 1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("scenes", type=int, nargs="?", default=100)
    arguments.add_argument("--varied", action="store_true", help="no two images are alike")
    given = arguments.parse_args()
    write_collection(given.folder, given.scenes, varied=given.varied)


if __name__ == "__main__":
    main()
