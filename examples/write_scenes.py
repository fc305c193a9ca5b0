"""Write a small collection of OME-Zarr hierarchies, to try the catalog on.

    python examples/write_scenes.py FOLDER

writes, with zarr-python:

- ``tiles.zarr``: a scene (0.6) of 2 x 2 stitched tiles, one with labels;
- ``registration.zarr``: a scene (0.6) that registers one image to another (an affine
  stored as a Zarr array) and that to an atlas (a bijection);
- ``plate.zarr``: a plate (0.5) of two wells with two fields each;
- ``embryo.zarr``: an image (0.4, Zarr v2) with channels;
- ``slides.zarr``: a bioformats2raw collection (0.5) of two images;
- ``broken.zarr``: a scene (0.6) that refers to an image that is not there.

Everything together is some hundred kilobytes. The same functions write the stores of
the tests.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import zarr

type_of_axis = {"t": "time", "c": "channel"}
unit_of_axis = {"t": "second", "z": "micrometer", "y": "micrometer", "x": "micrometer"}

Json = Mapping[str, object]


def axes(names: str) -> list[dict[str, str]]:
    """Describe axes of one letter each: type and unit are what the letter usually means."""
    described = []
    for name in names:
        axis = {"name": name, "type": type_of_axis.get(name, "space")}
        if name in unit_of_axis:
            axis["unit"] = unit_of_axis[name]
        described.append(axis)
    return described


def system(name: str, axis_names: str) -> dict[str, object]:
    """Describe a coordinate system (0.6)."""
    return {"name": name, "axes": axes(axis_names)}


def end(name: str, path: str | None = None) -> dict[str, str]:
    """Name one end of a transformation (0.6): a system here, or in the group at `path`."""
    return {"name": name} if path is None else {"path": path, "name": name}


def write_group(path: Path, ome: Json, zarr_format: int = 3) -> None:
    """Write a group whose OME-Zarr metadata is `ome` (its place depends on the Zarr format)."""
    attributes = {"ome": dict(ome)} if zarr_format == 3 and ome else dict(ome)
    group = zarr.open_group(store=path, mode="a", zarr_format=3 if zarr_format == 3 else 2)
    group.update_attributes(attributes)


def write_levels(
    path: Path, shape: Sequence[int], levels: int, axis_names: str, zarr_format: int = 3
) -> list[tuple[str, list[float]]]:
    """Write a pyramid of arrays below `path`; give each one's name and scale along each axis.

    Only y and x shrink from level to level. The voxels hold a gradient.
    """
    written = []
    for level in range(levels):
        factors = [2.0**level if name in "yx" else 1.0 for name in axis_names]
        level_shape = tuple(max(1, round(n / f)) for n, f in zip(shape, factors, strict=True))
        voxels = np.add.outer(
            np.zeros(level_shape[:-1], dtype="uint16"), np.arange(level_shape[-1], dtype="uint16")
        )
        array = zarr.create_array(
            store=path / str(level),
            shape=level_shape,
            chunks=tuple(min(n, 64) for n in level_shape),
            dtype="uint16",
            zarr_format=3 if zarr_format == 3 else 2,
            dimension_names=list(axis_names) if zarr_format == 3 else None,
            overwrite=True,
        )
        array[...] = voxels
        written.append((str(level), factors))
    return written


def write_image(
    path: Path,
    *,
    shape: Sequence[int] = (4, 64, 64),
    pixel_sizes: Sequence[float] = (2.0, 0.5, 0.5),
    axis_names: str = "zyx",
    levels: int = 2,
    systems: Sequence[Json] = (),
    transformations: Sequence[Json] = (),
    extra: Json | None = None,
) -> None:
    """Write an image (0.6) with the intrinsic system ``physical``, in micrometer.

    Each coarser level is shifted by half of what its voxels have grown, since voxel
    centres are at the integers.
    """
    datasets = []
    pyramid = write_levels(path, shape, levels, axis_names)
    for name, factors in pyramid:
        scale = [size * factor for size, factor in zip(pixel_sizes, factors, strict=True)]
        shift = [size * (factor - 1) / 2 for size, factor in zip(pixel_sizes, factors, strict=True)]
        steps = [
            {"type": "scale", "scale": scale},
            {"type": "translation", "translation": shift},
        ]
        ends = {"input": {"path": name}, "output": {"name": "physical"}}
        transformation: dict[str, object] = (
            {"type": "sequence", **ends, "transformations": steps}
            if any(shift)
            else {**steps[0], **ends}
        )
        datasets.append({"path": name, "coordinateTransformations": [transformation]})
    multiscale: dict[str, object] = {
        "name": path.name,
        "coordinateSystems": [system("physical", axis_names), *systems],
        "datasets": datasets,
    }
    if transformations:
        multiscale["coordinateTransformations"] = list(transformations)
    write_group(path, {"version": "0.6", "multiscales": [multiscale], **(extra or {})})


def write_old_image(
    path: Path,
    *,
    version: str = "0.5",
    shape: Sequence[int] = (4, 64, 64),
    pixel_sizes: Sequence[float] = (2.0, 0.5, 0.5),
    axis_names: str = "zyx",
    levels: int = 2,
    extra: Json | None = None,
) -> None:
    """Write an image of version 0.4 (Zarr v2) or 0.5, whose axes belong to no named system."""
    zarr_format = 2 if version == "0.4" else 3
    pyramid = write_levels(path, shape, levels, axis_names, zarr_format)
    datasets = [
        {
            "path": name,
            "coordinateTransformations": [
                {
                    "type": "scale",
                    "scale": [s * f for s, f in zip(pixel_sizes, factors, strict=True)],
                }
            ],
        }
        for name, factors in pyramid
    ]
    multiscale = {"name": path.name, "axes": axes(axis_names), "datasets": datasets}
    if version == "0.4":
        write_group(path, {"multiscales": [{"version": version, **multiscale}], **(extra or {})}, 2)
    else:
        write_group(path, {"version": version, "multiscales": [multiscale], **(extra or {})})


def write_tiles(path: Path) -> None:
    """Write a scene of 2 x 2 tiles that overlap by a tenth, placed in the system ``world``.

    The stitching corrected the stage's positions by a few tenths of a micrometer. The
    first tile has labels, which state no transformation: they share its intrinsic system.
    """
    placed = []
    for row in range(2):
        for column in range(2):
            tile = f"tiles/t{row}{column}"
            write_image(path / tile)
            placed.append(
                {
                    "type": "translation",
                    "name": f"stitch {row}{column}",
                    "input": end("physical", tile),
                    "output": end("world"),
                    "translation": [0.0, 28.8 * row + 0.3 * column, 28.8 * column - 0.2 * row],
                }
            )
    write_group(path / "tiles/t00/labels", {"version": "0.6", "labels": ["cells"]})
    write_image(path / "tiles/t00/labels/cells", extra={"image-label": {"version": "0.6"}})
    scene = {
        "coordinateSystems": [system("world", "zyx")],
        "coordinateTransformations": placed,
    }
    write_group(path, {"version": "0.6", "scene": scene})
    write_group(path / "tiles", {})


def write_registration(path: Path) -> None:
    """Write a scene that registers ``moving`` to ``fixed``, and ``fixed`` to the system ``atlas``.

    The first is an affine whose matrix is stored as a Zarr array; the second a bijection,
    whose inverse is stated apart. Image ``moving`` has a second coordinate system, ``stage``.
    """
    to_stage = {
        "type": "translation",
        "input": end("physical"),
        "output": end("stage"),
        "translation": [100.0, 2000.0, 3000.0],
    }
    write_image(path / "fixed", pixel_sizes=(1.0, 1.0, 1.0))
    write_image(path / "moving", systems=[system("stage", "zyx")], transformations=[to_stage])
    matrix = [[1.0, 0.0, 0.0, 3.0], [0.0, 0.0, -1.0, 40.0], [0.0, 1.0, 0.0, -5.0]]
    stored = zarr.create_array(
        store=path / "parameters/affine", shape=(3, 4), dtype="float64", overwrite=True
    )
    stored[...] = np.array(matrix)
    scene = {
        "coordinateSystems": [system("atlas", "zyx")],
        "coordinateTransformations": [
            {
                "type": "affine",
                "name": "registration",
                "input": end("physical", "moving"),
                "output": end("physical", "fixed"),
                "path": "parameters/affine",
            },
            {
                "type": "bijection",
                "name": "to atlas",
                "input": end("physical", "fixed"),
                "output": end("atlas"),
                "forward": {"type": "scale", "scale": [0.025, 0.025, 0.025]},
                "inverse": {"type": "scale", "scale": [40.0, 40.0, 40.0]},
            },
        ],
    }
    write_group(path, {"version": "0.6", "scene": scene})
    write_group(path / "parameters", {})


def write_plate(path: Path) -> None:
    """Write a plate (0.5) of the wells A/1 and A/2, with two fields each."""
    fields = ("0", "1")
    for column in ("1", "2"):
        for field in fields:
            write_old_image(path / "A" / column / field, axis_names="yx", shape=(32, 32),
                            pixel_sizes=(0.65, 0.65), levels=1)  # fmt: skip
        images = [{"path": field, "acquisition": 0} for field in fields]
        write_group(path / "A" / column, {"version": "0.5", "well": {"images": images}})
    write_group(path / "A", {})
    plate = {
        "name": "screen 7",
        "rows": [{"name": "A"}],
        "columns": [{"name": "1"}, {"name": "2"}],
        "wells": [
            {"path": "A/1", "rowIndex": 0, "columnIndex": 0},
            {"path": "A/2", "rowIndex": 0, "columnIndex": 1},
        ],
        "acquisitions": [{"id": 0, "name": "day 1"}],
        "field_count": 2,
    }
    write_group(path, {"version": "0.5", "plate": plate})


def write_embryo(path: Path) -> None:
    """Write an image of version 0.4 in Zarr v2, with two channels and two time points."""
    window = {"min": 0, "max": 65535, "start": 0, "end": 1500}
    channels = [
        {"label": "membrane", "color": "00FF00", "active": True, "window": window},
        {"label": "nuclei", "color": "FF00FF", "active": True, "window": window},
    ]
    write_old_image(
        path,
        version="0.4",
        shape=(2, 2, 4, 64, 64),
        pixel_sizes=(30.0, 1.0, 1.5, 0.4, 0.4),
        axis_names="tczyx",
        extra={"omero": {"channels": channels}},
    )


def write_slides(path: Path) -> None:
    """Write a bioformats2raw collection (0.5) of two images."""
    for series in ("0", "1"):
        write_old_image(path / series, axis_names="cyx", shape=(3, 48, 64),
                        pixel_sizes=(1.0, 0.25, 0.25))  # fmt: skip
    write_group(path / "OME", {"version": "0.5", "series": ["0", "1"]})
    write_group(path, {"version": "0.5", "bioformats2raw.layout": 3})


def write_broken(path: Path) -> None:
    """Write a scene with two defects: an image that is not there, and a matrix that is none."""
    write_image(path / "section")
    scene = {
        "coordinateSystems": [system("world", "zyx")],
        "coordinateTransformations": [
            {
                "type": "identity",
                "input": end("physical", "section-2"),
                "output": end("world"),
            },
            {
                "type": "affine",
                "input": end("physical", "section"),
                "output": end("world"),
                "affine": [[1.0, 0.0, 0.0, 0.0], [0.0, "one", 0.0, 0.0], [0.0, 0.0, 1.0]],
            },
        ],
    }
    write_group(path, {"version": "0.6", "scene": scene})


def write_all(folder: Path) -> None:
    """Write the whole collection below `folder`."""
    write_tiles(folder / "tiles.zarr")
    write_registration(folder / "registration.zarr")
    write_plate(folder / "plate.zarr")
    write_embryo(folder / "embryo.zarr")
    write_slides(folder / "slides.zarr")
    write_broken(folder / "broken.zarr")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/write_scenes.py FOLDER")
    write_all(Path(sys.argv[1]))
