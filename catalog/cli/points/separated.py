"""CSV and TSV in: a fast way for plain tables of numbers, and the csv module for all others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Literal, Protocol

from catalog.cli.points.blocks import Block, Points, columns_taken
from catalog.errors import PointsError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class _Reader(Protocol):
    """What `csv.reader` returns."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


class _Lines:
    """Lines of text that comes in pieces; what has not been asked for remains as pieces."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._piece = ""
        self._at = 0
        self.last = ""
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while self._at >= len(self._piece):
            self._piece, self._at = next(self._pieces), 0
        end = self._piece.find("\n", self._at) + 1 or len(self._piece)
        self.last, self._at = self._piece[self._at : end], end
        self.taken += 1
        return self.last

    def put_back(self) -> None:
        """Give the last line once more."""
        self._at -= len(self.last)
        self.taken -= 1

    def remaining(self) -> Iterator[str]:
        """Give the rest in pieces."""
        rest = self._piece[self._at :]
        return chain((rest,) if rest else (), self._pieces)


@dataclass(frozen=True)
class _Table:
    """How the columns of a table are read; `columns` is None without a header."""

    separator: str
    size: int
    columns: tuple[str, ...] | None
    taken: tuple[str, ...]

    @property
    def beside(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns or () if name not in self.taken)

    def blocks(self, pieces: Iterator[str], before: int) -> Iterator[Block]:
        """Read pieces that end at line ends; `before` lines came before them."""
        for piece in pieces:
            if '"' in piece:
                # A quoted text may go on in the next piece: the csv module reads the rest.
                yield from self._slowly(chain((piece,), pieces), before)
                return
            text = piece.replace("\r\n", "\n")
            block = None
            if "\r" not in text and text.strip():
                # What numpy or float() cannot read is read again, to say what is wrong where.
                with suppress(ValueError):
                    block = self._quickly(text)
            if block is not None:
                yield block
            else:
                yield from self._slowly((piece,), before)
            before += piece.count("\n")

    def _quickly(self, text: str) -> Block | None:
        """Read lines without quotes; None when they are no even table."""
        beside = self.beside
        if not beside:
            points = _numbers(text, self.separator)
            if self.columns is None:
                return Block(points)
            if points.shape[1] != len(self.columns):
                return None
            return Block(points[:, [self.columns.index(name) for name in self.taken]])
        columns = self.columns or ()
        text = text if text.endswith("\n") else text + "\n"
        if not _is_even(text, self.separator, len(columns)):
            return None
        # One flat list, for a list from each line keeps the garbage collector busy.
        cells = text[:-1].replace("\n", self.separator).split(self.separator)
        values = {name: cells[i :: len(columns)] for i, name in enumerate(columns)}
        points = _stacked([list(map(float, values[name])) for name in self.taken])
        return Block(points, {name: values[name] for name in beside}, plain=True)

    def _slowly(self, pieces: Iterable[str], before: int) -> Iterator[Block]:
        lines = chain.from_iterable(io.StringIO(piece, newline="") for piece in pieces)
        rows = _rows(csv.reader(lines, delimiter=self.separator), before)
        while some := list(islice(rows, self.size)):
            if self.columns is None:
                yield Block([[_number(value, line) for value in row] for line, row in some])
                continue
            for line, row in some:
                if len(row) != len(self.columns):
                    raise PointsError(
                        f"line {line} of the points has {len(row)} values, "
                        f"and the header has {len(self.columns)} columns"
                    )
            columns = zip(*(row for _, row in some), strict=True)
            values = dict(zip(self.columns, columns, strict=True))
            try:
                points = _stacked([list(map(float, values[name])) for name in self.taken])
            except ValueError:
                for i, (line, _) in enumerate(some):
                    for name in self.taken:
                        _number(values[name][i], line)
                raise
            yield Block(points, {name: values[name] for name in self.beside})


def read_separated(
    pieces: Iterable[str],
    axes: Sequence[str] | None,
    form: Literal["csv", "tsv"],
    size: int,
) -> Points:
    """Read separated values from pieces of text that end at line ends.

    Parameters
    ----------
    size
        Points in a block, where it is not the piece that decides.
    """
    separator = "\t" if form == "tsv" else ","
    lines = _Lines(pieces)
    _, first = next(_rows(csv.reader(lines, delimiter=separator), 0), (0, None))
    if first is None:
        return Points(form, iter(()))
    if all(_is_number(value) for value in first):
        lines.put_back()
        table = _Table(separator, size, None, ())
        return Points(form, table.blocks(lines.remaining(), lines.taken))
    columns = tuple(value.strip() for value in first)
    taken = columns_taken(columns, axes, "the header")
    table = _Table(separator, size, columns, taken)
    return Points(form, table.blocks(lines.remaining(), lines.taken), columns, taken)


def _rows(reader: _Reader, before: int) -> Iterator[tuple[int, list[str]]]:
    """Give rows that are not blank with the number of the line on which each ends."""
    try:
        for row in reader:
            if row and (row[0].strip() or any(value.strip() for value in row)):
                yield before + reader.line_num, row
    except csv.Error as error:
        raise PointsError(f"line {before + reader.line_num} of the points: {error}") from None


def _numbers(text: str, separator: str) -> NDArray[np.float64]:
    import numpy as np

    return np.loadtxt(
        text.split("\n"), dtype=np.float64, delimiter=separator, comments=None, ndmin=2
    )


def _is_even(text: str, separator: str, count: int) -> bool:
    """Tell whether each line holds `count` values."""
    import numpy as np

    letters = np.frombuffer(text.encode(), dtype=np.uint8)
    ends = letters == ord("\n")
    marks = ends[np.flatnonzero(ends | (letters == ord(separator)))]
    if len(marks) % count:
        return False
    rows = marks.reshape(-1, count)
    return bool(rows[:, -1].all() and not rows[:, :-1].any())


def _stacked(columns: list[list[float]]) -> NDArray[np.float64]:
    import numpy as np

    return np.array(columns, dtype=np.float64).T


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str, line: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise PointsError(f"line {line} of the points: {text!r} is not a number") from None
