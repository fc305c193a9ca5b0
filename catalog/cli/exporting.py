"""Where `catalog path` writes, and in which form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalog.cli.output import opened, opened_binary, printable

if TYPE_CHECKING:
    from catalog.export import Export
    from catalog.graph import Path as Chain

# As `catalog.export.FORMS`, which is not loaded to print a help.
FORMS = ("json", "matrix", "itk", "napari", "neuroglancer", "ome-zarr")

_SUFFIXES = {".json": "json", ".txt": "matrix", ".npy": "matrix", ".tfm": "itk"}


def form_asked(
    form: str | None, file: Path | None, *, as_json: bool, as_matrix: bool
) -> str | None:
    """Return the one form that options and the file's name ask for; None for the plain listing."""
    asked = [name for name, given in (("json", as_json), ("matrix", as_matrix)) if given]
    if form is not None and asked not in ([], [form]):
        raise click.UsageError(f"--as {form} and --{asked[0]} exclude each other; give one.")
    form = form or (asked[0] if asked else None)
    if file is None or form is not None:
        return form
    told = _SUFFIXES.get(file.suffix.lower())
    if told is None:
        raise click.UsageError(
            f"-o {file}: {file.suffix or 'no suffix'} tells no form ({', '.join(_SUFFIXES)} do). "
            f"Give --as {', '.join(FORMS[:-1])} or {FORMS[-1]} as well."
        )
    return told


def write_text(text: str, file: Path | None) -> None:
    """Write to a file, or to stdout."""
    with opened(file) as stream:
        stream.write(text if text.endswith("\n") else f"{text}\n")


def write_export(exported: Export, file: Path | None) -> None:
    """Write a path in its form; what to know about it goes to stderr."""
    write_text(exported.text, file)
    for note in exported.notes:
        click.echo(printable(note), err=True)


def write_npy(path: Chain, file: Path) -> None:
    """Write the matrix of a path as `numpy.load` reads it."""
    import numpy as np

    from catalog.export.ends import affine_of

    matrix = affine_of(path, "a matrix")
    with opened_binary(file) as stream:
        np.save(stream, matrix)
