"""Points through a displacement or coordinate field, forwards and backwards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from catalog.errors import DimensionalityError, FieldError, NotInvertibleError
from catalog.geometry.field import Field, FieldKind, FieldReader
from catalog.geometry.grid import INTERPOLATIONS, Interpolation
from catalog.geometry.moving import Moving

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.steps import Invertibility


@dataclass(frozen=True, slots=True)
class FieldStep:
    """A displacement or coordinate field; opened when points come to it.

    A field covers its voxels, half a voxel beyond the outermost centres; there, the
    outermost values hold.

    Attributes
    ----------
    interpolation
        As written.
    fields
        Opens it; None where there is nothing to read with.
    """

    kind: FieldKind
    path: str
    ndim_in: int | None
    ndim_out: int | None
    place: str = ""
    inverted: bool = False
    interpolation: str | None = None
    fields: FieldReader | None = field(default=None, repr=False, compare=False)

    @property
    def rows(self) -> None:
        """A field is not an affine map."""
        return

    @property
    def needs(self) -> tuple[str, ...]:
        """Path of the field, as written."""
        return (self.path,)

    @property
    def invertibility(self) -> Invertibility:
        """``numeric``, where as many numbers come out as go in."""
        same = self.ndim_in == self.ndim_out or None in (self.ndim_in, self.ndim_out)
        return "numeric" if same else "no"

    def reading(self, fields: FieldReader) -> FieldStep:
        """Give the same field with what opens it."""
        return replace(self, fields=fields)

    def inverse(self) -> FieldStep:
        """Give the same field, to be walked backwards."""
        if self.invertibility == "no":
            raise NotInvertibleError(
                f"The {self.kind} field {self.path!r} leads from {self.ndim_in} to "
                f"{self.ndim_out} dimensions; it has no inverse.",
                self.place,
            )
        return replace(
            self, ndim_in=self.ndim_out, ndim_out=self.ndim_in, inverted=not self.inverted
        )

    def apply(
        self, points: NDArray[np.float64], moving: Moving | None = None
    ) -> NDArray[np.float64]:
        """Move points (n, N) to (n, M).

        Raises
        ------
        FieldError
            When the field cannot be used, or points lie outside it and that is an error.
        DimensionalityError
            When it is of other dimensions than the points.
        StoreError, DocumentError
            When it cannot be read.
        """
        import numpy as np

        from catalog.geometry import warping

        if moving is None:
            moving = Moving()
            moving.begin(len(points))
        field, interpolation = self._opened(points.shape[1])
        warp = warping.Warp(field, interpolation, self.place)
        move = warp.backward if self.inverted else warp.forward
        usable = np.isfinite(points)
        if usable.all():
            return move(points, np.arange(len(points)), moving)
        # What a field before this one has no answer for stays NaN.
        rows = np.flatnonzero(usable.all(axis=1))
        width = field.ndim_in if self.inverted else field.ndim_out
        result = np.full((len(points), width), np.nan)
        result[rows] = move(points[rows], rows, moving)
        return result

    def _opened(self, ndim: int) -> tuple[Field, Interpolation]:
        """Open the field for points of `ndim` dimensions."""
        interpolation = INTERPOLATIONS.get(self.interpolation)
        if interpolation is None:
            raise FieldError(
                f"The {self.kind} field {self.path!r} asks for the interpolation "
                f"{self.interpolation!r}; there are nearest, linear and bspline-cubic.",
                self.place,
            )
        if self.fields is None:
            raise FieldError(
                f"A {self.kind} field ({self.path!r}) lies on the way, and there is nothing "
                "to read it with.",
                self.place,
            )
        field = self.fields(self.path, self.kind)
        takes, gives = (self.ndim_out, ndim) if self.inverted else (ndim, self.ndim_out)
        for side, own, wanted in (
            ("takes", field.ndim_in, takes),
            ("gives", field.ndim_out, gives),
        ):
            if wanted is not None and own != wanted:
                raise DimensionalityError(
                    f"The {self.kind} field {field.name} {side} {own} dimensions; "
                    f"expected {wanted}.",
                    self.place,
                )
        if self.inverted and field.ndim_in != field.ndim_out:
            raise NotInvertibleError(
                f"The {self.kind} field {field.name} leads from {field.ndim_in} to "
                f"{field.ndim_out} dimensions; it has no inverse.",
                self.place,
            )
        return field, interpolation
