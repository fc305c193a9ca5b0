"""Images of 0.4 and 0.5 (and older): axes without a system's name, transformations without ends.

The axes become the system ``physical``, as most converters name it; an image-level
transformation leads from there to ``physical_transformed``.
"""

from __future__ import annotations

from typing import Any

from catalog.metadata.dialects.spatialdata import take_inline_systems
from catalog.metadata.dialects.systems import normal_axes
from catalog.metadata.dialects.trace import Trace
from catalog.metadata.dialects.transformations import normal_transformations
from catalog.metadata.problems import Place
from catalog.metadata.versions import Version

Json = dict[str, Any]

PHYSICAL = "physical"
PHYSICAL_TRANSFORMED = "physical_transformed"

_TRANSFORMATIONS = "coordinateTransformations"

# 0.1 and 0.2 said nothing of axes: all images had these five.
_FIRST_AXES = ["t", "c", "z", "y", "x"]


def is_v04(image: Json) -> bool:
    """Tell whether an entry of `multiscales` has the shape of 0.5 or older."""
    return image.get("coordinateSystems") is None and (
        image.get("axes") is not None or image.get("version") in ("0.1", "0.2")
    )


def plain_image(image: Json, place: Place) -> tuple[Json, dict[Place, Place]] | None:
    """Return a plain image in normal form, at a fraction of what `normal_image` costs.

    Most published images are plain: axes, and a scale with or without a translation
    for each dataset. None for one that is more, or less.

    Returns
    -------
    image
        In the form of 0.6, not yet validated.
    moved
        Places in it whose place in the document, relative to `place`, is another.
    """
    datasets = image.get("datasets")
    if not isinstance(datasets, list) or image.get(_TRANSFORMATIONS) is not None:
        return None
    system = {"name": PHYSICAL, "axes": image.get("axes")}
    output = {"name": PHYSICAL}
    levels: list[Json] = []
    moved: dict[Place, Place] = {
        ("coordinateSystems", 0): (*place, "axes"),
        ("coordinateSystems", 0, "axes"): (*place, "axes"),
    }
    for i, dataset in enumerate(datasets):
        stated = dataset.get(_TRANSFORMATIONS) if isinstance(dataset, dict) else None
        if not isinstance(stated, list) or not 1 <= len(stated) <= 2:
            return None
        for item in stated:
            if (
                not isinstance(item, dict)
                or item.get("type") not in ("scale", "translation")
                or "input" in item
                or "output" in item
            ):
                return None
        ends = {"input": {"path": dataset.get("path")}, "output": output}
        if len(stated) == 1:
            level = {**stated[0], **ends}
        else:
            level = {"type": "sequence", **ends, "transformations": stated}
            list_place = (*place, "datasets", i, _TRANSFORMATIONS)
            own_place = ("datasets", i, _TRANSFORMATIONS, 0)
            moved[own_place] = list_place
            moved[*own_place, "transformations"] = list_place
        levels.append({**dataset, _TRANSFORMATIONS: [level]})
    normal = {k: v for k, v in image.items() if k != "axes"}
    normal["coordinateSystems"] = [system]
    normal["datasets"] = levels
    return normal, moved


def normal_image(image: Json, trace: Trace, place: Place) -> tuple[Json, list[str], list[str]]:
    """Return an entry of `multiscales` in normal form.

    Returns
    -------
    image
        In the form of 0.6.
    implied
        Names of the systems that the document does not name.
    shared
        Names of the systems that belong to a whole spatialdata container.
    """
    trace.older(place, "An image with 'axes'", "'coordinateSystems'", Version.V06_DEV2)
    normal = trace.came_from({k: v for k, v in image.items() if v is not None}, place)
    axes = normal_axes(normal.pop("axes", _FIRST_AXES), trace, (*place, "axes"))
    key = _TRANSFORMATIONS
    stated = normal_transformations(normal.pop(key, []), trace, (*place, key))

    systems: list[object] = []
    shared: list[str] = []
    transformations = stated if isinstance(stated, list) else []
    loose = [item for item in transformations if _has_no_ends(item)]
    bound = [item for item in transformations if not _has_no_ends(item)]
    inputs, shared = take_inline_systems(bound, systems, trace)
    intrinsic, implied = PHYSICAL, [PHYSICAL]
    starts = [_name(item, "input") for item in bound if isinstance(item, dict)]
    if len(inputs) == 1 and all(start == inputs[0] for start in starts) and inputs[0] not in shared:
        # The document does name the system of its axes, at the ends of transformations.
        intrinsic, implied = inputs[0], []
    else:
        system = trace.came_from({"name": PHYSICAL, "axes": axes}, (*place, "axes"))
        if "axes" not in image:
            trace.came_from(system, place)
        systems.insert(0, system)
    for item in bound:
        if isinstance(item, dict):
            item.setdefault("input", {"name": intrinsic})
    if loose:
        chained = _chain(loose, trace, (*place, key))
        if isinstance(chained, dict):
            chained |= {"input": {"name": intrinsic}, "output": {"name": PHYSICAL_TRANSFORMED}}
            systems.append({"name": PHYSICAL_TRANSFORMED, "axes": axes})
            implied = [*implied, PHYSICAL_TRANSFORMED]
        bound = [chained, *bound]
    normal["coordinateSystems"] = systems
    if stated is not None and not isinstance(stated, list):
        normal[key] = stated
    elif bound:
        normal[key] = bound
    if isinstance(normal.get("datasets"), (list, tuple)):
        normal["datasets"] = [
            _dataset(item, intrinsic, trace, (*place, "datasets", i))
            for i, item in enumerate(normal["datasets"])
        ]
    return normal, implied, shared


def _dataset(value: object, intrinsic: str, trace: Trace, place: Place) -> object:
    if not isinstance(value, dict):
        return value
    normal = trace.came_from({k: v for k, v in value.items() if v is not None}, place)
    key = _TRANSFORMATIONS
    if key not in normal:
        return normal
    stated = normal_transformations(normal[key], trace, (*place, key))
    if isinstance(stated, list) and stated:
        one = _chain(stated, trace, (*place, key))
        if isinstance(one, dict):
            one |= {"input": {"path": normal.get("path")}, "output": {"name": intrinsic}}
        stated = [one]
    normal[key] = stated
    return normal


def _chain(transformations: list[object], trace: Trace, place: Place) -> object:
    """Return transformations applied one after the other as one."""
    if len(transformations) == 1:
        return transformations[0]
    return trace.came_from({"type": "sequence", "transformations": transformations}, place)


def _has_no_ends(value: object) -> bool:
    return not isinstance(value, dict) or not ("input" in value or "output" in value)


def _name(value: Json, key: str) -> object:
    end = value.get(key)
    return end.get("name") if isinstance(end, dict) else None
