"""Reading parts that are in normal form already, at half of what `model_validate` costs.

Models ask each value whether it has an older form, in Python, some thirty times for an
image. A crawl knows that most documents have none: it validates by the same schema
without these questions, and asks them only of what does not fit.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator

from catalog.metadata.axes import CoordinateSystem
from catalog.metadata.base import NORMAL, QUESTION, Model
from catalog.metadata.memory import Memory

_Part = TypeVar("_Part", bound=Model)

# What holds parts of a schema, in all kinds of schema that our models have.
_HOLDS: Final = frozenset(
    {"choices", "definitions", "extras_schema", "fields", "items_schema", "schema", "values_schema"}
)

_Key = tuple[str, tuple[tuple[tuple[str, str | bool], ...], ...]]
_SYSTEMS: Final = Memory[_Key, CoordinateSystem](1_000)
"""Coordinate systems by all that their documents say of them: a collection has a handful."""


def read_normal(model: type[_Part], value: object) -> _Part | None:
    """Read a part in normal form; None when it is not in that form, or broken.

    It is what ``model.model_validate(value, context=NORMAL)`` gives.
    """
    try:
        return cast("_Part", _validator(model).validate_python(value, context=NORMAL))
    except ValidationError:
        return None


def with_known_systems(part: dict[str, Any]) -> dict[str, Any]:
    """Put the coordinate systems of a part that have been read before into its place.

    Equal systems are then one object: what is a function of a system can be
    remembered by its identity.
    """
    systems = part.get("coordinateSystems")
    if not isinstance(systems, list):
        return part
    return {**part, "coordinateSystems": [_known(system) for system in systems]}


def _known(system: object) -> object:
    key = _key(system)
    if key is None:
        return system
    known = _SYSTEMS.recall(key)
    if known is None:
        known = read_normal(CoordinateSystem, system)
        if known is None:
            return system
        _SYSTEMS.keep(key, known)
    return known


def _key(system: object) -> _Key | None:
    """Give all that a document says of a system, where that is texts and truth values alone.

    Numbers are left out: 1 and true are equal to a dict, and not to a document.
    """
    if not isinstance(system, dict) or system.keys() != {"name", "axes"}:
        return None
    name, axes = system["name"], system["axes"]
    if not isinstance(name, str) or not isinstance(axes, list):
        return None
    items = []
    for axis in axes:
        if not isinstance(axis, dict):
            return None
        for value in axis.values():
            if type(value) is not str and type(value) is not bool:
                return None
        items.append(tuple(axis.items()))
    return name, tuple(items)


@cache
def _validator(model: type[Model]) -> SchemaValidator:
    schema = cast("CoreSchema", _without_questions(model.__pydantic_core_schema__))
    try:
        # Else pydantic takes the validator of each nested model, which asks.
        return SchemaValidator(schema, _use_prebuilt=False)
    except TypeError:  # before pydantic 2.12 it took none
        return SchemaValidator(schema)


def _without_questions(schema: object) -> object:
    """Copy a schema without the functions that look for older forms."""
    if isinstance(schema, list):
        return [_without_questions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    function = schema.get("function") if schema.get("type") == "function-before" else None
    if function is not None and getattr(function["function"], "__name__", "") == QUESTION:
        return _without_questions(schema["schema"])
    # Fields, choices and the like are dicts of schemas by names of any kind.
    named = "type" not in schema or not isinstance(schema["type"], str)
    return {
        key: _without_questions(value) if named or key in _HOLDS else value
        for key, value in schema.items()
    }
