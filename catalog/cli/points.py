"""Points in and out: JSON, CSV, TSV and NDJSON, in blocks, so that a million points need no memory.

What comes in decides what goes out. Numbers are written so that reading them again gives
the same float.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Literal, NoReturn, Protocol

from catalog.errors import PointsError

PointsForm = Literal["json", "ndjson", "csv", "tsv"]
Row = list[object]
Move = Callable[[list[Row]], list[list[float]]]


class _Reader(Protocol):
    """What `csv.reader` returns."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


BLOCK = 10_000

_SUFFIXES: dict[str, PointsForm] = {
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".tsv": "tsv",
}
_READ = 1 << 18
_COMMA = re.compile(r"\s*,")


@dataclass(frozen=True)
class Block:
    """Some points, and what stood beside them.

    Attributes
    ----------
    points
        One list of values for each point, not yet validated.
    records
        For each point its named values, to carry other columns along; None when the
        input has no names.
    """

    points: list[Row]
    records: list[dict[str, object]] | None = None


@dataclass(frozen=True)
class Points:
    """Points as a stream of blocks.

    Attributes
    ----------
    columns
        Names of the columns or keys as they came; None when they have no names.
    taken
        Those of `columns` that are coordinates, in the order of the system's axes.
    """

    form: PointsForm
    blocks: Iterator[Block]
    columns: tuple[str, ...] | None = None
    taken: tuple[str, ...] | None = None


def form_of_name(name: str) -> PointsForm | None:
    """Return the form that a file's name tells, None when it tells none."""
    dot = name.rfind(".")
    return _SUFFIXES.get(name[dot:].lower()) if dot >= 0 else None


def read_points(
    stream: IO[str], axes: Sequence[str] | None, form: PointsForm | None = None
) -> Points:
    """Read points from text.

    Parameters
    ----------
    stream
        Text; its form is recognised when `form` is None.
    axes
        Names of the axes of the system that the points lie in. Columns with these names
        are taken in whatever order they stand; other columns are carried along. None
        when the axes are unknown: columns are taken as they come.

    Raises
    ------
    PointsError
        Where the text is not points; raised while the blocks are read.
    """
    text = stream.read(_READ)
    text = text.removeprefix("\ufeff")
    if form is None:
        form = _recognise(text)
    if form == "json":
        return Points("json", _json_blocks(text, stream))
    lines = _lines(text, stream)
    if form == "ndjson":
        return _read_ndjson(lines, axes)
    return _read_separated(lines, axes, form)


def write_points(
    points: Points, move: Move, stream: IO[str], axes: Sequence[str] | None, ndim: int | None = None
) -> int:
    """Move each block and write it in the form that it came in; return how many points.

    Parameters
    ----------
    axes
        Names of the axes of the system that the points are moved to, for named columns.
    """
    if points.form == "json":
        return write_json(points, move, stream)
    writer = _Writer(points, stream, axes)
    count = 0
    for block in points.blocks:
        moved = _moved(block, move, count)
        writer.write(block, moved)
        count += len(moved)
    if not count:
        writer.header(ndim or 0)
    return count


def write_json(points: Points, move: Move, stream: IO[str]) -> int:
    """Move each block and write one JSON array of points; return how many.

    Nothing is written before the first block is moved: most errors show there.
    """
    count = 0
    for block in points.blocks:
        moved = _moved(block, move, count)
        if moved:
            stream.write((", " if count else "[") + json.dumps(moved)[1:-1])
        count += len(moved)
    stream.write("]" if count else "[]")
    return count


def _moved(block: Block, move: Move, before: int) -> list[list[float]]:
    try:
        return move(block.points)
    except PointsError as error:
        if not before:
            raise
        raise PointsError(f"After the first {before:,} points: {error.message}") from None


def _recognise(text: str) -> PointsForm:
    start = text.lstrip()
    if start[:1] == "{":
        # An object is NDJSON unless it is what `--json` prints.
        return "json" if re.match(r'\{\s*"coordinates"\s*:', start) else "ndjson"
    if start[:1] == "[":
        inner = start[1:].lstrip()[:1]
        return "json" if inner in {"[", "]"} else "ndjson"
    return "tsv" if "\t" in start.split("\n", 1)[0] else "csv"


def _json_blocks(text: str, stream: IO[str]) -> Iterator[Block]:
    wrapped = re.match(r'\s*\{\s*"coordinates"\s*:\s*', text)
    rest = text[wrapped.end() :] if wrapped else text.lstrip()
    while not rest.strip():
        more = stream.read(_READ)
        if not more:
            break
        rest = more.lstrip()
    if not rest.startswith("["):
        _refuse_json("points are a JSON array of arrays such as [[1, 2, 3], [4, 5, 6]]", rest)
    rest = rest[1:]
    more = stream.read(_READ)
    while more:
        # JSON may be cut behind a whole point and its comma: points hold no other brackets.
        cut = rest.rfind("]")
        while cut >= 0 and (comma := _COMMA.match(rest, cut + 1)) is None:
            cut = rest.rfind("]", 0, cut)
        if cut >= 0 and comma is not None:
            yield from _rows(f"[{rest[: cut + 1]}]")
            rest = rest[comma.end() :]
        rest += more
        more = stream.read(_READ)
    rest = rest.rstrip()
    if wrapped:
        if not rest.endswith("}"):
            _refuse_json("the JSON object is not closed", rest[-40:])
        rest = rest[:-1]
    yield from _rows("[" + rest)


def _rows(text: str) -> Iterator[Block]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 20) : error.pos + 20]
        _refuse_json(f"the points are not valid JSON ({error.msg})", near)
    for row in rows:
        if not isinstance(row, list):
            _refuse_json("each point is an array of numbers such as [1, 2, 3]", json.dumps(row))
    for start in range(0, len(rows), BLOCK):
        yield Block(rows[start : start + BLOCK])


def _refuse_json(reason: str, text: str) -> NoReturn:
    excerpt = text.strip()[:40]
    raise PointsError(f"{reason}; the text is {excerpt!r}" if excerpt else f"{reason}; got nothing")


def _lines(text: str, stream: IO[str]) -> Iterator[str]:
    # The first piece was read to recognise the form; its last line goes on in the stream.
    head = text.split("\n")
    yield from (line + "\n" for line in head[:-1])
    last = head[-1] + stream.readline()
    if last:
        yield last
    yield from stream


def _read_ndjson(lines: Iterator[str], axes: Sequence[str] | None) -> Points:
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        return Points("ndjson", iter(()))
    value = _json_line(*first)
    rest = (_json_line(*line) for line in numbered)
    values = (value for part in ((value,), rest) for value in part)
    if not isinstance(value, dict):
        return Points("ndjson", _blocks(values))
    columns = tuple(value)
    taken = _taken(columns, axes, "the first line")
    return Points("ndjson", _record_blocks(values, taken), columns, taken)


def _json_line(number: int, line: str) -> object:
    try:
        value: object = json.loads(line)
    except ValueError as error:
        raise PointsError(f"line {number} of the points is not valid JSON ({error})") from None
    return value


def _read_separated(lines: Iterator[str], axes: Sequence[str] | None, form: PointsForm) -> Points:
    reader = csv.reader(lines, delimiter="\t" if form == "tsv" else ",")
    rows = _separated_rows(reader)
    first = next(rows, None)
    if first is None:
        return Points(form, iter(()))
    if all(_is_number(value) for value in first):
        together = (row for part in ((first,), rows) for row in part)
        return Points(form, _blocks([_number(v, reader) for v in row] for row in together))
    columns = tuple(value.strip() for value in first)
    taken = _taken(columns, axes, "the header")

    def records() -> Iterator[dict[str, object]]:
        for row in rows:
            if len(row) != len(columns):
                raise PointsError(
                    f"line {reader.line_num} of the points has {len(row)} values, "
                    f"and the header has {len(columns)} columns"
                )
            record: dict[str, object] = dict(zip(columns, row, strict=True))
            for name in taken:
                record[name] = _number(str(record[name]), reader)
            yield record

    return Points(form, _record_blocks(records(), taken), columns, taken)


def _separated_rows(reader: _Reader) -> Iterator[list[str]]:
    try:
        yield from (row for row in reader if any(value.strip() for value in row))
    except csv.Error as error:
        raise PointsError(f"line {reader.line_num} of the points: {error}") from None


def _taken(columns: tuple[str, ...], axes: Sequence[str] | None, where: str) -> tuple[str, ...]:
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


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _number(text: str, reader: _Reader) -> float:
    try:
        return float(text)
    except ValueError:
        raise PointsError(
            f"line {reader.line_num} of the points: {text!r} is not a number"
        ) from None


def _blocks(rows: Iterable[object]) -> Iterator[Block]:
    rows = iter(rows)
    while block := list(islice(rows, BLOCK)):
        for row in block:
            if not isinstance(row, list):
                raise PointsError(
                    f"each point is an array of numbers such as [1, 2, 3]; one is {row!r:.60}"
                )
        yield Block([row for row in block if isinstance(row, list)])


def _record_blocks(values: Iterable[object], taken: tuple[str, ...]) -> Iterator[Block]:
    values = iter(values)
    while block := list(islice(values, BLOCK)):
        points: list[Row] = []
        records: list[dict[str, object]] = []
        for record in block:
            if not isinstance(record, dict):
                raise PointsError(
                    f"each line is an object such as the first; one is {record!r:.60}"
                )
            missing = [name for name in taken if name not in record]
            if missing:
                raise PointsError(f"a point has no {', '.join(missing)}: {record!r:.80}")
            points.append([record[name] for name in taken])
            records.append(record)
        yield Block(points, records)


class _Writer:
    """Points going out as lines."""

    def __init__(self, points: Points, stream: IO[str], axes: Sequence[str] | None) -> None:
        self._form = points.form
        self._columns = points.columns
        self._taken = points.taken or ()
        self._axes = axes
        self._stream = stream
        self._separated = csv.writer(
            stream, delimiter="\t" if points.form == "tsv" else ",", lineterminator="\n"
        )
        self._plan: list[tuple[str, int, str]] | None = None

    def write(self, block: Block, moved: list[list[float]]) -> None:
        """Write a block."""
        if block.records is None:
            if self._form == "ndjson":
                self._stream.writelines(json.dumps(row) + "\n" for row in moved)
            else:
                self._separated.writerows(moved)
            return
        plan = self.header(len(moved[0]) if moved else 0)
        rows = (
            [row[i] if i >= 0 else record.get(column) for _, i, column in plan]
            for record, row in zip(block.records, moved, strict=True)
        )
        if self._form == "ndjson":
            names = [name for name, _, _ in plan]
            self._stream.writelines(
                json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n"
                for row in rows
            )
        else:
            self._separated.writerows(rows)

    def header(self, ndim: int) -> list[tuple[str, int, str]]:
        """Return what goes out, and write its names once where the form has a header.

        Returns
        -------
        list of (name, index, column)
            `index` of the coordinate, or -1 and the `column` that is carried along.
        """
        if self._plan is None:
            self._plan = self._planned(ndim)
            if self._form != "ndjson" and self._columns is not None:
                self._separated.writerow([name for name, _, _ in self._plan])
        return self._plan

    def _planned(self, ndim: int) -> list[tuple[str, int, str]]:
        coordinates = self._coordinates(ndim)
        plan: list[tuple[str, int, str]] = []
        placed = False
        for column in self._columns or ():
            if column not in self._taken:
                # A column that is carried along may have the name of an axis over there.
                beside = f"{column}_in" if column in coordinates else column
                plan.append((beside, -1, column))
            elif not placed:
                plan.extend((name, i, "") for i, name in enumerate(coordinates))
                placed = True
        return plan

    def _coordinates(self, ndim: int) -> list[str]:
        if self._axes is not None and len(set(self._axes)) == len(self._axes):
            return list(self._axes)
        if len(self._taken) == ndim:
            return list(self._taken)
        return [f"axis_{i}" for i in range(ndim)]
