"""Which systems the ends of a transformation mean (FORMAT: names, locations, paths)."""

from __future__ import annotations

from difflib import get_close_matches

from catalog.metadata.assembly.draft import Draft
from catalog.metadata.assembly.locations import follow, is_outside, join
from catalog.metadata.assembly.values import SystemKey
from catalog.metadata.axes import CoordinateSystemIdentifier
from catalog.metadata.nodes import ArrayNode, GroupNode
from catalog.metadata.problems import Problem
from catalog.metadata.rules.registry import problem

_SECOND = ("0.6.dev2", "0.6dev2")
_BARE_NAMES = ("0.6.dev1", "0.6dev1", *_SECOND)


def resolve(
    draft: Draft,
    location: str,
    end: CoordinateSystemIdentifier,
    pointer: str,
    image: int | None = None,
) -> SystemKey:
    """Find the system that one end means, in the document of the group at `location`.

    What does not exist is kept as an undeclared system, and a problem is recorded.
    """
    name = end.name or ""
    path = end.path
    if path is None or path == "":
        key = _named(draft, location, name, image)
        return key if key is not None else _bare(draft, location, name, pointer)
    place = join(location, path)
    if place is None:
        place = follow(location, path)
        draft.problems.append(
            problem(
                "outside-hierarchy",
                f"{pointer}/path",
                f"{path!r} leads out of this hierarchy and is not followed",
                location,
            )
        )
        return draft.undeclared(SystemKey(place, name), location)
    key = _named(draft, place, name, None) if name else _at(draft, place)
    if key is not None:
        return key
    key = draft.undeclared(SystemKey(place, name), location)
    draft.problems.append(_missing(draft, location, end, place, pointer))
    return key


def _named(draft: Draft, location: str, name: str, image: int | None) -> SystemKey | None:
    """Find the system that the document at `location` means by `name`, or an array's."""
    if image is not None:
        key = draft.entries[location][image].get(name)
        if key is not None:
            return key
    key = draft.named.get((location, name))
    if key is not None:
        return key
    place = follow(location, name)
    return _array(draft, place, location) if name and place else None


def _array(draft: Draft, place: str, group: str) -> SystemKey | None:
    """Give the own system of the array at `place`, if one lies there."""
    key = SystemKey(place, "")
    if place in draft.arrays:
        return key
    if isinstance(draft.nodes.get(place), ArrayNode):
        if key not in draft.by_key:
            draft.add_array(key, group, None, None)
        return key
    return None


def _at(draft: Draft, place: str) -> SystemKey | None:
    """Give the one system that a location alone can mean: an array's, an image's, a scene's."""
    key = _array(draft, place, place.rpartition("/")[0])
    if key is not None:
        return key
    candidates = {key for key in draft.intrinsic.get(place, ()) if key is not None}
    candidates = candidates or set(draft.scenes.get(place, ()))
    return draft.undeclared(candidates.pop(), place) if len(candidates) == 1 else None


def _bare(draft: Draft, location: str, name: str, pointer: str) -> SystemKey:
    """Read a name that its own document does not declare.

    It may be the location of an image. Before 0.6.dev3 ends had no path at all, and a
    name may be declared by one of the images below.
    """
    node = draft.nodes[location]
    version = node.version if isinstance(node, GroupNode) else ""
    place = follow(location, name)
    if not is_outside(place) and place != location:
        key = _first(draft, place) if version in _SECOND else None
        key = key or _at(draft, place)
        if key is not None:
            return key
    if version in _BARE_NAMES or not version:
        found = draft.below(location, name)
        if len(found) == 1:
            return found[0]
        if found:
            draft.problems.append(
                problem(
                    "ambiguous-system",
                    pointer,
                    f"{name!r} could be any of {', '.join(map(str, found[:5]))}; "
                    "say which one with a path",
                    location,
                )
            )
            return draft.undeclared(SystemKey(location, name), location)
    key = draft.undeclared(SystemKey(location, name), location)
    draft.problems.append(
        problem(
            "unknown-system",
            pointer,
            f"no coordinate system {name!r} is declared here{_near(draft, location, name)}",
            location,
        )
    )
    return key


def _first(draft: Draft, place: str) -> SystemKey | None:
    """Give the first declared system of the image at `place` (the reading of 0.6.dev2)."""
    for names in draft.entries.get(place, ()):
        for key in names.values():
            return key
    return None


def _missing(
    draft: Draft, location: str, end: CoordinateSystemIdentifier, place: str, pointer: str
) -> Problem:
    """Say why nothing answers to a path (and a name)."""
    path, name = end.path, end.name
    node = draft.nodes.get(place)
    if not isinstance(node, GroupNode) or not (node.images or node.scene):
        return problem(
            "missing-image", f"{pointer}/path", f"there is no image or scene at {path!r}", location
        )
    if not name:
        return problem(
            "ambiguous-system",
            pointer,
            f"the end names no coordinate system, and {path!r} has no single one that could "
            "be meant; add its name",
            location,
        )
    return problem(
        "unknown-system",
        f"{pointer}/name",
        f"no coordinate system {name!r} is declared at {path!r}{_near(draft, place, name)}",
        location,
    )


def _near(draft: Draft, location: str, name: str) -> str:
    declared = draft.names(location)
    near = get_close_matches(name, declared, n=3) or declared[:5]
    return f" (declared: {', '.join(map(repr, near))})" if near else ""
