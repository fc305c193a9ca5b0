"""The spelling of addresses inside a graph, and the order that breaks ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.geometry.walking import edge_order, order

if TYPE_CHECKING:
    from catalog.metadata.assembly import SystemKey

__all__ = ["edge_order", "field_place", "full_address", "order", "relative_address"]


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


def field_place(group: str, path: str) -> str:
    """Spell the place of a field: `path` as written, counted from its group."""
    if path.startswith("/"):
        return path
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return "/".join([group, *parts] if group else parts)
