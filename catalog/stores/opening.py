"""Which store a URL opens."""

from __future__ import annotations

import os

from catalog.errors import StoreError
from catalog.stores.encoding import decode
from catalog.stores.store import DEFAULT_OPTIONS, PartialStore, Store, StoreOptions
from catalog.stores.url import is_archive_name, is_local, to_path

_BUCKETS = ("s3://", "gs://", "az://")
_WEB = ("http://", "https://")


def open_any(url: str, boundary: str | None, options: StoreOptions) -> Store:
    """Open a place, in an archive or not."""
    if is_local(url):
        archive = local_archive(url)
        if archive is None:
            from catalog.stores.local import LocalStore

            return LocalStore(url, boundary, options)
        if boundary is not None:
            _judge_archive(archive, boundary)
        from catalog.stores.archive import ZipStore

        return ZipStore(url, archive, options)
    for candidate in _candidates(url):
        from catalog.stores.archive import RemoteSource, ZipStore

        # As the root of a store: so nothing beside the archive is asked for.
        source = RemoteSource(candidate, open_folder(candidate, options))
        found = source.found()
        if found is not None:
            return ZipStore(url, candidate, options, source, found)
    return open_folder(url, options, boundary)


def open_folder(
    url: str, options: StoreOptions = DEFAULT_OPTIONS, boundary: str | None = None
) -> PartialStore:
    """Open a place on another machine, whatever its name looks like."""
    if url.startswith(_BUCKETS):
        from catalog.stores.objects import ObjectStore

        return ObjectStore(url, boundary, options)
    if url.startswith(_WEB):
        from catalog.stores.web import WebStore

        return WebStore(url, boundary, options)
    from catalog.stores.foreign import FsspecStore

    return FsspecStore(url, boundary, options)


def local_archive(url: str) -> str | None:
    """Give the URL of the archive that a local URL leads to or into; None for a folder."""
    for candidate in _candidates(url):
        if os.path.isfile(to_path(candidate)):  # noqa: PTH113 - called for each hierarchy
            return candidate
    return None


def is_plain_remote(url: str) -> bool:
    """Tell whether a URL leads into a bucket or web server, and not into an archive there."""
    return url.startswith((*_BUCKETS, *_WEB)) and not _candidates(url)


def _candidates(url: str) -> list[str]:
    """Give the URLs above and at `url` that are named as archives are, topmost first."""
    lower = url.lower()
    if ".zip" not in lower and ".ozx" not in lower:
        return []
    found = []
    at = url.find("/", url.index("://") + 3)
    while at >= 0:
        end = url.find("/", at + 1)
        part = url[at + 1 : end if end >= 0 else None]
        if is_archive_name(decode(part)):
            found.append(url[: end if end >= 0 else None])
        at = end
    return found


def _judge_archive(archive: str, boundary: str) -> None:
    """Refuse an archive that a link outside of the boundary leads to."""
    real = os.path.realpath(to_path(archive))
    top = os.path.realpath(to_path(boundary)).rstrip("/")
    if real != top and not real.startswith(top + "/"):
        raise StoreError(
            f"{archive} is a link that leads outside of what is indexed: it is not followed",
            archive,
        )
