"""The spelling of addresses inside a graph, and the order that breaks ties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog.metadata.assembly import SystemKey

_NUMBER = re.compile(r"\d+")


def relative_address(key: SystemKey) -> str:
    """Spell a system of a hierarchy: ``name``, ``sub/group#name``, ``sub/group/0#``.

    A name that itself holds ``#`` is written ``#name`` in the root's own group, since
    an address splits at the first one.
    """
    if key.name and not key.location and "#" not in key.name:
        return key.name
    return f"{key.location}#{key.name}"


def full_address(prefix: str, key: SystemKey) -> str:
    """Spell a system below `prefix`, the URL of its hierarchy; relative without one."""
    if not prefix:
        return relative_address(key)
    location = key.location.replace("#", "%23")
    return f"{prefix}/{location}#{key.name}" if location else f"{prefix}#{key.name}"


def order(address: str) -> str:
    """Give what addresses are sorted by: as if each stood below one root.

    So that a hierarchy on disk (relative addresses) and the same one in a catalog
    (URLs) put their systems into the same order.
    """
    location, mark, name = address.partition("#")
    if not mark:
        return f"#{address}"
    if not location or "://" in location:
        return address
    return f"/{location}#{name}"


def edge_order(group: str, pointer: str) -> str:
    """Give what edges are sorted by: where they are declared, numbers by value."""
    place = group if "://" in group or not group else f"/{group}"
    return f"{place}#{_NUMBER.sub(lambda found: found.group().zfill(6), pointer)}"


def field_place(group: str, path: str) -> str:
    """Spell the place of a field: `path` as written, counted from its group."""
    if path.startswith("/"):
        return path
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join([group, *parts] if group else parts)
