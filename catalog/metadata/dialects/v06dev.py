"""Images and scenes of the development versions of 0.6, and of 0.6 itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from catalog.metadata.dialects.spatialdata import take_inline_systems
from catalog.metadata.dialects.systems import normal_axes, normal_systems
from catalog.metadata.dialects.trace import Trace
from catalog.metadata.dialects.transformations import normal_transformations
from catalog.metadata.problems import Place
from catalog.metadata.versions import Version

Json = dict[str, Any]

_TRANSFORMATIONS = "coordinateTransformations"
_SYSTEMS = "coordinateSystems"


def normal_image(
    image: Json, trace: Trace, place: Place, version: str = ""
) -> tuple[Json, list[str]]:
    """Return an entry of `multiscales` in normal form, and the names of shared systems.

    A dataset's transformations lead from its array, whatever they call it: a bare name,
    the name of an `arrayCoordinateSystem`, another path, or nothing. In the image's own
    transformations, the name of a dataset's path means that array, unless a system has
    that name.
    """
    normal = trace.came_from({k: v for k, v in image.items() if v is not None}, place)
    systems = normal_systems(normal.get(_SYSTEMS, []), trace, (*place, _SYSTEMS))
    declared = systems if isinstance(systems, list) else []
    arrays = _array_names(normal, trace, place)
    shared: list[str] = []
    if _TRANSFORMATIONS in normal:
        stated = normal_transformations(normal[_TRANSFORMATIONS], trace, (*place, _TRANSFORMATIONS))
        if isinstance(stated, list):
            _, shared = take_inline_systems(stated, declared, trace)
            for item in stated:
                _point_to_arrays(item, arrays, declared)
        normal[_TRANSFORMATIONS] = stated
    known = _Known(_intrinsic(declared, version), declared, arrays)
    if isinstance(normal.get("datasets"), (list, tuple)):
        normal["datasets"] = [
            _dataset(item, known, trace, (*place, "datasets", i))
            for i, item in enumerate(normal["datasets"])
        ]
    if systems or _SYSTEMS in normal:
        normal[_SYSTEMS] = systems
    return normal, shared


def normal_scene(scene: Json, trace: Trace, place: Place) -> tuple[Json, list[str]]:
    """Return a scene (or a container of 0.6.dev1 and dev2), and the names of shared systems.

    A bare name at an end stays a name; where no such system is declared it may still
    be the location of an image, which only the whole hierarchy can tell.
    """
    normal = trace.came_from({k: v for k, v in scene.items() if v is not None}, place)
    systems = normal_systems(normal.get(_SYSTEMS, []), trace, (*place, _SYSTEMS))
    shared: list[str] = []
    if _TRANSFORMATIONS in normal:
        stated = normal_transformations(normal[_TRANSFORMATIONS], trace, (*place, _TRANSFORMATIONS))
        if isinstance(stated, list):
            declared = systems if isinstance(systems, list) else []
            _, shared = take_inline_systems(stated, declared, trace)
        normal[_TRANSFORMATIONS] = stated
    if systems or _SYSTEMS in normal:
        normal[_SYSTEMS] = systems
    return normal, shared


def array_axes(image: object) -> list[str] | None:
    """Return the names that an `arrayCoordinateSystem` gives the axes of the arrays."""
    system = image.get("arrayCoordinateSystem") if isinstance(image, dict) else None
    axes = system.get("axes") if isinstance(system, dict) else None
    normal = normal_axes(axes, Trace(), ())
    if not isinstance(normal, list):
        return None
    names = [axis.get("name") for axis in normal if isinstance(axis, dict)]
    return [name for name in names if isinstance(name, str)] or None


def _array_names(image: Json, trace: Trace, place: Place) -> dict[str, str]:
    """Return the names that mean an array, each with the path of its dataset."""
    datasets = image.get("datasets")
    paths = [
        item["path"]
        for item in (datasets if isinstance(datasets, (list, tuple)) else ())
        if isinstance(item, dict) and isinstance(item.get("path"), str)
    ]
    names = {path: path for path in paths}
    system = image.get("arrayCoordinateSystem")
    if isinstance(system, dict):
        here = (*place, "arrayCoordinateSystem")
        trace.older(here, "'arrayCoordinateSystem'", "'path' at the ends", Version.V06_DEV4)
        if isinstance(name := system.get("name"), str) and paths:
            names.setdefault(name, paths[0])
    return names


def _point_to_arrays(value: object, arrays: dict[str, str], declared: list[object]) -> None:
    if not isinstance(value, dict):
        return
    names = [system.get("name") for system in declared if isinstance(system, dict)]
    for key in ("input", "output"):
        end = value.get(key)
        if isinstance(end, dict) and end.keys() == {"name"}:
            name = end["name"]
            if isinstance(name, str) and name in arrays and name not in names:
                value[key] = {"path": arrays[name]}


def _intrinsic(declared: list[object], version: str) -> str | None:
    """Return the system that a dataset without an output leads to (0.6.dev1 and dev2)."""
    names = [system.get("name") for system in declared if isinstance(system, dict)]
    known = [name for name in names if isinstance(name, str)]
    if not known:
        return None
    if "physical" in known:
        return "physical"
    return known[-1] if version in ("0.6.dev1", "0.6dev1") else known[0]


class _Known(NamedTuple):
    """What an image tells its datasets: their system, all systems, and names of arrays."""

    intrinsic: str | None
    declared: list[object]
    arrays: dict[str, str]


def _dataset(value: object, known: _Known, trace: Trace, place: Place) -> object:
    if not isinstance(value, dict):
        return value
    normal = trace.came_from({k: v for k, v in value.items() if v is not None}, place)
    if _TRANSFORMATIONS not in normal:
        return normal
    here = (*place, _TRANSFORMATIONS)
    stated: Any = normal_transformations(normal[_TRANSFORMATIONS], trace, here)
    if isinstance(stated, list) and stated:
        if len(stated) > 1 and not any(
            isinstance(item, dict) and item.keys() & {"input", "output"} for item in stated[1:]
        ):
            # A list without ends is applied in order, as in 0.4.
            ends = {}
            if isinstance(stated[0], dict):
                ends = {k: stated[0].pop(k) for k in ("input", "output") if k in stated[0]}
            trace.older(here, "A list of transformations", "one sequence", Version.V06_DEV2)
            chain: Json = {"type": "sequence", **ends, "transformations": stated}
            stated = [trace.came_from(chain, here)]
        take_inline_systems(stated, known.declared, trace)
        path = normal.get("path")
        for i, item in enumerate(stated):
            if isinstance(item, dict):
                _bind(item, i == 0, path, known.intrinsic, trace)
                if i:
                    _point_to_arrays(item, known.arrays, known.declared)
    normal[_TRANSFORMATIONS] = stated
    return normal


def _bind(item: Json, first: bool, path: object, intrinsic: str | None, trace: Trace) -> None:
    """Give a dataset's transformation its ends: the array, and the intrinsic system."""
    place = trace.origin(item) or ()
    start, finish = ("output", "input") if trace.is_turned(item) else ("input", "output")
    end = item.get(start)
    if first or end is None or (isinstance(end, dict) and "path" in end):
        instead = 'an input such as {"path": "0"}'
        written = _path(end)
        if end is None:
            form = "A transformation without 'input'"
            trace.older(place, form, instead, Version.V06_DEV3)
        elif not isinstance(end, dict) or not (written is None or isinstance(written, str)):
            message = f"The input must be {instead.removeprefix('an input such as ')} or the like."
            trace.report("wrong-type", (*place, start), "error", message)
        elif written is None:
            form = "An input without 'path'"
            trace.older((*place, start), form, instead, Version.V06_DEV4)
        elif isinstance(path, str) and _plain(written) != _plain(path):
            message = (
                f"The input names the array {written!r}, the dataset {path!r}; "
                "the dataset's own path is used."
            )
            trace.report("dataset-input", (*place, "input"), "warning", message)
        item[start] = {"path": path}
    if finish not in item and intrinsic is not None:
        form = "A transformation without 'output'"
        trace.older(place, form, 'an output such as {"name": "…"}', Version.V06_DEV3)
        item[finish] = {"name": intrinsic}


def _path(end: object) -> object:
    return end.get("path") if isinstance(end, dict) else None


def _plain(path: object) -> object:
    """Return a path without what means nothing in it: ``./`` before and a slash behind."""
    return path.removeprefix("./").rstrip("/") if isinstance(path, str) else path
