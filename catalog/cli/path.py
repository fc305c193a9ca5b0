"""`catalog path`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import printable
from catalog.cli.rendering import matrix_lines

if TYPE_CHECKING:
    from catalog.graph import Path


@click.command(cls=Verb)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--via", multiple=True, metavar="SYSTEM", help="Pass through SYSTEM; repeatable.")
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
@database_option
def path(
    *,
    source: str,
    target: str,
    via: tuple[str, ...],
    alternatives: bool,
    limit: int,
    as_json: bool,
    as_matrix: bool,
    database: str,
) -> None:
    """Say how to get from one coordinate system to another.

    FROM and TO are addresses: GROUP#NAME, ARRAY# for an array's own system, with GROUP a
    URL, a path or the end of a URL; or a name that only one system has; or an id.

    Prints each step (its direction, type, where it leads and where it is declared) and
    the affine matrix of the whole, when all steps are affine. The best path has few
    steps, stated rather than implied, forward rather than inverted.

    For example:
      catalog path 'tile_3#physical' 'atlas.zarr#ccf'
      catalog path 'tile_3/0#' world --via 'tile_3#physical'
      catalog path --all --json 17 42
      catalog path --matrix 17 42 > matrix.txt
    """
    from catalog.api import Catalog
    from catalog.errors import UsageError

    if alternatives and via:
        raise UsageError("--all and --via exclude each other; give one.")
    if as_json and as_matrix:
        raise UsageError("--json and --matrix exclude each other; --json holds the matrix.")
    with Catalog(database) as catalog:
        if alternatives:
            found = catalog.paths(source, target, limit)
        else:
            found = (catalog.path(source, target, via),)
    if as_json:
        values = [one.to_dict() for one in found]
        click.echo(json.dumps(values if alternatives else values[0], indent=1, ensure_ascii=False))
    elif as_matrix:
        click.echo("\n\n".join(_numbers(one) for one in found))
    else:
        texts = []
        for i, one in enumerate(found, 1):
            title = f"path {i} of {len(found)}, cost {one.cost:,}\n" if alternatives else ""
            texts.append(title + "\n".join(_lines(one)))
        click.echo("\n\n".join(texts))


def _numbers(path: Path) -> str:
    """Return the matrix in full precision, as `numpy.loadtxt` reads it."""
    from catalog.errors import TransformationError

    matrix = path.matrix
    if matrix is None:
        raise TransformationError(
            f"The path from {path.source} to {path.target} has no matrix: a step of it is not "
            f"affine. See it with: catalog path '{path.source}' '{path.target}'"
        )
    return "\n".join(" ".join(map(repr, row)) for row in matrix.tolist())


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
