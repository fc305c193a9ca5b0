"""Write a collection of scenes, the same one every time: documents alone, no chunks.

Each scene is a row of overlapping tiles, in OME-Zarr 0.6: a world system, one
translation for each image, and images of several resolution levels.

    python benchmarks/collection.py FOLDER [SCENES]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]


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


def image(index: int, levels: int = 3) -> dict[str, Any]:
    """Make the document of an image with its resolution levels."""
    return group(
        {
            "ome": {
                "version": "0.6",
                "multiscales": [
                    {
                        "name": f"tile {index}",
                        "coordinateSystems": [{"name": "physical", "axes": AXES}],
                        "datasets": [
                            {
                                "path": str(level),
                                "coordinateTransformations": [dataset(level)],
                            }
                            for level in range(levels)
                        ],
                    }
                ],
            }
        }
    )


def dataset(level: int) -> dict[str, Any]:
    """Make the transformation of a resolution level: the finest scales, others move too."""
    factor = 2**level
    ends = {"input": {"path": str(level)}, "output": {"name": "physical"}}
    scale = {"type": "scale", "scale": [2.0, 0.5 * factor, 0.5 * factor]}
    if level == 0:
        return {**scale, **ends}
    shift = 0.25 * (factor - 1)
    move = {"type": "translation", "translation": [0.0, shift, shift]}
    return {"type": "sequence", "transformations": [scale, move], **ends}


def scene(index: int, images: int) -> dict[str, Any]:
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
                            "name": f"tile {tile} to world",
                            "input": {"path": f"tile_{tile}", "name": "physical"},
                            "output": {"name": "world"},
                            "translation": [0.0, float(index % 7), 460.0 * tile],
                        }
                        for tile in range(images)
                    ],
                },
            }
        }
    )


def write(folder: Path, document: dict[str, Any]) -> None:
    """Write one document into its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_text(json.dumps(document, indent=2))


def write_scene(folder: Path, index: int = 0, images: int = 5, levels: int = 3) -> None:
    """Write a scene with its images and arrays into a folder."""
    write(folder, scene(index, images))
    for tile in range(images):
        write(folder / f"tile_{tile}", image(tile, levels))
        for level in range(levels):
            shape = [16, 1024 >> level, 1024 >> level]
            write(folder / f"tile_{tile}" / str(level), array(shape))


def write_collection(
    root: Path, scenes: int, progress: Callable[[int], None] | None = None
) -> None:
    """Write scenes into folders of a hundred."""
    for index in range(scenes):
        write_scene(root / f"batch_{index // 100:03}" / f"scene_{index:05}.zarr", index)
        if progress is not None:
            progress(index + 1)


if __name__ == "__main__":
    write_collection(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
