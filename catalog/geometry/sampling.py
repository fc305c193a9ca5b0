"""A stored grid read page by page, and in each page only the chunks that points need.

A small grid is one page: memory for the whole, filled where it is needed (the rest is
never touched, so it costs nothing). A large one is cut into pages of whole chunks, of
which the last used are kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterator
from itertools import product
from math import prod
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from catalog.geometry import interpolation as interpolate
from catalog.geometry.grid import Grid, Interpolation

WHOLE = 256 << 20
"""Bytes of a grid that is kept as one page."""
PAGE = 32 << 20
"""Bytes of a page of a larger grid (a chunk may be larger)."""
KEPT = 512 << 20
"""Bytes of pages that are kept."""

_BLOCK = 16_384  # points at a time, so that a block stays in the processor's cache
_READ = 32 << 20  # bytes to read at once
_REACH = 32  # voxels: a spline's coefficients forget what lies beyond by 0.27 ** 32 < 1e-18

Box = tuple[tuple[int, ...], tuple[int, ...]]


class Sampler:
    """Interpolates the vectors of a grid. Safe to use from several threads."""

    def __init__(self, grid: Grid, interpolation: Interpolation) -> None:
        self._grid = grid
        self._interpolation = interpolation
        self._shape = grid.shape
        spline = interpolation == "cubic"
        self._voxel = grid.components * (8 if spline else grid.dtype.itemsize)
        self._below = _REACH if spline else 0
        self._above = {"nearest": 0, "linear": 1, "cubic": _REACH + 2}[interpolation]
        self._page = _page_shape(grid, self._voxel)
        counts = [-(-size // step) for size, step in zip(self._shape, self._page, strict=True)]
        self._counts = tuple(counts)
        self._pages: OrderedDict[tuple[int, ...], _Page] = OrderedDict()
        self._lock = Lock()

    def groups(self, positions: NDArray[np.float64]) -> Iterator[NDArray[np.intp] | slice]:
        """Split positions (N, n) by the page that they lie in."""
        if prod(self._counts) == 1 or not positions.shape[1]:
            yield slice(None)
            return
        for _, rows in self._by_page(positions):
            yield rows

    def sample(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate at positions (N, n), in the hull of the voxel centres; gives (n, M)."""
        result = np.empty((positions.shape[1], self._grid.components), dtype=np.float64)
        if not len(result):
            return result
        if prod(self._counts) == 1:
            self._fill(result, (0,) * len(self._shape), positions)
            return result
        for key, rows in self._by_page(positions):
            part = np.empty((len(rows), self._grid.components), dtype=np.float64)
            self._fill(part, key, positions[:, rows])
            result[rows] = part
        return result

    def _by_page(
        self, positions: NDArray[np.float64]
    ) -> Iterator[tuple[tuple[int, ...], NDArray[np.intp]]]:
        if self._interpolation == "nearest":
            voxels = interpolate.nearest_voxels(positions, self._shape)
        else:
            voxels = positions.astype(np.intp)
        steps = np.array(self._page, dtype=np.intp)[:, None]
        numbers = np.ravel_multi_index(tuple(voxels // steps), self._counts)
        order = np.argsort(numbers, kind="stable")
        ordered = numbers[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        for start, rows in zip(starts, np.split(order, starts[1:]), strict=True):
            key = np.unravel_index(int(ordered[start]), self._counts)
            yield tuple(int(place) for place in key), rows

    def _fill(
        self,
        result: NDArray[np.float64],
        key: tuple[int, ...],
        positions: NDArray[np.float64],
    ) -> None:
        with self._lock:
            page = self._pages.get(key)
            if page is None:
                page = self._pages[key] = self._opened(key)
            self._pages.move_to_end(key)
            page.load(positions)
            while len(self._pages) > 1 and sum(p.size for p in self._pages.values()) > KEPT:
                self._pages.popitem(last=False)
        for start in range(0, len(result), _BLOCK):
            result[start : start + _BLOCK] = page.sample(positions[:, start : start + _BLOCK])

    def _opened(self, key: tuple[int, ...]) -> _Page:
        start = tuple(
            max(0, place * step - self._below) for place, step in zip(key, self._page, strict=True)
        )
        stop = tuple(
            min(size, (place + 1) * step + self._above)
            for place, step, size in zip(key, self._page, self._shape, strict=True)
        )
        size = prod(b - a for a, b in zip(start, stop, strict=True)) * self._voxel
        if self._interpolation == "cubic":
            return _SplinePage(self._grid, (start, stop), size)
        return _SparsePage(self._grid, (start, stop), size, self._interpolation)


class _Page(ABC):
    """A box of a grid in memory."""

    def __init__(self, grid: Grid, box: Box, size: int) -> None:
        self.size = size
        self._grid = grid
        self._start, self._stop = box
        self._origin = np.array(self._start, dtype=np.float64)[:, None]

    @abstractmethod
    def load(self, positions: NDArray[np.float64]) -> None:
        """Read what interpolation at positions (N, n) needs."""

    @abstractmethod
    def sample(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate."""


class _SparsePage(_Page):
    """Vectors as they are stored, of the chunks that were needed so far."""

    def __init__(self, grid: Grid, box: Box, size: int, interpolation: Interpolation) -> None:
        super().__init__(grid, box, size)
        self._nearest = interpolation == "nearest"
        shape = tuple(b - a for a, b in zip(self._start, self._stop, strict=True))
        self._values = np.zeros((*shape, grid.components), dtype=grid.dtype)
        # The number of the chunk, counted in the page, that holds each voxel along an axis.
        self._chunk_of = [
            np.arange(a, b) // step - a // step
            for a, b, step in zip(self._start, self._stop, grid.chunks, strict=True)
        ]
        self._loaded = np.zeros([int(of[-1]) + 1 for of in self._chunk_of], dtype=bool)
        self._complete = False

    def load(self, positions: NDArray[np.float64]) -> None:
        """Read the chunks around positions that are not there yet."""
        if self._complete:
            return
        lower, upper = self._voxels(positions)
        chunks = [
            (of[low], of[high]) for of, low, high in zip(self._chunk_of, lower, upper, strict=True)
        ]
        box = tuple(slice(int(a.min()), int(b.max()) + 1) for a, b in chunks)
        if self._loaded[box].all():
            return
        needed = np.zeros_like(self._loaded)
        sides = [(a,) if np.array_equal(a, b) else (a, b) for a, b in chunks]
        for corner in product(*sides):
            needed[corner] = True
        needed &= ~self._loaded
        for first, last in boxes(needed):
            self._read(first, last)
        self._loaded |= needed
        self._complete = bool(self._loaded.all())

    def sample(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate."""
        inside = positions - self._origin
        if self._nearest:
            return interpolate.nearest(self._values, inside)
        return interpolate.linear(self._values, inside)

    def _voxels(self, positions: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        inside = positions - self._origin
        if self._nearest:
            voxels = interpolate.nearest_voxels(inside, self._values.shape[:-1])
            return voxels, voxels
        lower, upper, _ = interpolate.around(inside)
        return lower, upper

    def _read(self, first: tuple[int, ...], last: tuple[int, ...]) -> None:
        """Read a box of chunks, those from `first` to before `last`, a part at a time."""
        start, stop = [], []
        for a, b, low, high, step in zip(
            self._start, self._stop, first, last, self._grid.chunks, strict=True
        ):
            start.append(max(a, (a // step + low) * step))
            stop.append(min(b, (a // step + high) * step))
        for part_start, part_stop in _parts(self._grid, tuple(start), tuple(stop)):
            target = tuple(
                slice(a - origin, b - origin)
                for a, b, origin in zip(part_start, part_stop, self._start, strict=True)
            )
            self._values[target] = self._grid.read(part_start, part_stop)


class _SplinePage(_Page):
    """The coefficients of a cubic B-spline: each depends on all voxels around."""

    def __init__(self, grid: Grid, box: Box, size: int) -> None:
        super().__init__(grid, box, size)
        self._coefficients: NDArray[np.float64] | None = None
        self._missing: NDArray[np.float64] | None = None

    def load(self, positions: NDArray[np.float64]) -> None:
        """Read the whole box, once."""
        if self._coefficients is not None:
            return
        shape = tuple(b - a for a, b in zip(self._start, self._stop, strict=True))
        values = np.empty((*shape, self._grid.components), dtype=self._grid.dtype)
        for start, stop in _parts(self._grid, self._start, self._stop):
            target = tuple(
                slice(a - origin, b - origin)
                for a, b, origin in zip(start, stop, self._start, strict=True)
            )
            values[target] = self._grid.read(start, stop)
        finite = np.isfinite(values)
        if not finite.all():
            # One of them would spoil every coefficient.
            values[~finite] = 0.0
            missing = ~finite.all(axis=-1, keepdims=True)
            self._missing = np.asarray(missing, dtype=np.float64)
        self._coefficients = interpolate.spline_coefficients(values)

    def sample(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate."""
        assert self._coefficients is not None
        inside = positions - self._origin
        result = interpolate.cubic(self._coefficients, inside)
        if self._missing is not None:
            result[interpolate.linear(self._missing, inside)[:, 0] > 0.0] = np.nan
        return result


def boxes(mask: NDArray[np.bool_]) -> Iterator[Box]:
    """Cut what is true in a mask into boxes, given by their first and past their last places.

    Examples
    --------
    >>> list(boxes(np.array([[True, True, False], [True, True, False], [False, False, True]])))
    [((0, 0), (2, 2)), ((2, 2), (3, 3))]
    """
    start = 0
    while start < len(mask):
        stop = start + 1
        while stop < len(mask) and np.array_equal(mask[stop], mask[start]):
            stop += 1
        if mask.ndim == 1:
            if mask[start]:
                yield (start,), (stop,)
        else:
            for first, last in boxes(mask[start]):
                yield (start, *first), (stop, *last)
        start = stop


def _page_shape(grid: Grid, voxel: int) -> tuple[int, ...]:
    """Choose how a grid is cut: whole chunks along each axis."""
    if prod(grid.shape) * voxel <= WHOLE:
        return grid.shape
    page = [min(step, size) for step, size in zip(grid.chunks, grid.shape, strict=True)]
    while prod(page) * voxel * 2 <= PAGE:
        axis = min(
            (axis for axis in range(len(page)) if page[axis] < grid.shape[axis]),
            key=page.__getitem__,
        )
        page[axis] *= 2
    return tuple(page)


def _parts(grid: Grid, start: tuple[int, ...], stop: tuple[int, ...]) -> Iterator[Box]:
    """Cut a box along its first axis, between chunks, to limit what is read at once."""
    step = grid.chunks[0]
    rest = prod(b - a for a, b in zip(start[1:], stop[1:], strict=True))
    slab = max(1, rest * grid.components * grid.dtype.itemsize)
    rows = max(1, _READ // (slab * step)) * step
    first = start[0]
    while first < stop[0]:
        last = min(stop[0], (first // step) * step + rows)
        yield (first, *start[1:]), (last, *stop[1:])
        first = last
