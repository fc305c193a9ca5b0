"""The one way to open a Zarr group or array below the root of a hierarchy, in any store."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from catalog.errors import CatalogError, DocumentError, StoreError
from catalog.stores import DEFAULT_OPTIONS, StoreOptions, open_store
from catalog.stores.url import is_local, is_plain, join, to_path

if TYPE_CHECKING:
    import zarr
    from zarr.abc.store import Store as ZarrStore
    from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

    AnyArray = zarr.Array[ArrayV2Metadata] | zarr.Array[ArrayV3Metadata]

# Of a chunk as it is stored.
LARGEST_CHUNK = 1024 * 1024 * 1024


def open_zarr(
    hierarchy_url: str,
    location: str,
    options: StoreOptions = DEFAULT_OPTIONS,
    *,
    largest_chunk: int = LARGEST_CHUNK,
) -> zarr.Group | AnyArray | None:
    """Open the group or array at a location of a hierarchy; None when there is none.

    Parameters
    ----------
    hierarchy_url
        Normalised URL of the root of the hierarchy: nothing outside of it is opened.
    location
        From that root; ``""`` for the root itself.
    largest_chunk
        Bytes; stored chunks that are larger are refused.

    Raises
    ------
    StoreError
        When it lies outside of the hierarchy, or cannot be reached.
    DocumentError
        When zarr cannot open it.
    """
    url = join(hierarchy_url, location)
    store = zarr_store(hierarchy_url, location, options, largest_chunk=largest_chunk)
    if store is None:
        return None
    import zarr

    try:
        with warnings.catch_warnings():
            # Of no concern to somebody who indexes or moves points: it is as it is.
            warnings.simplefilter("ignore")
            # A store, not a text: zarr reads more into the `#` of a text than a name.
            return zarr.open(store=store, mode="r")
    except FileNotFoundError:
        return None
    except CatalogError:
        raise
    except Exception as error:  # metadata of extensions raise whatever they like
        raise DocumentError(
            f"{url} cannot be opened: {str(error) or type(error).__name__}", url
        ) from error


def zarr_store(
    hierarchy_url: str,
    location: str = "",
    options: StoreOptions = DEFAULT_OPTIONS,
    *,
    largest_chunk: int = LARGEST_CHUNK,
) -> ZarrStore | None:
    """Give a store of zarr at a location of a hierarchy; None when there is no such folder.

    Raises
    ------
    StoreError
        When it lies outside of the hierarchy.
    """
    url = join(hierarchy_url, location)
    if is_local(hierarchy_url):
        from catalog.stores.opening import local_archive

        if local_archive(hierarchy_url) is None:
            folder = _inside(hierarchy_url, location)
            if folder is None:
                raise _outside(url)
            if not os.path.isdir(folder):  # noqa: PTH112
                return None
            from zarr.storage import LocalStore

            return LocalStore(folder, read_only=True)
    if location and not is_plain(location):
        raise _outside(url)
    from catalog.stores.store import PartialStore
    from catalog.stores.zarr_store import ReadStore

    store = open_store(hierarchy_url, None, replace(options, largest_document=largest_chunk))
    return ReadStore(cast(PartialStore, store), location)


def _inside(hierarchy_url: str, location: str) -> str | None:
    """Give the real folder of a location in a local hierarchy; None when it lies outside."""
    root = os.path.realpath(to_path(hierarchy_url))
    folder = os.path.realpath(f"{root}/{location}") if location else root
    return folder if folder == root or folder.startswith(root.rstrip("/") + "/") else None


def _outside(url: str) -> StoreError:
    return StoreError(f"{url} lies outside of the hierarchy and is not read", url)
