"""JSON and NDJSON in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NoReturn

from catalog.cli.points.blocks import Block, Points, Row, columns_taken
from catalog.errors import PointsError

# What stands behind a whole point when another one follows.
_NEXT = re.compile(r"\s*,\s*(?=\[)")
_MESSAGE = re.compile(r',\s*"message"\s*:\s*"(?:[^"\\]|\\.)*"\s*\}\Z')


def read_json(text: str, more: Callable[[], str], size: int) -> Points:
    """Read an array of points, or the object that `--json` prints.

    Parameters
    ----------
    text
        The first piece.
    more
        Gives the next one; an empty text at the end.
    size
        Largest number of points in a block.
    """
    return Points("json", _json_blocks(text, more, size))


def read_lines(lines: Iterable[str], axes: Sequence[str] | None, size: int) -> Points:
    """Read one JSON value from each line: an array, or an object with named coordinates."""
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        return Points("ndjson", iter(()))
    batches = _batches(chain((first,), numbered), size)
    some = next(batches)
    if not isinstance(some[0], dict):
        return Points("ndjson", _array_blocks(chain((some,), batches)))
    # A key that a later line leaves out is null there; the first block shows all keys.
    columns = tuple(
        dict.fromkeys(key for record in some if isinstance(record, dict) for key in record)
    )
    taken = columns_taken(columns, axes, "the first line" if len(some) == 1 else "the first lines")
    blocks = _record_blocks(chain((some,), batches), columns, taken)
    return Points("ndjson", blocks, columns, taken)


def _json_blocks(text: str, more: Callable[[], str], size: int) -> Iterator[Block]:
    wrapped = re.match(r'\s*\{\s*"coordinates"\s*:\s*', text)
    rest = text[wrapped.end() :] if wrapped else text.lstrip()
    while not rest.strip():
        piece = more()
        if not piece:
            break
        rest = piece.lstrip()
    if not rest.startswith("["):
        _refuse("points are a JSON array of arrays such as [[1, 2, 3], [4, 5, 6]]", rest)
    rest = rest[1:]
    while piece := more():
        # JSON may be cut behind a whole point and its comma: points hold no other brackets.
        cut = rest.rfind("]")
        while cut >= 0 and (comma := _NEXT.match(rest, cut + 1)) is None:
            cut = rest.rfind("]", 0, cut)
        if cut >= 0 and comma is not None:
            yield from _points(f"[{rest[: cut + 1]}]", size)
            rest = rest[comma.end() :]
        rest += piece
    rest = rest.rstrip()
    if wrapped:
        if not rest.endswith("}"):
            _refuse("the JSON object is not closed", rest[-40:])
        # What else `--json` says of them comes behind the points.
        rest = _MESSAGE.sub("}", rest)[:-1]
    yield from _points("[" + rest, size)


def _points(text: str, size: int) -> Iterator[Block]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 20) : error.pos + 20]
        _refuse(f"the points are not valid JSON ({error.msg})", near)
    for row in rows:
        if not isinstance(row, list):
            _refuse("each point is an array of numbers such as [1, 2, 3]", json.dumps(row))
    for start in range(0, len(rows), size):
        yield Block(rows[start : start + size])


def _refuse(reason: str, text: str) -> NoReturn:
    excerpt = text.strip()[:40]
    raise PointsError(f"{reason}; the text is {excerpt!r}" if excerpt else f"{reason}; got nothing")


def _batches(numbered: Iterator[tuple[int, str]], size: int) -> Iterator[list[object]]:
    while some := list(islice(numbered, size)):
        yield _all_values(some) or [_line_value(*line) for line in some]


def _all_values(numbered: list[tuple[int, str]]) -> list[object] | None:
    """Read lines together, which is quicker; None when they must be read one by one."""
    lines = [line.strip() for _, line in numbered]
    if not all((line[0], line[-1]) in {("[", "]"), ("{", "}")} for line in lines):
        return None
    try:
        values: list[object] = json.loads(f"[{','.join(lines)}]")
    except ValueError:
        return None
    return values if len(values) == len(lines) else None


def _line_value(number: int, line: str) -> object:
    try:
        value: object = json.loads(line)
    except ValueError as error:
        raise PointsError(f"line {number} of the points is not valid JSON ({error})") from None
    return value


def _array_blocks(batches: Iterable[list[object]]) -> Iterator[Block]:
    for some in batches:
        rows: list[Row] = []
        for row in some:
            if not isinstance(row, list):
                raise PointsError(
                    f"each point is an array of numbers such as [1, 2, 3]; one is {row!r:.60}"
                )
            rows.append(row)
        yield Block(rows)


def _record_blocks(
    batches: Iterable[list[object]], columns: tuple[str, ...], taken: tuple[str, ...]
) -> Iterator[Block]:
    beside = [name for name in columns if name not in taken]
    known = frozenset(columns)
    for some in batches:
        points: list[Row] = []
        records: list[dict[str, object]] = []
        for record in some:
            if not isinstance(record, dict):
                raise PointsError(
                    f"each line is an object such as the first; one is {record!r:.60}"
                )
            try:
                points.append([record[name] for name in taken])
            except KeyError:
                missing = ", ".join(name for name in taken if name not in record)
                raise PointsError(f"a point has no {missing}: {record!r:.80}") from None
            if not record.keys() <= known:
                more = ", ".join(key for key in record if key not in known)
                raise PointsError(
                    f"a point has {more}, which the first {len(some):,} have not: {record!r:.80}. "
                    "Give the first line all keys, null where they say nothing"
                )
            records.append(record)
        yield Block(points, {name: [record.get(name) for record in records] for name in beside})
