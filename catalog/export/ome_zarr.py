"""OME-Zarr 0.6: a path as one coordinate transformation, as a scene's document holds it.

"coordinateTransformations" of OME-Zarr 0.6: both ends by name, and by the path of their
group below the one whose document holds the transformation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from catalog.errors import TransformationError
from catalog.export.ends import End
from catalog.geometry import rows as plain
from catalog.geometry.field_step import FieldStep
from catalog.geometry.steps import PairStep, SideBySide
from catalog.graph.addresses import field_place

if TYPE_CHECKING:
    from catalog.geometry.rows import Rows
    from catalog.geometry.steps import Mapping
    from catalog.geometry.steps import Step as MappingStep
    from catalog.graph.path import Path, Step

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class OmeZarrTransformation:
    """A transformation for the `coordinateTransformations` of a scene.

    Attributes
    ----------
    transformation
        The JSON object.
    group
        The group whose scene it is written for: its paths count from there.
    notes
        What to know about it.
    """

    transformation: Json
    group: str
    notes: tuple[str, ...]


def to_ome_zarr(path: Path, source: End, target: End) -> OmeZarrTransformation:
    """Give a path as a transformation of OME-Zarr 0.6.

    An affine when the whole path is one; else a sequence, in which runs of affine steps
    are one affine each and fields keep their place.

    Raises
    ------
    TransformationError
        When an end has no name (an array's own system), the ends and fields have no group
        around them, or a field is walked backwards: OME-Zarr cannot state any of these.
    """
    ends = [_located(path.source, path, "FROM"), _located(path.target, path, "TO")]
    fields = [
        field_place(step.edge.group, field) for step in path.steps for field in step.mapping.needs
    ]
    group = _home(path, [location for location, _ in ends], fields)
    stated = _stated(path, group)
    first, last = (_end(location, name, group) for location, name in ends)
    result: Json = {"type": stated.pop("type"), "input": first, "output": last, **stated}
    return OmeZarrTransformation(result, group, tuple(_notes(group, path, source, target)))


def _notes(group: str, path: Path, source: End, target: End) -> Iterator[str]:
    place = group or "the root of the hierarchy"
    yield (
        f"For the scene at {place}: its paths count from there "
        "(ome.scene.coordinateTransformations)."
    )
    for end, address in ((source, path.source), (target, path.target)):
        if end.kind in ("implied", "undeclared"):
            yield (
                f"{address} is not declared by name in its document; a reader of 0.6 finds it "
                "when it is."
            )


def _located(address: str, path: Path, side: str) -> tuple[str, str]:
    """Split an address into location and name."""
    location, mark, name = address.partition("#")
    if not mark:
        return "", address
    if name:
        return location, name
    near = _named_neighbour(path, at_start=side == "FROM")
    hint = f"; ask with {side} {near}" if near else ""
    raise TransformationError(
        f"{address} is an array's own system, which has no name, and OME-Zarr 0.6 relates "
        f"systems by name: export from or to the image's system instead{hint}."
    )


def _named_neighbour(path: Path, *, at_start: bool) -> str:
    """Find the system nearest to an end that has a name."""
    systems = [path.source, *(step.target for step in path.steps)]
    for address in systems if at_start else reversed(systems):
        if not address.endswith("#"):
            return address
    return ""


def _home(path: Path, ends: Sequence[str], fields: Sequence[str]) -> str:
    """Find the group to declare the transformation in: the nearest around all it names."""
    inside = [*ends, *(place for place in fields if not place.startswith("/"))]
    around = _common(inside)
    systems = [path.source, *(step.target for step in path.steps)]
    groups = {step.edge.group for step in path.steps}
    groups |= {a.partition("#")[0] if "#" in a else "" for a in systems if not a.endswith("#")}
    outer = [group for group in groups if _below(around, group) is not None]
    if outer:
        return max(outer, key=len)
    if "://" not in around:
        return around
    raise TransformationError(
        f"The path from {path.source} to {path.target} leaves its hierarchy: {around} is no "
        "group of it. OME-Zarr names only what is in or below the group that declares a "
        "transformation."
    )


def _common(places: Sequence[str]) -> str:
    split = [place.split("/") if place else [] for place in places]
    low, high = min(split), max(split)
    shared = []
    for one, other in zip(low, high, strict=False):
        if one != other:
            break
        shared.append(one)
    return "/".join(shared)


def _below(place: str, group: str) -> str | None:
    """Give the path of a place from a group; None when it is not in or below it."""
    if place == group:
        return ""
    if not group and "://" not in place:
        return place
    return place[len(group) + 1 :] if group and place.startswith(f"{group}/") else None


def _path_from(place: str, group: str) -> str:
    rest = _below(place, group) or ""
    return unquote(rest) if "://" in place else rest


def _end(location: str, name: str, group: str) -> Json:
    rest = _path_from(location, group)
    return {"path": rest, "name": name} if rest else {"name": name}


def _stated(path: Path, group: str) -> Json:
    members: list[Json] = []
    run: Rows | None = None
    for step in path.steps:
        for part in step.mapping.steps:
            if part.rows is not None:
                run = part.rows if run is None else plain.compose(run, part.rows)
                continue
            members += [_affine(run)] if run is not None else []
            run = None
            members += _flat(_member(part, step, group))
    members += [_affine(run)] if run is not None else []
    return _joined(members)


def _joined(members: Sequence[Json]) -> Json:
    if not members:
        return {"type": "identity"}
    if len(members) == 1:
        return members[0]
    return {"type": "sequence", "transformations": list(members)}


def _flat(member: Json) -> list[Json]:
    # A sequence must not be a member of a sequence.
    inner = member.get("transformations")
    return inner if member["type"] == "sequence" and isinstance(inner, list) else [member]


def _affine(rows: Rows) -> Json:
    return {"type": "affine", "affine": [list(row) for row in rows]}


def _chained(mapping: Mapping, step: Step, group: str) -> Json:
    if mapping.rows is not None:
        return _affine(mapping.rows) if mapping.steps else {"type": "identity"}
    members: list[Json] = []
    for part in mapping.steps:
        members += [_affine(part.rows)] if part.rows is not None else []
        members += _flat(_member(part, step, group)) if part.rows is None else []
    return _joined(members)


def _member(part: MappingStep, step: Step, group: str) -> Json:
    if isinstance(part, FieldStep):
        return _field(part, step, group)
    if isinstance(part, PairStep):
        return {
            "type": "bijection",
            "forward": _chained(part.there, step, group),
            "inverse": _chained(part.back, step, group),
        }
    if isinstance(part, SideBySide):
        return {
            "type": "byDimension",
            "transformations": [
                {
                    "transformation": _chained(mapping, step, group),
                    "inputAxes": list(inputs),
                    "outputAxes": list(outputs),
                }
                for mapping, inputs, outputs in part.items
            ],
        }
    raise TransformationError(
        f"The {step.edge.type} from {step.edge.source} to {step.edge.target} has a part that "
        "OME-Zarr 0.6 has no word for.",
        f"{step.edge.group}{step.edge.pointer}",
    )


def _field(field: FieldStep, step: Step, group: str) -> Json:
    place = field_place(step.edge.group, field.path)
    if field.inverted:
        raise TransformationError(
            f"The path goes backwards through the field {place}, and OME-Zarr 0.6 cannot state "
            "the inverse of a field. Export the other direction, TO FROM, if it goes forward "
            "there: readers find the inverse of what they read themselves.",
            f"{step.edge.group}{step.edge.pointer}",
        )
    result: Json = {
        "type": field.kind,
        "path": place if place.startswith("/") else _path_from(place, group),
    }
    if field.interpolation is not None:
        result["interpolation"] = field.interpolation
    return result
