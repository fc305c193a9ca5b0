"""A field at hand: a grid of vectors that is read as far as points need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from catalog.geometry.grid import Grid, Interpolation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.sampling import Sampler

FieldKind = Literal["displacements", "coordinates"]


@dataclass(frozen=True, eq=False)
class Field:
    """A displacement or coordinate field.

    Attributes
    ----------
    name
        Where it is, for messages.
    to_grid
        N x (N+1): from the points' system to indices of the grid, voxel centres at the
        integers.
    remarks
        What was taken for granted when it was opened, in sentences.
    frames
        Kept for numeric inverses: N x (N+1), from its values to about the indices of the
        grid where they stand.
    """

    kind: FieldKind
    name: str
    grid: Grid
    to_grid: NDArray[np.float64]
    remarks: tuple[str, ...] = ()
    frames: dict[Interpolation, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    _samplers: dict[Interpolation, Sampler] = field(default_factory=dict, repr=False)

    @property
    def ndim_in(self) -> int:
        """Dimensions of the points that it takes."""
        return len(self.grid.shape)

    @property
    def ndim_out(self) -> int:
        """Dimensions of the points that it gives."""
        return self.grid.components

    def sampler(self, interpolation: Interpolation) -> Sampler:
        """Give what interpolates it, and keeps what was read of it."""
        found = self._samplers.get(interpolation)
        if found is None:
            from catalog.geometry.sampling import Sampler

            found = self._samplers.setdefault(interpolation, Sampler(self.grid, interpolation))
        return found


FieldReader = Callable[[str, FieldKind], Field]
"""Opens the field that a transformation names, by its path as written and its kind."""
