"""`catalog transform`: points and boxes through a path, from the database or from disk."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast, get_args

import click

from catalog.cli import exit_status, plain_message
from catalog.cli.boxes import box_text, parse_box
from catalog.cli.options import Verb, database_option
from catalog.cli.output import opened, opened_binary
from catalog.cli.points import Points, PointsForm, form_of_name, read_points, write_points
from catalog.cli.points.blocks import BINARY, BLOCK
from catalog.cli.points.source import PointsSource
from catalog.geometry.moving import TOLERANCE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from catalog.geometry.moving import Outside
    from catalog.geometry.units import Conversion, Measured
    from catalog.graph import Path as Chain

_IN_MEMORY = 1 << 24

# A field's chunks are read for each block: larger blocks read them less often.
_FIELD_BLOCK = 1 << 18


@dataclass(frozen=True)
class _Way:
    """A path with the axes at its ends (None: unknown)."""

    path: Chain
    source: tuple[Measured, ...] | None
    target: tuple[Measured, ...] | None


class _TransformVerb(Verb):
    """With `--json`, whatever goes wrong is one JSON object on stdout and a non-zero status."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **kw: Any
    ) -> click.Context:
        """Read the arguments; a system may be named like an option where four are expected."""
        if "--json" not in args:
            return super().make_context(info_name, args, parent, **kw)
        try:
            try:
                return super().make_context(info_name, list(args), parent, **kw)
            except click.NoSuchOption:
                if len(args) < 5 or "--" in args or not args[-1].lstrip().startswith("["):
                    raise
                positional = [*args[:-4], "--", *args[-4:]]
                return super().make_context(info_name, positional, parent, **kw)
        except click.UsageError as error:
            _say(error.format_message())
            raise click.exceptions.Exit(error.exit_code) from error

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        if not ctx.params.get("as_json"):
            return super().invoke(ctx)
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, BrokenPipeError):
            raise
        except click.ClickException as error:
            _say(error.format_message())
            raise click.exceptions.Exit(error.exit_code) from error
        except BaseException as error:
            status = exit_status(error)
            _say(plain_message(error) if status else f"{type(error).__name__}: {error}")
            raise click.exceptions.Exit(status or 1) from error


def _say(message: str) -> None:
    click.echo(json.dumps({"message": message}))


@click.command(cls=_TransformVerb)
@click.argument("places", nargs=-1, metavar="[PATH] FROM TO [POINTS]")
@click.option("--json", "as_json", is_flag=True, help='Print {"coordinates": [[…], …]}.')
@click.option("--points", "points_file", metavar="FILE", help="Read points from FILE; - is stdin.")
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(PointsForm)),
    help="Of the points; else told by the name of FILE, or by what it holds.",
)
@click.option(
    "--box", metavar="BOX", help="Move a box instead of points, such as x=10:20,y=5:9,z=0:3."
)
@click.option("--via", multiple=True, metavar="SYSTEM", help="Pass through SYSTEM; repeatable.")
@click.option(
    "--outside",
    type=click.Choice(["error", "nan", "clamp"]),
    default="error",
    show_default=True,
    help="What becomes of points outside a field: an error, NaN, or its outermost value.",
)
@click.option(
    "--tolerance",
    type=float,
    default=TOLERANCE,
    show_default=True,
    metavar="VOXELS",
    help="How exactly a field is inverted, in voxels of the field.",
)
@click.option(
    "--convert-units",
    is_flag=True,
    help="Give the coordinates in the units of FROM where those of TO differ.",
)
@click.option(
    "-o",
    "--output",
    "output_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to FILE, in the form that its name tells, else in that of what came in.",
)
@database_option
def transform(
    *,
    places: tuple[str, ...],
    as_json: bool,
    points_file: str | None,
    form: PointsForm | None,
    box: str | None,
    via: tuple[str, ...],
    outside: Outside,
    tolerance: float,
    convert_units: bool,
    output_file: Path | None,
    database: str,
) -> None:
    """Move points from one coordinate system to another.

    Two addresses FROM and TO ask the database; with PATH before them, the hierarchy on
    disk at PATH, without a database. There a system is NAME, SUB/GROUP#NAME, or
    SUB/GROUP/0# for an array's own.

    POINTS is a JSON array such as '[[1, 2, 3]]'; else points come from --points FILE or
    stdin as JSON, NDJSON, CSV, TSV, Parquet or npy, and go out in the same form, a million
    as well as one. With PATH and neither, give - as POINTS to read stdin. Columns (CSV,
    TSV, Parquet) and keys (NDJSON) named like the axes of FROM may stand in any order, and
    become those of TO; others are carried along. Without names the values are in the order
    of the axes; an npy array is (…, axes).

    --box prints the smallest box in TO that holds all of a box in FROM: exact where the
    path is affine, else sampled and said to be approximate.

    Coordinates are in the units of their system: what FROM and TO measure in different
    units is said on stderr, and converted on demand alone. A field that is walked
    backwards is inverted numerically; stderr (with --json, "message") says how exactly.

    For example:
      catalog transform 'tile_3#physical' 'atlas.zarr#ccf' '[[10, 20, 30]]'
      catalog transform 'tile_3#physical' 'atlas.zarr#ccf' < cells.csv > moved.csv
      catalog transform 'tile_3#physical' 'atlas.zarr#ccf' --box z=0:5,y=0:90,x=0:90
      catalog transform brain7.zarr tiles/t0/0# world '[[0, 0, 0]]'
      catalog transform brain7.zarr tiles/t0/0# world --points cells.parquet -o moved.csv
    """
    instead = "--points" if points_file is not None else "--box" if box is not None else None
    ways: dict[int, str] = {2: "database", 3: "disk" if instead else "database"}
    if instead is None:
        ways[4] = "disk"
    way = ways.get(len(places))
    if way is None:
        raise click.UsageError(_which(places, instead))
    if box is not None and (points_file is not None or form is not None):
        raise click.UsageError("--box moves a box and no points: leave out --points and --format.")
    at = 1 if way == "disk" else 0
    source, target, *given = places[at:]
    text = given[0] if given else None
    found = (
        _on_disk(places[0], source, target, via)
        if way == "disk"
        else _in_database(database, source, target, via)
    )
    move = _Move(found, outside, tolerance, convert_units)
    if box is not None:
        _run_box(move, box, source, as_json, output_file)
    else:
        _run_points(move, PointsSource(text, points_file, form), as_json, output_file)
    if move.moving.unconverged_points and outside == "error":
        # Partly failed: what came out is as near as the search came, and was said to be.
        raise click.exceptions.Exit(1)


def _which(places: Sequence[str], instead: str | None) -> str:
    if len(places) < 2:
        return "FROM and TO are needed: two coordinate systems."
    if instead is not None:
        return f"POINTS and {instead} exclude each other: with {instead} give [PATH] FROM TO."
    return f"{len(places)} arguments are too many: give [PATH] FROM TO [POINTS]."


class _Move:
    """Moves what is given along a way, and keeps what is to be said of it."""

    def __init__(self, way: _Way, outside: Outside, tolerance: float, convert_units: bool) -> None:
        from catalog.geometry.moving import Moving

        self.path = way.path
        self.moving = Moving(outside, tolerance)
        self.source_axes = _names(way.source)
        self.target_axes = _names(way.target)
        self.conversion, self.units = _units(way, convert_units)

    def __call__(self, points: NDArray[np.float64] | list[list[object]]) -> NDArray[np.float64]:
        """Move points (n, N) to (n, M)."""
        moved = self.path.move(points, moving=self.moving).coordinates
        return moved if self.conversion is None else self.conversion.apply(moved)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of it in the end."""
        return (*self.moving.notes(), *self.units)


def _names(axes: Sequence[Measured] | None) -> tuple[str, ...] | None:
    return None if axes is None else tuple(axis.name for axis in axes)


def _units(way: _Way, convert: bool) -> tuple[Conversion | None, tuple[str, ...]]:
    """Give the conversion that is asked for, and what is to be said of units."""
    from catalog.geometry.units import conversion, differences, factor

    units: dict[tuple[str, str], list[str]] = {}
    for each in differences(way.source, way.target):
        units.setdefault((each.unit, each.other), []).append(each.axis)
    source, target = way.path.source, way.path.target
    if not convert:
        return None, tuple(
            f"Units differ: {', '.join(axes)} of {target} in {unit}, of {source} in {other}. "
            "Nothing was converted; --convert-units does."
            for (unit, other), axes in units.items()
        )
    found = conversion(way.source, way.target)
    if found is None:
        return None, ("Nothing was converted: no units differ between the two ends.",)
    notes = []
    for (unit, other), axes in units.items():
        times = factor(unit, other)
        how = (
            f"divided by {times.denominator:,}"
            if times.numerator == 1
            else f"times {float(times):,.17g}"
        )
        notes.append(
            f"Converted {', '.join(axes)} from {unit}, as in {target}, to {other}, "
            f"as in {source}: {how}."
        )
    return found, tuple(notes)


def _run_points(move: _Move, source: PointsSource, as_json: bool, output_file: Path | None) -> None:
    with source.open() as (stream, form):
        points = read_points(
            stream, move.source_axes, form, _FIELD_BLOCK if move.path.needs else BLOCK
        )
        ndim = move.path.ndim_out
        if as_json:
            # Exactly one object: it is printed when nothing can fail any more.
            with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as complete:
                spool = cast("IO[str]", complete)
                spool.write('{"coordinates": ')
                write_points(points, move, spool, None, form="json")
                if move.notes:
                    spool.write(f', "message": {json.dumps(" ".join(move.notes))}')
                spool.write("}\n")
                spool.seek(0)
                with opened(output_file) as out:
                    shutil.copyfileobj(spool, out)
            return
        asked = form_of_name(output_file.name) if output_file is not None else None
        written = asked or points.form
        left_out = _left_out(points, written)
        if written in BINARY:
            with opened_binary(output_file) as file:
                write_points(points, move, file, move.target_axes, ndim=ndim, form=written)
        else:
            with opened(output_file) as out:
                write_points(points, move, out, move.target_axes, ndim=ndim, form=written)
                if written == "json":
                    out.write("\n")
    for note in (*left_out, *move.notes):
        click.echo(note, err=True)


def _left_out(points: Points, form: PointsForm) -> tuple[str, ...]:
    """Say which columns a form has no place for."""
    beside = [name for name in points.columns or () if name not in (points.taken or ())]
    if not beside or form not in {"json", "npy"}:
        return ()
    return (f"Left out, for {form} holds coordinates alone: {', '.join(beside)}.",)


def _run_box(move: _Move, text: str, source: str, as_json: bool, output_file: Path | None) -> None:
    from catalog.geometry.boxes import as_box

    low, high = parse_box(text, move.source_axes, source)
    found = move.path.transform_box(low, high, moving=move.moving)
    low, high = found.low, found.high
    if move.conversion is not None:
        ends = move.conversion.apply(as_box(low, high, None))
        low, high = (tuple(end) for end in ends.tolist())
    notes = (*found.notes, *move.units)
    if as_json or (output_file is not None and form_of_name(output_file.name) == "json"):
        value: dict[str, object] = {
            "low": low,
            "high": high,
            "axes": move.target_axes,
            "exact": found.exact,
        }
        if notes:
            value["message"] = " ".join(notes)
        line = json.dumps(value, ensure_ascii=False)
    else:
        line = box_text(low, high, move.target_axes)
    with opened(output_file) as out:
        out.write(line + "\n")
    if not as_json:
        for note in notes:
            click.echo(note, err=True)


def _in_database(url: str, source: str, target: str, via: Sequence[str]) -> _Way:
    from catalog.api import Catalog

    with Catalog(url) as catalog:
        path = catalog.path(source, target, via)
        return _Way(path, catalog.layout(source), catalog.layout(target))


def _on_disk(place: str, source: str, target: str, via: Sequence[str]) -> _Way:
    from catalog.scene import open_hierarchy

    graph = open_hierarchy(os.fspath(place))
    path = graph.path(source, target, via)
    return _Way(path, *(graph.systems[graph.resolve(end)].axes for end in (source, target)))
