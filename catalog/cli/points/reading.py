"""Points in: which form it is, and who reads it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import IO, cast

from catalog.cli.points.blocks import BLOCK, BYTES, Points, PointsForm
from catalog.errors import PointsError

_MAGIC: dict[bytes, PointsForm] = {b"PAR1": "parquet", b"\x93NUMPY": "npy"}

MAGIC = max(map(len, _MAGIC))
"""Bytes at the beginning that tell a binary form."""


def binary_form(head: bytes) -> PointsForm | None:
    """Return the binary form that begins like this, None for text."""
    return next((form for magic, form in _MAGIC.items() if head.startswith(magic)), None)


def read_points(
    stream: IO[str] | IO[bytes],
    axes: Sequence[str] | None,
    form: PointsForm | None = None,
    size: int = BLOCK,
) -> Points:
    """Read points.

    Parameters
    ----------
    stream
        Text, whose form is recognised when `form` is None; bytes that can be gone back in
        for ``npy`` and ``parquet``.
    axes
        Names of the axes of the system that the points lie in. Columns with these names
        are taken in whatever order they stand; other columns are carried along. None
        when the axes are unknown: columns are taken as they come.
    size
        How many points a block holds, roughly.

    Raises
    ------
    PointsError
        Where these are no points; raised while the blocks are read.
    """
    if form == "parquet":
        from catalog.cli.points.parquet import read_parquet

        return read_parquet(cast("IO[bytes]", stream), axes, size)
    if form == "npy":
        from catalog.cli.points.npy import read_npy

        return read_npy(cast("IO[bytes]", stream), size)
    return _read_text(cast("IO[str]", stream), axes, form, size)


def _read_text(
    stream: IO[str], axes: Sequence[str] | None, form: PointsForm | None, size: int
) -> Points:
    from catalog.cli.points.objects import read_json, read_lines
    from catalog.cli.points.separated import read_separated

    piece = size * BYTES
    text = _read(stream, piece).removeprefix("\ufeff")
    if form is None:
        form = _recognise(text)
    if form == "json":
        return read_json(text, lambda: _read(stream, piece), size)
    pieces = _pieces(text, stream, piece)
    if form == "ndjson":
        lines = (line for each in pieces for line in io.StringIO(each, newline=""))
        return read_lines(lines, axes, size)
    return read_separated(pieces, axes, "tsv" if form == "tsv" else "csv", size)


def _recognise(text: str) -> PointsForm:
    start = text.lstrip()
    if start[:1] == "{":
        # An object is NDJSON unless it is what `--json` prints.
        return "json" if re.match(r'\{\s*"coordinates"\s*:', start) else "ndjson"
    if start[:1] == "[":
        inner = start[1:].lstrip()[:1]
        return "json" if inner in {"[", "]"} else "ndjson"
    return "tsv" if "\t" in start.split("\n", 1)[0] else "csv"


def _pieces(text: str, stream: IO[str], size: int) -> Iterator[str]:
    """Cut the text at line ends."""
    rest = text
    while more := _read(stream, size):
        if cut := rest.rfind("\n") + 1:
            yield rest[:cut]
            rest = rest[cut:]
        rest += more
    if rest:
        yield rest


def _read(stream: IO[str], size: int) -> str:
    try:
        return stream.read(size)
    except UnicodeDecodeError as error:
        raise PointsError(f"the points are not text in UTF-8 ({error.reason})") from None
