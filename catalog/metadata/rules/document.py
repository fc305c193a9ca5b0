"""One document as the rules see it: with its version, and with the hierarchy around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.metadata.assembly import Assembly, Edge, Level
from catalog.metadata.nodes import GroupNode, Node
from catalog.metadata.problems import Problem
from catalog.metadata.rules.registry import problem
from catalog.metadata.versions import Version


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The documents that are checked together.

    Attributes
    ----------
    alone
        True when there is one document only: what others decide is not judged.
    groups
        Those of `nodes`, by location.
    edges
        The edges by (group, pointer) of their declaration, but for those of levels.
    """

    nodes: Mapping[str, Node]
    groups: Sequence[tuple[str, GroupNode]]
    assembly: Assembly
    edges: Mapping[tuple[str, str], Edge]
    alone: bool


class Document:
    """One group's document in its hierarchy.

    Attributes
    ----------
    metadata
        The OME-Zarr metadata as it stood.
    """

    __slots__ = ("hierarchy", "location", "metadata", "node", "version")

    def __init__(
        self, hierarchy: Hierarchy, location: str, node: GroupNode, version: Version
    ) -> None:
        self.hierarchy = hierarchy
        self.location = location
        self.node = node
        self.version = version
        found: object = node.attributes
        for step in node.base:
            found = found.get(step) if isinstance(found, dict) else None
        self.metadata: Mapping[str, object] = found if isinstance(found, dict) else {}

    def problem(self, code: str, message: str, *place: str | int) -> Problem:
        """Make a problem at a place of this document (in normal form)."""
        return problem(code, self.node.pointer(*place), message, self.location)

    def edge(self, *place: str | int) -> Edge | None:
        """Find the edge that a transformation at a place of this document is, if no level's."""
        return self.hierarchy.edges.get((self.location, self.node.pointer(*place)))

    def levels(self, image: int) -> Sequence[Level]:
        """Give what the resolution levels of an image are in the graph."""
        return self.hierarchy.assembly.levels[self.location][image]

    def version_of_image(self, image: int) -> Version:
        """Give the version by which an image is judged: its shape decides."""
        implied = self.node.implied_systems
        if image < len(implied) and implied[image]:
            return min(self.version, Version.V05)
        return self.version
