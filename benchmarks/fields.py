"""Points through a stored displacement field, beside scipy's interpolation alone.

A field of 104 x 166 x 357 voxels (float32, chunks of 64) is written as OME-Zarr 0.6 has
it; a million random points go through it, as through any path: validated, placed in the
grid, checked against its border, interpolated, displaced, checked. Beside it stands
`scipy.ndimage.map_coordinates` for the three components, with the field in memory and
the positions in the grid at hand. The first time, chunks are read and decoded too.

    python benchmarks/fields.py [POINTS]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import zarr
from scipy.ndimage import map_coordinates, spline_filter

from catalog.scene import open_hierarchy

SHAPE = (104, 166, 357)
VOXEL = 1.76
ROUNDS = 5
ORDERS = {"linear": 1, "nearest": 0, "bspline-cubic": 3}
AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "zyx"]
VECTOR = {"name": "d", "type": "displacement", "discrete": True}


def displacements() -> np.ndarray:
    """Make smooth waves of some voxels."""
    places = np.meshgrid(*(np.arange(size) / size for size in SHAPE), indexing="ij")
    turned = (places[1], places[2], places[0])
    waves = [
        6 * np.sin(7 * one) * np.cos(5 * other) for one, other in zip(turned, places, strict=True)
    ]
    return np.stack(waves, axis=-1).astype("float32")


def write(folder: Path, values: np.ndarray) -> None:
    """Write a scene with the field between two systems, once for each interpolation."""
    scene = zarr.open_group(folder, mode="w")
    systems = [{"name": name, "axes": AXES} for name in ("fixed", *ORDERS)]
    edges = [
        {
            "type": "displacements",
            "path": "warp",
            "interpolation": name,
            "input": {"name": "fixed"},
            "output": {"name": name},
        }
        for name in ORDERS
    ]
    body = {"coordinateSystems": systems, "coordinateTransformations": edges}
    scene.update_attributes({"ome": {"version": "0.6", "scene": body}})
    warp = scene.create_group("warp")
    placed = {
        "type": "scale",
        "scale": [VOXEL, VOXEL, VOXEL, 1.0],
        "input": {"path": "0"},
        "output": {"name": "fixed"},
    }
    image = {
        "coordinateSystems": [{"name": "fixed", "axes": [*AXES, VECTOR]}],
        "datasets": [{"path": "0", "coordinateTransformations": [placed]}],
    }
    warp.update_attributes({"ome": {"version": "0.6", "multiscales": [image]}})
    warp.create_array("0", data=values, chunks=(64, 64, 64, 3))


def timed(*works: Callable[[], object]) -> list[float]:
    """Take turns, so that what else the machine does falls on all; give medians."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for times, work in zip(taken, works, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return [statistics.median(times) for times in taken]


def main(count: int) -> None:
    values = displacements()
    components = [np.ascontiguousarray(values[..., axis]) for axis in range(3)]
    points = np.random.default_rng(0).random((count, 3)) * (np.array(SHAPE) - 1) * VOXEL
    positions = np.ascontiguousarray(points.T / VOXEL)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "scene.zarr", values)
        for name, order in ORDERS.items():
            graph = open_hierarchy(Path(folder) / "scene.zarr")
            path = graph.path("fixed", name)
            start = time.perf_counter()
            path.transform(points)
            first = time.perf_counter() - start
            fitted = components
            if order > 1:
                fitted = [spline_filter(part, order=order, mode="mirror") for part in components]

            def alone(fitted: list[np.ndarray] = fitted, order: int = order) -> None:
                for part in fitted:
                    map_coordinates(part, positions, order=order, prefilter=False)

            ours, scipy = timed(lambda path=path: path.transform(points), alone)
            print(
                f"{name:14} {count:,} points: ours {ours:.3f} s, map_coordinates {scipy:.3f} s: "
                f"ratio {ours / scipy:.2f} (the first time, with reading, {first / scipy:.2f})"
            )
        some = points[: count // 10]
        graph = open_hierarchy(Path(folder) / "scene.zarr")
        there = graph.path("fixed", "linear").transform(some, outside="clamp")
        inverse = graph.path("linear", "fixed")
        found = inverse.move(there, outside="clamp")
        (back,) = timed(lambda: inverse.move(there, outside="clamp"))
        (forth,) = timed(lambda: graph.path("fixed", "linear").transform(some))
        away = np.abs(found.coordinates - some).max() / VOXEL
        print(
            f"numeric inverse {len(some):,} points: {back / forth:.1f} times the way there; "
            f"largest residual {found.residual:.1e}, {found.unconverged} not converged, "
            f"at most {away:.1e} voxels away"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
