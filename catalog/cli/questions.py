"""`catalog connected`, `depends` and `orphans`."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_type_hints

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import Output, listing, printable

if TYPE_CHECKING:
    from catalog.query.connected import Only
    from catalog.query.orphans import Kind

_LIMIT = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="List at most N.  [default: all]"
)


@click.command(cls=Verb)
@click.argument("system", metavar="SYSTEM")
@click.option(
    "--depth", type=click.IntRange(min=1), metavar="N", help="Only what is at most N steps away."
)
@_LIMIT
@click.option(
    "--images",
    "only",
    flag_value="images",
    default=None,
    help="Each image once, with the nearest of its coordinate systems.",
)
@click.option(
    "--systems", "only", flag_value="systems", help="Only coordinate systems of no image."
)
@click.option("--forward-only", is_flag=True, help="Walk no transformation backwards.")
@database_option
@listing
def connected(
    database: str,
    *,
    system: str,
    depth: int | None,
    limit: int | None,
    only: Only | None,
    forward_only: bool,
    output: Output,
) -> None:
    """List what can be reached from a coordinate system, nearest first.

    SYSTEM is an address as `catalog path` takes it. Each row is a coordinate system, with
    the image that it belongs to, and with steps and cost of the path that `catalog path`
    gives from SYSTEM to there: whether it is exact (no field, no iteration), and
    invertible (each step has a way back).

    For example:
      catalog connected 'atlas.zarr#ccf' --images
      catalog connected 'tile_3#physical' --depth 2 --json
      catalog connected 'tile_3/0#' --systems --forward-only
    """
    from catalog.api import Catalog
    from catalog.query.connected import ConnectedListing

    with Catalog(database) as catalog:
        output.write(
            ConnectedListing._fields,
            catalog.connected(
                system,
                depth=depth,
                limit=limit,
                only=only,
                forward_only=forward_only,
            ),
            empty="Nothing can be reached from there.",
            hints=get_type_hints(ConnectedListing),
        )


@click.command(cls=Verb)
@click.argument("what", metavar="TRANSFORMATION|SYSTEM")
@click.option(
    "--to",
    metavar="SYSTEM",
    help="In which coordinate system images would move.  [default: the reference system]",
)
@_LIMIT
@database_option
@listing
def depends(database: str, what: str, to: str | None, limit: int | None, output: Output) -> None:
    """List the images that would move if a transformation or a coordinate system changed.

    An image moves when the path from one of its arrays to the system given by --to, the
    one that `catalog path` gives, takes the transformation, or passes the coordinate
    system. Without --to it is the reference system of the component, which is told on
    stderr. `levels` are the resolution levels that move; address, steps and cost are
    those of the first of them.

    A transformation is given by where it is declared (as `catalog path` prints it), its
    id (transformation:17), or its name.

    For example:
      catalog depends 'brain7.zarr#/ome/scene/coordinateTransformations/3'
      catalog depends transformation:17 --to 'atlas.zarr#ccf'
      catalog depends 'brain7.zarr#stage' --csv
    """
    from catalog.api import Catalog
    from catalog.query.depends import DependentListing

    with Catalog(database) as catalog:
        found = catalog.depends(what, to=to, limit=limit)
        subject = f"{found.subject.kind} {found.subject.address}"
        click.echo(printable(f"If the {subject} changed, in {found.target}:"), err=True)
        output.write(
            DependentListing._fields,
            found,
            empty="No image would move.",
            hints=get_type_hints(DependentListing),
        )


@click.command(cls=Verb)
@click.option("--images", is_flag=True, help="Images of no scene.")
@click.option("--systems", is_flag=True, help="Coordinate systems that nothing leads to or from.")
@click.option("--references", is_flag=True, help="References to what was not found.")
@click.option("--under", metavar="URL", help="Only what lies at or below a group or folder.")
@_LIMIT
@database_option
@listing
def orphans(
    database: str,
    *,
    images: bool,
    systems: bool,
    references: bool,
    under: str | None,
    limit: int | None,
    output: Output,
) -> None:
    """List what belongs nowhere.

    Images that no scene refers to (label images belong to their image); declared
    coordinate systems that no transformation connects with another; and what documents
    name that was not found: coordinate systems, images, arrays, label images and what
    they annotate, wells, fields of view, series. The options choose among the three.

    `why` is no-scene, unreferenced (it lies in a scene that does not refer to it),
    unconnected, or the code of the problem; `id` is that of the image, the system, or the
    problem.

    For example:
      catalog orphans
      catalog orphans --images --under /data/brains
      catalog orphans --references --json
    """
    from catalog.api import Catalog
    from catalog.query.orphans import OrphanListing

    kinds: list[Kind] = []
    if images:
        kinds.append("images")
    if systems:
        kinds.append("systems")
    if references:
        kinds.append("references")
    with Catalog(database) as catalog:
        output.write(
            OrphanListing._fields,
            catalog.orphans(*kinds, under=under, limit=limit),
            empty="Nothing is orphaned.",
            hints=get_type_hints(OrphanListing),
        )
