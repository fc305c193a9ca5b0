"""One document as the rules see it: with its version, and with the hierarchy around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.metadata.assembly import Assembly, Edge
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
    edges
        The edges by (group, pointer) of their declaration.
    """

    nodes: Mapping[str, Node]
    assembly: Assembly
    edges: Mapping[tuple[str, str], Edge]
    alone: bool


@dataclass(frozen=True, slots=True)
class Document:
    """One group's document in its hierarchy."""

    hierarchy: Hierarchy
    location: str
    node: GroupNode
    version: Version

    def problem(self, code: str, message: str, *place: str | int) -> Problem:
        """Make a problem at a place of this document (in normal form)."""
        return problem(code, self.node.pointer(*place), message, self.location)

    def edge(self, *place: str | int) -> Edge | None:
        """Find the edge that the transformation at a place of this document is."""
        node = self.node
        if node.moved:
            pointer = node.pointer(*place)
        else:
            # Nothing in the places of transformations needs escaping.
            pointer = "/".join(map(str, ("", *node.base, *place)))
        return self.hierarchy.edges.get((self.location, pointer))

    def version_of_image(self, image: int) -> Version:
        """Give the version by which an image is judged: its shape decides."""
        implied = self.node.implied_systems
        if image < len(implied) and implied[image]:
            return min(self.version, Version.V05)
        return self.version

    @property
    def metadata(self) -> Mapping[str, object]:
        """The OME-Zarr metadata as it stood."""
        found: object = self.node.attributes
        for step in self.node.base:
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}
