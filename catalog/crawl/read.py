"""Read one hierarchy: documents to nodes, and what was looked at to a manifest."""

from __future__ import annotations

import asyncio

from catalog.crawl.driving import drive, drive_async, in_loop, may_list
from catalog.crawl.reading import GroupDocument, Reading
from catalog.crawl.requests import Requests
from catalog.crawl.walk import Walk
from catalog.stores import DEFAULT_OPTIONS, Store, StoreOptions, open_store

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


def read_store(store: Store, options: StoreOptions = DEFAULT_OPTIONS) -> Reading:
    """Read the hierarchy at the root of an open store, one question after the other."""
    walk = Walk(store.url, near=store.near, lists=store.lists, options=options)
    return drive(store, walk.run())


async def read_store_async(
    store: Store,
    options: StoreOptions = DEFAULT_OPTIONS,
    requests: Requests | None = None,
) -> Reading:
    """Read the hierarchy at the root of an open store, many questions at a time.

    Parameters
    ----------
    requests
        Those who ask; of the run that goes on, if None.
    """
    lists = await may_list(store)
    walk = Walk(store.url, near=store.near, lists=lists, options=options)
    return await drive_async(store, walk.run(), requests)
