"""Where hierarchies are below a root.

A hierarchy is a top-most Zarr group: what lies in it is its own affair, so that
discovery never goes below a folder that holds Zarr metadata, and never lists chunks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import cast

from catalog.crawl.place import V3
from catalog.crawl.requests import answer_of, current_requests
from catalog.crawl.root_seen import RootSeen
from catalog.errors import CatalogError, StoreError
from catalog.stores import (
    DEFAULT_OPTIONS,
    Document,
    FarStore,
    Listing,
    Stat,
    Store,
    StoreOptions,
)
from catalog.stores.url import join

# Any of these in a folder makes it a Zarr node.
MARKERS = frozenset(("zarr.json", ".zgroup", ".zattrs", ".zarray", ".zmetadata"))
# Zipped hierarchies: of RFC-9, and as others call them. Other archives hold anything.
_ARCHIVES = (".ozx", ".zarr.zip")

# Bytes of a document that is handed on: what waits to be read by others must not fill memory.
_LARGEST_HANDED_ON = 32 * 1024
# Names in a listing that is handed on.
_MOST_HANDED_ON = 1000
# Folders of which is asked at once whether they are recorded.
_AT_ONCE = 512
# Folders that are looked at ahead, where looking means waiting for a server: no more at a
# time than there may be requests.
_AHEAD = 128


@dataclass(frozen=True, slots=True)
class Found:
    """A folder that holds Zarr metadata and lies in no other one.

    `seen`: what its root was met with, where asking costs a round trip.
    """

    url: str
    seen: RootSeen | None = None


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


Recorded = Callable[[Sequence[str]], Mapping[str, str]]
"""Tells of some URLs which are hierarchies that are recorded, and by which document of its root
each is known. Only its time is asked for then, since most often nothing has changed."""


def discover(
    store: Store, options: StoreOptions = DEFAULT_OPTIONS, recorded: Recorded | None = None
) -> Iterator[Found | FolderProblem]:
    """Find the hierarchies in a store, always in the same order.

    Symbolic links are not followed here: what they lead to is found where it lies,
    under one URL. Zipped hierarchies that lie in folders are looked into.

    Parameters
    ----------
    options
        How archives are opened.
    recorded
        Of what it does not tell of, and what is small, the document is read and handed on.

    Raises
    ------
    StoreError
        When the root itself cannot be listed, and is no hierarchy.
    """
    if not store.at_once:
        yield from _discover_in_turn(store, options)
        return
    far = cast(FarStore, store)
    known = _known(far.url, ("",), recorded)[""]
    seen = _look_at_recorded(far, "", known) if known is not None else None
    if seen is not None:
        yield Found(far.url, seen)
        return
    listing = far.try_listing()
    if store.lists:
        yield from _discover_ahead(far, options, recorded, listing)
    else:
        yield _unlisted_root(far)


def _unlisted_root(store: FarStore) -> Found:
    at_ns = time.time_ns()
    documents: dict[str, Document | Stat | None] = {}
    for name in (V3, ".zattrs", ".zgroup", ".zmetadata", ".zarray"):
        documents[name] = met = store.glance(name, _LARGEST_HANDED_ON)
        if met is not None:
            return Found(store.url, RootSeen(at_ns, documents))
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


def _discover_ahead(
    store: FarStore, options: StoreOptions, recorded: Recorded | None, listing: Listing | None
) -> Iterator[Found | FolderProblem]:
    """Look at many folders at a time; give what is met by folder, by name."""
    root = store.url
    requests = current_requests()
    # What comes first is last.
    pending: list[str] = [""]
    looks: dict[str, Future[RootSeen | Listing]] = {}
    known: dict[str, str | None] = {"": None}  # or it would have been found by now
    try:
        while pending:
            for path in reversed(pending[-_AHEAD:]):
                if path not in looks:
                    if path not in known:
                        asked = looks.keys() | known.keys()
                        soon = [other for other in pending[-_AT_ONCE:] if other not in asked]
                        known.update(_known(root, soon, recorded))
                    name = known.pop(path)
                    listed = None if path else listing
                    looks[path] = requests.start(partial(_look, store, path, name, listed))
            path = pending.pop()
            try:
                met = answer_of(looks.pop(path))
            except StoreError as error:
                if not path:
                    raise
                yield _unreadable(root, path, error)
                continue
            if isinstance(met, RootSeen):
                yield Found(join(root, path), met)
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


def _known(root: str, paths: Sequence[str], recorded: Recorded | None) -> dict[str, str | None]:
    """Tell by which document each of some folders is recorded, if it is."""
    if recorded is None:
        return dict.fromkeys(paths)
    urls = {path: join(root, path) for path in paths}
    names = recorded(list(urls.values()))
    return {path: names.get(url) for path, url in urls.items()}


def _look_at_recorded(store: FarStore, path: str, known: str) -> RootSeen | None:
    """Ask for the time of the document that a hierarchy is known by."""
    at_ns = time.time_ns()
    # What cannot be told so is asked for as if nothing were known.
    with suppress(StoreError):
        stat = store.stat(f"{path}/{known}" if path else known)
        if stat is not None:
            return RootSeen(at_ns, {known: stat})
    return None


def _look(
    store: FarStore, path: str, known: str | None, listing: Listing | None
) -> RootSeen | Listing:
    """Tell what the root of a hierarchy is met with; of another folder, what is in it.

    Parameters
    ----------
    known
        Name of the document by which the folder is recorded, if it is.
    listing
        Of the folder, if it has been listed already.
    """
    if known is not None and (seen := _look_at_recorded(store, path, known)) is not None:
        return seen
    at_ns = time.time_ns()
    documents: dict[str, Document | Stat | None] = {}
    # Where it cannot be read, listing tells what there is, or says what is wrong.
    with suppress(StoreError):
        met = store.glance(f"{path}/{V3}" if path else V3, _LARGEST_HANDED_ON)
        documents[V3] = met
        if met is not None:
            return _root_seen(at_ns, documents, listing)
    if listing is None:
        listing = store.list_folder(path)
    names = MARKERS.intersection(listing.files)
    if not names:
        return listing
    if V3 in documents and V3 not in names:  # else it came meanwhile, or has to be asked for again
        documents.update(dict.fromkeys(MARKERS - names))
    else:
        documents.clear()
    return _root_seen(at_ns, documents, listing)


def _root_seen(
    at_ns: int, documents: Mapping[str, Document | Stat | None], listing: Listing | None
) -> RootSeen:
    if listing is not None and len(listing.folders) + len(listing.files) > _MOST_HANDED_ON:
        listing = None
    return RootSeen(at_ns, documents, listing)


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
