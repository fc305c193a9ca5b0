"""The forms by name, as text to print or to keep in a file, with what to know about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from catalog.errors import UsageError
from catalog.export import itk, napari, neuroglancer
from catalog.export.ends import End, affine_of, one_line_rows
from catalog.export.ome_zarr import to_ome_zarr

if TYPE_CHECKING:
    from catalog.graph.path import Path

Form = Literal["json", "matrix", "itk", "napari", "neuroglancer", "ome-zarr"]

FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True)
class Export:
    """A path in a form.

    Attributes
    ----------
    text
        The whole of a file, its last line ended.
    notes
        Sentences for the person who uses it: orders of axes, units, what counts from where.
    """

    text: str
    notes: tuple[str, ...] = ()


def export(path: Path, form: str, source: End, target: End) -> Export:
    """Give a path in a form.

    Parameters
    ----------
    form
        One of `FORMS`.
    source, target
        What is known of the path's ends.

    Raises
    ------
    TransformationError
        When the form cannot say what the path does; the message says what to do.

    Examples
    --------
    >>> from catalog.graph import Path
    >>> print(export(Path("a", "a", (), 0, 2, 2), "matrix", End(), End()).text)
    1.0 0.0 0.0
    0.0 1.0 0.0
    <BLANKLINE>
    """
    match form:
        case "json":
            return Export(json.dumps(path.to_dict(), indent=1, ensure_ascii=False) + "\n")
        case "matrix":
            return Export(matrix_text(path), _matrix_notes(path, source, target))
        case "itk":
            return Export(itk.to_itk(path, source, target), itk.notes(path, source, target))
        case "napari":
            rows = napari.to_napari(path).tolist()
            return Export(one_line_rows(rows) + "\n", napari.notes(path, source, target))
        case "neuroglancer":
            value = neuroglancer.to_neuroglancer(path, source, target)
            return Export(json_text(value) + "\n", neuroglancer.notes(path, source, target))
        case "ome-zarr":
            stated = to_ome_zarr(path, source, target)
            return Export(json_text(stated.transformation) + "\n", stated.notes)
    raise UsageError(f"{form!r} is not a form of paths; there are {', '.join(FORMS)}.")


def matrix_text(path: Path) -> str:
    """Give the matrix of a path as `numpy.loadtxt` reads it, every digit kept."""
    matrix = affine_of(path, "a matrix")
    return "".join(" ".join(map(repr, row)) + "\n" for row in matrix.tolist())


def json_text(value: object, indent: str = "") -> str:
    """Write JSON with rows of numbers in one line each."""
    if isinstance(value, dict) and value:
        inner = indent + " "
        items = (f"{inner}{_scalar(key)}: {json_text(item, inner)}" for key, item in value.items())
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        inner = indent + " "
        return "[\n" + ",\n".join(inner + json_text(item, inner) for item in value) + f"\n{indent}]"
    return _scalar(value)


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _matrix_notes(path: Path, source: End, target: End) -> tuple[str, ...]:
    return (
        f"Rows are the axes of TO ({target.names}), columns those of FROM ({source.names}), "
        "then the translation.",
    )
