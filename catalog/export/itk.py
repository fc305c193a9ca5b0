"""ITK: an affine transform file (`.tfm`) that ITK, SimpleITK, elastix, ANTs and Slicer read.

ITK counts axes x, y, z, the other way round from most OME-Zarr files, and takes them as
left, posterior, superior (LPS). Axes are put into that order by name; none is turned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from catalog.errors import TransformationError
from catalog.export.ends import End, affine_of, known_axes

if TYPE_CHECKING:
    from catalog.geometry.units import Measured
    from catalog.graph.path import Path

_ORDER = "xyz"


def to_itk(path: Path, source: End, target: End) -> str:
    """Write a path as the text of a `.tfm` file: `TransformPoint` moves FROM's points to TO's.

    Raises
    ------
    TransformationError
        When the path is not an affine of 2 or 3 axes of space at both ends, with one unit
        at each end.
    """
    matrix = affine_of(path, "an ITK transform file")
    rows, columns = matrix.shape[0], matrix.shape[1] - 1
    if rows != columns or rows not in (2, 3):
        raise TransformationError(
            f"The path from {path.source} to {path.target} leads from {columns} to {rows} "
            "dimensions; an ITK transform file holds 2 to 2 or 3 to 3."
        )
    order_in = _order(source, path.source, columns)
    order_out = _order(target, path.target, rows)
    _one_unit(source, path.source)
    _one_unit(target, path.target)
    linear = matrix[order_out][:, order_in].ravel().tolist()
    translation = matrix[order_out, -1].tolist()
    comments = [
        f"From {_one_line(path.source)}",
        f"to   {_one_line(path.target)}",
        *notes(path, source, target),
    ]
    # Readers take a line that begins with # as a comment.
    lines = [
        "#Insight Transform File V1.0",
        *(f"# {line}" for line in comments),
        "#Transform 0",
        f"Transform: AffineTransform_double_{rows}_{rows}",
        f"Parameters: {' '.join(map(repr, [*linear, *translation]))}",
        f"FixedParameters: {' '.join(['0'] * rows)}",
    ]
    return "\n".join(lines) + "\n"


def notes(path: Path, source: End, target: End) -> tuple[str, ...]:
    """Say what to know about the file."""
    return tuple(_notes(path, source, target))


def _notes(path: Path, source: End, target: End) -> Iterator[str]:
    count = len(source.axes or ())
    yield f"Coordinates are in the order of ITK: {', '.join(_ORDER[:count])}."
    for end, address in ((source, path.source), (target, path.target)):
        names = [axis.name for axis in end.axes or ()]
        if sorted(names) != sorted(_ORDER[: len(names)]):
            yield (
                f"The axes of {_one_line(address)} are not named x, y, z; {', '.join(names)} are "
                "taken backwards, the last one as x."
            )
    yield (
        "ITK takes x, y, z as left, posterior, superior (LPS); no axis was turned, so this is "
        "right for images whose x, y, z are those of the two systems as they stand."
    )
    units = [_unit(end) for end in (source, target)]
    said = [
        unit or ("voxels" if end.kind == "array" else "no unit stated")
        for unit, end in zip(units, (source, target), strict=True)
    ]
    if said[0] == said[1]:
        yield f"Units: {said[0]} at both ends, not converted."
    else:
        yield f"Units: from {said[0]} to {said[1]}, not converted."
    yield (
        "It moves points from FROM to TO. To resample an image of TO on the grid of one of FROM "
        "(the fixed image), it is the transform to give; for the other way export TO FROM."
    )


def _order(end: End, address: str, count: int) -> list[int]:
    """Give the places of x, y, z among the axes of an end."""
    axes = known_axes(end, address, count, "ITK")
    names = [axis.name for axis in axes]
    wrong = [axis for axis in axes if not _is_space(axis)]
    if wrong:
        listed = ", ".join(f"{axis.name} ({axis.type or 'no type'})" for axis in wrong)
        raise TransformationError(
            f"ITK moves points in space only, and {address} has the axes {listed}. Ask for a "
            "path between systems that have axes of space alone."
        )
    if sorted(names) == sorted(_ORDER[:count]):
        return [names.index(name) for name in _ORDER[:count]]
    return list(reversed(range(count)))


def _is_space(axis: Measured) -> bool:
    # The axes of an array have the names of the image's, and often no type.
    return axis.type == "space" or (axis.type in (None, "array") and axis.name in _ORDER)


def _one_unit(end: End, address: str) -> None:
    units = {axis.unit for axis in end.axes or ()}
    if len(units) > 1:
        listed = ", ".join(f"{axis.name}: {axis.unit or 'none'}" for axis in end.axes or ())
        raise TransformationError(
            f"ITK has one unit for all axes, and {address} has several ({listed})."
        )


def _unit(end: End) -> str | None:
    axes: Sequence[Measured] = end.axes or ()
    return axes[0].unit if axes else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
