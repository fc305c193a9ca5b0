"""What passes from a reader to a writer: some points, and the columns beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PointsForm = Literal["json", "ndjson", "csv", "tsv", "parquet", "npy"]
BINARY: frozenset[PointsForm] = frozenset({"parquet", "npy"})

Row = list[object]
Move = Callable[["NDArray[np.float64] | list[Row]"], "NDArray[np.float64]"]

BLOCK = 1 << 14
"""Points in a block; more where each block has a price of its own, as fields have."""

BYTES = 64
"""What a point takes as text, or somewhat less."""

_SUFFIXES: dict[str, PointsForm] = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".npy": "npy",
}


@dataclass(frozen=True)
class Block:
    """Some points, and what stood beside them.

    Attributes
    ----------
    points
        (n, N), or one list of values for each point, not yet validated.
    beside
        The columns that are carried along: for each name n values.
    plain
        No text of `beside` holds a quotation mark, a line break, or what separates the
        columns of the form that the points came in.
    """

    points: NDArray[np.float64] | list[Row]
    beside: Mapping[str, Sequence[object]] = field(default_factory=dict)
    plain: bool = False


@dataclass(frozen=True)
class Points:
    """Points as a stream of blocks.

    Attributes
    ----------
    columns
        Names of the columns or keys as they came; None when they have no names.
    taken
        Those of `columns` that are coordinates, in the order of the system's axes.
    shape
        Of an array of points (n, N) or (…, N) all but its last axis; None for the others.
    """

    form: PointsForm
    blocks: Iterator[Block]
    columns: tuple[str, ...] | None = None
    taken: tuple[str, ...] | None = None
    shape: tuple[int, ...] | None = None


def form_of_name(name: str) -> PointsForm | None:
    """Return the form that a file's name tells, None when it tells none."""
    dot = name.rfind(".")
    return _SUFFIXES.get(name[dot:].lower()) if dot >= 0 else None


def columns_taken(
    columns: tuple[str, ...], axes: Sequence[str] | None, where: str
) -> tuple[str, ...]:
    """Return the columns that hold the coordinates, in the order of the axes.

    Raises
    ------
    PointsError
        When one is missing, or two columns have one name.
    """
    if len(set(columns)) != len(columns):
        raise PointsError(f"{where} of the points names a column twice: {', '.join(columns)}")
    if axes is None:
        return columns
    missing = [axis for axis in axes if axis not in columns]
    if missing:
        raise PointsError(
            f"{where} of the points has the columns {', '.join(columns)}, and none named "
            f"{' or '.join(missing)}: the system's axes are {', '.join(axes)}. Name the columns "
            "like the axes, or leave the names out and give the values in this order"
        )
    return tuple(axes)


@dataclass(frozen=True)
class Column:
    """A column that goes out.

    Attributes
    ----------
    index
        Of the coordinate that it holds; None when it is `source` carried along.
    """

    name: str
    index: int | None = None
    source: str = ""


def columns_out(points: Points, axes: Sequence[str] | None, ndim: int) -> tuple[Column, ...]:
    """Return the columns that go out: the coordinates where the first of them came in.

    Parameters
    ----------
    axes
        Names of the axes of the system that the points are moved to.
    """
    taken = points.taken or ()
    if axes is not None and len(set(axes)) == len(axes):
        names = list(axes)
    elif len(taken) == ndim:
        names = list(taken)
    else:
        names = [f"axis_{i}" for i in range(ndim)]
    coordinates = [Column(name, i) for i, name in enumerate(names)]
    if points.columns is None:
        return tuple(coordinates)
    used = {*names, *(column for column in points.columns if column not in taken)}
    result: list[Column] = []
    placed = False
    for column in points.columns:
        if column not in taken:
            # A column that is carried along may have the name of an axis over there.
            name = column
            while name in names or (name != column and name in used):
                name = f"{name}_in"
            used.add(name)
            result.append(Column(name, None, column))
        elif not placed:
            result.extend(coordinates)
            placed = True
    return tuple(result)
