"""What a walk through a hierarchy has found so far, on its way to a reading."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from catalog.crawl.consolidated import Copy
from catalog.crawl.manifest import UNREADABLE, names_entry, stamp
from catalog.crawl.reading import CrateDocument, GroupDocument, Reading
from catalog.crawl.records import ManifestEntry
from catalog.errors import CatalogError, DocumentError, StoreError
from catalog.metadata.arrays import read_array
from catalog.metadata.crate import read_crate
from catalog.metadata.document import parse_json
from catalog.metadata.documents import Form, ZarrDocument, digest_of, read_document, recall
from catalog.metadata.nodes import ArrayNode, GroupNode, Node
from catalog.metadata.problems import Problem
from catalog.metadata.read import read_group
from catalog.stores import Document, Listing, StoreOptions
from catalog.stores.url import join

# A file may change twice within one tick of its file system's clock (4 ms on Linux), and a
# web server tells whole seconds; what changed this shortly before it was read is looked at
# once more by the next crawl.
SETTLED_NS = 20_000_000
_SETTLED_FAR_NS = 2_000_000_000
_TOO_RECENT = 0
_NODE_TYPES = ("group", "array")


class Findings:
    """The nodes, problems and manifest of one hierarchy, as they are met.

    The order in which things are added means nothing: a reading is ordered by paths.

    Parameters
    ----------
    url
        Of the hierarchy's root.
    near
        Of the store, see `catalog.stores.Store`.
    asked_ns
        Unix time when the first document was asked for; now, if None.
    """

    def __init__(self, url: str, *, near: bool, asked_ns: int | None = None) -> None:
        self.url = url
        self.nodes: dict[str, Node] = {}
        # What could not be read: consolidated copies may stand in for it, and below it.
        self.lost: dict[str, CatalogError] = {}
        self._near = near
        asked_ns = time.time_ns() if asked_ns is None else asked_ns
        self._latest = asked_ns - (SETTLED_NS if near else _SETTLED_FAR_NS)
        self._documents: dict[str, GroupDocument] = {}
        self._manifest: list[ManifestEntry] = []
        self._problems: list[Problem] = []
        self._digests: list[tuple[str, str, bytes]] = []
        self._whole = True
        self._crate: CrateDocument | None = None

    def add_v3(self, path: str, where: str, found: Document) -> dict[str, Any] | None:
        """Take a ``zarr.json``; give that of a group, if it holds consolidated metadata.

        None for an array, and an empty document for a group without.

        Raises
        ------
        DocumentError
            When it cannot be understood, which is kept as a problem.
        """
        self._manifest.append(self._entry(where, found))
        document = recall("zarr.json", found.data)
        if document is None or document.node_type not in _NODE_TYPES:
            try:
                document = self._read_v3(where, found)
            except DocumentError as error:
                self._digests.append((path, where, digest_of(found.data)))
                self.lose(path, error)
                raise
        self._add(path, where, found, document)
        if document.node_type == "array":
            return None
        if not path and not self.nodes:
            # Of a root without metadata, what it says of what lies in it may count.
            self._digests.append((path, where, document.digest))
        return document.body

    def add_array_v2(self, path: str, where: str, found: Document) -> None:
        """Take a ``.zarray``."""
        self._manifest.append(self._entry(where, found))
        try:
            self._add(path, where, found, self._read(".zarray", where, found))
        except DocumentError as error:
            self._digests.append((path, where, digest_of(found.data)))
            self.lose(path, error)

    def add_attributes_v2(self, path: str, where: str, found: Document) -> None:
        """Take the ``.zattrs`` of a group."""
        self._manifest.append(self._entry(where, found))
        try:
            self._add(path, where, found, self._read(".zattrs", where, found))
        except DocumentError as error:
            self._digests.append((path, where, digest_of(found.data)))
            self.lose(path, error)

    def add_plain(self, where: str, found: Document) -> None:
        """Take a document that is only there, and says nothing."""
        self._manifest.append(self._entry(where, found))

    def add_copies_v2(self, where: str, found: Document, *, counts: bool) -> dict[str, Any] | None:
        """Take a ``.zmetadata``; None when it cannot be understood.

        Parameters
        ----------
        counts
            Whether what is in it may become nodes.
        """
        digest = self._note(where, found)
        if counts:
            self._digests.append(("", where, digest))
        try:
            return self._parse(where, found.data)
        except DocumentError as error:
            self.lose("", error)
            return None

    def add_crate(self, where: str, found: Document) -> None:
        """Take the RO-Crate beside the root; one that makes no sense is a problem, and no more."""
        digest = self._note(where, found)
        self._digests.append(("", where, digest))
        try:
            document = self._parse(where, found.data)
            self._crate = CrateDocument(read_crate(document, join(self.url, where)), document)
        except DocumentError as error:
            self.warn("", "invalid-crate", error.message)

    def fail_crate(self, where: str, error: CatalogError) -> None:
        """Keep that the RO-Crate could not be read; nothing else depends on it."""
        self._manifest.append(ManifestEntry(where, UNREADABLE, UNREADABLE))
        self._whole = False
        self.warn("", "unreadable-crate", error.message)

    def add_folder(self, path: str, listing: Listing) -> None:
        """Take a folder that was listed, by its time if it has one, else by its names."""
        mtime_ns = listing.mtime_ns
        if not mtime_ns:
            self._manifest.append(names_entry(path, listing))
            return
        if mtime_ns >= self._latest:
            mtime_ns = _TOO_RECENT
        self._manifest.append(ManifestEntry(path, mtime_ns, listing.size))

    def fail(self, path: str, where: str, error: CatalogError, code: str | None = None) -> None:
        """Keep that a document or a folder could not be read."""
        self._manifest.append(ManifestEntry(where, UNREADABLE, UNREADABLE))
        self.lose(path, error, code)

    def lose(self, path: str, error: CatalogError, code: str | None = None) -> None:
        """Keep what is wrong with a place; of one place the first that is."""
        unread = isinstance(error, StoreError)
        if unread:
            self._whole = False
        if path not in self.lost:  # else a folder whose document could not be read either
            self.lost[path] = error
            code = code or ("unreadable-document" if unread else "invalid-document")
            self._problems.append(Problem(code, "", "error", error.message, path))

    def warn(self, path: str, code: str, message: str) -> None:
        """Keep what is odd with a place, whose name may be no text."""
        location = path.encode("utf-8", "backslashreplace").decode()
        message = message.encode("utf-8", "backslashreplace").decode()
        self._problems.append(Problem(code, "", "warning", message, location))

    def stand_in(self, copies: Iterable[Copy], *, for_all: bool) -> None:
        """Take consolidated copies of what could not be read (or of all that was not met)."""
        for copy in copies:
            path = copy.path
            if path in self.nodes or not (for_all or self._is_lost(path)):
                continue
            try:
                if copy.is_array:
                    self.nodes[path] = read_array(copy.document, copy.zarr_format)
                    continue
            except DocumentError:
                continue
            node = read_group(copy.attributes, zarr_format=copy.zarr_format)
            self.lost.pop(path, None)
            if node is None:
                continue
            self.nodes[path] = node
            self._documents[path] = GroupDocument(None, None, b"")
            self.warn(
                path, "consolidated-copy", "this group is known from consolidated metadata alone"
            )

    def agree_with(self, copies: Iterable[Copy]) -> bool:
        """Tell whether consolidated metadata says the same as all documents that were read."""
        named = {""}
        for copy in copies:
            named.add(copy.path)
            node = self.nodes.get(copy.path)
            try:
                if copy.is_array != isinstance(node, ArrayNode) or copy.path in self.lost:
                    return False
                if copy.is_array and node != read_array(copy.document, copy.zarr_format):
                    return False
            except DocumentError:
                return False
            if isinstance(node, GroupNode) and node.attributes != copy.attributes:
                return False
        return len(named) > 1 and self.nodes.keys() <= named

    def leave_arrays(self, met: Iterable[str]) -> None:
        """Forget what names led to inside of arrays: where folders are listed, nobody goes."""
        inside = {path for path in met if any(map(self._is_array, above(path)))}
        if inside:
            for path in inside:
                self.nodes.pop(path, None)
                self._documents.pop(path, None)
            self._digests = [entry for entry in self._digests if entry[0] not in inside]
            self._problems = [found for found in self._problems if found.location not in inside]

    def reading(self, root_listing: Listing | None, options: StoreOptions) -> Reading:
        """Put all in order.

        Parameters
        ----------
        root_listing
            Where nothing else tells that something was added to a collection: what lies
            in one is not said by its document.
        """
        hasher = blake2b(digest_size=16)
        self._digests.sort()
        said = [b"%b\0%b" % (where.encode(), digest) for _, where, digest in self._digests]
        hasher.update(b"".join(said))
        self._problems.sort(key=_place_and_code)
        for problem in self._problems:
            hasher.update(f"\0{problem.location}\0{problem.code}".encode())
        root = self.nodes.get("")
        if root_listing is not None and (
            root is None or (isinstance(root, GroupNode) and root.kind == "collection")
        ):
            self._manifest.append(names_entry("", root_listing))
        self._manifest.sort()
        return Reading(
            self.url,
            dict(sorted(self.nodes.items())),
            self._documents,
            tuple(self._manifest),
            hasher.digest(),
            tuple(self._problems),
            self._whole,
            options,
            self._crate,
        )

    def _read(self, form: Form, where: str, found: Document) -> ZarrDocument:
        known = recall(form, found.data)
        if known is not None:
            return known
        return read_document(form, found.data, join(self.url, where))

    def _read_v3(self, where: str, found: Document) -> ZarrDocument:
        document = read_document("zarr.json", found.data, join(self.url, where))
        if document.node_type not in _NODE_TYPES:
            raise DocumentError(
                f"{where} is no Zarr metadata: its node_type is neither group nor array",
                join(self.url, where),
            )
        return document

    def _parse(self, where: str, data: bytes) -> dict[str, Any]:
        return parse_json(data, join(self.url, where))

    def _note(self, where: str, found: Document) -> bytes:
        self._manifest.append(self._entry(where, found))
        return digest_of(found.data)

    def _entry(self, where: str, found: Document) -> ManifestEntry:
        if found.etag:
            return ManifestEntry(where, stamp(found), found.size)
        mtime_ns = found.mtime_ns
        return ManifestEntry(
            where, mtime_ns if mtime_ns < self._latest else _TOO_RECENT, found.size
        )

    def _add(self, path: str, where: str, found: Document, document: ZarrDocument) -> None:
        """Keep an array, or a group with OME-Zarr metadata; of another nothing is recorded."""
        if document.node is None:
            return
        self.nodes[path] = document.node
        self._digests.append((path, where, document.digest))
        if document.node_type == "group":
            self._documents[path] = GroupDocument(found.mtime_ns, found.size, document.digest)

    def _is_array(self, path: str) -> bool:
        return isinstance(self.nodes.get(path), ArrayNode)

    def _is_lost(self, path: str) -> bool:
        return path in self.lost or any(higher in self.lost for higher in above(path))


def above(path: str) -> Iterator[str]:
    """Yield the places above, the nearest first."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _place_and_code(problem: Problem) -> tuple[str, str, str]:
    return problem.location, problem.code, problem.message
