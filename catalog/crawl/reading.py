"""What reading a hierarchy gives: its nodes, and what is known of their documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.crawl.records import ManifestEntry
from catalog.metadata.nodes import Node
from catalog.metadata.problems import Problem
from catalog.stores import DEFAULT_OPTIONS, StoreOptions

if TYPE_CHECKING:
    from catalog.metadata.crate import Crate


class GroupDocument(NamedTuple):
    """What is known of the document that holds a group's attributes, beside its content."""

    mtime_ns: int | None
    size: int | None
    digest: bytes


class CrateDocument(NamedTuple):
    """The RO-Crate beside a root: what it says, and its JSON object as it stood."""

    crate: Crate
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that lies in one hierarchy, in an order that depends on its paths alone.

    Attributes
    ----------
    nodes
        OME-Zarr groups, and all arrays met, by path from the root (``""``). Zarr groups
        without OME-Zarr metadata are not among them.
    documents
        Of the groups among `nodes`, by path.
    digest
        Of the documents of all nodes, and of what could not be read: the same from
        whatever kind of store.
    problems
        What could not be read, or not be understood, in the places where this matters.
    whole
        False when a part could not be read: what is not met may well be there.
    options
        How the store was opened: for arrays of parameters and of fields.
    crate
        The RO-Crate beside the root, if there is one.
    """

    url: str
    nodes: Mapping[str, Node]
    documents: Mapping[str, GroupDocument]
    manifest: tuple[ManifestEntry, ...]
    digest: bytes
    problems: tuple[Problem, ...]
    whole: bool
    options: StoreOptions = DEFAULT_OPTIONS
    crate: CrateDocument | None = None
