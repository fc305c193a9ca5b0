"""Points as people give them, made into arrays; and what must hold of a result."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def as_points(value: object, ndim: int | None) -> NDArray[np.float64]:
    """Give points as a float64 array of shape (n, ndim).

    Parameters
    ----------
    value
        A list of points (each a list of numbers), or an array (n, ndim).
    ndim
        Number of coordinates that each point must have; None takes what there is.

    Raises
    ------
    PointsError
        When points are flat, ragged, of another length, not numbers or not finite.
    """
    import numpy as np

    array = value if isinstance(value, np.ndarray) else _from_lists(value, ndim)
    if array.ndim <= 2 and array.size == 0 and array.shape[0] == 0:
        width = array.shape[1] if array.ndim == 2 else (ndim or 0)
        if ndim is not None and width != ndim:
            raise PointsError(f"The points have {width} coordinates; expected {ndim}.")
        return np.empty((0, width), dtype=np.float64)
    if array.ndim == 1:
        raise PointsError(f"The points are a flat list; write {_example(ndim)}, one list for each.")
    if array.ndim != 2:
        raise PointsError(f"The points are nested too deep; write {_example(ndim)}.")
    if array.dtype.kind not in "iuf":
        raise PointsError("The points hold something that is not a number.")
    if ndim is not None and array.shape[1] != ndim:
        raise PointsError(f"The points have {array.shape[1]} coordinates; expected {ndim}.")
    points = np.asarray(array, dtype=np.float64)
    index = _first_not_finite(points)
    if index is not None:
        raise PointsError(f"Point {index} holds a coordinate that is not finite.")
    return points


def finite_result(
    points: NDArray[np.float64], place: str = "", *, first: int = 0
) -> NDArray[np.float64]:
    """Pass a result on, or say which point left the finite numbers; they count from `first`.

    Raises
    ------
    PointsError
        When a coordinate is infinite or not a number.
    """
    index = _first_not_finite(points)
    if index is not None:
        through = f" through {place}" if place else ""
        raise PointsError(f"Point {first + index} has a result{through} that is not finite.")
    return points


def _first_not_finite(points: NDArray[np.float64]) -> int | None:
    """Find the first point with a coordinate that is not finite."""
    import numpy as np

    # A finite sum of squares has finite terms, and BLAS makes it five times faster than
    # `isfinite` looks at each; it may overflow without harm, and then each is looked at.
    flat = points.reshape(-1)
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.dot(flat, flat)):
            return None
    finite = np.isfinite(points).all(axis=1)
    return None if finite.all() else int(np.argmin(finite))


def _from_lists(value: object, ndim: int | None) -> NDArray[np.generic]:
    import numpy as np

    if isinstance(value, (str, bytes)) or not isinstance(value, (list, tuple)):
        raise PointsError(f"The points are not a list; write {_example(ndim)}.")
    if not value:
        return np.empty((0,), dtype=np.float64)
    shapes = {isinstance(point, (list, tuple, np.ndarray)) for point in value}
    if shapes == {False}:
        if any(isinstance(item, str) for item in value):
            raise PointsError("The points hold text where numbers are expected.")
        return np.empty((len(value),), dtype=np.float64)
    lengths = {len(point) if hasattr(point, "__len__") else -1 for point in value}
    if shapes != {True} or len(lengths) != 1:
        wanted = ndim if ndim is not None else len(value[0]) if hasattr(value[0], "__len__") else 0
        index = next(
            (
                index
                for index, point in enumerate(value)
                if not isinstance(point, (list, tuple, np.ndarray)) or len(point) != wanted
            ),
            0,
        )
        raise PointsError(
            f"The points are ragged: point {index} is not a list of {wanted} numbers."
        )
    # bool is an int to Python and to numpy, but `true` in JSON is not a number.
    if not set(map(type, chain.from_iterable(value))).isdisjoint((bool, str, bytes, np.bool_)):
        raise PointsError("The points hold text or truth values where numbers are expected.")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise PointsError("The points are nested unevenly.") from error


def _example(ndim: int | None) -> str:
    axes = ("x", "y", "z", "c", "t")[: ndim or 2] if (ndim or 2) <= 5 else ("…",)
    return f"[[{', '.join(axes)}], …]"
