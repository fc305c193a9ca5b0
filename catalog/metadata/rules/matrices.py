"""What the rules need to know of small matrices, without numpy."""

from __future__ import annotations

from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]

TOLERANCE = 2e-3
"""How far a rotation may be from orthonormal: documents hold three digits or less."""


def is_rotation(matrix: Matrix) -> bool:
    """Say whether rows are orthonormal and the determinant is one, within `TOLERANCE`.

    Examples
    --------
    >>> is_rotation([[0.17, -0.985], [0.985, 0.17]])
    True
    >>> is_rotation([[0, 1], [1, 0]])
    False
    """
    size = len(matrix)
    if any(len(row) != size for row in matrix):
        return False
    for i, row in enumerate(matrix):
        for j, other in enumerate(matrix[: i + 1]):
            product = sum(a * b for a, b in zip(row, other, strict=True))
            if not abs(product - (i == j)) <= TOLERANCE:
                return False
    return abs(determinant(matrix) - 1) <= 2 * TOLERANCE * size


def determinant(matrix: Matrix) -> float:
    """Compute a determinant by elimination with pivots."""
    rows = [[float(value) for value in row] for row in matrix]
    result = 1.0
    for column in range(len(rows)):
        pivot = max(range(column, len(rows)), key=lambda row: abs(rows[row][column]))
        value = rows[pivot][column]
        if value == 0:
            return 0.0
        if pivot != column:
            rows[column], rows[pivot] = rows[pivot], rows[column]
            result = -result
        result *= value
        for row in rows[column + 1 :]:
            factor = row[column] / value
            for index in range(column, len(rows)):
                row[index] -= factor * rows[column][index]
    return result


def is_singular(matrix: Matrix) -> bool:
    """Say whether a square matrix has no usable inverse: rows scaled to one, pivots below 1e-13."""
    rows = []
    for row in matrix:
        largest = max((abs(value) for value in row), default=0.0)
        if largest == 0:
            return True
        rows.append([value / largest for value in row])
    return abs(determinant(rows)) < 1e-13
