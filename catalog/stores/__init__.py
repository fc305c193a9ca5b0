"""Where documents lie: a URL opens a store that lists folders and gets documents.

Paths inside a store count from the URL it was opened at: no slash at either end,
``""`` for the place itself. A store says what is there; it knows nothing of Zarr.
"""

from __future__ import annotations

from catalog.stores.store import (
    DEFAULT_OPTIONS,
    LARGEST_DOCUMENT,
    Document,
    FarStore,
    Listing,
    Refusal,
    Stat,
    Store,
    StoreOptions,
)

__all__ = [
    "DEFAULT_OPTIONS",
    "LARGEST_DOCUMENT",
    "Document",
    "FarStore",
    "Listing",
    "Refusal",
    "Stat",
    "Store",
    "StoreOptions",
    "open_store",
]


def open_store(
    url: str, boundary: str | None = None, options: StoreOptions = DEFAULT_OPTIONS
) -> Store:
    """Open the store at a normalised URL.

    Parameters
    ----------
    url
        Where paths count from.
    boundary
        URL of a folder above, outside of which nothing is read; `url` itself if None.
    """
    from catalog.stores.opening import open_any

    return open_any(url, boundary, options)
