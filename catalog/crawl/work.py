"""One hierarchy from its place to an outcome: the function that an executor runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from catalog.crawl.manifest import UNREADABLE, array_files, is_unchanged
from catalog.crawl.records import (
    Failed,
    HierarchyRecord,
    Ignored,
    ManifestEntry,
    Outcome,
    ProblemRecord,
    Unchanged,
)
from catalog.errors import CatalogError, DocumentError, StoreError
from catalog.stores import open_store

if TYPE_CHECKING:
    from catalog.crawl.read import Reading


def crawl_hierarchy(
    url: str,
    known_manifest: Sequence[ManifestEntry] = (),
    known_digest: bytes | None = None,
    boundary: str | None = None,
) -> Outcome:
    """Read the hierarchy at a normalised URL, unless nothing in it has changed.

    It can run in any process, takes and gives plain values, and never raises.

    Parameters
    ----------
    known_manifest, known_digest
        Of the record that is there already; empty and None to read in any case.
    boundary
        URL of the root of the crawl, outside of which no link is followed.
    """
    try:
        return _crawl(url, known_manifest, known_digest, boundary)
    except StoreError as error:
        return _failed(url, "unreadable-document", error.message)
    except DocumentError as error:
        return _failed(url, "invalid-document", error.message, error.pointer)
    except Exception as error:
        reason = error.message if isinstance(error, CatalogError) else f"{error}"
        return _failed(
            url,
            "not-understood",
            f"this hierarchy could not be understood ({type(error).__name__}: {reason}); "
            "please report it with its metadata",
        )


def _crawl(
    url: str,
    known_manifest: Sequence[ManifestEntry],
    known_digest: bytes | None,
    boundary: str | None,
) -> Outcome:
    if known_manifest and is_unchanged(open_store(url, boundary), known_manifest):
        return Unchanged(url)
    # What understands documents takes its time to import: not where nothing has changed.
    from catalog.crawl.interpret import has_metadata, interpret, is_array
    from catalog.crawl.read import read_hierarchy

    reading = read_hierarchy(url, boundary)
    if is_array(reading):
        return Ignored(url, "a single Zarr array; only groups hold OME-Zarr metadata")
    if not has_metadata(reading):
        return Ignored(url, "a Zarr group without OME-Zarr metadata in it")
    record, arrays = interpret(reading)
    if arrays:
        record = _with_arrays(record, arrays, boundary)
    if known_digest == record.digest:
        known = tuple(known_manifest)
        return Unchanged(url, None if record.manifest == known else record.manifest)
    if known_digest is not None and not reading.whole:
        lost = _newly_lost(reading, known_manifest)
        if lost is not None:
            message = (
                f"{lost or 'the root folder'} of this hierarchy cannot be read any more: "
                "what is recorded of it is kept as it was"
            )
            problem = ProblemRecord("", "", "partly-unreadable", "error", message)
            return Failed(url, problem, kept=True)
    return record


def _with_arrays(
    record: HierarchyRecord, arrays: Iterable[str], boundary: str | None
) -> HierarchyRecord:
    """Let the values of parameters count among what was read."""
    store = open_store(record.url, boundary)
    manifest = list(record.manifest)
    hasher = blake2b(record.digest, digest_size=16)
    for path in arrays:
        for item in array_files(store, path):
            if isinstance(item, ManifestEntry):
                manifest.append(item)
                hasher.update(item.path.encode() + b"\0")
            else:
                hasher.update(item.data)
    return replace(record, manifest=tuple(manifest), digest=hasher.digest())


def _newly_lost(reading: Reading, known: Sequence[ManifestEntry]) -> str | None:
    """Give the first place that could be read before and cannot be now."""
    before = {entry.path for entry in known if entry.mtime_ns == UNREADABLE}
    for entry in reading.manifest:
        if entry.mtime_ns == UNREADABLE and entry.path not in before:
            return entry.path
    return None


def _failed(url: str, code: str, message: str, pointer: str = "") -> Failed:
    return Failed(url, ProblemRecord("", pointer, code, "error", message))
