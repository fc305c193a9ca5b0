"""Read one hierarchy: documents to nodes, and what was looked at to a manifest."""

from __future__ import annotations

import asyncio
import time
from typing import cast

from catalog.crawl.driving import Asking, drive, drive_async, in_loop, try_listing
from catalog.crawl.reading import GroupDocument, Reading
from catalog.crawl.requests import Requests
from catalog.crawl.root_seen import RootSeen, answered
from catalog.crawl.walk import Walk
from catalog.stores import DEFAULT_OPTIONS, FarStore, Store, StoreOptions, open_store

__all__ = [
    "GroupDocument",
    "Reading",
    "read_hierarchy",
    "read_store",
    "read_store_async",
]


def read_hierarchy(
    url: str, boundary: str | None = None, options: StoreOptions = DEFAULT_OPTIONS
) -> Reading:
    """Read the documents of the hierarchy whose root group lies at a normalised URL.

    Parameters
    ----------
    boundary
        URL of a folder above, outside of which no link is followed; `url` itself if None.
    options
        How the store is opened.

    Raises
    ------
    StoreError
        When there is no Zarr metadata at `url`, or it cannot be read.
    DocumentError
        When the root's own document cannot be understood.
    """
    store = open_store(url, boundary, options)
    if store.at_once and not in_loop():
        return asyncio.run(read_store_async(store, options))
    return read_store(store, options)


def read_store(
    store: Store, options: StoreOptions = DEFAULT_OPTIONS, seen: RootSeen | None = None
) -> Reading:
    """Read the hierarchy at the root of an open store, one question after the other.

    Parameters
    ----------
    seen
        What is known of the root from finding it: it is not asked for again.
    """
    return drive(store, _walk(store, store.lists, options, seen))


async def read_store_async(
    store: Store,
    options: StoreOptions = DEFAULT_OPTIONS,
    requests: Requests | None = None,
    seen: RootSeen | None = None,
) -> Reading:
    """Read the hierarchy at the root of an open store, many questions at a time.

    Parameters
    ----------
    requests
        Those who ask; of the run that goes on, if None.
    seen
        What is known of the root from finding it: it is not asked for again.
    """
    if store.at_once:
        asked_ns = time.time_ns()
        listing = await try_listing(cast(FarStore, store))
        if listing is not None:
            seen = seen or RootSeen(asked_ns, {})
            seen = seen._replace(listing=seen.listing or listing)
    return await drive_async(store, _walk(store, store.lists, options, seen), requests)


def _walk(
    store: Store, lists: bool, options: StoreOptions, seen: RootSeen | None
) -> Asking[Reading]:
    asked_ns = None if seen is None else seen.at_ns
    walk = Walk(store.url, near=store.near, lists=lists, options=options, asked_ns=asked_ns)
    return answered(walk.run(), seen)
