"""One movement of points: what to do where a field ends, and what was met on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from catalog.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Outside = Literal["error", "nan", "clamp"]
"""What becomes of points outside a field: an error, NaN, or the field's outermost value."""

TOLERANCE = 1e-6
"""How far from the solution a numeric inverse may end, in voxels of its field."""


@dataclass(slots=True)
class Met:
    """What was met at one field in one direction, over all blocks of points.

    Attributes
    ----------
    residual
        Largest distance between where a found point leads and where it should, in the
        units of the field's output; None when nothing was inverted.
    remarks
        What else is worth saying of the field.
    """

    points: int = 0
    outside: int = 0
    unconverged: int = 0
    residual: float | None = None
    remarks: tuple[str, ...] = ()


class Moving:
    """The policy of one movement, and its account: one for each movement.

    Points come in blocks (`begin`); a point counts once, however many fields it leaves.

    Parameters
    ----------
    outside
        What becomes of points outside a field.
    tolerance
        Of numeric inverses, in voxels of the field.

    Attributes
    ----------
    first
        Number of the first point of this block among all points.
    outside_points, unconverged_points
        Counts over the blocks before this one; of all, after `end`.

    Raises
    ------
    UsageError
        When one of them cannot be.
    """

    def __init__(self, outside: Outside = "error", tolerance: float = TOLERANCE) -> None:
        if outside not in ("error", "nan", "clamp"):
            raise UsageError(
                f"{outside!r} is no way to treat points outside a field: "
                "choose error, nan or clamp."
            )
        if not 0.0 < tolerance < float("inf"):
            raise UsageError(f"The tolerance {tolerance!r} is not a positive number of voxels.")
        self.outside: Outside = outside
        self.tolerance = tolerance
        self.first = 0
        self.outside_points = 0
        self.unconverged_points = 0
        self._count = 0
        self._left: NDArray[np.bool_] | None = None
        self._missed: NDArray[np.bool_] | None = None
        self._met: dict[tuple[str, bool], Met] = {}

    def begin(self, count: int) -> None:
        """Begin a block of `count` points."""
        self.end()
        self._count = count

    def end(self) -> None:
        """End the block, and count what was met in it."""
        self.first += self._count
        self.outside_points += 0 if self._left is None else int(self._left.sum())
        self.unconverged_points += 0 if self._missed is None else int(self._missed.sum())
        self._count = 0
        self._left = self._missed = None

    def met(self, name: str, *, inverted: bool, remarks: tuple[str, ...] = ()) -> Met:
        """Give the account of a field in one direction."""
        return self._met.setdefault((name, inverted), Met(remarks=remarks))

    def left(self, rows: NDArray[np.intp]) -> None:
        """Note which points of this block lie outside a field."""
        self._left = _marked(self._left, rows, self._count)

    def missed(self, rows: NDArray[np.intp]) -> None:
        """Note for which points of this block a numeric inverse was not found."""
        self._missed = _marked(self._missed, rows, self._count)

    @property
    def gone(self) -> NDArray[np.bool_] | None:
        """Which points of this block have no answer and become NaN; None: all have one."""
        if self.outside != "nan":
            return None
        if self._left is None or self._missed is None:
            return self._left if self._missed is None else self._missed
        return self._left | self._missed

    @property
    def residual(self) -> float | None:
        """The largest residual of a numeric inverse; None when there was none."""
        return max((m.residual for m in self._met.values() if m.residual is not None), default=None)

    def notes(self) -> tuple[str, ...]:
        """Say in sentences what was met at the fields, in the order in which they were met."""
        return tuple(
            sentence
            for (name, inverted), met in self._met.items()
            for sentence in self._sentences(name, inverted, met)
        )

    def _sentences(self, name: str, inverted: bool, met: Met) -> Iterator[str]:
        points = f"{met.points:,} point{'s' if met.points != 1 else ''}"
        if inverted:
            residual = "none" if met.residual is None else f"{met.residual:.2g}"
            yield (
                f"Used the numeric inverse of the field {name}: largest residual {residual}, "
                f"{met.unconverged:,} of {points} did not converge."
            )
        if met.outside:
            became = "they are NaN" if self.outside == "nan" else "its outermost values were used"
            yield f"{met.outside:,} of {points} lie outside the field {name}: {became}."
        yield from met.remarks


def _marked(
    mask: NDArray[np.bool_] | None, rows: NDArray[np.intp], count: int
) -> NDArray[np.bool_]:
    import numpy as np

    marked = np.zeros(count, dtype=bool) if mask is None else mask
    marked[rows] = True
    return marked
