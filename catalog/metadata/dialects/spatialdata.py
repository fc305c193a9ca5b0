"""spatialdata's way: whole coordinate systems written inline, at the ends of transformations.

Each image, and each element of points or shapes, writes the systems that its
transformations lead to. Equal names mean the same system throughout a container, so
what a transformation leads to is *shared*; what it starts from is the element's own.
"""

from __future__ import annotations

from typing import Any

from catalog.metadata.dialects.systems import axis_names, normal_system
from catalog.metadata.dialects.trace import Trace

Json = dict[str, Any]


def has_inline_systems(transformations: object) -> bool:
    """Tell whether an end of a transformation holds the axes of its system."""
    if not isinstance(transformations, (list, tuple)):
        return False
    return any(
        isinstance(item, dict)
        and any(isinstance(end := item.get(key), dict) and "axes" in end for key in ends)
        for item in transformations
        for ends in (("input", "output"),)
    )


def take_inline_systems(
    transformations: list[object], declared: list[object], trace: Trace
) -> tuple[list[str], list[str]]:
    """Move the systems written inline to the declared ones, and leave their names.

    Parameters
    ----------
    transformations
        In normal form, but for the axes at their ends; changed in place.
    declared
        The systems declared so far; those found are added.

    Returns
    -------
    inputs, outputs
        Names of the inline systems that the transformations start from and lead to.
    """
    found: tuple[list[str], list[str]] = ([], [])
    known = {repr(item.get("name")) for item in declared if isinstance(item, dict)}
    for transformation in transformations:
        if not isinstance(transformation, dict):
            continue
        place = trace.origin(transformation) or ()
        for key, names in zip(("input", "output"), found, strict=True):
            end = transformation.get(key)
            if not isinstance(end, dict) or "axes" not in end:
                continue
            name = end.get("name")
            if not isinstance(name, str) or not name:
                continue
            if repr(name) not in known:
                known.add(repr(name))
                declared.append(normal_system(end, trace, (*place, key)))
            if name not in names:
                names.append(name)
            transformation[key] = {k: v for k, v in end.items() if k != "axes"}
        _reorder_members(transformation)
    return found


def _reorder_members(transformation: Json) -> None:
    """Put a mapAxis between members of a sequence whose inline axes differ in order.

    Members may state their own systems; what they say of the order of axes counts,
    their names do not.
    """
    members = transformation.get("transformations")
    if transformation.get("type") != "sequence" or not isinstance(members, list):
        return
    ordered: list[object] = []
    before: list[str] | None = None
    for member in members:
        if not isinstance(member, dict):
            return
        _reorder_members(member)
        wanted = axis_names(member.get("input"))
        if before is not None and wanted is not None and before != wanted:
            order = [before.index(name) for name in wanted if name in before]
            if sorted(order) == list(range(len(before))):
                ordered.append({"type": "mapAxis", "mapAxis": order})
        ordered.append(member)
        before = axis_names(member.get("output"))
    transformation["transformations"] = ordered
    for member in members:
        for key in ("input", "output"):
            if isinstance(member, dict) and isinstance(member.get(key), dict):
                member[key] = {k: v for k, v in member[key].items() if k != "axes"}
