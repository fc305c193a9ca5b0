"""Validate a part of a document; leave out what is broken and keep the rest.

A defect costs the innermost thing that can be missed: an axis's unit, a
transformation, a coordinate system, a dataset. Only when nothing smaller can be
missed, the whole part goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from catalog.metadata.base import NORMAL, Model
from catalog.metadata.dialects.trace import Trace
from catalog.metadata.problems import Place

Part = TypeVar("Part", bound=Model)
Json = dict[str, Any]

#: Lists whose elements can be missed, one by one.
_ELEMENTS = frozenset(
    {
        "acquisitions",
        "colors",
        "coordinateSystems",
        "coordinateTransformations",
        "datasets",
        "images",
        "properties",
        "wells",
    }
)

#: Lists whose elements are known by their position: a broken one is emptied, not removed.
_EMPTIED: Mapping[str, Json] = {
    "channels": {},
    "columns": {"name": ""},
    "rows": {"name": ""},
}

#: Keys that can be missed, by the key that holds the object (or the list of them).
_KEYS: Mapping[str, frozenset[str]] = {
    "": frozenset(
        {
            "acquisitions",
            "channels",
            "colors",
            "columns",
            "coordinateSystems",
            "coordinateTransformations",
            "field_count",
            "images",
            "name",
            "properties",
            "rows",
            "source",
            "wells",
        }
    ),
    "acquisitions": frozenset({"name", "maximumfieldcount", "description", "starttime", "endtime"}),
    "axes": frozenset({"type", "discrete", "unit", "longName"}),
    "channels": frozenset({"label", "color", "active", "window"}),
    "coordinateTransformations": frozenset({"name"}),
    "datasets": frozenset({"coordinateTransformations"}),
    "forward": frozenset({"name", "input", "output"}),
    "images": frozenset({"acquisition"}),
    "inverse": frozenset({"name", "input", "output"}),
    "source": frozenset({"image"}),
    "transformation": frozenset({"name", "input", "output"}),
    "transformations": frozenset({"name", "input", "output"}),
    "wells": frozenset({"rowIndex", "columnIndex"}),
}

#: What holds a transformation: the next step of an error's place is the type's name.
_ONE_TRANSFORMATION = frozenset({"forward", "inverse", "transformation"})
_MANY_TRANSFORMATIONS = frozenset({"coordinateTransformations", "transformations"})

#: How a key of the normal form was spelled in older documents.
_OLDER_KEYS: Mapping[str, tuple[str, ...]] = {
    "inputAxes": ("input_axes", "input"),
    "outputAxes": ("output_axes", "output"),
    "transformations": ("transforms",),
    "transformation": ("transform",),
}

_REMOVED = object()


def read_part(
    model: type[Part], normal: object, attributes: Json, place: Place, trace: Trace
) -> Part | None:
    """Validate a part in normal form, leaving out what is broken.

    Parameters
    ----------
    normal
        The part; changed in place where something is left out.
    attributes, place
        The attributes as they stood, and where the part came from.
    trace
        Knows where parts came from; gets a problem for each defect.

    Returns
    -------
    Part | None
        None when too little of it is usable.
    """
    first = True
    # Each round leaves something out, so this ends; a part has few layers to lose.
    while True:
        try:
            return model.model_validate(normal, context=NORMAL)
        except ValidationError as error:
            details = _without_echoes(error.errors(include_url=False))
        usable, changed = True, False
        touched: list[list[Any]] = []
        for detail in details:
            steps = _walk(normal, detail["loc"])
            if _already_gone(steps, detail["type"] == "missing"):
                continue
            # A list that is empty now, and was not, has had its elements reported.
            if first or detail["type"] != "too_short":
                code, message = _words(detail, steps)
                trace.report(code, _origin(steps, attributes, place, trace), "error", message)
            usable = _leave_out(steps, touched) and usable
            changed = True
        for elements in touched:
            elements[:] = [item for item in elements if item is not _REMOVED]
        if not usable or not changed:
            return None
        first = False


def _without_echoes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Drop the errors of lists that pydantic calls too short for the errors inside them."""
    places = [detail["loc"] for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(
            len(place) > len(detail["loc"]) and place[: len(detail["loc"])] == detail["loc"]
            for place in places
        )
    ]


class _Step:
    """One step from a container to what it holds."""

    __slots__ = ("container", "key", "kind", "value")

    def __init__(self, container: Any, key: str | int, kind: str, value: object) -> None:
        self.container = container
        self.key = key
        #: The key that holds the container, or the list that holds it.
        self.kind = kind
        self.value = value


def _walk(normal: object, loc: tuple[int | str, ...]) -> list[_Step]:
    """Follow an error's place through the part; the last step may lead to nothing."""
    steps: list[_Step] = []
    here, kind = normal, ""
    skip_tag = False
    for key in loc:
        if skip_tag:
            skip_tag = False
            continue
        if kind == "label":
            break  # What follows is which of text and number was tried.
        if isinstance(here, dict):
            value = here.get(str(key))
            steps.append(_Step(here, str(key), kind, value))
            kind = str(key)
            skip_tag = kind in _ONE_TRANSFORMATION
        elif isinstance(here, list) and isinstance(key, int) and key < len(here):
            value = here[key]
            steps.append(_Step(here, key, kind, value))
            # The items of a byDimension hold a transformation each, and have no type.
            skip_tag = kind in _MANY_TRANSFORMATIONS and not _is_item(steps)
        else:
            break
        here = value
    return steps


def _is_item(steps: list[_Step]) -> bool:
    if len(steps) < 2 or steps[-2].key != "transformations":
        return False
    holder = steps[-2].container
    return isinstance(holder, dict) and holder.get("type") == "byDimension"


def _origin(steps: list[_Step], attributes: Json, place: Place, trace: Trace) -> Place:
    """Return where the value that an error is about stood in the attributes."""
    rest: list[str | int] = []
    origin = place
    for step in reversed(steps):
        found = trace.origin(step.value)
        if found is not None:
            origin = found
            break
        rest.append(step.key)
    rest.reverse()
    value: object = attributes
    for key in origin:
        value = _get(value, key)
    for key in rest:
        for spelling in (key, *_OLDER_KEYS.get(str(key), ())):
            inner = _get(value, spelling)
            if inner is not None:
                value, origin = inner, (*origin, spelling)
                break
        else:
            # A key that is missing: its object is the place.
            if key != "transformation":
                break
    return origin


def _get(value: object, key: str | int) -> object:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _already_gone(steps: list[_Step], missing: bool) -> bool:
    """Tell whether something around the place has been left out since it was looked at.

    One value may stand in several places: two systems share the axes of a 0.4 image.
    """
    for i, step in enumerate(steps):
        if isinstance(step.container, list):
            if step.value is _REMOVED:
                return True
        elif step.key not in step.container and not (missing and i == len(steps) - 1):
            return True
    return False


def _leave_out(steps: list[_Step], touched: list[list[Any]]) -> bool:
    """Leave out the innermost thing around the place that can be missed."""
    for step in reversed(steps):
        if isinstance(step.container, list):
            index = int(step.key)
            if step.kind in _ELEMENTS:
                step.container[index] = _REMOVED
                touched.append(step.container)
                return True
            if step.kind in _EMPTIED and step.value != _EMPTIED[step.kind]:
                step.container[index] = dict(_EMPTIED[step.kind])
                return True
        elif step.key in step.container and step.key in _KEYS.get(step.kind, ()):
            del step.container[step.key]
            return True
    return False


def _words(detail: ErrorDetails, steps: list[_Step]) -> tuple[str, str]:
    """Return a problem's code and a sentence for what pydantic found."""
    kind = detail["type"]
    name = next((f"'{step.key}'" for step in reversed(steps) if isinstance(step.key, str)), "This")
    context = detail.get("ctx", {})
    if kind == "missing":
        return "missing-key", f"The key {name} is missing."
    if kind == "union_tag_not_found":
        return "missing-key", "A transformation needs a 'type'."
    if kind == "union_tag_invalid":
        return (
            "unknown-transformation",
            f"{context.get('tag', '')!r} is not a type of transformation that OME-Zarr 0.6 has.",
        )
    if kind in ("too_short", "string_too_short"):
        return "empty", f"{name} must not be empty."
    if kind == "value_error":
        return "missing-key", f"The transformation {context.get('error', '')}."
    if kind == "greater_than_equal":
        return "wrong-value", f"{name} must not be negative, but holds {_shown(detail['input'])}."
    expected = _EXPECTED.get(kind)
    if expected is None:
        return "wrong-value", f"{name}: {detail['msg']}."
    return "wrong-type", f"{name} must hold {expected}, not {_shown(detail['input'])}."


_EXPECTED: Mapping[str, str] = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "an object",
    "float_type": "numbers",
    "int_from_float": "whole numbers",
    "int_parsing": "a whole number",
    "int_type": "whole numbers",
    "model_attributes_type": "an object",
    "model_type": "an object",
    "string_type": "text",
    "tuple_type": "a list",
}


def _shown(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
