"""Neuroglancer: the `transform` of a layer's source.

Its matrix relates lengths: a column takes input coordinates in the units that
`inputDimensions` state, a row gives output in those of `outputDimensions`; only the
translation is counted in output units as such. Its voxels begin at the integers, where
those of OME-Zarr have their centres, so that half a voxel stands between the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from catalog.errors import TransformationError
from catalog.export.ends import End, affine_of, known_axes
from catalog.geometry.units import unit_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.units import Measured
    from catalog.graph.path import Path

_SYMBOLS = {"space": "m", "time": "s"}
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_]")

Dimensions = dict[str, list[float | str]]


def to_neuroglancer(path: Path, source: End, target: End) -> dict[str, object]:
    """Give the `transform` of a Neuroglancer layer's source, ready for JSON.

    From an array's own system it is for a layer whose source is that array; a voxel's
    size is told by `inputDimensions`. From another system it takes coordinates of that
    system (annotations, meshes).

    Raises
    ------
    TransformationError
        When the path is not affine, the axes are unknown, or a unit is not one of
        length or time.
    """
    import numpy as np

    matrix = affine_of(path, "a Neuroglancer transform")
    rows, columns = matrix.shape[0], matrix.shape[1] - 1
    axes_in = known_axes(source, path.source, columns, "Neuroglancer")
    axes_out = known_axes(target, path.target, rows, "Neuroglancer")
    sizes_out = [_size(axis, path.target) for axis in axes_out]
    linear, translation = matrix[:, :-1].copy(), matrix[:, -1].copy()
    if source.kind == "array":
        # Neuroglancer's voxel i lies from i to i + 1, and OME-Zarr's i is its centre.
        translation -= linear.sum(axis=1) / 2
        sizes_in = _voxels(linear, sizes_out)
    else:
        sizes_in = [_size(axis, path.source) for axis in axes_in]
    out = np.array([size for size, _ in sizes_out])
    into = np.array([size for size, _ in sizes_in])
    lengths = linear * (out[:, None] / into[None, :])
    whole = np.column_stack([lengths, translation])
    return {
        "inputDimensions": _dimensions(axes_in, sizes_in),
        "outputDimensions": _dimensions(axes_out, sizes_out),
        "matrix": whole.tolist(),
    }


def notes(path: Path, source: End, target: End) -> tuple[str, ...]:
    """Say what to know about the transform."""
    return tuple(_notes(path, source, target))


def _notes(path: Path, source: End, target: End) -> Iterator[str]:
    if source.kind == "array":
        url = path.source.partition("#")[0]
        yield (
            f"It is the transform of a layer whose source is the array {url} itself, and counts "
            "half a voxel, since Neuroglancer's voxels begin at the integers."
        )
    else:
        yield (
            f"It takes coordinates of {path.source} (of annotations and meshes, say). For an "
            "image, ask from the system of its array: ARRAY#."
        )
    unmeasured = [axis.name for axis in target.axes or () if axis.unit is None]
    if unmeasured:
        yield f"No unit is stated for {', '.join(unmeasured)}; they are numbers to Neuroglancer."


def _size(axis: Measured, address: str) -> tuple[float, str]:
    """Give an axis' unit in metres or seconds; without a unit it is a mere number."""
    if axis.unit is None:
        return 1.0, ""
    found = unit_size(axis.unit)
    if found is None:
        raise TransformationError(
            f"Neuroglancer measures in metres and seconds, and the axis {axis.name!r} of "
            f"{address} has the unit {axis.unit!r}, whose size is not known."
        )
    measures, size = found
    return float(size), _SYMBOLS[measures]


def _voxels(
    linear: NDArray[np.float64], sizes_out: Sequence[tuple[float, str]]
) -> list[tuple[float, str]]:
    """Give the size of a voxel along each axis of the array: the length of a column."""
    import numpy as np

    result: list[tuple[float, str]] = []
    for column in linear.T:
        units = {unit for value, (_, unit) in zip(column, sizes_out, strict=True) if value}
        lengths = column * np.array([size for size, _ in sizes_out])
        length = float(np.hypot.reduce(lengths))
        # An axis that leads nowhere, or into both space and time, has no length of its own.
        single = len(units) == 1 and length
        result.append((_rounded(length), units.pop()) if single else (1.0, ""))
    return result


def _rounded(length: float) -> float:
    """Take off what a product of decimal fractions adds behind the 15th digit."""
    return float(f"{length:.15g}")


def _dimensions(axes: Sequence[Measured], sizes: Sequence[tuple[float, str]]) -> Dimensions:
    result: Dimensions = {}
    for axis, (size, unit) in zip(axes, sizes, strict=True):
        name = _NOT_ALLOWED.sub("_", axis.name)
        name = name if name[:1].isalpha() else f"d{name}"
        # A channel belongs to its layer: Neuroglancer marks such dimensions so.
        mark = "'" if axis.type == "channel" else ""
        unique, count = f"{name}{mark}", 1
        while unique in result:
            count += 1
            unique = f"{name}{count}{mark}"
        result[unique] = [size, unit]
    return result
