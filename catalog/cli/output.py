"""What every listing command prints: a table for people, or JSON, NDJSON, CSV, TSV.

Rows stream: nothing here holds more than one block of them.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Literal, TypeVar

import click

Form = Literal["table", "json", "nl", "csv", "tsv", "parquet"]

# Columns of a table are as wide as the cells of its first rows need.
_TABLE_BLOCK = 500

_SUFFIXES: dict[str, Form] = {
    ".json": "json",
    ".ndjson": "nl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}

R = TypeVar("R")


@dataclass(frozen=True)
class Output:
    """Where and in which form a listing goes.

    Attributes
    ----------
    file
        None for stdout. A file appears when it is complete, and not before.
    """

    form: Form
    file: Path | None = None

    def write(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        empty: str = "Nothing to list.",
        hints: Mapping[str, object] | None = None,
    ) -> int:
        """Write rows and return how many there were.

        Parameters
        ----------
        empty
            Goes to stderr instead of a table without rows.
        hints
            Python types of columns, for a form that has types.
        """
        counted = _Counted(rows)
        if self.form == "parquet":
            from catalog.cli.parquet import write_rows

            with opened_binary(self.file) as file:
                write_rows(file, columns, counted, hints)
            return counted.count
        with opened(self.file) as stream:
            _WRITERS[self.form](stream, columns, counted)
        if not counted.count and self.form == "table":
            click.echo(empty, err=True)
        return counted.count


@contextlib.contextmanager
def opened(file: Path | None) -> Iterator[IO[str]]:
    """Open a file that replaces an older one only when it is complete; None is stdout."""
    if file is None:
        yield sys.stdout
        return
    with _complete(file) as partial, partial.open("w", encoding="utf-8", newline="") as stream:
        yield stream


@contextlib.contextmanager
def opened_binary(file: Path | None) -> Iterator[IO[bytes]]:
    """Open a file for bytes, in which one can go back; None is stdout, when it is complete."""
    if file is not None and not _is_device(file):
        with _complete(file) as partial, partial.open("w+b") as stream:
            yield stream
        return
    if file is None and sys.stdout.isatty():
        raise click.UsageError("This form is no text for a terminal: give -o FILE.")
    with TemporaryFile() as whole:
        yield whole
        whole.seek(0)
        if file is None:
            shutil.copyfileobj(whole, sys.stdout.buffer)
        else:
            with file.open("wb") as device:
                shutil.copyfileobj(whole, device)


def _is_device(file: Path) -> bool:
    """Tell whether something stands there that no file takes the place of, such as a pipe."""
    return file.exists() and not file.is_file()


@contextlib.contextmanager
def _complete(file: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the place of `file` when that went well.

    A device or a pipe is written to as it is, and a link stays: what it leads to is replaced.
    """
    if _is_device(file):
        yield file
        return
    file = file.resolve()
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        partial.touch()
    except FileNotFoundError:
        raise click.ClickException(
            f"The folder {file.parent} does not exist; make it first."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}.") from None
    try:
        yield partial
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def form_of(file: Path) -> Form:
    """Return the form that a file's suffix asks for."""
    form = _SUFFIXES.get(file.suffix.lower())
    if form is None:
        known = ", ".join(_SUFFIXES)
        raise click.UsageError(
            f"-o {file}: the suffix decides the format, and {file.suffix or 'none'} is not one of "
            f"{known}. Choose one of them, or give --json, --nl, --csv or --tsv as well."
        )
    return form


def listing(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the output options of every listing; it gets them as `output: Output`."""

    @wraps(command)
    def with_output(
        *args: object,
        as_json: bool,
        as_nl: bool,
        as_csv: bool,
        as_tsv: bool,
        output_file: Path | None,
        **kwargs: object,
    ) -> R:
        flags: dict[Form, bool] = {"json": as_json, "nl": as_nl, "csv": as_csv, "tsv": as_tsv}
        asked = [form for form, given in flags.items() if given]
        if len(asked) > 1:
            both = " and ".join(f"--{form}" for form in asked)
            raise click.UsageError(f"{both} exclude each other; give one.")
        form: Form = asked[0] if asked else form_of(output_file) if output_file else "table"
        return command(*args, output=Output(form, output_file), **kwargs)

    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON array."),
        click.option("--nl", "as_nl", is_flag=True, help="Print one JSON object for each line."),
        click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values."),
        click.option("--tsv", "as_tsv", is_flag=True, help="Print tab-separated values."),
        click.option(
            "-o",
            "--output",
            "output_file",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write to FILE (.json .ndjson .csv .tsv .parquet).",
        ),
    )[::-1]:
        with_output = option(with_output)
    return with_output


def printable(text: str) -> str:
    """Return text that cannot steer a terminal: control characters are spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def cell(value: object) -> str:
    """Return a value as one cell of a table or of CSV."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        if not any(item is not None for item in value):
            return ""
        return ",".join(cell(item) for item in value)
    return str(value)


class _Counted:
    """Rows that are counted while they pass."""

    def __init__(self, rows: Iterable[Sequence[object]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[object]]:
        for row in self._rows:
            self.count += 1
            yield row


def _write_table(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    rows = iter(rows)
    block = list(islice(rows, _TABLE_BLOCK))
    if not block:
        return
    right = [
        all(isinstance(row[i], int | float) or row[i] is None for row in block)
        for i in range(len(columns))
    ]
    widths = [len(column) for column in columns]
    written_header = False
    while block:
        texts = [[printable(cell(value)) for value in row] for row in block]
        widths = [max(width, *(len(text[i]) for text in texts)) for i, width in enumerate(widths)]
        if not written_header:
            texts.insert(0, list(columns))
            written_header = True
        for text in texts:
            padded = (
                value.rjust(width) if numeric else value.ljust(width)
                for value, width, numeric in zip(text, widths, right, strict=True)
            )
            stream.write("  ".join(padded).rstrip() + "\n")
        block = list(islice(rows, _TABLE_BLOCK))


def _write_json(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    before = "["
    for row in rows:
        stream.write(before + json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False))
        before = ",\n "
    stream.write("[]\n" if before == "[" else "]\n")


def _write_lines(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    for row in rows:
        stream.write(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n")


def _write_separated(separator: str) -> Callable[..., None]:
    def write(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        writer = csv.writer(stream, delimiter=separator, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([cell(value) for value in row] for row in rows)

    return write


_WRITERS: dict[Form, Callable[[IO[str], Sequence[str], Iterable[Sequence[object]]], None]] = {
    "table": _write_table,
    "json": _write_json,
    "nl": _write_lines,
    "csv": _write_separated(","),
    "tsv": _write_separated("\t"),
}
