"""One hierarchy from its place to an outcome: the functions that executors run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from catalog.crawl.driving import drive, drive_async, in_loop
from catalog.crawl.manifest import UNREADABLE, array_entries, compare_root, is_unchanged
from catalog.crawl.records import (
    Failed,
    HierarchyRecord,
    Ignored,
    ManifestEntry,
    Outcome,
    ProblemRecord,
    Unchanged,
)
from catalog.crawl.requests import Requests
from catalog.crawl.root_seen import RootSeen, answered
from catalog.errors import CatalogError, DocumentError, StoreError
from catalog.stores import DEFAULT_OPTIONS, Store, StoreOptions, open_store
from catalog.stores.opening import is_plain_remote
from catalog.stores.threads import in_own_thread

if TYPE_CHECKING:
    from catalog.crawl.parameters import Parameters
    from catalog.crawl.reading import Reading


def crawl_hierarchy(
    url: str,
    known_manifest: Sequence[ManifestEntry] = (),
    known_digest: bytes | None = None,
    boundary: str | None = None,
    options: StoreOptions = DEFAULT_OPTIONS,
    *,
    thorough: bool = False,
    seen: RootSeen | None = None,
) -> Outcome:
    """Read the hierarchy at a normalised URL, unless nothing in it has changed.

    It can run in any process, takes and gives plain values, and never raises.

    Parameters
    ----------
    known_manifest, known_digest
        Of the record that is there already; empty and None to read in any case.
    boundary
        URL of the root of the crawl, outside of which no link is followed.
    options
        How the store is opened.
    thorough
        Do not rely on the root's document: far from here, read all documents, and let
        their digest say whether anything has changed.
    seen
        What is known of the root from finding it: it is not asked for again.
    """
    known = _Known(known_manifest, known_digest, thorough, seen)
    try:
        store = open_store(url, boundary, options)
        if store.at_once and not in_loop():
            return asyncio.run(_crawl_async(store, known, options, None))
        return _crawl_in_turn(store, known, options)
    except Exception as error:
        return _failure(url, error)


async def crawl_hierarchy_async(
    url: str,
    known_manifest: Sequence[ManifestEntry] = (),
    known_digest: bytes | None = None,
    boundary: str | None = None,
    options: StoreOptions = DEFAULT_OPTIONS,
    *,
    thorough: bool = False,
    seen: RootSeen | None = None,
    requests: Requests | None = None,
) -> Outcome:
    """Do what `crawl_hierarchy` does, while others are doing it too.

    Parameters
    ----------
    requests
        Those who ask; of the run that goes on, if None.
    """
    known = _Known(known_manifest, known_digest, thorough, seen)
    try:
        # A client is made once for each bucket and server; to open an archive is to ask.
        if is_plain_remote(url):
            store = open_store(url, boundary, options)
        else:
            store = await in_own_thread(lambda: open_store(url, boundary, options))
        if not store.at_once:
            return await in_own_thread(lambda: _crawl_in_turn(store, known, options))
        return await _crawl_async(store, known, options, requests)
    except Exception as error:
        return _failure(url, error)


class _Known(NamedTuple):
    """What is known of a hierarchy before it is read."""

    manifest: Sequence[ManifestEntry]
    digest: bytes | None
    thorough: bool
    seen: RootSeen | None


def _crawl_in_turn(store: Store, known: _Known, options: StoreOptions) -> Outcome:
    if known.manifest:
        if store.near:
            unchanged = is_unchanged(store, known.manifest)
        else:
            compared = answered(compare_root(known.manifest), known.seen)
            unchanged = not known.thorough and drive(store, compared)
        if unchanged:
            return Unchanged(store.url)
    # What understands documents takes its time to import: not where nothing has changed.
    from catalog.crawl.read import read_store

    return _judge(read_store(store, options, known.seen), store, known)


async def _crawl_async(
    store: Store, known: _Known, options: StoreOptions, requests: Requests | None
) -> Outcome:
    if known.manifest and not known.thorough:
        compared = answered(compare_root(known.manifest), known.seen)
        if await drive_async(store, compared, requests):
            return Unchanged(store.url)
    from catalog.crawl.naming import stored
    from catalog.crawl.read import read_store_async
    from catalog.metadata.nodes import GroupNode

    reading = await read_store_async(store, options, requests, known.seen)
    if any(isinstance(node, GroupNode) and stored(node) for node in reading.nodes.values()):
        # Arrays are read by zarr, which waits for each answer.
        return await in_own_thread(lambda: _judge(reading, store, known))
    return _judge(reading, store, known)


def _judge(reading: Reading, store: Store, known: _Known) -> Outcome:
    """Make an outcome of what was read, beside what is known."""
    from catalog.crawl.interpret import has_metadata, interpret, is_array

    url = reading.url
    if is_array(reading):
        return Ignored(url, "a single Zarr array; only groups hold OME-Zarr metadata")
    if not has_metadata(reading):
        return Ignored(url, "a Zarr group without OME-Zarr metadata in it")
    record, parameters = interpret(reading)
    if parameters.read:
        record = _with_arrays(record, parameters, store)
    if known.digest == record.digest:
        same = record.manifest == tuple(known.manifest)
        return Unchanged(url, None if same else record.manifest)
    if known.digest is not None and not reading.whole:
        lost = _newly_lost(reading.manifest, known.manifest)
        if lost is not None:
            message = (
                f"{lost or 'the root folder'} of this hierarchy cannot be read any more: "
                "what is recorded of it is kept as it was"
            )
            problem = ProblemRecord("", "", "partly-unreadable", "error", message)
            return Failed(url, problem, kept=True)
    return record


def _with_arrays(record: HierarchyRecord, parameters: Parameters, store: Store) -> HierarchyRecord:
    """Let the values of parameters count among what was read."""
    digest = blake2b(record.digest + parameters.fingerprint, digest_size=16).digest()
    if not store.near:
        return replace(record, digest=digest)
    entries = [entry for path in parameters.read for entry in array_entries(store, path)]
    return replace(record, manifest=(*record.manifest, *entries), digest=digest)


def _newly_lost(found: Iterable[ManifestEntry], known: Iterable[ManifestEntry]) -> str | None:
    """Give the first place that could be read before and cannot be now."""
    before = {entry.path for entry in known if entry.mtime_ns == UNREADABLE}
    for entry in found:
        if entry.mtime_ns == UNREADABLE and entry.path not in before:
            return entry.path
    return None


def _failure(url: str, error: Exception) -> Failed:
    if isinstance(error, StoreError):
        return _failed(url, "unreadable-document", error.message)
    if isinstance(error, DocumentError):
        return _failed(url, "invalid-document", error.message, error.pointer)
    reason = error.message if isinstance(error, CatalogError) else f"{error}"
    return _failed(
        url,
        "not-understood",
        f"this hierarchy could not be understood ({type(error).__name__}: {reason}); "
        "please report it with its metadata",
    )


def _failed(url: str, code: str, message: str, pointer: str = "") -> Failed:
    return Failed(url, ProblemRecord("", pointer, code, "error", message))
