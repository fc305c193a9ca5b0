"""The tree of groups that the systems of a graph lie in, told by their addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from catalog.graph.drawing.values import Drawable

_DIGITS = re.compile(r"(\d+)")


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Give what names are sorted by: numbers in them by value."""
    return tuple(
        (0, int(part), part) if part.isdecimal() else (1, 0, part)
        for part in _DIGITS.split(text)
        if part
    )


@dataclass(eq=False, slots=True)
class Group:
    """A folder of the drawing: its own systems by short name, and the folders in it."""

    name: str
    parent: Group | None = None
    systems: dict[str, str] = field(default_factory=dict)
    children: dict[str, Group] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """How many groups are around it."""
        return 0 if self.parent is None else self.parent.depth + 1

    def above(self) -> Iterator[Group]:
        """Give this group and those around it, outward."""
        at: Group | None = self
        while at is not None:
            yield at
            at = at.parent

    def walk(self) -> Iterator[Group]:
        """Give the groups below it and itself, the inner ones first."""
        for child in self.children.values():
            yield from child.walk()
        yield self


def grouped(graph: Drawable) -> tuple[Group, dict[str, Group]]:
    """Sort the systems of a graph into the tree of their groups.

    Returns
    -------
    The group around all of them (of a hierarchy from disk its root, of URLs the innermost),
    and the group of each address. In a group's `systems`, an array's own system goes by its
    path with a slash after it.
    """
    homes = {edge.source: edge.group for edge in graph.edges if edge.origin == "dataset"}
    placed: dict[str, tuple[list[str], str]] = {}
    for address, system in graph.systems.items():
        location, mark, name = address.partition("#")
        if not mark:
            location, name = "", address
        elif not name:
            # An array belongs to the image that names it, else to the folder it lies in.
            home = homes.get(address, location.rpartition("/")[0])
            inside = location.startswith(f"{home}/") or not home
            home = home if inside and system.kind == "array" else location
            name = f"{location[len(home) :].strip('/')}/" if location != home else "/"
            location = home
        parts = location.split("/") if location else []
        if "://" in location:
            parts = [unquote(part) for part in parts]
        placed[address] = (parts, name)
    urls = any("://" in address.partition("#")[0] for address in placed)
    shared = _shared([parts for parts, _ in placed.values()]) if urls else []
    root = Group(shared[-1] if shared else "")
    groups: dict[str, Group] = {}
    for address in sorted(placed, key=natural):
        parts, name = placed[address]
        group = root
        for part in parts[len(shared) :]:
            if part not in group.children:
                group.children[part] = Group(part, group)
            group = group.children[part]
        group.systems[name] = address
        groups[address] = group
    return root, groups


def _shared(paths: list[list[str]]) -> list[str]:
    """Give the parts that all paths begin with."""
    if not paths:
        return []
    low, high = min(paths), max(paths)
    length = 0
    while length < min(len(low), len(high)) and low[length] == high[length]:
        length += 1
    return low[:length]
