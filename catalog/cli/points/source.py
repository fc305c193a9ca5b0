"""Where points come from: an argument, a file, stdin."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast

import click

from catalog.cli.points.blocks import BINARY, PointsForm, form_of_name
from catalog.cli.points.reading import MAGIC, binary_form


@dataclass(frozen=True)
class PointsSource:
    """Where the points come from: `text` itself, else `file`, else stdin (also as ``-``).

    Attributes
    ----------
    form
        Asked for; None to tell it by the name, else by what is there.
    """

    text: str | None
    file: str | None
    form: PointsForm | None

    @contextmanager
    def open(self) -> Iterator[tuple[IO[str] | IO[bytes], PointsForm | None]]:
        """Open the points, as bytes if they are of a binary form; say the form if it is known."""
        if self.text is not None and self.text != "-":
            yield StringIO(self.text), "json"
        elif self.file is not None and self.file != "-":
            with _opened(self.file) as file:
                form = self.form or form_of_name(self.file) or binary_form(file.peek(MAGIC)[:MAGIC])
                yield _as_told(file, form), form
        else:
            yield from self._stdin()

    def _stdin(self) -> Iterator[tuple[IO[str] | IO[bytes], PointsForm | None]]:
        if sys.stdin.isatty():
            click.echo("Type points, one in each line, such as 1,2,3; end with Ctrl-D.", err=True)
        raw: BufferedReader | None = getattr(sys.stdin, "buffer", None)
        form = self.form
        if form is None and isinstance(raw, BufferedReader):
            form = binary_form(raw.peek(MAGIC)[:MAGIC])
        if form not in BINARY:
            yield sys.stdin, form
            return
        source = cast("IO[bytes]", BytesIO() if raw is None else raw)
        # These forms are read from several places; a pipe has only one.
        if source.seekable():
            yield source, form
            return
        with TemporaryFile() as whole:
            shutil.copyfileobj(source, whole)
            whole.seek(0)
            yield whole, form


def _opened(name: str) -> BufferedReader:
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - whoever asks closes it
    except OSError as error:
        raise click.ClickException(
            f"The points cannot be read: {name}: {error.strerror or error}."
        ) from error
    return file


def _as_told(file: IO[bytes], form: PointsForm | None) -> IO[str] | IO[bytes]:
    if form in BINARY:
        return file
    return TextIOWrapper(file, encoding="utf-8-sig", newline="")
