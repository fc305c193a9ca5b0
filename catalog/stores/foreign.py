"""All other places: what fsspec knows."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from catalog.errors import DocumentError, StoreError
from catalog.stores.encoding import encode
from catalog.stores.store import DEFAULT_OPTIONS, Document, Listing, Stat, StoreOptions
from catalog.stores.times import nanoseconds
from catalog.stores.traffic import count
from catalog.stores.url import is_plain, join

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_TIMES = ("mtime", "LastModified", "last_modified", "last_commit", "updated", "modified", "created")
_ETAGS = ("ETag", "etag", "blob_id", "sha", "md5", "md5Hash", "checksum", "generation")


class FsspecStore:
    """A folder of a file system that fsspec opens.

    Parameters
    ----------
    url
        A normalised URL of a scheme that fsspec knows.
    """

    lists = True
    near = False
    at_once = False  # not all that fsspec knows may be asked from many threads

    def __init__(
        self, url: str, boundary: str | None = None, options: StoreOptions = DEFAULT_OPTIONS
    ) -> None:
        self._url = url
        self._options = options
        self._system, self._root = _opened(url)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """URL that was opened."""
        return self._url

    def list_folder(self, path: str) -> Listing:
        """List a folder.

        Raises
        ------
        StoreError
            When there is none, or it must not be listed.
        """
        full = self._full(path)
        count(requests=1)
        try:
            # Listings are kept by some file systems: a crawl wants those of today.
            self._system.invalidate_cache(full)
            entries = self._system.ls(full, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            raise self._bad(path, "listed", "there is no such folder") from None
        except Exception as error:
            raise self._failed(path, "listed", error) from error
        here = full.rstrip("/")
        folders: set[str] = set()
        files: set[str] = set()
        for entry in entries:
            whole = str(entry["name"]).rstrip("/")
            name = whole.rpartition("/")[2]
            if whole == here and entry.get("type") != "directory":
                raise self._bad(path, "listed", "it is no folder")
            if name and whole != here:
                (folders if entry.get("type") == "directory" else files).add(name)
        return Listing(sorted(folders), sorted(files - folders), 0, 0)

    def get(self, path: str) -> Document | None:
        """Read a document.

        Raises
        ------
        StoreError
            When it is there and cannot be read.
        DocumentError
            When it is larger than any metadata should be.
        """
        info = self._info(path)
        if info is None or info.get("type") == "directory":
            return None
        size = info.get("size")
        largest = self._options.largest_document
        # One byte more than is allowed, where nobody says how many there are.
        data = None if size and size > largest else self.read(path, 0, largest + 1)
        if data is None and not size:
            return None
        if data is None or len(data) > largest:
            raise DocumentError(
                f"the document {encode(path)} of {self._url} has more than {largest:,} bytes: "
                "it is not read",
                join(self._url, path),
            )
        if size is not None and len(data) != size:
            raise self._bad(path, "read", f"it ends after {len(data):,} of {size:,} bytes")
        found = _stat(info, len(data))
        return Document(data, found.mtime_ns, len(data), found.etag)

    def stat(self, path: str) -> Stat | None:
        """Tell a document's time, size and etag; None for what shows no change by these."""
        info = self._info(path)
        if info is None or info.get("type") == "directory":
            return None
        found = _stat(info, info.get("size") or 0)
        return found if found.mtime_ns or found.etag else None

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Read a part of a file, however large; a negative start counts from its end."""
        full = self._full(path)
        count(requests=1)
        try:
            data = self._system.cat_file(full, start=start or None, end=stop)
        except (FileNotFoundError, IsADirectoryError):
            return None
        except Exception as error:
            raise self._failed(path, "read", error) from error
        count(size=len(data))
        return bytes(data)

    def _info(self, path: str) -> dict[str, Any] | None:
        full = self._full(path)
        count(requests=1)
        try:
            self._system.invalidate_cache(full)
            found = self._system.info(full)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:
            raise self._failed(path, "read", error) from error
        return dict(found)

    def _full(self, path: str) -> str:
        if not path:
            return self._root
        if not is_plain(path):
            raise StoreError(f"{path!r} leads out of {self._url}: it is not read", self._url)
        return f"{self._root.rstrip('/')}/{path}"

    def _failed(self, path: str, verb: str, error: Exception) -> StoreError:
        if isinstance(error, PermissionError):
            return self._bad(path, verb, "access is refused")
        return self._bad(path, verb, str(error) or type(error).__name__)

    def _bad(self, path: str, verb: str, reason: str) -> StoreError:
        url = join(self._url, path)
        return StoreError(f"{url} cannot be {verb}: {reason}", url)


def _opened(url: str) -> tuple[AbstractFileSystem, str]:
    try:
        from fsspec.core import url_to_fs
        from fsspec.registry import known_implementations
    except ImportError:
        raise StoreError(
            f"{url} needs the package fsspec: pip install 'ome-scene-catalog[fsspec]'", url
        ) from None
    from catalog.stores.encoding import decode

    scheme = url.partition("://")[0]
    try:
        system, root = url_to_fs(decode(url))
    except ImportError as error:
        known = known_implementations.get(scheme, {}).get("err")
        raise StoreError(f"{url} cannot be opened: {known or error}", url) from None
    except Exception as error:
        raise StoreError(
            f"{url} cannot be opened: {str(error) or type(error).__name__}", url
        ) from error
    return system, str(root)


def _stat(info: dict[str, Any], size: int) -> Stat:
    time = next((info[key] for key in _TIMES if info.get(key)), None)
    etag = next((str(info[key]) for key in _ETAGS if info.get(key)), "")
    return Stat(_ns(time), size, etag.strip('"'))


def _ns(time: object) -> int:
    if isinstance(time, str):
        try:
            time = datetime.fromisoformat(time)
        except ValueError:
            return 0
    if isinstance(time, datetime):
        return nanoseconds(time)
    return int(time * 1e9) if isinstance(time, (int, float)) else 0
