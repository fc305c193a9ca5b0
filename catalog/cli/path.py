"""`catalog path`."""

from __future__ import annotations

import json
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import click

from catalog.cli.exporting import FORMS, form_asked, write_export, write_npy, write_text
from catalog.cli.options import Verb, database_option
from catalog.cli.output import printable
from catalog.cli.rendering import matrix_lines

if TYPE_CHECKING:
    from catalog.graph import Path
    from catalog.graph.disagreement import Difference


@click.command(cls=Verb)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--via", multiple=True, metavar="SYSTEM", help="Pass through SYSTEM; repeatable.")
@click.option(
    "--avoid",
    multiple=True,
    metavar="WHAT",
    help="Do not pass a coordinate system, or take a transformation; repeatable.",
)
@click.option("--forward-only", is_flag=True, help="Walk no transformation backwards.")
@click.option("--all", "alternatives", is_flag=True, help="List alternatives, best first.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many alternatives at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object (--all: an array).")
@click.option("--matrix", "as_matrix", is_flag=True, help="Print nothing but the affine matrix.")
@click.option("--as", "form", type=click.Choice(FORMS), help="Print the path in this form.")
@click.option(
    "-o",
    "--output",
    "output_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=FilePath),
    help="Write to FILE; .json .txt .npy .tfm tell the form.",
)
@database_option
def path(
    *,
    source: str,
    target: str,
    via: tuple[str, ...],
    avoid: tuple[str, ...],
    forward_only: bool,
    alternatives: bool,
    limit: int,
    as_json: bool,
    as_matrix: bool,
    form: str | None,
    output_file: FilePath | None,
    database: str,
) -> None:
    """Say how to get from one coordinate system to another.

    FROM and TO are addresses: GROUP#NAME, ARRAY# for an array's own system, with GROUP a
    URL, a path or the end of a URL; or a name that only one system has; or an id.

    Prints each step (its direction, type, where it leads and where it is declared) and
    the affine matrix of the whole, when all steps are affine. The best path has few
    steps, stated rather than implied, forward rather than inverted.

    --avoid takes an address of a system; or a transformation: where it is declared, as
    this command prints it, its name, or its id (transformation:17). --all also says how
    far each alternative puts the corners of the image from where the best path puts them.

    --as gives the whole path as one: 'itk' an affine transform file (.tfm; also for
    elastix, ANTs, Slicer), 'napari' the matrix for affine=, 'neuroglancer' the transform of
    a layer's source, 'ome-zarr' a transformation of a 0.6 scene, with fields by their
    path, 'matrix' what numpy.loadtxt reads. Orders of axes and units are told on stderr.

    For example:
      catalog path 'tile_3#physical' 'atlas.zarr#ccf'
      catalog path 'tile_3/0#' world --via 'tile_3#physical'
      catalog path 'tile_3#physical' world --avoid 'rough registration' --forward-only
      catalog path --all --json 17 42
      catalog path --matrix 17 42 > matrix.txt
      catalog path 'moving#physical' 'fixed#physical' --as itk -o moving_to_fixed.tfm
    """
    from catalog.api import Catalog
    from catalog.errors import UsageError

    if alternatives and via:
        raise UsageError("--all and --via exclude each other; give one.")
    if as_json and as_matrix:
        raise UsageError("--json and --matrix exclude each other; --json holds the matrix.")
    form = form_asked(form, output_file, as_json=as_json, as_matrix=as_matrix)
    if alternatives and form not in {None, "json", "matrix"}:
        raise UsageError(f"--all and --as {form} exclude each other: the form holds one path.")
    with Catalog(database) as catalog:
        if alternatives:
            found = catalog.paths(source, target, limit, avoid=avoid, forward_only=forward_only)
            compared = catalog.disagreement(found) if form != "matrix" else None
        else:
            found = (catalog.path(source, target, via, avoid=avoid, forward_only=forward_only),)
            compared = None
        exported = None
        if form is not None and form not in {"json", "matrix"}:
            exported = catalog.export(found[0], form)
    if exported is not None:
        write_export(exported, output_file)
    elif form == "json":
        values = [one.to_dict() for one in found]
        if compared is not None:
            for value, apart in zip(values[1:], compared.differences, strict=True):
                value["from_best"] = {**apart.to_dict(), "extent": compared.extent}
        whole = values if alternatives else values[0]
        write_text(json.dumps(whole, indent=1, ensure_ascii=False), output_file)
    elif output_file is not None and output_file.suffix.lower() == ".npy":
        write_npy(found[0], output_file)
    elif form == "matrix":
        write_text("\n".join(map(_numbers, found)), output_file)
    else:
        texts = []
        for i, one in enumerate(found, 1):
            title = f"path {i} of {len(found)}, cost {one.cost:,}\n" if alternatives else ""
            lines = _lines(one)
            if compared is not None and i > 1:
                lines.extend(_apart(compared.differences[i - 2], compared.extent))
            texts.append(title + "\n".join(lines))
        click.echo("\n\n".join(texts))


def _apart(difference: Difference, extent: str | None) -> list[str]:
    """Say how far an alternative is from the best path."""
    if difference.distance is None:
        return [printable(f"cannot be compared with path 1: {difference.problem}")]
    unit = f" {difference.unit}" if difference.unit else ""
    where = f"the corners of {extent}" if extent else "the corners of the unit box"
    return [printable(f"up to {difference.distance:.6g}{unit} from path 1, at {where}")]


def _numbers(path: Path) -> str:
    """Return the matrix in full precision, as `numpy.loadtxt` reads it."""
    from catalog.export.forms import matrix_text

    return matrix_text(path)


def _lines(path: Path) -> list[str]:
    from catalog.errors import CatalogError

    lines = [f"from  {path.source}"]
    if not path.steps:
        lines.append("      (the same coordinate system)")
    for i, step in enumerate(path.steps, 1):
        edge = step.edge
        direction = "inverse" if step.inverse else "forward"
        name = f" '{edge.name}'" if edge.name else ""
        implied = ", implied" if edge.origin == "implied" else ""
        lines.append(f"{i:>4}  {direction} {edge.type}{name}{implied}  to  {step.target}")
        lines.append(f"      declared at {edge.group}#{edge.pointer}")
    lines = [printable(line) for line in lines]
    lines.append("")
    try:
        matrix = path.matrix
        if matrix is not None:
            rows, columns = matrix.shape
            lines.append(f"affine {rows} x {columns}")
            lines.extend(matrix_lines(matrix.tolist()))
        else:
            lines.append("not affine")
        lines.append("")
        lines.append("exact" if path.exact else "not exact: it takes fields or iteration")
        lines.extend(printable(f"needs the field {field}") for field in path.needs)
    except CatalogError as error:
        lines.append(f"cannot be used: {error.message}")
    return lines
