"""Rewrite a coordinate transformation of any version as 0.6 writes it.

What needs no context is rewritten here. Axes given by name stay beside the empty
index lists, as the extra keys ``input_axes`` and ``output_axes`` of a byDimension item
and ``axisNames`` of a mapAxis, and a flat list that is no square affine as ``flatAffine``;
`catalog.metadata.dialects.axis_names` resolves them.
"""

from __future__ import annotations

from math import isqrt
from typing import Any, TypeGuard

from catalog.metadata.dialects.trace import Trace
from catalog.metadata.problems import Place
from catalog.metadata.versions import Version

Json = dict[str, Any]

#: Keys that an item of a flat byDimension has for itself; the rest is its transformation.
_INPUT_AXES = ("inputAxes", "input_axes")
_OUTPUT_AXES = ("outputAxes", "output_axes")


def normal_transformation(value: object, trace: Trace, place: Place = ()) -> object:
    """Return a transformation in normal form; what is no JSON object comes back as it is.

    An ``inverseOf`` is written as the inverse itself where that has a closed form; else
    the edge is turned round: its inside, from the output to the input.

    Parameters
    ----------
    trace
        Remembers where the parts came from, and what was odd.
    place
        Where the transformation stands in its document.
    """
    normal = _rewritten(value, trace, place)
    if isinstance(normal, dict) and trace.is_turned(normal):
        ends = normal.pop("input", None), normal.pop("output", None)
        normal.update({k: v for k, v in zip(("output", "input"), ends, strict=True) if v})
    return normal


def _rewritten(value: object, trace: Trace, place: Place) -> object:
    """Return a transformation in normal form, marked as turned if it is its own inverse's."""
    if not isinstance(value, dict):
        return value
    normal = trace.came_from({k: v for k, v in value.items() if v is not None}, place)
    for end in ("input", "output"):
        if end in normal:
            normal[end] = _end(normal[end], trace, (*place, end))
    kind = normal.get("type")
    rewrite = _REWRITES.get(kind) if isinstance(kind, str) else None
    if rewrite is not None:
        rewrite(normal, trace, place)
    return normal


def normal_transformations(value: object, trace: Trace, place: Place) -> object:
    """Return a list of transformations in normal form; another value as it is."""
    if not isinstance(value, (list, tuple)):
        return value
    return [normal_transformation(item, trace, (*place, i)) for i, item in enumerate(value)]


def inverted(value: Json) -> Json | None:
    """Return the inverse of a transformation in normal form, without ends.

    None when it has no inverse that loses nothing (matrices are not inverted here: an
    edge turned round says the same, exactly).
    """
    kind = value.get("type")
    kept = {k: v for k, v in value.items() if k not in ("input", "output", "name")}
    if kind == "identity":
        return kept
    if kind == "translation" and _numbers(value.get("translation")):
        return {**kept, "translation": [-number for number in value["translation"]]}
    if kind == "scale" and _numbers(value.get("scale")) and all(value["scale"]):
        return {**kept, "scale": [1 / number for number in value["scale"]]}
    if kind == "mapAxis" and _is_permutation(order := value.get("mapAxis")):
        return {**kept, "mapAxis": [order.index(i) for i in range(len(order))]}
    if kind == "bijection" and "forward" in value and "inverse" in value:
        return {**kept, "forward": value["inverse"], "inverse": value["forward"]}
    if kind == "projectAxis" and value.get("createdOutputs") and not value.get("droppedInputs"):
        kept["droppedInputs"] = kept.pop("createdOutputs")
        return kept
    if kind == "sequence" and isinstance(value.get("transformations"), list):
        members = [_inverted_part(member) for member in reversed(value["transformations"])]
        return None if None in members else {**kept, "transformations": members}
    if kind == "byDimension" and isinstance(value.get("transformations"), list):
        items = [_inverted_item(item) for item in value["transformations"]]
        return None if None in items else {**kept, "transformations": items}
    return None


def _inverted_part(value: object) -> Json | None:
    return inverted(value) if isinstance(value, dict) else None


def _inverted_item(item: object) -> Json | None:
    inside = _inverted_part(item.get("transformation")) if isinstance(item, dict) else None
    if inside is None or not isinstance(item, dict):
        return None
    turned = {"input": "output", "output": "input"}
    swapped = {
        key.replace(end, turned[end], 1): axes
        for key, axes in item.items()
        for end in ("input", "output")
        if key in (f"{end}Axes", f"{end}_axes")
    }
    return {**item, "transformation": inside, **swapped}


def _inverse_of(normal: Json, trace: Trace, place: Place) -> None:
    """Replace an inverseOf by the inverse in closed form, or by its inside, turned."""
    instead = "a bijection, or the transformation the other way round"
    trace.older(place, "'inverseOf'", instead, Version.V06_DEV3)
    key = "transformation" if "transformation" in normal else "transform"
    inside = _rewritten(normal.pop(key, None), trace, (*place, key))
    if not isinstance(inside, dict):
        return  # The type stays, and the models say that 0.6 has no such.
    back = _parameters(inside) if trace.is_turned(inside) else inverted(inside)
    if back is None:
        back = _parameters(inside)
        trace.turn(normal)
    normal.update(back)


def _end(value: object, trace: Trace, place: Place) -> object:
    if isinstance(value, str):
        # Scenes gave them up first.
        since = Version.V06_DEV4 if "multiscales" in place else Version.V06_DEV3
        trace.older(place, "A bare name", 'an object such as {"name": "…"}', since)
        return {"name": value}
    if isinstance(value, dict):
        return {k: v for k, v in value.items() if v is not None}
    return value


def _sequence(normal: Json, trace: Trace, place: Place) -> None:
    key = _members_key(normal, trace, place)
    members = normal.pop(key, None)
    if isinstance(members, (list, tuple)):
        members = [_rewritten(item, trace, (*place, key, i)) for i, item in enumerate(members)]
        if any(trace.is_turned(member) for member in members):
            # The whole can be written backwards, if all others have inverses.
            members = [
                member if trace.is_turned(member) else _inverted_part(member)
                for member in reversed(members)
            ]
            members = [_UNWRITABLE if member is None else member for member in members]
            trace.turn(normal)
    if members is not None:
        normal["transformations"] = members


def _by_dimension(normal: Json, trace: Trace, place: Place) -> None:
    key = _members_key(normal, trace, place)
    items = normal.pop(key, None)
    if isinstance(items, (list, tuple)):
        items = [_item(item, trace, (*place, key, i)) for i, item in enumerate(items)]
    if items is not None:
        normal["transformations"] = items


def _item(value: object, trace: Trace, place: Place) -> object:
    if not isinstance(value, dict):
        return value
    item = {k: v for k, v in value.items() if v is not None}
    flat = "type" in item and "transformation" not in item
    if flat:
        instead = "the transformation below that key"
        trace.older(place, "An item without 'transformation'", instead, Version.V06_DEV3)
        axes = (*_INPUT_AXES, *_OUTPUT_AXES, "input", "output")
        inside = _rewritten({k: v for k, v in item.items() if k not in axes}, trace, place)
        item = {k: v for k, v in item.items() if k in axes}
    else:
        inside = _rewritten(item.pop("transformation", None), trace, (*place, "transformation"))
    if trace.is_turned(inside):
        inside = _UNWRITABLE
    normal = trace.came_from({} if inside is None else {"transformation": inside}, place)
    for target, keys in (("inputAxes", _INPUT_AXES), ("outputAxes", _OUTPUT_AXES)):
        found = [k for k in keys if k in item]
        if not found and flat and isinstance(item.get(target[:-4]), list):
            found = [target[:-4]]
        axes_given = [(k, item.pop(k)) for k in found]
        for source, axes in axes_given:
            if isinstance(axes, (list, tuple)) and any(isinstance(axis, str) for axis in axes):
                normal.setdefault(target, [])
                normal[keys[1]] = list(axes)
                trace.older((*place, source), "Axes by name", "their indices", Version.V06_DEV3)
            elif axes or target not in normal:
                normal[target] = _indices(axes)
                if source != target:
                    trace.older((*place, source), f"'{source}'", f"'{target}'", Version.V06)
    return trace.came_from({**normal, **item}, place)


def _bijection(normal: Json, trace: Trace, place: Place) -> None:
    for key in ("forward", "inverse"):
        if key in normal:
            normal[key] = _rewritten(normal[key], trace, (*place, key))
    for key, other in (("forward", "inverse"), ("inverse", "forward")):
        if not trace.is_turned(normal.get(key)):
            continue
        stated = _parameters(normal.get(other))
        if _parameters(normal[key]) != stated:
            normal[key] = _UNWRITABLE
            continue
        # A field beside the inverse of itself: the field says it all.
        del normal["forward"], normal["inverse"]
        normal.update(stated)
        if key == "forward":
            trace.turn(normal)
        return


def _parameters(value: object) -> Json:
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if k not in ("input", "output", "name")}


def _map_axis(normal: Json, trace: Trace, place: Place) -> None:
    order = normal.get("mapAxis")
    if isinstance(order, dict):
        instead = "the indices of the input axes"
        trace.older((*place, "mapAxis"), "A mapAxis by names", instead, Version.V06_DEV3)
        normal["mapAxis"] = []
        normal["axisNames"] = order
    elif order is not None:
        normal["mapAxis"] = _indices(order)


def _project_axis(normal: Json, trace: Trace, place: Place) -> None:
    del trace, place
    for key in ("createdOutputs", "droppedInputs"):
        if key in normal:
            normal[key] = _indices(normal[key])


def _affine(normal: Json, trace: Trace, place: Place) -> None:
    flat = normal.get("affine")
    if not isinstance(flat, list) or not _numbers(flat):
        return
    trace.older((*place, "affine"), "A flat list", "a list of rows", Version.V06_DEV2)
    rows = isqrt(len(flat))
    if rows * (rows + 1) == len(flat):
        normal["affine"] = _rows(flat, rows + 1)
    else:
        normal["flatAffine"] = normal.pop("affine")


def _rotation(normal: Json, trace: Trace, place: Place) -> None:
    flat = normal.get("rotation")
    if isinstance(flat, list) and _numbers(flat) and isqrt(len(flat)) ** 2 == len(flat):
        trace.older((*place, "rotation"), "A flat list", "a list of rows", Version.V06_DEV2)
        normal["rotation"] = _rows(flat, isqrt(len(flat)))


def _members_key(normal: Json, trace: Trace, place: Place) -> str:
    if "transforms" in normal and "transformations" not in normal:
        place = (*place, "transforms")
        trace.older(place, "'transforms'", "'transformations'", Version.V06_DEV3)
        return "transforms"
    return "transformations"


def _rows(flat: list[float], width: int) -> list[list[float]]:
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def _numbers(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value)
    )


def _is_permutation(value: object) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and bool(value)
        and sorted(value, key=repr) == sorted(range(len(value)), key=repr)
    )


def _indices(value: object) -> object:
    """Return whole numbers as integers: 0.6's schema says "number" where it means an index."""
    if isinstance(value, (list, tuple)):
        return [
            int(item) if isinstance(item, float) and item.is_integer() else item for item in value
        ]
    return value


#: Stands for an inverse that nobody can write; the models refuse its type.
_UNWRITABLE: Json = {"type": "inverseOf"}

_REWRITES = {
    "inverseOf": _inverse_of,
    "sequence": _sequence,
    "byDimension": _by_dimension,
    "bijection": _bijection,
    "mapAxis": _map_axis,
    "projectAxis": _project_axis,
    "affine": _affine,
    "rotation": _rotation,
}
