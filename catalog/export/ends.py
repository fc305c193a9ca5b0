"""What a form needs to know of a path's ends, and the matrix that most forms hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.errors import TransformationError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.units import Measured
    from catalog.graph.path import Path


@dataclass(frozen=True, slots=True)
class End:
    """A coordinate system at one end of a path.

    Attributes
    ----------
    axes
        In order; None where they are unknown.
    kind
        declared, array, implied or undeclared.
    """

    axes: Sequence[Measured] | None = None
    kind: str = "declared"

    @property
    def names(self) -> str:
        """The axes' names in order, such as ``z, y, x``."""
        return "unknown axes" if self.axes is None else ", ".join(axis.name for axis in self.axes)


def affine_of(path: Path, form: str) -> NDArray[np.float64]:
    """Give a path's M x (N+1) matrix.

    Raises
    ------
    TransformationError
        When a step is not affine, or nothing tells of how many dimensions the path is.
    """
    matrix = path.matrix
    if matrix is not None:
        return matrix
    if path.needs:
        fields = ", ".join(path.needs)
        raise TransformationError(
            f"The path from {path.source} to {path.target} is not affine: it takes the field "
            f"{fields}, and {form} holds an affine only. --as ome-zarr keeps fields by their "
            "path; or avoid the field, if another way leads there."
        )
    raise TransformationError(
        f"The path from {path.source} to {path.target} has no matrix: nothing tells of how many "
        "dimensions it is."
    )


def known_axes(end: End, address: str, count: int, form: str) -> Sequence[Measured]:
    """Give an end's axes.

    Raises
    ------
    TransformationError
        When they are unknown, or not as many as the matrix has.
    """
    if end.axes is None:
        raise TransformationError(
            f"The axes of {address} are not declared anywhere, and {form} needs their order."
        )
    if len(end.axes) != count:
        raise TransformationError(
            f"{address} declares {len(end.axes)} axes ({end.names}); the path has {count} there."
        )
    return end.axes


def one_line_rows(rows: Sequence[Sequence[float]], indent: str = "") -> str:
    """Write a matrix as JSON, a row in each line; each number reads back to the same bits."""
    lines = (f"{indent} [{', '.join(map(repr, row))}]" for row in rows)
    return "[\n" + ",\n".join(lines) + f"\n{indent}]"
