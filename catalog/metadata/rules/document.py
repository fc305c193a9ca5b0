"""One document as the rules see it: with its version, and with the hierarchy around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from catalog.metadata.assembly import Assembly, Edge
from catalog.metadata.nodes import GroupNode, Node
from catalog.metadata.problems import Problem
from catalog.metadata.rules.registry import problem


class Version(IntEnum):
    """The versions that differ in their rules, in order; OTHER is none that we know."""

    OTHER = 0
    V04 = 40
    V05 = 50
    V06_DEV1 = 61
    V06_DEV2 = 62
    V06_DEV3 = 63
    V06_DEV4 = 64
    V06 = 69


@lru_cache(maxsize=256)
def known_version(text: str) -> Version:
    """Say which version a document claims.

    Examples
    --------
    >>> known_version("0.6dev2").name
    'V06_DEV2'
    >>> known_version("0.6rc0").name
    'V06'
    """
    plain = text.replace("0.6.dev", "0.6dev")
    named = {
        "0.4": Version.V04,
        "0.5": Version.V05,
        "0.5-dev": Version.V05,
        "0.6dev1": Version.V06_DEV1,
        "0.6dev2": Version.V06_DEV2,
        "0.6dev3": Version.V06_DEV3,
        "0.6dev4": Version.V06_DEV4,
        "0.6rc0": Version.V06,
        "0.6": Version.V06,
    }
    return named.get(plain.removesuffix("-spatialdata").replace("0.4-dev", "0.4"), Version.OTHER)


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
