"""Where hierarchies are below a root.

A hierarchy is a top-most Zarr group: what lies in it is its own affair, so that
discovery never goes below a folder that holds Zarr metadata, and never lists chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.errors import StoreError
from catalog.stores import Store
from catalog.stores.url import join

# Any of these in a folder makes it a Zarr node.
MARKERS = frozenset(("zarr.json", ".zgroup", ".zattrs", ".zarray", ".zmetadata"))


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that holds Zarr metadata and lies in no other one."""

    url: str


@dataclass(frozen=True, slots=True)
class FolderProblem:
    """A folder of no hierarchy with which something is wrong.

    `unlisted`: what lies in it is not known, so nothing may be concluded from not
    having met it.
    """

    url: str
    code: str
    message: str
    unlisted: bool = False


def discover(store: Store) -> Iterator[Found | FolderProblem]:
    """Find the hierarchies in a store, level by level of each folder, by name.

    Symbolic links are not followed here: what they lead to is found where it lies,
    under one URL.

    Raises
    ------
    StoreError
        When the root itself cannot be listed.
    """
    root = store.url
    if _holds_zarr_json(store, ""):
        yield Found(root)
        return
    pending = [""]
    while pending:
        path = pending.pop()
        try:
            listing = store.list_folder(path)
        except StoreError as error:
            if not path:
                raise
            yield FolderProblem(join(root, path), "unreadable-folder", error.message, unlisted=True)
            continue
        if not MARKERS.isdisjoint(listing.files):
            yield Found(join(root, path))
            continue
        prefix = f"{path}/" if path else ""
        for name, message in listing.refused:
            yield FolderProblem(
                join(root, prefix + name), "link-not-followed", f"this link {message}"
            )
        folders = [name for name in listing.folders if name not in listing.links]
        if path.endswith(".zarr") and not listing.folders:
            yield FolderProblem(
                join(root, path),
                "empty-store",
                "this folder is named like a Zarr store and holds no Zarr metadata",
            )
        plain = []
        for name in folders:
            # One stat tells a Zarr v3 hierarchy, without listing it.
            if _holds_zarr_json(store, prefix + name):
                yield Found(join(root, prefix + name))
            else:
                plain.append(prefix + name)
        pending.extend(reversed(plain))


def _holds_zarr_json(store: Store, path: str) -> bool:
    return store.stat(f"{path}/zarr.json" if path else "zarr.json") is not None
