"""Rules about axes: how many, of which types, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from catalog.metadata.axes import Axis, CoordinateSystem
from catalog.metadata.memory import Memory
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document
from catalog.metadata.versions import Version

Axes = tuple[Axis, ...]

_MOST_AXES = 5
_FIELD_TYPES = frozenset({"displacement", "coordinate"})
_PREFIXES = (
    "",
    *("yocto", "zepto", "atto", "femto", "pico", "nano", "micro", "milli", "centi", "deci"),
    *("hecto", "kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta"),
)
_UNITS = {
    "space": {f"{prefix}meter" for prefix in _PREFIXES}
    | {"angstrom", "foot", "inch", "mile", "parsec", "yard"},
    "time": {f"{prefix}second" for prefix in _PREFIXES} | {"day", "hour", "minute"},
}
_DIRECTIONS = (
    ("left", "right"),
    ("anterior", "posterior"),
    ("inferior", "superior"),
    ("dorsal", "ventral"),
    ("dorsal", "palmar"),
    ("dorsal", "plantar"),
    ("rostral", "caudal"),
    ("cranial", "caudal"),
    ("proximal", "distal"),
    ("superficial", "deep"),
    ("apical", "basal"),
    ("apex", "base"),
)
_ORIENTATIONS = {
    f"{start}-to-{end}": pair for pair in _DIRECTIONS for start, end in (pair, pair[::-1])
}


_IN_ORDER: Final = Memory[tuple[int, Version, Version | None], CoordinateSystem](1_000)
"""Systems in which nothing is wrong, by identity and by the versions that they are held to.

Reading makes equal systems one object, so that a collection has a handful of them.
"""


def check_axes(document: Document) -> Iterable[Problem]:
    """Check the axes of all coordinate systems of a document."""
    found: list[Problem] = []
    node = document.node
    for index, image in enumerate(node.images):
        version = document.version_of_image(index)
        implied = node.implied_systems[index] if index < len(node.implied_systems) else ()
        for position, system in enumerate(image.coordinateSystems):
            if system.name in implied and system.name != implied[0]:
                # The further implied system of an image repeats the axes of the first.
                continue
            key = id(system), document.version, version
            if _IN_ORDER.recall(key) is system:
                continue
            place: tuple[str | int, ...] = ("multiscales", index, "coordinateSystems", position)
            wrong = [*_any_system(document, system.axes, place)]
            if Version.V04 <= version <= Version.V06:
                wrong += _image_system(document, system.axes, place)
            if not wrong:
                _IN_ORDER.keep(key, system)
            found += wrong
    if node.scene is not None:
        for position, system in enumerate(node.scene.coordinateSystems or ()):
            scene_key = id(system), document.version, None
            if _IN_ORDER.recall(scene_key) is system:
                continue
            place = ("scene", "coordinateSystems", position)
            wrong = [*_scene_system(document, system.axes, place)]
            if not wrong:
                _IN_ORDER.keep(scene_key, system)
            found += wrong
    return found


def _scene_system(
    document: Document, axes: Axes, place: tuple[str | int, ...]
) -> Iterator[Problem]:
    yield from _any_system(document, axes, place)
    if document.version == Version.V06 and not _is_spatial(axes):
        yield document.problem("scene-axes", _spatial_words(axes), *place)
    if document.version == Version.V06 and len(axes) > _MOST_AXES:
        words = f"a coordinate system has at most 5 axes, not {len(axes)}"
        yield document.problem("scene-axes", words, *place)


def _any_system(document: Document, axes: Axes, place: tuple[str | int, ...]) -> Iterator[Problem]:
    names: set[str] = set()
    for index, axis in enumerate(axes):
        if not axis.name and document.version >= Version.V06_DEV3:
            words = "the name of an axis must not be empty"
            yield document.problem("empty", words, *place, "axes", index, "name")
        elif axis.name in names:
            yield document.problem(
                "duplicate-axis", f"another axis is named {axis.name!r} too", *place, "axes", index
            )
        names.add(axis.name)
        units = _UNITS.get(axis.type or "")
        if axis.unit is not None and units is not None and axis.unit not in units:
            yield document.problem(
                "axis-unit",
                f"{axis.unit!r} is not a recommended unit of {axis.type}",
                *(*place, "axes", index, "unit"),
            )
    yield from _orientations(document, axes, place)


def _orientations(
    document: Document, axes: Axes, place: tuple[str | int, ...]
) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for index, axis in enumerate(axes):
        orientation = (axis.model_extra or {}).get("orientation")
        if orientation is None:
            continue
        value = orientation.get("value") if isinstance(orientation, dict) else None
        kind = orientation.get("type") if isinstance(orientation, dict) else None
        pair = _ORIENTATIONS.get(value) if isinstance(value, str) else None
        words = ""
        if axis.type != "space":
            words = f"axis {axis.name!r} is not of type 'space' and has no orientation"
        elif kind != "anatomical" or pair is None:
            words = f"{orientation!r} is not an anatomical orientation"
        elif pair in seen:
            words = f"another axis runs between {pair[0]} and {pair[1]} too"
        if pair is not None:
            seen.add(pair)
        if words:
            where = (*place, "axes", index, "orientation")
            problem = document.problem("axis-orientation", words, *where)
            # Before 0.9 the key has no meaning in the specification: anything may stand there.
            early = document.version < Version.V09
            yield replace(problem, severity="warning") if early else problem


def _image_system(
    document: Document, axes: Axes, place: tuple[str | int, ...]
) -> Iterator[Problem]:
    types = [axis.type for axis in axes]
    if not _FIELD_TYPES.isdisjoint(types):
        # The image of a field has one axis more, for the vector.
        return
    if not 2 <= len(axes) <= _MOST_AXES:
        yield document.problem("axis-count", f"an image has 2 to 5 axes, not {len(axes)}", *place)
    if not _is_spatial(axes):
        yield document.problem("space-axes", _spatial_words(axes), *place)
        return
    if "space" not in types:
        return
    others = [kind for kind in types if kind not in ("time", "space")]
    if types.count("time") > 1 or len(others) > 1:
        yield document.problem(
            "axis-types",
            "at most one axis of type 'time' and one of type 'channel' (or of a type of its own) "
            f"may stand beside the space axes, not {types}",
            *place,
        )
    ranks = [{"time": 0, "space": 2}.get(kind or "", 1) for kind in types]
    if ranks != sorted(ranks):
        yield document.problem(
            "axis-order",
            "axes go in the order time, channel (or a type of its own), space; these are "
            f"{', '.join(axis.name for axis in axes)}",
            *place,
        )


def _is_spatial(axes: Axes) -> bool:
    types = [axis.type for axis in axes]
    # One of the two, and not both: so the schema of 0.6 says it.
    return (2 <= types.count("space") <= 3) != (types.count("array") >= 2)


def _spatial_words(axes: Axes) -> str:
    count = sum(axis.type == "space" for axis in axes)
    return f"there must be two or three axes of type 'space', not {count}"
