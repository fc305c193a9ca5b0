"""Lists of URLs that somebody wrote down: text, CSV, Parquet; read as streams."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple

from catalog.errors import UsageError
from catalog.stores.url import normalise

STDIN = "-"
_NAMES = ("url", "uri", "href", "location", "path")
"""Columns that are taken when none is named."""


class ListedUrl(NamedTuple):
    """A URL as it was written, and its line (or row) in the list, from 1."""

    text: str
    line: int


@dataclass(frozen=True)
class UrlList:
    """URLs with the name of the list that they come from; iterated over once for each run."""

    name: str
    lines: Callable[[], Iterable[ListedUrl]]

    def __iter__(self) -> Iterator[ListedUrl]:
        return iter(self.lines())


def read_list(file: str, column: str | None = None) -> UrlList:
    """Read URLs from a file, or from stdin when it is called ``-``.

    A name that ends in ``.csv``, ``.tsv`` or ``.parquet`` says what the file is, and then a
    column holds the URLs: the one named, else ``url``, else the only one. Any other
    file has one URL on each line (or is CSV, if a column is named); empty lines, and those
    that begin with ``#``, count for nothing.

    Raises
    ------
    UsageError
        When it cannot be read; names the line. What lies far down is found when the
        list is iterated over.
    """
    if file == STDIN:
        return UrlList("stdin", lambda: _from_text(sys.stdin.buffer, "stdin", column, ","))
    path = Path(file)
    if not path.is_file():
        raise UsageError(f"--from-file {file}: there is no such file; '-' means stdin.")
    name = normalise(file)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return UrlList(name, lambda: _from_parquet(path, column))

    def lines() -> Iterator[ListedUrl]:
        with path.open("rb") as stream:
            separator = "\t" if suffix == ".tsv" else ","
            table = column is not None or suffix in (".csv", ".tsv")
            yield from _from_text(stream, file, column if table else None, separator, table)

    return UrlList(name, lines)


def _from_text(
    stream: IO[bytes], file: str, column: str | None, separator: str, table: bool = False
) -> Iterator[ListedUrl]:
    texts = _decoded(stream, file)
    if column is not None or table:
        yield from _from_table(texts, file, column, separator)
        return
    for number, line in enumerate(texts, 1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield ListedUrl(text, number)


def _decoded(stream: Iterable[bytes], file: str) -> Iterator[str]:
    for number, line in enumerate(stream, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise UsageError(
                f"{file}, line {number}: this is not UTF-8 text. If it is a Parquet file, let "
                "its name end in .parquet."
            ) from None


def _from_table(
    texts: Iterator[str], file: str, column: str | None, separator: str
) -> Iterator[ListedUrl]:
    rows = csv.reader(texts, delimiter=separator, strict=True)
    try:
        header = next(rows, None)
        if header is None:
            raise UsageError(f"{file} is empty; its first line should name the columns.")
        at = _column([name.strip() for name in header], column, file)
        for row in rows:
            if not any(row):
                continue
            if len(row) <= at:
                raise UsageError(
                    f"{file}, line {rows.line_num}: there are {len(row)} columns, and the URL "
                    f"should be in column {at + 1}."
                )
            if text := row[at].strip():
                yield ListedUrl(text, rows.line_num)
    except csv.Error as error:
        raise UsageError(f"{file}, line {rows.line_num}: {error}.") from None


def _from_parquet(path: Path, column: str | None) -> Iterator[ListedUrl]:
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            f"{path}: Parquet needs pyarrow, which comes with the extra 'parquet': "
            "pip install 'ome-scene-catalog[parquet]'"
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            name = names[_column(names, column, str(path))]
            type_ = file.schema_arrow.field(name).type
            if pa.types.is_dictionary(type_):
                type_ = type_.value_type
            if not (pa.types.is_string(type_) or pa.types.is_large_string(type_)):
                raise UsageError(f"{path}: the column '{name}' holds {type_}, and no text.")
            batches = file.iter_batches(batch_size=4096, columns=[name])
            values = chain.from_iterable(batch.column(0).to_pylist() for batch in batches)
            for number, text in enumerate(values, 1):
                if text and text.strip():
                    yield ListedUrl(text.strip(), number)
    except (pa.ArrowInvalid, OSError) as error:
        raise UsageError(f"{path} cannot be read as Parquet: {error}") from None


def _column(names: list[str], wanted: str | None, file: str) -> int:
    """Find the column that holds the URLs."""
    listed = ", ".join(names)
    if wanted is not None:
        if wanted not in names:
            raise UsageError(f"{file} has no column '{wanted}'; there are: {listed}.")
        return names.index(wanted)
    for name in _NAMES:
        for at, there in enumerate(names):
            if there.lower() == name:
                return at
    if len(names) == 1:
        return 0
    raise UsageError(f"{file}: say with --column which one holds the URLs: {listed}.")
