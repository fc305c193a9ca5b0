"""Where hierarchies are below a root.

A hierarchy is a top-most Zarr group: what lies in it is its own affair, so that
discovery never goes below a folder that holds Zarr metadata, and never lists chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from catalog.crawl.requests import answer_of, current_requests
from catalog.errors import CatalogError, StoreError
from catalog.stores import DEFAULT_OPTIONS, Listing, Stat, Store, StoreOptions
from catalog.stores.url import join

# Any of these in a folder makes it a Zarr node.
MARKERS = frozenset(("zarr.json", ".zgroup", ".zattrs", ".zarray", ".zmetadata"))
# Zipped hierarchies: of RFC-9, and as others call them. Other archives hold anything.
_ARCHIVES = (".ozx", ".zarr.zip")

# Folders that are looked at ahead, where looking means waiting for a server: no more at a
# time than there may be requests.
_AHEAD = 128


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that holds Zarr metadata and lies in no other one.

    `seen`: its ``zarr.json`` as it was met, where this was told on the way.
    """

    url: str
    seen: Stat | None = None


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


def discover(
    store: Store, options: StoreOptions = DEFAULT_OPTIONS
) -> Iterator[Found | FolderProblem]:
    """Find the hierarchies in a store, always in the same order.

    Symbolic links are not followed here: what they lead to is found where it lies,
    under one URL. Zipped hierarchies that lie in folders are looked into.

    Parameters
    ----------
    options
        How archives are opened.

    Raises
    ------
    StoreError
        When the root itself cannot be listed, and is no hierarchy.
    """
    if not store.lists:
        yield _unlisted_root(store)
    elif store.at_once:
        yield from _discover_ahead(store, options)
    else:
        yield from _discover_in_turn(store, options)


def _unlisted_root(store: Store) -> Found:
    for marker in ("zarr.json", ".zgroup", ".zattrs", ".zmetadata", ".zarray"):
        seen = store.stat(marker)
        if seen is not None:
            return Found(store.url, seen if marker == "zarr.json" else None)
    # A server may give neither etag nor time.
    if any(store.get(marker) is not None for marker in ("zarr.json", ".zattrs", ".zgroup")):
        return Found(store.url)
    if _is_missing(store):
        raise StoreError(
            f"there is nothing at {store.url}: the server answers 404 (not found) for it, and for "
            "any Zarr metadata in it; check the address, or, where it is a folder that the server "
            "does not show, give the URLs of the hierarchies in it",
            store.url,
        )
    raise StoreError(
        f"{store.url} cannot be listed, and is no Zarr hierarchy itself: give the URLs of the "
        "hierarchies in it, or a list of them in a file",
        store.url,
    )


def _is_missing(store: Store) -> bool:
    from catalog.stores.web import WebStore

    try:
        return isinstance(store, WebStore) and store.is_missing()
    except StoreError:
        return False


def _discover_in_turn(store: Store, options: StoreOptions) -> Iterator[Found | FolderProblem]:
    """Look at one folder after the other, level by level of each, by name."""
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
            yield _unreadable(root, path, error)
            continue
        if not MARKERS.isdisjoint(listing.files):
            yield Found(join(root, path))
            continue
        yield from _remarks(root, path, listing)
        prefix = f"{path}/" if path else ""
        plain = []
        for name in listing.folders:
            if name in listing.links:
                continue
            # One stat tells a Zarr v3 hierarchy, without listing it.
            if _holds_zarr_json(store, prefix + name):
                yield Found(join(root, prefix + name))
            else:
                plain.append(prefix + name)
        yield from _in_archives(root, prefix, listing, options)
        pending.extend(reversed(plain))


def _discover_ahead(store: Store, options: StoreOptions) -> Iterator[Found | FolderProblem]:
    """Look at many folders at a time; give what is met by folder, by name."""
    root = store.url
    requests = current_requests()
    # What comes first is last.
    pending: list[str] = [""]
    looks: dict[str, Future[Stat | Listing]] = {}
    try:
        while pending:
            for path in reversed(pending[-_AHEAD:]):
                if path not in looks:
                    looks[path] = requests.start(partial(_look, store, path))
            path = pending.pop()
            try:
                met = answer_of(looks.pop(path))
            except StoreError as error:
                if not path:
                    raise
                yield _unreadable(root, path, error)
                continue
            if isinstance(met, Stat):
                yield Found(join(root, path), met)
            elif not MARKERS.isdisjoint(met.files):
                yield Found(join(root, path))
            else:
                yield from _remarks(root, path, met)
                prefix = f"{path}/" if path else ""
                yield from _in_archives(root, prefix, met, options)
                pending.extend(
                    prefix + name for name in reversed(met.folders) if name not in met.links
                )
    finally:
        for look in looks.values():
            look.cancel()


def _look(store: Store, path: str) -> Stat | Listing:
    """Give the time of a folder's ``zarr.json``; without one, what else is in it."""
    try:
        seen = store.stat(f"{path}/zarr.json" if path else "zarr.json")
    except StoreError:  # listing tells, or says what is wrong
        seen = None
    return seen if seen is not None else store.list_folder(path)


def _remarks(root: str, path: str, listing: Listing) -> Iterator[FolderProblem]:
    prefix = f"{path}/" if path else ""
    for name, message in listing.refused:
        yield FolderProblem(join(root, prefix + name), "link-not-followed", f"this link {message}")
    if path.endswith(".zarr") and not listing.folders:
        yield FolderProblem(
            join(root, path),
            "empty-store",
            "this folder is named like a Zarr store and holds no Zarr metadata",
        )


def _in_archives(
    root: str, prefix: str, listing: Listing, options: StoreOptions
) -> Iterator[Found | FolderProblem]:
    """Find the hierarchies in the archives that lie in a folder."""
    for name in listing.files:
        if not name.lower().endswith(_ARCHIVES):
            continue
        from catalog.stores import open_store

        url = join(root, prefix + name)
        try:
            yield from discover(open_store(url, root, options), options)
        except CatalogError as error:
            yield FolderProblem(url, "unreadable-folder", error.message, unlisted=True)


def _unreadable(root: str, path: str, error: StoreError) -> FolderProblem:
    return FolderProblem(join(root, path), "unreadable-folder", error.message, unlisted=True)


def _holds_zarr_json(store: Store, path: str) -> bool:
    return store.stat(f"{path}/zarr.json" if path else "zarr.json") is not None
