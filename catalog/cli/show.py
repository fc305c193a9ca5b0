"""`catalog show`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from catalog.cli.options import Verb, database_option
from catalog.cli.output import printable
from catalog.cli.rendering import json_text, matrix_lines, moment, number

if TYPE_CHECKING:
    from catalog.query.shown import (
        ChannelShown,
        CrateShown,
        ExtentShown,
        GroupShown,
        ImageShown,
        MemberShown,
        PlateShown,
        SceneShown,
        Shown,
        SystemShown,
        TransformationBrief,
        TransformationShown,
        WellShown,
    )

_SHOWN = 30
_WORDS = 300

T = TypeVar("T")


@click.command(cls=Verb)
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing cut.")
@click.option(
    "--document", is_flag=True, help="Print the group's own attributes as they stood, as JSON."
)
@database_option
def show(database: str, what: str, as_json: bool, document: bool) -> None:
    """Show all that is recorded about one thing.

    WHAT is a scene, image, plate or other group (URL, path, the end of a URL, the name
    of an image), the address of a coordinate system, GROUP#/pointer of a transformation,
    or an id. An image says which scenes it is a part of.

    For example:
      catalog show tile_3
      catalog show brain7.zarr
      catalog show 'brain7.zarr#atlas'
      catalog show transformation:12 --json
      catalog show brain7.zarr --document > attributes.json
    """
    from catalog.api import Catalog

    if document:
        with Catalog(database) as catalog:
            text = catalog.document(what)
        click.echo(json.dumps(json.loads(text), indent=2, ensure_ascii=False))
        return
    with Catalog(database) as catalog:
        shown = catalog.show(what)
    if as_json:
        click.echo(json_text(shown))
        return
    for line in _lines(shown):
        click.echo(printable(line))


def _lines(shown: Shown) -> Iterator[str]:
    from catalog.query.shown import GroupShown, SystemShown

    if isinstance(shown, GroupShown):
        return _group(shown)
    if isinstance(shown, SystemShown):
        return _system(shown)
    return _transformation(shown)


def _group(group: GroupShown) -> Iterator[str]:
    version = f"OME-Zarr {group.ome_version}, " if group.ome_version else ""
    yield f"{group.kind}  {group.url}"
    yield f"  group:{group.id}, {version}Zarr v{group.zarr_format}"
    yield f"  indexed {moment(group.indexed_at)}"
    if group.hierarchy != group.url:
        yield f"  in {group.hierarchy}"
    for block in _blocks(group):
        yield ""
        yield from block


def _blocks(group: GroupShown) -> Iterator[Iterable[str]]:
    """Yield what is known of a group, one thing after the other."""
    if group.crate is not None:
        yield _crate(group.crate)
    if group.scene is not None:
        yield _scene(group.scene)
    if group.images:
        *others, last = map(_image, group.images)
        yield from others
        yield (*last, *_channels(group.channels))
        yield _section(
            "part of the scenes",
            [f"  {_member(member)}" for member in group.scenes],
            "part of no scene",
        )
    if group.plate is not None:
        yield _plate(group.plate)
    if group.well is not None:
        yield _well(group.well)
    if group.labels:
        yield _section("labels", [f"  {url}" for url in group.labels])
    if group.systems:
        listed = [(str(s.id), s.address, "".join(s.axes) or "?", s.kind) for s in group.systems]
        yield _section("coordinate systems", _columns(listed))
    if group.transformations:
        yield _section("transformations", _edges(group.transformations))
    if group.children:
        below = [(child.kind, child.url) for child in group.children]
        yield _section("groups below", _columns(below))
    yield _section(
        "problems",
        [f"  {p.severity}  {p.code}  {p.pointer or '/'}\n    {p.message}" for p in group.problems],
        "no problems",
    )


def _scene(scene: SceneShown) -> Iterator[str]:
    yield from _section(
        f"images of the scene{_named(scene.name)}",
        [f"  {_member(member)}" for member in scene.images],
        f"the scene{_named(scene.name)} has no images",
    )
    for reference in scene.references:
        yield f"  placed in {reference}"


def _channels(channels: Sequence[ChannelShown]) -> Iterator[str]:
    if channels:
        labels = [channel.label or f"channel {i}" for i, channel in enumerate(channels)]
        yield f"  channels  {', '.join(labels)}"


def _plate(plate: PlateShown) -> Iterator[str]:
    yield f"plate{_named(plate.name)}"
    yield f"  {plate.rows} rows, {plate.columns} columns, {plate.wells} wells"
    yield f"  {plate.acquisitions} acquisitions"


def _well(well: WellShown) -> Iterator[str]:
    yield f"well  {well.row or '?'}/{well.column or '?'}, {well.fields} fields"
    yield f"  of the plate {well.plate}" if well.plate else "  no plate names it"


def _crate(crate: CrateShown) -> Iterator[str]:
    yield f"RO-Crate{_named(crate.name)}"
    for what, terms in (("organism", crate.organisms), ("modality", crate.modalities)):
        for term in terms:
            yield f"  {what}  {term.identifier}{_named(term.label)}"
    if crate.license:
        yield f"  license   {crate.license}"
    if crate.description:
        text = " ".join(crate.description.split())
        yield f"  {text if len(text) <= _WORDS else text[: _WORDS - 1] + '…'}"


def _image(image: ImageShown) -> Iterator[str]:
    yield f"image:{image.id}{_named(image.name)}"
    shape = "x".join(map(str, image.shape)) if image.shape else "array missing"
    yield f"  axes      {image.axes}  {shape}  {image.dtype or ''}".rstrip()
    if image.pixel_sizes:
        yield "  pixel     " + " x ".join(map(number, image.pixel_sizes))
    if image.intrinsic_system:
        yield f"  intrinsic {image.intrinsic_system}"
    if image.label_of:
        yield f"  labels of {image.label_of}"
    yield from _extent(image.extent)
    for level in image.levels:
        shape = "x".join(map(str, level.shape)) if level.shape else "array missing"
        yield f"  level {level.level:<3} {level.path}  {shape}"


def _extent(extent: ExtentShown | None) -> Iterator[str]:
    if extent is None:
        return
    if extent.low is None or extent.high is None:
        yield f"  no place  {extent.reason}"
        return
    yield f"  lies in   {extent.reference}"
    axes = extent.axes if extent.axes is not None else ("",) * len(extent.low)
    sides = [
        f"{axis}{'=' if axis else ''}{number(low)}:{number(high)}"
        for axis, low, high in zip(axes, extent.low, extent.high, strict=True)
    ]
    yield f"  from:to   {','.join(sides)}{'  (approximate)' if extent.approximate else ''}"


def _system(system: SystemShown) -> Iterator[str]:
    yield f"coordinate system  {system.address}"
    of = f", intrinsic of image{_named(system.image)}" if system.image is not None else ""
    yield f"  system:{system.id}, {system.kind}{of}"
    yield f"  in component {system.component} of {system.component_systems:,} systems"
    if system.reference is not None and system.reference != system.address:
        yield f"  whose images are placed in {system.reference}"
    elif system.reference is not None:
        yield "  whose images are placed in this one"
    yield ""
    if system.axes is None:
        yield "axes unknown" if system.ndim is None else f"{system.ndim} axes, not named"
    else:
        yield from _section(
            "axes", _columns([(a.name, a.type or "", a.unit or "") for a in system.axes])
        )
    yield ""
    yield from _section(
        "transformations", _edges(system.transformations), "no transformation leads here"
    )


def _transformation(edge: TransformationShown) -> Iterator[str]:
    yield f"{edge.type}{_named(edge.name)}"
    yield f"  transformation:{edge.id}, stated by {edge.origin}"
    yield f"  from      {edge.input}"
    yield f"  to        {edge.output}"
    yield f"  inverse   {_INVERSES[edge.invertibility]}"
    yield f"  declared  {edge.declared_in}#{edge.pointer}"
    for title, matrix in (("affine", edge.affine), ("inverse affine", edge.inverse_affine)):
        if matrix is not None:
            yield ""
            yield title
            yield from matrix_lines([list(row) for row in matrix])
    if edge.affine is None:
        yield ""
        yield "parameters"
        yield from (f"  {line}" for line in json_text(edge.parameters).splitlines())


_INVERSES = {
    "closed": "computed exactly",
    "explicit": "stated beside it",
    "numeric": "none in closed form",
    "no": "none",
}


def _edges(edges: Sequence[TransformationBrief]) -> list[str]:
    return _columns(
        [
            (str(e.id), e.type + (f" '{e.name}'" if e.name else ""), e.input, "->", e.output)
            for e in edges
        ]
    )


def _member(member: MemberShown) -> str:
    unreferenced = "" if member.referenced else "  (lies there, not referred to)"
    return f"{member.url}{_named(member.name)}{unreferenced}"


def _named(name: str | None) -> str:
    return f"  '{name}'" if name else ""


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _section(title: str, lines: Sequence[str], none: str = "") -> Iterator[str]:
    if not lines:
        yield none
        return
    yield title
    yield from _cut(lines)


def _cut(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"  … and {len(lines) - _SHOWN:,} more; --json shows all"
