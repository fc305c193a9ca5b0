"""Arrays in numpy's own format in and out, a piece of the file at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Protocol, cast

from catalog.cli.points.blocks import Block, Points
from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class _Format(Protocol):
    """What `numpy.lib.format` says of a header."""

    def read_magic(self, fp: IO[bytes]) -> tuple[int, int]: ...

    def read_array_header_1_0(
        self, fp: IO[bytes]
    ) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]: ...

    def read_array_header_2_0(
        self, fp: IO[bytes]
    ) -> tuple[tuple[int, ...], bool, np.dtype[np.generic]]: ...

    def write_array_header_1_0(self, fp: IO[bytes], d: dict[str, object]) -> None: ...


def _format() -> _Format:
    from numpy.lib import format as npy

    return cast("_Format", npy)


def read_npy(file: IO[bytes], size: int) -> Points:
    """Read points from an array (…, N); of a single axis it is one point.

    Raises
    ------
    PointsError
        When it is no such array of numbers.
    """
    npy = _format()
    try:
        version = npy.read_magic(file)
        # Versions 2 and 3 differ in how names of fields are spelled, and there are none.
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_columns, dtype = read(file)
    except (ValueError, OSError, EOFError) as error:
        raise PointsError(f"the points are not an array in numpy's format ({error})") from None
    if not shape:
        raise PointsError("the array of the points holds a single number; expected (…, axes)")
    if dtype.kind not in "iuf":
        raise PointsError(f"the array of the points holds {dtype}, not numbers")
    blocks = _by_columns if by_columns and len(shape) > 1 else _by_rows
    return Points("npy", blocks(file, shape, dtype, size), shape=shape[:-1])


def _by_rows(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[np.generic], size: int
) -> Iterator[Block]:
    count, width = math.prod(shape[:-1]), shape[-1]
    for start in range(0, count, size) if count else (0,):
        rows = min(size, count - start)
        yield Block(_read(file, dtype, rows * width).reshape(rows, width))


def _by_columns(
    file: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[np.generic], size: int
) -> Iterator[Block]:
    """Read points of an array whose first axis varies fastest."""
    import numpy as np

    offset, total = file.tell(), math.prod(shape[:-1])
    for first in range(0, total, size) if math.prod(shape) else ():
        # Mapped anew for each block, so that what was read need not stay in memory.
        mapped = np.memmap(file, dtype, "r", offset, shape, order="F")
        rows = np.unravel_index(np.arange(first, min(first + size, total)), shape[:-1])
        yield Block(np.asarray(mapped[rows], dtype=np.float64))
    if not math.prod(shape):
        yield Block(np.empty((total, shape[-1])))


def _read(file: IO[bytes], dtype: np.dtype[np.generic], count: int) -> NDArray[np.float64]:
    import numpy as np

    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise PointsError("the array of the points ends before its header says")
    return np.frombuffer(data, dtype=dtype).astype(np.float64)


class NpyWriter:
    """Points going out as an array (…, M) of float64; `file` can be gone back in."""

    def __init__(self, points: Points, file: IO[bytes], ndim: int | None) -> None:
        self._shape = points.shape
        self._file = file
        self._ndim = ndim or 0
        self._count = 0
        self._begun = False

    def write(self, block: Block, moved: NDArray[np.float64]) -> None:
        """Write a block."""
        import numpy as np

        if not self._begun:
            self._ndim = moved.shape[1]
            self._header()
        self._file.write(np.ascontiguousarray(moved, dtype="<f8").tobytes())
        self._count += len(moved)

    def close(self) -> None:
        """Write into the header how many points there are."""
        end = self._file.tell() if self._begun else 0
        self._header()
        self._file.seek(max(end, self._file.tell()))

    def _header(self) -> None:
        # numpy leaves room in a header for the first axis to grow.
        leading = (self._count,) if self._shape is None else self._shape
        self._file.seek(0)
        header = {"descr": "<f8", "fortran_order": False, "shape": (*leading, self._ndim)}
        _format().write_array_header_1_0(self._file, header)
        self._begun = True
