"""`catalog transform`: points through a path, from the database or from a hierarchy on disk."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Any, cast

import click

from catalog.cli import exit_status, plain_message
from catalog.cli.options import Verb, database_option
from catalog.cli.output import opened
from catalog.cli.points import PointsForm, form_of_name, read_points, write_json, write_points

if TYPE_CHECKING:
    from catalog.graph import Path as Chain

_IN_MEMORY = 1 << 24


@dataclass(frozen=True)
class _Way:
    """A path with the names of the axes at its ends (None: unknown)."""

    path: Chain
    source_axes: tuple[str, ...] | None
    target_axes: tuple[str, ...] | None

    def move(self, points: list[list[object]]) -> list[list[float]]:
        moved: list[list[float]] = self.path.transform(points).tolist()
        return moved


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
    type=click.Choice(["json", "ndjson", "csv", "tsv"]),
    help="Of the points; else told by the name of FILE, or by what it holds.",
)
@click.option("--via", multiple=True, metavar="SYSTEM", help="Pass through SYSTEM; repeatable.")
@click.option(
    "-o",
    "--output",
    "output_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to FILE, in the form of what came in.",
)
@database_option
def transform(
    *,
    places: tuple[str, ...],
    as_json: bool,
    points_file: str | None,
    form: PointsForm | None,
    via: tuple[str, ...],
    output_file: Path | None,
    database: str,
) -> None:
    """Move points from one coordinate system to another.

    Two addresses FROM and TO ask the database; with PATH before them, the hierarchy on
    disk at PATH, without a database. There a system is NAME, SUB/GROUP#NAME, or
    SUB/GROUP/0# for an array's own.

    POINTS is a JSON array such as '[[1, 2, 3]]'; else points come from --points FILE or
    stdin as JSON, NDJSON, CSV or TSV, and go out in the same form, a million as well as
    one. With PATH and neither, give - as POINTS to read stdin. Columns (CSV, TSV) and
    keys (NDJSON) named like the axes of FROM may stand in any order, and become those of
    TO; others are carried along. Without names the values are in the order of the axes.

    For example:
      catalog transform 'tile_3#physical' 'atlas.zarr#ccf' '[[10, 20, 30]]'
      catalog transform 'tile_3#physical' 'atlas.zarr#ccf' < cells.csv > moved.csv
      catalog transform brain7.zarr tiles/t0/0# world '[[0, 0, 0]]'
      catalog transform brain7.zarr tiles/t0/0# world --points cells.ndjson
    """
    ways: dict[int, str] = {2: "database", 3: "database", 4: "disk"}
    if points_file is not None:
        ways = {2: "database", 3: "disk"}
    way = ways.get(len(places))
    if way is None:
        raise click.UsageError(_which(places, points_file))
    at = 1 if way == "disk" else 0
    source, target, *given = places[at:]
    text = given[0] if given else None
    find: Callable[[], _Way] = (
        (lambda: _on_disk(places[0], source, target, via))
        if way == "disk"
        else (lambda: _in_database(database, source, target, via))
    )
    _run(find(), _Input(text, points_file, form), as_json, output_file)


def _which(places: Sequence[str], points_file: str | None) -> str:
    if len(places) < 2:
        return "FROM and TO are needed: two coordinate systems."
    if points_file is not None:
        return "POINTS and --points exclude each other: with --points give [PATH] FROM TO."
    return f"{len(places)} arguments are too many: give [PATH] FROM TO [POINTS]."


@dataclass(frozen=True)
class _Input:
    """Where the points come from."""

    text: str | None
    file: str | None
    form: PointsForm | None

    @property
    def form_given(self) -> PointsForm | None:
        """The form that is asked for, or told by the file's name."""
        if self.text not in {None, "-"}:
            return "json"
        return self.form or (form_of_name(self.file) if self.file else None)

    def open(self) -> AbstractContextManager[IO[str]]:
        """Open the text of the points."""
        if self.text is not None and self.text != "-":
            return StringIO(self.text)
        if self.file is not None and self.file != "-":
            try:
                return Path(self.file).open(encoding="utf-8-sig", newline="")
            except OSError as error:
                raise click.ClickException(
                    f"The points cannot be read: {self.file}: {error.strerror}."
                ) from error
        if sys.stdin.isatty():
            click.echo("Type points, one in each line, such as 1,2,3; end with Ctrl-D.", err=True)
        return nullcontext(sys.stdin)


def _run(way: _Way, source: _Input, as_json: bool, output_file: Path | None) -> None:
    with source.open() as stream:
        points = read_points(stream, way.source_axes, source.form_given)
        if not as_json:
            with opened(output_file) as out:
                write_points(points, way.move, out, way.target_axes, way.path.ndim_out)
                if points.form == "json":
                    out.write("\n")
            return
        # Exactly one object: it is printed when nothing can fail any more.
        with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as complete:
            spool = cast("IO[str]", complete)
            spool.write('{"coordinates": ')
            write_json(points, way.move, spool)
            spool.write("}\n")
            spool.seek(0)
            with opened(output_file) as out:
                shutil.copyfileobj(spool, out)


def _in_database(url: str, source: str, target: str, via: Sequence[str]) -> _Way:
    from catalog.api import Catalog

    with Catalog(url) as catalog:
        path = catalog.path(source, target, via)
        return _Way(path, catalog.axes(source), catalog.axes(target))


def _on_disk(place: str, source: str, target: str, via: Sequence[str]) -> _Way:
    from catalog.scene import open_hierarchy

    graph = open_hierarchy(os.fspath(place))
    path = graph.path(source, target, via)
    axes = [
        None
        if (found := graph.systems[graph.resolve(end)].axes) is None
        else tuple(axis.name for axis in found)
        for end in (source, target)
    ]
    return _Way(path, axes[0], axes[1])
