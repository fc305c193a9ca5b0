"""`catalog search`, `fields` and `export`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import Output, listing

if TYPE_CHECKING:
    from catalog.api import Catalog
    from catalog.query.search.criteria import Criteria, Range

PAGE = 50

# What is listed as a table is as much of it as fits into lines; other forms have all of it.
_TABLE = {
    "images": ("id", "name", "axes", "shape", "dtype", "pixel_sizes", "channels", "url"),
    "labels": ("id", "name", "axes", "shape", "dtype", "url"),
    "scenes": ("id", "name", "images", "transformations", "version", "url"),
    "plates": ("id", "name", "rows", "columns", "wells", "version", "url"),
    "systems": ("id", "kind", "axes", "component", "address"),
    "transformations": ("id", "name", "type", "origin", "input", "output"),
}

_SIZE = re.compile(r"([tczyx])=(\d{1,18})")
_RANGE = re.compile(r"([tzyx])=([^:]*)(?::([^:]*))?")


def _size(ctx: click.Context, parameter: click.Parameter, given: Sequence[str]) -> dict[str, int]:
    sizes = {}
    for text in given:
        found = _SIZE.fullmatch(text)
        if found is None:
            raise click.BadParameter(
                f"{text!r} is no size of an axis; write x=1000, with one of t, c, z, y, x."
            )
        sizes[found[1]] = int(found[2])
    return sizes


def _range(
    ctx: click.Context, parameter: click.Parameter, given: Sequence[str]
) -> dict[str, Range]:
    ranges: dict[str, Range] = {}
    for text in given:
        found = _RANGE.fullmatch(text)
        bounds = None if found is None else _bounds(found[2], found[3])
        if found is None or bounds is None:
            raise click.BadParameter(
                f"{text!r} is no range of an axis; write x=0.1:0.5, x=:0.5 or x=0.1:, with one "
                "of t, z, y, x."
            )
        ranges[found[1]] = bounds
    return ranges


def _bounds(first: str, second: str | None) -> Range | None:
    try:
        low = float(first) if first else None
        high = low if second is None else float(second) if second else None
    except ValueError:
        return None
    return None if low is None and high is None else (low, high)


def _texts(
    name: str, metavar: str, words: str
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    return click.option(f"--{name}", metavar=metavar, multiple=True, help=words)


_OPTIONS: tuple[Callable[[Callable[..., object]], Callable[..., object]], ...] = (
    *[
        click.option(f"--{name}", "of", flag_value=name, default=None, help=words)
        for name, words in (
            ("images", "Find images.  [default]"),
            ("labels", "Find label images."),
            ("scenes", "Find scenes."),
            ("plates", "Find plates."),
            ("systems", "Find coordinate systems."),
            ("transformations", "Find transformations."),
        )
    ],
    click.option(
        *("-w", "--where", "where"),
        metavar="CQL2",
        help="A filter in CQL2 text over the fields that `catalog fields` lists.",
    ),
    _texts("name", "PATTERN", "Only with this name; * for any characters, ? for one."),
    _texts("scene", "SCENE", "Only images of this scene (its address or name)."),
    _texts("root", "URL", "Only at or below a group or folder."),
    _texts("version", "VERSION", "Only of this version of OME-Zarr."),
    _texts("axes", "NAMES", "Only with these axes, such as tczyx."),
    _texts("axis", "NAME", "Only with this axis."),
    _texts("unit", "UNIT", "Only with an axis in this unit; with --in, that of its numbers."),
    _texts("dtype", "TYPE", "Only of this data type, such as uint16."),
    click.option(
        "--min-size",
        metavar="AXIS=N",
        multiple=True,
        callback=_size,
        help="Only with at least N voxels along an axis.",
    ),
    click.option(
        "--max-size",
        metavar="AXIS=N",
        multiple=True,
        callback=_size,
        help="Only with at most N voxels along an axis.",
    ),
    click.option(
        "--voxel-size",
        metavar="AXIS=FROM:TO",
        multiple=True,
        callback=_range,
        help="Only with voxels of this size, in micrometer (of t: in seconds).",
    ),
    _texts("channel", "PATTERN", "Only with a channel of this label; * and ? as in --name."),
    click.option(
        "--has-labels/--no-labels",
        "has_labels",
        default=None,
        help="Only images that label images annotate, or none does.",
    ),
    _texts("organism", "TAXON", "Only of this organism, by name or as NCBITaxon:9606."),
    _texts("modality", "METHOD", "Only by this imaging method, by name or as FBbi:00000246."),
    click.option(
        "--in", "in_", metavar="SYSTEM", help="The coordinate system that the numbers below are in."
    ),
    click.option(
        "--box", metavar="BOX", help="Only images that overlap a box, such as x=10:20,y=5:9."
    ),
    click.option("--point", metavar="POINT", help="Only images around a point, such as x=10,y=5."),
    click.option(
        "--overlaps", metavar="IMAGE", help="Only images that overlap an image (with --in, a box)."
    ),
    click.option(
        "--within",
        metavar="IMAGE",
        help="Only images that lie wholly within an image (with --in, a box).",
    ),
    click.option(
        "--contains",
        metavar="IMAGE",
        help="Only images that hold the whole of an image (with --in, a box).",
    ),
    _texts("type", "TYPE", "Only transformations of this type."),
    _texts("kind", "KIND", "Only coordinate systems of this kind."),
    click.option(
        "--sort",
        metavar="FIELD",
        multiple=True,
        help="Sort by a field; - before it turns the order around.  [default: by id]",
    ),
    click.option("-c", "--columns", metavar="NAME,…", help="Only these columns, in this order."),
)


def _searching(command: Callable[..., object]) -> Callable[..., object]:
    """Give a command the options of a search; it gets the filters as `criteria: Criteria`."""
    names = (
        *("where", "name", "scene", "root", "version", "axes", "axis", "unit", "dtype", "channel"),
        *("min_size", "max_size", "voxel_size", "has_labels", "type", "kind"),
        *("organism", "modality"),
        *("in_", "box", "point", "overlaps", "within", "contains"),
    )

    @wraps(command)
    def made(*args: object, text: tuple[str, ...], of: str | None, **given: object) -> object:
        criteria: dict[str, Any] = {name: given.pop(name) for name in names}
        if criteria["in_"] is not None:
            # Numbers have one unit; images with an axis in a unit are still found by --where.
            units = criteria.pop("unit")
            if len(units) > 1:
                raise click.UsageError("With --in, --unit says what its numbers are in: give one.")
            criteria |= {"unit": (), "in_unit": units[0] if units else None}
        of = of or "images"
        return command(*args, text=" ".join(text), of=of, criteria=criteria, **given)

    searching: Callable[..., object] = made
    for option in _OPTIONS[::-1]:
        searching = option(searching)
    return click.argument("text", nargs=-1)(searching)


def _chosen(
    fields: Sequence[str], columns: str | None, shown: Sequence[str]
) -> tuple[tuple[str, ...], list[int]]:
    names = tuple(shown) if columns is None else tuple(c.strip() for c in columns.split(","))
    for name in names:
        if name not in fields:
            raise click.UsageError(f"There is no column {name!r}; there are {', '.join(fields)}.")
    return names, [fields.index(name) for name in names]


@click.command(cls=Verb)
@_searching
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=PAGE,
    show_default=True,
    help="Rows of a page; 0 for all.",
)
@click.option("--after", metavar="TOKEN", help="Go on after the page that printed this token.")
@click.option("--count", is_flag=True, help="Only count what is found, on all pages.")
@click.option(
    "--facet",
    metavar="FIELD",
    multiple=True,
    help="Count what is found by the values of a field.",
)
@click.option("--sql", is_flag=True, help="Print the SQL instead of running it.")
@database_option
@listing
def search(
    database: str,
    *,
    text: str,
    of: str,
    criteria: Criteria,
    sort: tuple[str, ...],
    columns: str | None,
    limit: int,
    after: str | None,
    count: bool,
    facet: tuple[str, ...],
    sql: bool,
    output: Output,
) -> None:
    r"""Find images, or scenes, plates, coordinate systems, transformations, label images.

    TEXT is looked for in names, locations, channels and free metadata. All words have to
    be there; "a phrase" is words in a row, pre* any word that starts so, and -word one
    that must not be there (put it into quotation marks with the rest, or after --).
    Capital letters and accents do not count.

    All filters have to hold; of an option that is given several times, one value has to
    fit (of --axis and --unit all). `catalog fields` lists what --where, --sort and
    --facet take.

    For example:
      catalog search hippocampus 'tile* -draft'
      catalog search --dtype uint16 --voxel-size x=:0.5 --sort -size_x
      catalog search -w "axes LIKE '%c%' AND (size_z > 100 OR channel = 'DAPI')"
      catalog search --transformations --type affine --json
      catalog search --facet dtype --facet axes
      catalog search --organism 'mus musculus' --facet modality
      catalog search --in 'brain7.zarr#atlas' --box x=10:20,y=5:9 --unit micrometer
      catalog search --overlaps tile_3
    """
    from catalog.api import Catalog

    with Catalog(database) as catalog:
        _locate(catalog, criteria)
        if sql:
            click.echo(
                catalog.search_sql(
                    text,
                    of=of,
                    sort=sort,
                    limit=limit or None,
                    after=after,
                    count=count,
                    facet=facet[0] if facet else None,
                    **criteria,
                )
            )
            return
        if count:
            total = catalog.count(text, of=of, **criteria)
            if output.form == "table" and output.file is None:
                click.echo(total)
            else:
                output.write(("count",), [(total,)])
            return
        if facet:
            from catalog.query.search.found import FacetValue

            values = [catalog.facet(field, text, of=of, **criteria) for field in facet]
            output.write(FacetValue._fields, chain(*values), empty=f"No {of}.")
            return
        results = catalog.search(
            text, of=of, sort=sort, limit=limit or None, after=after, **criteria
        )
        shown = _TABLE[of] if output.form == "table" else results.fields
        if "approximate" in results.fields and output.form == "table":
            shown = (*shown[:-1], "approximate", shown[-1])
        names, positions = _chosen(results.fields, columns, shown)
        rows = _picked(results, positions)
        output.write(names, rows, empty=f"No {of} found.", hints=results.hints)
        if results.after is not None:
            click.echo(f"There are more: repeat it with --after {results.after}", err=True)


def _locate(catalog: Catalog, criteria: Criteria) -> None:
    """Find what lies at a place once, and say what is to be said of it."""
    where = ("in_", "box", "point", "overlaps", "within", "contains")
    if all(criteria.get(name) is None for name in where):
        return
    placed = catalog.locate(**criteria)
    for name in (*where, "in_unit"):
        criteria.pop(name, None)  # type: ignore[misc]
    criteria["placed"] = placed
    for note in placed.notes:
        click.echo(note, err=True)


def _picked(
    rows: Iterable[tuple[object, ...]], positions: Sequence[int]
) -> Iterator[tuple[object, ...]]:
    return (tuple([row[position] for position in positions]) for row in rows)


@click.command(cls=Verb)
@_searching
@click.option("--bff", is_flag=True, help="In the form that BioFile Finder opens.")
@database_option
@listing
def export(
    database: str,
    *,
    text: str,
    of: str,
    criteria: Criteria,
    sort: tuple[str, ...],
    columns: str | None,
    bff: bool,
    output: Output,
) -> None:
    """Write all that a search finds: all images, if it is not told what.

    TEXT and the filters are those of `catalog search`. The suffix of FILE decides the
    format; without one it is CSV on stdout. A million rows take no more memory than a few.

    With --bff the columns are those that BioFile Finder knows (File Path, File Name, …) and
    what it can group images by; it opens .csv, .parquet and .json.

    For example:
      catalog export -o images.parquet
      catalog export --root /data/brains --dtype uint16 -o brains.csv
      catalog export --transformations --nl > edges.ndjson
      catalog export --bff -o images.csv
    """
    from catalog.api import Catalog

    if output.form == "table":
        output = Output("csv", output.file)
    if bff and (of != "images" or columns is not None or output.form in {"tsv", "nl"}):
        raise click.UsageError(
            "--bff writes images with columns of its own, as .csv, .parquet or .json."
        )
    with Catalog(database) as catalog:
        _locate(catalog, criteria)
        if bff:
            from catalog.query.finder import COLUMNS

            rows = catalog.files(text, sort=sort, **criteria)
            written = output.write(tuple(COLUMNS), rows, hints=COLUMNS)
            _said(written, of, output)
            return
        results = catalog.search(text, of=of, sort=sort, **criteria)
        names, positions = _chosen(results.fields, columns, results.fields)
        written = output.write(names, _picked(results, positions), hints=results.hints)
    _said(written, of, output)


def _said(written: int, of: str, output: Output) -> None:
    if output.file is not None:
        click.echo(f"{written:,} {of} written to {output.file}", err=True)


@click.command(cls=Verb)
@click.argument("of", required=False)
@listing
def fields(of: str | None, output: Output) -> None:
    """List the fields that a search can filter, sort and count by.

    OF is images, labels, scenes, plates, systems or transformations. A filter of an
    indexed field that little fits is answered at once, however much there is.

    For example:
      catalog fields
      catalog fields transformations --json
    """
    from catalog.query.search.asking import FieldListing
    from catalog.query.search.asking import fields as listed

    output.write(FieldListing._fields, listed(of))
