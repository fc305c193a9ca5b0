"""Rewrite coordinate systems and axes of any version as 0.6 writes them."""

from __future__ import annotations

from typing import Any

from catalog.metadata.dialects.trace import Trace
from catalog.metadata.problems import Place
from catalog.metadata.versions import Version

Json = dict[str, Any]

# What an axis of 0.3, a bare name, is by that version's own rule.
_TYPES = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}


def normal_system(value: object, trace: Trace, place: Place) -> object:
    """Return a coordinate system in normal form; what is no JSON object as it is."""
    if not isinstance(value, dict):
        return value
    normal = trace.came_from({k: v for k, v in value.items() if v is not None}, place)
    if "axes" in normal:
        normal["axes"] = normal_axes(normal["axes"], trace, (*place, "axes"))
    return normal


def normal_systems(value: object, trace: Trace, place: Place) -> object:
    """Return a list of coordinate systems in normal form; another value as it is."""
    if not isinstance(value, (list, tuple)):
        return value
    return [normal_system(item, trace, (*place, i)) for i, item in enumerate(value)]


def normal_axes(value: object, trace: Trace, place: Place) -> object:
    """Return a list of axes in normal form; another value as it is.

    Axes were bare names in 0.3, and are met as one object, or as objects by name.
    """
    if isinstance(value, dict):
        trace.older(place, "An object of axes", "a list of axes", Version.V06_DEV2)
        if isinstance(value.get("name"), str):
            return [_axis(value, trace, place)]
        return [
            _axis({"name": name, **axis}, trace, (*place, name))
            for name, axis in value.items()
            if isinstance(axis, dict)
        ]
    if not isinstance(value, (list, tuple)):
        return value
    return [_axis(axis, trace, (*place, i)) for i, axis in enumerate(value)]


def _axis(value: object, trace: Trace, place: Place) -> object:
    if isinstance(value, str):
        trace.older(place, "A bare name", 'an object such as {"name": "x"}', Version.V04)
        axis = {"name": value}
        if value in _TYPES:
            axis["type"] = _TYPES[value]
        return trace.came_from(axis, place)
    if isinstance(value, dict):
        return trace.came_from({k: v for k, v in value.items() if v is not None}, place)
    return value


def axis_names(system: object) -> list[str] | None:
    """Return the names of the axes of a system in normal form, None unless all have one."""
    axes = system.get("axes") if isinstance(system, dict) else None
    if not isinstance(axes, list) or not axes:
        return None
    names = [axis.get("name") if isinstance(axis, dict) else None for axis in axes]
    found = [name for name in names if isinstance(name, str)]
    return found if len(found) == len(names) else None
