"""Points out, in whichever form."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from typing import IO, TYPE_CHECKING, Protocol, cast

from catalog.cli.points.blocks import Block, Column, Move, Points, PointsForm, columns_out
from catalog.cli.points.numbers import texts_of
from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_JSON_SEPARATOR = ", "
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


class Writer(Protocol):
    """Writes blocks, and what ends them."""

    def write(self, block: Block, moved: NDArray[np.float64]) -> None:
        """Write a block, after it has been moved."""

    def close(self) -> None:
        """Write what ends the points, or says that there are none."""


def write_points(
    points: Points,
    move: Move,
    stream: IO[str] | IO[bytes],
    axes: Sequence[str] | None,
    *,
    ndim: int | None = None,
    form: PointsForm | None = None,
) -> int:
    """Move each block and write it; return how many points there were.

    Nothing is written before the first block is moved: most errors show there.

    Parameters
    ----------
    stream
        Takes text, or bytes for ``npy`` and ``parquet``.
    axes
        Names of the axes of the system that the points are moved to, for named columns.
    ndim
        How many axes it has, for what says so of no points.
    form
        Of what is written; that of `points` when None.
    """
    writer = _writer(form or points.form, points, stream, axes, ndim)
    count = 0
    for block in points.blocks:
        moved = _moved(block, move, count)
        writer.write(block, moved)
        count += len(moved)
    writer.close()
    return count


def _writer(
    form: PointsForm,
    points: Points,
    stream: IO[str] | IO[bytes],
    axes: Sequence[str] | None,
    ndim: int | None,
) -> Writer:
    if form == "parquet":
        from catalog.cli.points.parquet import ParquetWriter

        return ParquetWriter(points, cast("IO[bytes]", stream), axes, ndim)
    if form == "npy":
        from catalog.cli.points.npy import NpyWriter

        return NpyWriter(points, cast("IO[bytes]", stream), ndim)
    text = cast("IO[str]", stream)
    if form == "json":
        return _JsonWriter(text)
    if form == "ndjson":
        return _LinesWriter(points, text, axes)
    return _SeparatedWriter(points, text, axes, ndim, form)


def _moved(block: Block, move: Move, before: int) -> NDArray[np.float64]:
    try:
        return move(block.points)
    except PointsError as error:
        if not before:
            raise
        raise PointsError(f"After the first {before:,} points: {error.message}") from None


class _JsonWriter:
    """One array of points."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._before = "["

    def write(self, block: Block, moved: NDArray[np.float64]) -> None:
        """Write a block."""
        if len(moved):
            texts = texts_of(moved, _JSON_SEPARATOR, "null")
            self._stream.write(f"{self._before}[{'], ['.join(texts)}]")
            self._before = ", "

    def close(self) -> None:
        """Close the array."""
        self._stream.write("[]" if self._before == "[" else "]")


class _LinesWriter:
    """One array or object for each point."""

    def __init__(self, points: Points, stream: IO[str], axes: Sequence[str] | None) -> None:
        self._points = points
        self._stream = stream
        self._axes = axes

    def write(self, block: Block, moved: NDArray[np.float64]) -> None:
        """Write a block."""
        if not len(moved):
            return
        if self._points.columns is None:
            texts = texts_of(moved, _JSON_SEPARATOR, "null")
            self._stream.writelines(f"[{text}]\n" for text in texts)
            return
        columns = columns_out(self._points, self._axes, moved.shape[1])
        coordinates = list(zip(*(t.split(",") for t in texts_of(moved, ",", "null")), strict=True))
        values = (
            map(_json_text, _plain(block.beside[column.source]))
            if column.index is None
            else coordinates[column.index]
            for column in columns
        )
        keys = (json.dumps(column.name, ensure_ascii=False) for column in columns)
        template = ", ".join(f"{key.replace('%', '%%')}: %s" for key in keys)
        self._stream.writelines(map(f"{{{template}}}\n".__mod__, zip(*values, strict=True)))

    def close(self) -> None:
        """Write nothing: no lines are no points."""


class _SeparatedWriter:
    """One row for each point, below a header where the columns have names."""

    def __init__(
        self,
        points: Points,
        stream: IO[str],
        axes: Sequence[str] | None,
        ndim: int | None,
        form: PointsForm,
    ) -> None:
        self._points = points
        self._stream = stream
        self._axes = axes
        self._ndim = ndim or 0
        self._separator = "\t" if form == "tsv" else ","
        self._same = form == points.form
        self._rows = csv.writer(stream, delimiter=self._separator, lineterminator="\n")
        self._quoted = csv.writer(
            stream, delimiter=self._separator, lineterminator="\n", quoting=csv.QUOTE_ALL
        )
        self._columns: tuple[Column, ...] | None = None

    def write(self, block: Block, moved: NDArray[np.float64]) -> None:
        """Write a block."""
        columns = self._header(moved.shape[1])
        if not len(moved):
            return
        if self._points.columns is None:
            texts: Iterable[str] = texts_of(moved, self._separator)
        elif (block.plain and self._same) or len(columns) == moved.shape[1]:
            texts = self._joined(columns, block, moved)
        else:
            coordinates = list(zip(*(t.split(",") for t in texts_of(moved)), strict=True))
            cells: list[Sequence[object]] = [
                [_cell(value) for value in _plain(block.beside[column.source])]
                if column.index is None
                else coordinates[column.index]
                for column in columns
            ]
            # Only newer Pythons quote a carriage return on their own.
            returns = any("\r" in v for some in cells for v in some if isinstance(v, str))
            (self._quoted if returns else self._rows).writerows(zip(*cells, strict=True))
            return
        self._stream.write("\n".join(texts))
        self._stream.write("\n")

    def close(self) -> None:
        """Write the header, when no row did."""
        self._header(self._ndim)

    def _joined(
        self, columns: tuple[Column, ...], block: Block, moved: NDArray[np.float64]
    ) -> Iterable[str]:
        # The coordinates stand together: they go out as one text.
        texts = texts_of(moved, self._separator)
        parts = [
            texts
            if column.index is not None
            else cast("Sequence[str]", block.beside[column.source])
            for column in columns
            if column.index in {None, 0}
        ]
        if len(parts) == 1:
            return texts
        return map(self._separator.join, zip(*parts, strict=True))

    def _header(self, ndim: int) -> tuple[Column, ...]:
        if self._columns is None:
            self._columns = columns_out(self._points, self._axes, ndim)
            if self._points.columns is not None:
                self._rows.writerow([column.name for column in self._columns])
        return self._columns


def _json_text(value: object) -> str:
    if type(value) is str:
        return encode_basestring(value)
    return repr(value) if type(value) is int else _ENCODER.encode(value)


def _plain(values: Sequence[object]) -> Iterable[object]:
    """Give the values of a column as Python has them; those of pyarrow are not."""
    listed = getattr(values, "to_pylist", None)
    return values if listed is None else cast("list[object]", listed())


def _cell(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value
