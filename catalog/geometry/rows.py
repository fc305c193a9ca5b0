"""Affine maps as plain tuples: M rows of N+1 numbers, the last column a translation.

Plain Python on purpose: a crawl judges an edge in microseconds and loads no numpy.
Sums run in the order of the axes and skip zeros, so that the same document gives the
same bits everywhere.
"""

from __future__ import annotations

import math

Row = tuple[float, ...]
Rows = tuple[Row, ...]


def identity(ndim: int) -> Rows:
    """Give the identity of `ndim` dimensions."""
    return diagonal_rows((1.0,) * ndim)


def diagonal_rows(factors: Row, offsets: Row | None = None) -> Rows:
    """Scale each axis, then add an offset to each."""
    count = len(factors)
    if offsets is None:
        offsets = (0.0,) * count
    # What most collections have is written down: a third of the time.
    if count == 3:
        (a, b, c), (x, y, z) = factors, offsets
        return (a, 0.0, 0.0, x), (0.0, b, 0.0, y), (0.0, 0.0, c, z)
    rows = []
    for axis, factor in enumerate(factors):
        row = [0.0] * (count + 1)
        row[axis], row[-1] = factor, offsets[axis]
        rows.append(tuple(row))
    return tuple(rows)


def selection(sources: tuple[int | None, ...], ndim_in: int) -> Rows:
    """Take output axis i from input axis ``sources[i]``; None gives zero."""
    return tuple(
        tuple(1.0 if column == source else 0.0 for column in range(ndim_in + 1))
        for source in sources
    )


def compose(first: Rows, second: Rows) -> Rows:
    """Chain two maps: `first`, then `second`."""
    width = len(first[0])
    if len(second[0]) != len(first) + 1:
        raise ValueError(f"{len(first)} rows do not go before {len(second[0])} columns")
    result = []
    for outer in second:
        row = [0.0] * width
        row[-1] = outer[-1]
        # The offset, the last of the outer row, stands beside no inner row.
        for inner, factor in zip(first, outer, strict=False):
            if factor:
                for column, value in enumerate(inner):
                    if value:
                        row[column] += factor * value
        result.append(tuple(row))
    return tuple(result)


def diagonal(rows: Rows) -> Row | None:
    """Give the factor of each axis if the linear part is square and diagonal; else None."""
    if any(len(row) != len(rows) + 1 for row in rows):
        return None
    factors = []
    for axis, row in enumerate(rows):
        for column, value in enumerate(row[:-1]):
            if value and column != axis:
                return None
        factors.append(row[axis])
    return tuple(factors)


def monomial_inverse(rows: Rows) -> Rows | None:
    """Invert a map that scales, permutes and shifts axes: exact to one rounding each.

    Returns None when the linear part is not of that kind (one factor in each row and
    column), singular ones included.
    """
    count = len(rows)
    result: list[Row | None] = [None] * count
    for axis, row in enumerate(rows):
        if len(row) != count + 1:
            return None
        used = [column for column in range(count) if row[column]]
        if len(used) != 1 or result[used[0]] is not None:
            return None
        factor = row[used[0]]
        # 0.0 - x, not -x: a map without an offset has one inverse, not one with -0.0.
        offset = 0.0 - row[-1] / factor
        result[used[0]] = (
            *(0.0,) * axis,
            1.0 / factor,
            *(0.0,) * (count - 1 - axis),
            offset,
        )
    inverse = tuple(row for row in result if row is not None)
    return inverse if is_finite(inverse) else None


def is_finite(rows: Rows) -> bool:
    """Tell whether every number is finite."""
    return all(math.isfinite(value) for row in rows for value in row)
