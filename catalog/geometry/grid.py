"""A grid of vectors, wherever it is stored, and what lies between its voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Interpolation = Literal["nearest", "linear", "cubic"]

INTERPOLATIONS: dict[str | None, Interpolation] = {
    None: "linear",
    "linear": "linear",
    "nearest": "nearest",
    "cubic": "cubic",
    "bspline-cubic": "cubic",
}
"""How documents write an interpolation; without one it is linear."""


class Grid(Protocol):
    """Vectors on a grid that are stored somewhere; its axes are those of the points, in order."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis."""

    @property
    def chunks(self) -> tuple[int, ...]:
        """Voxels along each axis of a chunk: what is read at once."""

    @property
    def components(self) -> int:
        """Numbers in each vector."""

    @property
    def dtype(self) -> np.dtype[np.floating]:
        """float32 or float64, in the machine's byte order: what `read` gives."""

    def read(self, start: tuple[int, ...], stop: tuple[int, ...]) -> NDArray[np.floating]:
        """Read a box of the grid, the components last."""
