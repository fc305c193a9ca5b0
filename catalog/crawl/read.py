"""Read one hierarchy: documents to nodes, and what was looked at to a manifest.

The walk lists groups and opens documents by name: one listing for each group, one open
for each document, and nothing at all inside of arrays.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal, NamedTuple

from catalog.crawl.consolidated import Copy, copies_v2, copies_v3
from catalog.crawl.manifest import UNREADABLE
from catalog.crawl.records import ManifestEntry
from catalog.errors import CatalogError, DocumentError, StoreError
from catalog.metadata.arrays import read_array
from catalog.metadata.document import parse_json
from catalog.metadata.nodes import Node
from catalog.metadata.problems import Problem
from catalog.metadata.read import read_group
from catalog.stores import Document, Store, open_store
from catalog.stores.url import join

# A file may change twice within one tick of its file system's clock (4 ms on Linux); what
# changed this shortly before it was read is looked at once more by the next crawl.
SETTLED_NS = 20_000_000
_TOO_RECENT = 0


class GroupDocument(NamedTuple):
    """What is known of the document that holds a group's attributes, beside its content."""

    mtime_ns: int | None
    size: int | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """All that lies in one hierarchy.

    Attributes
    ----------
    nodes
        OME-Zarr groups, and all arrays met, by path from the root (``""``). Zarr groups
        without OME-Zarr metadata are not among them.
    documents
        Of the groups among `nodes`, by path.
    digest
        Of all documents read.
    problems
        What could not be read, or not be understood, in the places where this matters.
    whole
        False when a part could not be read: what is not met may well be there.
    """

    url: str
    nodes: Mapping[str, Node]
    documents: Mapping[str, GroupDocument]
    manifest: tuple[ManifestEntry, ...]
    digest: bytes
    problems: tuple[Problem, ...]
    whole: bool


def read_hierarchy(url: str, boundary: str | None = None) -> Reading:
    """Read the documents of the hierarchy whose root group lies at a normalised URL.

    Parameters
    ----------
    boundary
        URL of a folder above, outside of which no link is followed; `url` itself if None.

    Raises
    ------
    StoreError
        When there is no Zarr metadata at `url`, or it cannot be read.
    DocumentError
        When the root's own document cannot be understood.
    """
    return _Walk(open_store(url, boundary)).read()


_Met = Literal["group", "array", "broken", "nothing"]


class _Place(NamedTuple):
    """A folder to visit.

    `linked`: reached through a symbolic link. `loose`: the folder above holds no metadata.
    """

    path: str
    linked: bool
    loose: bool


class _Walk:
    """One walk through a hierarchy, and what it has met so far."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._started = time.time_ns()
        self._nodes: dict[str, Node] = {}
        self._documents: dict[str, GroupDocument] = {}
        self._manifest: list[ManifestEntry] = []
        self._problems: list[Problem] = []
        self._hasher = blake2b(digest_size=16)
        # What could not be read: consolidated copies may stand in for it, and below it.
        self._lost: dict[str, CatalogError] = {}
        self._whole = True
        self._root_document: dict[str, Any] | None = None
        self._root_has_copies = False

    def read(self) -> Reading:
        pending: list[_Place] = []
        met = self._visit(_Place("", False, False), pending)
        if met == "nothing" and not self._root_has_copies:
            raise StoreError(f"there is no Zarr metadata in {self._store.url}", self._store.url)
        while pending:
            self._visit(pending.pop(), pending)
        if self._lost or self._root_has_copies:
            self._stand_in()
        if "" in self._lost:
            raise self._lost[""]
        return Reading(
            self._store.url,
            self._nodes,
            self._documents,
            tuple(self._settled()),
            self._hasher.digest(),
            tuple(self._problems),
            self._whole,
        )

    def _visit(self, place: _Place, pending: list[_Place]) -> _Met:
        """Read what a folder says itself, and leave the folders in it to be visited."""
        path = place.path
        prefix = f"{path}/" if path else ""
        met = self._read_v3(path, f"{prefix}zarr.json")
        if met == "nothing":
            met = self._read_array_v2(path, f"{prefix}.zarray")
        if met == "array":
            return met
        try:
            listing = self._store.list_folder(path)
        except StoreError as error:
            if not path and met == "nothing":
                raise
            self._lose(path, error, "unreadable-folder")
            self._manifest.append(ManifestEntry(path, UNREADABLE, UNREADABLE))
            return met
        self._manifest.append(ManifestEntry(path, listing.mtime_ns, listing.size))
        if met == "nothing":
            met = self._read_group_v2(path, prefix, listing.files)
        if not path and ".zmetadata" in listing.files and met == "nothing":
            self._root_has_copies = True
        for name, message in listing.refused:
            self._warn(prefix + name, "link-not-followed", f"the link {prefix}{name} {message}")
        bare = met in ("nothing", "broken")
        for name in reversed(listing.folders):
            if bare and _is_of_chunks(name) and self._holds_no_metadata(prefix + name):
                continue
            if not name.isascii() and not _is_text(name):
                self._warn(path, "invalid-name", f"the name of a folder, {name!r}, is not UTF-8")
            elif name not in listing.links:
                pending.append(_Place(prefix + name, place.linked, bare))
            elif not place.linked:
                # A link inside of what a link leads to is not followed: so every walk ends.
                pending.append(_Place(prefix + name, True, bare))
        return met

    def _holds_no_metadata(self, path: str) -> bool:
        stat = self._store.stat
        return all(stat(f"{path}/{name}") is None for name in ("zarr.json", ".zgroup", ".zarray"))

    def _read_v3(self, path: str, place: str) -> _Met:
        try:
            found = self._get(path, place)
            if found is None:
                return "nothing"
            digest = self._note(place, found)
            document = parse_json(found.data, join(self._store.url, place))
            if document.get("node_type") == "array":
                self._nodes[path] = read_array(document, 3)
                return "array"
            if document.get("node_type") != "group":
                raise DocumentError(
                    f"{place} is no Zarr metadata: its node_type is neither group nor array",
                    join(self._store.url, place),
                )
        except CatalogError as error:
            self._lose(path, error, _code(error))
            return "broken"
        if not path:
            self._root_document = document
        self._add_group(path, document.get("attributes"), 3, found, digest)
        return "group"

    def _read_array_v2(self, path: str, place: str) -> _Met:
        try:
            found = self._get(path, place)
            if found is None:
                return "nothing"
            self._note(place, found)
            document = parse_json(found.data, join(self._store.url, place))
            self._nodes[path] = read_array(document, 2)
        except CatalogError as error:
            self._lose(path, error, _code(error))
        return "array"

    def _read_group_v2(self, path: str, prefix: str, files: list[str]) -> _Met:
        if ".zattrs" not in files:
            if ".zgroup" not in files:
                return "nothing"
            self._hasher.update(f"{prefix}.zgroup\0".encode())
            return "group"
        place = f"{prefix}.zattrs"
        try:
            found = self._get(path, place)
            if found is None:
                return "group"
            digest = self._note(place, found)
            attributes = parse_json(found.data, join(self._store.url, place))
        except CatalogError as error:
            self._lose(path, error, _code(error))
            return "group"
        self._add_group(path, attributes, 2, found, digest)
        return "group"

    def _get(self, path: str, place: str) -> Document | None:
        try:
            return self._store.get(place)
        except CatalogError:
            self._manifest.append(ManifestEntry(place, UNREADABLE, UNREADABLE))
            raise

    def _note(self, place: str, found: Document) -> bytes:
        """Take a document into the manifest and the digest; give its own digest."""
        self._manifest.append(ManifestEntry(place, found.mtime_ns, found.size))
        digest = blake2b(found.data, digest_size=16).digest()
        self._hasher.update(place.encode() + b"\0" + digest)
        return digest

    def _add_group(
        self, path: str, attributes: object, zarr_format: int, found: Document, digest: bytes
    ) -> None:
        if not attributes or not isinstance(attributes, dict):
            return
        node = read_group(attributes, zarr_format=zarr_format)
        if node is not None:
            self._nodes[path] = node
            self._documents[path] = GroupDocument(found.mtime_ns, found.size, digest)

    def _lose(self, path: str, error: CatalogError, code: str) -> None:
        if isinstance(error, StoreError):
            self._whole = False
        if path in self._lost:  # a folder whose document could not be read either
            return
        self._lost[path] = error
        self._hasher.update(f"{path}\0{code}\0".encode())
        self._problems.append(Problem(code, "", "error", error.message, path))

    def _warn(self, path: str, code: str, message: str) -> None:
        location = path.encode("utf-8", "backslashreplace").decode()
        message = message.encode("utf-8", "backslashreplace").decode()
        self._problems.append(Problem(code, "", "warning", message, location))

    def _stand_in(self) -> None:
        """Take consolidated copies of what could not be read."""
        for copy in self._copies():
            path = copy.path
            if path in self._nodes or not (self._root_has_copies or self._is_lost(path)):
                continue
            try:
                if copy.is_array:
                    self._nodes[path] = read_array(copy.document, copy.zarr_format)
                    continue
            except DocumentError:
                continue
            node = read_group(copy.attributes, zarr_format=copy.zarr_format)
            self._lost.pop(path, None)
            if node is None:
                continue
            self._nodes[path] = node
            self._documents[path] = GroupDocument(None, None, b"")
            self._warn(
                path, "consolidated-copy", "this group is known from consolidated metadata alone"
            )

    def _copies(self) -> Iterable[Copy]:
        if self._root_document is not None:
            return copies_v3(self._root_document)
        try:
            found = self._get("", ".zmetadata")
            if found is None:
                return ()
            self._note(".zmetadata", found)
            return copies_v2(parse_json(found.data, join(self._store.url, ".zmetadata")))
        except CatalogError as error:
            self._lose("", error, _code(error))
            return ()

    def _is_lost(self, path: str) -> bool:
        while path:
            if path in self._lost:
                return True
            path = path.rpartition("/")[0]
        return "" in self._lost

    def _settled(self) -> Iterator[ManifestEntry]:
        latest = self._started - SETTLED_NS
        for entry in self._manifest:
            yield entry if entry.mtime_ns < latest else entry._replace(mtime_ns=_TOO_RECENT)


def _code(error: CatalogError) -> str:
    if isinstance(error, StoreError):
        return "unreadable-document"
    return "invalid-document"


def _is_of_chunks(name: str) -> bool:
    """Tell whether a folder is named as those of chunks are: ``c``, or a number."""
    return name == "c" or name.isdecimal()


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
