"""A step whose dimensions only a field before it can tell: it is built when points come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from catalog.errors import NotInvertibleError
from catalog.geometry.field import FieldReader
from catalog.geometry.moving import Moving
from catalog.geometry.steps import Invertibility, Mapping

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class UnsizedStep:
    """A transformation that follows a coordinate field of unknown dimensions.

    Attributes
    ----------
    build
        Makes the mapping, given the numbers of dimensions that go in and come out (None:
        unknown).
    ndim_out
        What comes out, where that is known.
    """

    build: Callable[[int | None, int | None], Mapping] = field(repr=False, compare=False)
    ndim_out: int | None
    needs: tuple[str, ...]
    invertibility: Invertibility
    place: str = ""
    inverted: bool = False
    fields: FieldReader | None = field(default=None, repr=False, compare=False)

    @property
    def rows(self) -> None:
        """Its affine map is not known before its dimensions are."""
        return

    def reading(self, fields: FieldReader) -> UnsizedStep:
        """Give the same step with what opens its fields."""
        return replace(self, fields=fields)

    def inverse(self) -> UnsizedStep:
        """Give the way back."""
        if self.invertibility == "no":
            raise NotInvertibleError(
                f"The transformation at {self.place} has no inverse.", self.place
            )
        return replace(self, inverted=not self.inverted)

    def apply(
        self, points: NDArray[np.float64], moving: Moving | None = None
    ) -> NDArray[np.float64]:
        """Move points (n, N) to (n, M)."""
        if self.inverted:
            built = self.build(None, points.shape[1]).inverse()
        else:
            built = self.build(points.shape[1], self.ndim_out)
        if self.fields is not None:
            built = built.reading(self.fields)
        return built.apply(points, moving)
