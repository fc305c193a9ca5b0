"""What was looked at in a hierarchy, and whether it has changed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.crawl.records import ManifestEntry
from catalog.errors import CatalogError
from catalog.stores import Document, Store

# A time that no file has: what could not be read is tried again by every crawl.
UNREADABLE = -1


def is_unchanged(store: Store, manifest: Sequence[ManifestEntry]) -> bool:
    """Tell whether all that was looked at still has the time and size that it had."""
    stat = store.stat
    for path, mtime_ns, size in manifest:
        if stat(path) != (mtime_ns, size):
            return False
    return bool(manifest)


def array_files(store: Store, path: str, limit: int = 64) -> Iterator[Document | ManifestEntry]:
    """Yield the documents and chunks of a small array, each with its manifest entry.

    Only for arrays of parameters, whose values are read; stops after `limit` entries.
    """
    pending = [path]
    while pending and limit > 0:
        folder = pending.pop()
        try:
            listing = store.list_folder(folder)
            yield ManifestEntry(folder, listing.mtime_ns, listing.size)
            for name in listing.files[:limit]:
                limit -= 1
                document = store.get(f"{folder}/{name}")
                if document is not None:
                    yield ManifestEntry(f"{folder}/{name}", document.mtime_ns, document.size)
                    yield document
        except CatalogError:
            yield ManifestEntry(folder, UNREADABLE, UNREADABLE)
            continue
        pending.extend(f"{folder}/{name}" for name in reversed(listing.folders))
