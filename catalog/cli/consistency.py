"""`catalog consistency`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import Output, listing

if TYPE_CHECKING:
    from catalog.graph.path import Step
    from catalog.query.consistency import Cycle

_COLUMNS = ("distance", "unit", "system", "at", "extent", "transformations")


@click.command(cls=Verb)
@click.argument("scope", required=False)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=1e-3,
    show_default=True,
    help="By how much a round trip may miss, in the unit of the system it begins in.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="List the worst."
)
@database_option
@listing
def consistency(
    database: str, scope: str | None, tolerance: float, limit: int, output: Output
) -> None:
    """Find transformations that contradict each other, worst first.

    Where several ways lead from one coordinate system to another, going out one way and
    back another should end where it began. Each row is a cycle of transformations that
    misses by more than the tolerance: the distance, the point where it misses most (in
    SYSTEM; corners of the array EXTENT were sent around, or of the unit box), and the
    transformations walked. A bijection is also held against its own stated inverse.
    SCOPE limits the search to a group or folder.

    For example:
      catalog consistency
      catalog consistency brain7.zarr --tolerance 0.5
      catalog consistency --json > contradictions.json
    """
    from catalog.api import Catalog

    with Catalog(database) as catalog:
        found = catalog.consistency(scope, tolerance=tolerance, limit=limit)
    output.write(
        _COLUMNS, _rows(found.cycles), empty=f"No cycle misses by more than {tolerance:g}."
    )
    cycles = "cycle" if found.checked == 1 else "cycles"
    parts = [f"{found.checked:,} {cycles} compared, {found.inconsistent:,} beyond {tolerance:g}"]
    if found.inconsistent > len(found.cycles):
        parts.append(f"the worst {len(found.cycles):,} are listed (--limit)")
    if found.unchecked:
        parts.append(f"{found.unchecked:,} could not be compared")
    if found.skipped:
        parts.append(f"{found.skipped:,} were left out: too many in one component")
    click.echo("; ".join(parts) + ".", err=True)


def _rows(cycles: tuple[Cycle, ...]) -> Iterator[tuple[object, ...]]:
    for cycle in cycles:
        steps = [_walked(step) for step in cycle.steps]
        yield (cycle.distance, cycle.unit, cycle.system, list(cycle.at), cycle.extent, steps)


def _walked(step: Step) -> str:
    edge = step.edge
    direction = "inverse " if step.inverse else ""
    name = f" '{edge.name}'" if edge.name else ""
    return f"{direction}{edge.type}{name} at {edge.group}#{edge.pointer}"
