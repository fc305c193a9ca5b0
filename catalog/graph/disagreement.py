"""How far apart alternatives put the same points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from catalog.errors import CatalogError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.units import Measured
    from catalog.graph.path import Path


@dataclass(frozen=True)
class Difference:
    """How far apart two ways put points.

    Attributes
    ----------
    distance
        The largest one, over the axes of space (over all axes where none is known to be
        of space); None when no point could be moved both ways.
    unit
        Of the distance; None where the axes have none, or units that do not convert.
    at
        The point, in the source, where it is largest.
    by_axis
        Largest difference along each axis of the target, in its own unit.
    problem
        Why there is no distance.
    """

    distance: float | None
    unit: str | None = None
    at: tuple[float, ...] = ()
    by_axis: tuple[float, ...] = ()
    problem: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Give it as plain values, ready for JSON."""
        result: dict[str, object] = {"distance": self.distance, "unit": self.unit}
        if self.distance is not None:
            result.update(at=list(self.at), by_axis=list(self.by_axis))
        if self.problem is not None:
            result["problem"] = self.problem
        return result


def difference(
    one: Path | None,
    other: Path | None,
    points: NDArray[np.float64],
    axes: Sequence[Measured] | None = None,
) -> Difference:
    """Measure how far apart two ways put points.

    Parameters
    ----------
    one, other
        Two paths between the same systems; None leaves points where they are.
    points
        (n, N), in the source. Those that lie outside a field on the way are left out.
    axes
        Of the target, for units; None where unknown.
    """
    try:
        moved = [_moved(way, points) for way in (one, other)]
    except CatalogError as error:
        return Difference(None, problem=error.message)
    return measured(moved[0], moved[1], points, axes)


def measured(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    points: NDArray[np.float64],
    axes: Sequence[Measured] | None = None,
) -> Difference:
    """Measure the distance between points that were `points` before; see `difference`."""
    import numpy as np

    if one.shape != other.shape:
        text = f"One way gives {one.shape[1]} dimensions, the other {other.shape[1]}."
        return Difference(None, problem=text)
    apart = np.abs(one - other)
    there = np.isfinite(apart).all(axis=1)
    if not there.any():
        return Difference(None, problem="No point that is compared lies inside the fields.")
    apart, points = apart[there], points[there]
    known = axes if axes is not None and len(axes) == apart.shape[1] else None
    columns, factors, unit = _measure(known, apart.shape[1])
    distances = np.sqrt(((apart[:, columns] * factors) ** 2).sum(axis=1))
    worst = int(distances.argmax())
    return Difference(
        float(distances[worst]),
        unit,
        tuple(points[worst].tolist()),
        tuple(apart.max(axis=0).tolist()),
    )


def _moved(way: Path | None, points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points if way is None else way.move(points, outside="nan").coordinates


def _measure(
    axes: Sequence[Measured] | None, count: int
) -> tuple[list[int], list[float], str | None]:
    """Say which axes make a distance, and what brings each to the unit of the first."""
    from catalog.geometry.units import factor

    if axes is None:
        return list(range(count)), [1.0] * count, None
    space = [i for i, axis in enumerate(axes) if axis.type == "space"]
    columns = space or list(range(count))
    units = [axes[i].unit for i in columns]
    unit = units[0]
    if unit is None or None in units:
        return columns, [1.0] * len(columns), None
    try:
        factors = [Fraction(1) if u is None else factor(u, unit) for u in units]
    except CatalogError:
        return columns, [1.0] * len(columns), None
    return columns, [float(each) for each in factors], unit


def corners(low: Sequence[float], high: Sequence[float]) -> NDArray[np.float64]:
    """Give the corners of a box, (2^n, n).

    Examples
    --------
    >>> corners([0, 0], [1, 2]).tolist()
    [[0.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 2.0]]
    """
    from itertools import product

    import numpy as np

    ends = zip(low, high, strict=True)
    return np.array(list(product(*ends)), dtype=np.float64).reshape(-1, len(low))
