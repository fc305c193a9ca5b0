"""napari: the `affine=` of a layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.errors import TransformationError
from catalog.export.ends import End, affine_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.graph.path import Path


def to_napari(path: Path) -> NDArray[np.float64]:
    """Give the homogeneous matrix, (N+1) x (N+1), that napari takes as `affine=`.

    Axes stay in their order: napari counts them like numpy, and so does OME-Zarr.

    Raises
    ------
    TransformationError
        When the path is not affine, or its ends have different numbers of axes.
    """
    import numpy as np

    matrix = affine_of(path, "napari's affine")
    rows, columns = matrix.shape[0], matrix.shape[1] - 1
    if rows != columns:
        raise TransformationError(
            f"The path from {path.source} to {path.target} leads from {columns} to {rows} "
            "dimensions; napari's affine has as many on both sides."
        )
    result = np.eye(rows + 1)
    result[:-1] = matrix
    return result


def notes(path: Path, source: End, target: End) -> tuple[str, ...]:
    """Say what to know about the matrix."""
    return tuple(_notes(path, source, target))


def _notes(path: Path, source: End, target: End) -> Iterator[str]:
    yield (
        f"Rows are the axes of TO ({target.names}), columns those of FROM ({source.names}), as "
        "napari counts the dimensions of the layer's data; the last of each is the 1 of a "
        "homogeneous matrix."
    )
    if source.kind == "array":
        yield (
            f"It starts from the voxels of {path.source}: give the layer this affine, and "
            "neither scale nor translate."
        )
    else:
        yield (
            f"It starts from {path.source}: the layer's own scale and translate must lead from "
            "its voxels there. From an array's own system (ARRAY#) none is needed."
        )
