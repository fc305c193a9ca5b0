"""What was looked at in a hierarchy, and whether it has changed since.

Where asking costs next to nothing (`near` stores), every document and every folder that
was looked at is compared by its time and size. Elsewhere the root's own document is, by one
request; its RO-Crate, where it has one; and where a root does not say itself what lies in it
(a collection), the names in it too, by one listing. Consolidated metadata at the root so covers
the whole hierarchy. What has another fingerprint is read again, and its digest decides.

An entry whose path ends in ``/`` stands for the names in a folder that has no times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from catalog.crawl.driving import Asking, Question
from catalog.crawl.records import ManifestEntry
from catalog.errors import CatalogError
from catalog.metadata.crate import CRATE
from catalog.stores import Document, Listing, Stat, Store

# A time that no file has: what could not be read is tried again by every crawl.
UNREADABLE = -1

# Documents that a root may be known by; a copy of all documents changes with any of them.
_OF_ROOTS = (".zmetadata", "zarr.json", ".zattrs", ".zgroup", ".zarray")


def stamp(found: Document | Stat) -> int:
    """Give the number that a document is compared by: made of its etag, else its time.

    Of an etag 62 bits are kept: two versions of one document agree in them by chance once
    in 10¹⁸ times.
    """
    return _number(found.etag.encode()) if found.etag else found.mtime_ns


def names_entry(path: str, listing: Listing) -> ManifestEntry:
    """Make the entry of a folder without times: of the names in it."""
    names = "\0".join((*listing.folders, "", *listing.files))
    count = len(listing.folders) + len(listing.files)
    return ManifestEntry(f"{path}/", _number(names.encode("utf-8", "surrogateescape")), count)


def is_unchanged(store: Store, manifest: Sequence[ManifestEntry]) -> bool:
    """Tell whether all that was looked at in a near store is as it was."""
    stat = store.stat
    for path, mtime_ns, size in manifest:
        found = stat(path)
        if (
            found is None or found.mtime_ns != mtime_ns or found.size != size or found.etag
        ) and not _is_same(store, path, mtime_ns, size, found):
            return False
    return bool(manifest)


def _is_same(store: Store, path: str, mtime_ns: int, size: int, found: Stat | None) -> bool:
    """Look again, without haste, at what is not as it was or has no plain times."""
    if path.endswith("/"):
        try:
            listing = store.list_folder(path[:-1])
        except CatalogError:
            return False
        return names_entry(path[:-1], listing) == (path, mtime_ns, size)
    return found is not None and bool(found.etag) and (stamp(found), found.size) == (mtime_ns, size)


def root_document(manifest: Sequence[ManifestEntry]) -> str | None:
    """Name the document that a hierarchy far from here is known by; None when all is read again."""
    known = {entry.path for entry in manifest}
    if any(entry.mtime_ns == UNREADABLE for entry in manifest):
        return None
    return next((name for name in _OF_ROOTS if name in known), None)


def compare_root(manifest: Sequence[ManifestEntry]) -> Asking[bool]:
    """Ask for a hierarchy's root alone, and give whether it is as it was."""
    known = {entry.path: entry for entry in manifest}
    if any(entry.mtime_ns == UNREADABLE for entry in manifest):
        return False
    document = root_document(manifest)
    expected: list[ManifestEntry] = []
    questions: list[Question] = []
    if document is not None:
        expected.append(known[document])
        questions.append(("stat", document))
    if "/" in known:
        expected.append(known["/"])
        questions.append(("list", ""))
    if CRATE in known:
        expected.append(known[CRATE])
        questions.append(("stat", CRATE))
    if not questions:
        return False
    answers = yield questions
    return all(map(_agrees, expected, answers))


def _agrees(entry: ManifestEntry, answer: object) -> bool:
    if isinstance(answer, Stat):
        # A server that gives neither etag nor time says nothing of changes.
        return entry.mtime_ns > 0 and (stamp(answer), answer.size) == entry[1:]
    return isinstance(answer, Listing) and names_entry("", answer) == entry


def array_entries(store: Store, path: str, limit: int = 64) -> Iterator[ManifestEntry]:
    """Yield the entries of all that a small array in a near store consists of.

    Only for arrays of parameters, whose values are read; stops after `limit` entries.
    """
    pending = [path]
    while pending and limit > 0:
        folder = pending.pop()
        try:
            listing = store.list_folder(folder)
        except CatalogError:
            yield ManifestEntry(folder, UNREADABLE, UNREADABLE)
            continue
        if listing.mtime_ns:
            yield ManifestEntry(folder, listing.mtime_ns, listing.size)
        else:
            yield names_entry(folder, listing)
        for name in listing.files[:limit]:
            limit -= 1
            found = store.stat(f"{folder}/{name}")
            if found is not None:
                yield ManifestEntry(f"{folder}/{name}", stamp(found), found.size)
        pending.extend(f"{folder}/{name}" for name in reversed(listing.folders))


def _number(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest()) >> 2 or 1
