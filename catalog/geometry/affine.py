"""Affine maps as arrays: float64, M x (N+1), the last column a translation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalog.errors import DimensionalityError, NotInvertibleError
from catalog.geometry import rows as plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SINGULAR = 1e13
"""Condition numbers over this count as singular: nothing is left of float64's 16 digits."""

# Points at a time, so that a block stays in the processor's cache; for products few enough
# that one point alone costs no more than some microseconds.
_BLOCK = 16_384
_PRODUCT_BLOCK = 4_096


def as_rows(matrix: NDArray[np.float64]) -> plain.Rows:
    """Give an affine map as plain tuples."""
    return tuple(map(tuple, matrix.tolist()))


def compose(matrices: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Chain affine maps, first to last.

    Raises
    ------
    DimensionalityError
        When one map does not take what the one before it gives.
    """
    import numpy as np

    result = matrices[0]
    for matrix in matrices[1:]:
        if matrix.shape[1] - 1 != result.shape[0]:
            raise DimensionalityError(
                f"An affine map of {matrix.shape[1] - 1} dimensions cannot follow one that "
                f"gives {result.shape[0]}."
            )
        composed = matrix[:, :-1] @ result
        composed[:, -1] += matrix[:, -1]
        result = composed
    return np.array(result, dtype=np.float64)


def condition(matrix: NDArray[np.float64]) -> float:
    """Give the condition number (2-norm) of the linear part; infinite when singular."""
    import numpy as np

    singular_values = np.linalg.svd(matrix[:, :-1], compute_uv=False)
    smallest = float(singular_values[-1])
    return float(singular_values[0]) / smallest if smallest else float("inf")


def invert(
    matrix: NDArray[np.float64], *, limit: float | None = SINGULAR, place: str = ""
) -> NDArray[np.float64]:
    """Invert an affine map.

    Parameters
    ----------
    matrix
        N x (N+1).
    limit
        Largest condition number that still has an inverse; None accepts whatever is
        regular in float64 (for a chain whose members were judged one by one).
    place
        Where the map is declared, for the error.

    Raises
    ------
    NotInvertibleError
        When it is not square, or singular.
    """
    import numpy as np

    count, width = matrix.shape
    if width != count + 1:
        raise NotInvertibleError(
            f"An affine of {width - 1} inputs and {count} outputs has no inverse; "
            "state one with a bijection.",
            place,
        )
    if limit is not None:
        found = condition(matrix)
        if not found <= limit:
            raise NotInvertibleError(
                f"The affine is singular (condition number {found:.3g}); it has no inverse.", place
            )
    exact = plain.monomial_inverse(as_rows(matrix))
    if exact is not None:
        return np.array(exact, dtype=np.float64)
    linear = matrix[:, :-1]
    with np.errstate(all="ignore"):
        # Powers of two level rows, then columns, without any rounding, so that axes in
        # nanometres beside axes in metres cost no digits.
        down = _powers(np.abs(linear).max(axis=1))
        levelled = linear * down[:, None]
        across = _powers(np.abs(levelled).max(axis=0))
        try:
            inverse = np.linalg.inv(levelled * across[None, :])
        except np.linalg.LinAlgError:
            inverse = np.full_like(linear, np.nan)
        inverse = across[:, None] * inverse * down[None, :]
        result = np.empty_like(matrix)
        result[:, :-1] = inverse
        result[:, -1] = 0.0 - inverse @ matrix[:, -1]
    if not np.isfinite(result).all():
        raise NotInvertibleError("The affine is singular; it has no inverse.", place)
    return result


def apply(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move points (n, N) to (n, M).

    A point gives the same bits wherever it stands among others, so that a stream of
    points in blocks gives the same as all of them at once: a matrix product, whose
    rounding depends on how many points stand together, is always given as many.
    """
    import numpy as np

    count_out, width = matrix.shape
    if points.ndim != 2 or points.shape[1] != width - 1:
        raise DimensionalityError(
            f"The points have shape {points.shape}; expected (n, {width - 1})."
        )
    result = np.empty((len(points), count_out), dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        if (np.count_nonzero(matrix[:, :-1], axis=1) <= 1).all():
            _apply_axis_by_axis(matrix, points, result)
        else:
            _apply_product(matrix, points, result)
    return result


def _apply_axis_by_axis(
    matrix: NDArray[np.float64], points: NDArray[np.float64], result: NDArray[np.float64]
) -> None:
    """Move points where each coordinate comes of one at most: scaled, permuted, shifted."""
    import numpy as np

    terms = [
        next(((float(value), column) for column, value in enumerate(row[:-1]) if value), None)
        for row in matrix.tolist()
    ]
    offsets = matrix[:, -1].tolist()
    for start in range(0, len(points), _BLOCK):
        columns = np.ascontiguousarray(points[start : start + _BLOCK].T, dtype=np.float64)
        block = result[start : start + _BLOCK]
        for axis, (term, offset) in enumerate(zip(terms, offsets, strict=True)):
            if term is None:
                block[:, axis] = offset
                continue
            factor, column = term
            values = columns[column] if factor == 1.0 else columns[column] * factor
            block[:, axis] = values + offset if offset else values


def _apply_product(
    matrix: NDArray[np.float64], points: NDArray[np.float64], result: NDArray[np.float64]
) -> None:
    import numpy as np

    linear = np.ascontiguousarray(matrix[:, :-1].T)
    # Adding a row of few numbers to each point is slow; adding a whole block is not.
    offsets = np.tile(matrix[:, -1], (_PRODUCT_BLOCK, 1)) if matrix[:, -1].any() else None
    for start in range(0, len(points), _PRODUCT_BLOCK):
        block = np.ascontiguousarray(points[start : start + _PRODUCT_BLOCK], dtype=np.float64)
        moved = result[start : start + _PRODUCT_BLOCK]
        size = len(block)
        if size < _PRODUCT_BLOCK:
            filled = np.zeros((_PRODUCT_BLOCK, block.shape[1]), dtype=np.float64)
            filled[:size] = block
            moved[:] = (filled @ linear)[:size]
        else:
            np.matmul(block, linear, out=moved)
        if offsets is not None:
            moved += offsets[:size]


def _powers(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give for each size the power of two that brings it near one (1 for zero)."""
    import numpy as np

    _, exponents = np.frexp(sizes)
    powers: NDArray[np.float64] = np.ldexp(np.ones_like(sizes), np.where(sizes > 0, -exponents, 0))
    return powers
