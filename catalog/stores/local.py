"""Folders of this machine, read with plain system calls.

A metadata document is a few kilobytes: what its reading costs is the number of system
calls. So: one open, fstat, read and close for a document; folders are told from files by
what `os.scandir` already knows; `pathlib` stays out of the loops.
"""

from __future__ import annotations

import errno
import os
import stat

from catalog.errors import DocumentError, StoreError
from catalog.stores.encoding import encode
from catalog.stores.store import DEFAULT_OPTIONS, Document, Listing, Refusal, Stat, StoreOptions
from catalog.stores.url import join, to_path

# O_NOFOLLOW: a link must be looked at before it is followed. O_NONBLOCK: a named pipe
# that somebody called zarr.json must not stop the crawl.
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_ABSENT = frozenset((errno.ENOENT, errno.ENOTDIR))


class LocalStore:
    """A local folder.

    Symbolic links are followed while they stay inside the boundary, so that a store
    from elsewhere cannot make a crawl read files of its machine. A link to a folder
    above itself is not followed.

    Parameters
    ----------
    url
        A normalised ``file:`` URL.
    boundary
        URL of the folder that holds all that may be read; `url` itself if None.
    """

    lists = True
    near = True
    at_once = False

    def __init__(
        self, url: str, boundary: str | None = None, options: StoreOptions = DEFAULT_OPTIONS
    ) -> None:
        self._url = url
        self._largest = options.largest_document
        path = to_path(url)
        self._root = path
        self._prefix = path if path.endswith("/") else path + "/"
        self._boundary_path = path if boundary is None else to_path(boundary)
        self._boundary: str | None = None

    @property
    def url(self) -> str:
        """URL that was opened."""
        return self._url

    def list_folder(self, path: str) -> Listing:
        """List a folder.

        Raises
        ------
        StoreError
            When it is not there, is not a folder, or must not be listed.
        """
        full = self._prefix + path if path else self._root
        folders: list[str] = []
        files: list[str] = []
        links: list[str] = []
        try:
            # Before listing: what is changed meanwhile shows in the next crawl.
            found = os.stat(full)  # noqa: PTH116
            with os.scandir(full) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.name)
                    elif entry.is_symlink():
                        links.append(entry.name)
                    else:
                        files.append(entry.name)
        except OSError as error:
            raise self._unreadable(path, error, "listed") from None
        if links:
            return self._with_links(full, found, folders, files, links)
        folders.sort()
        files.sort()
        return Listing(folders, files, found.st_mtime_ns, found.st_size)

    def get(self, path: str) -> Document | None:
        """Read a document, in one go.

        Raises
        ------
        StoreError
            When it is there and cannot be read.
        DocumentError
            When it is larger than any metadata should be.
        """
        try:
            descriptor = os.open(self._prefix + path, _OPEN)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            if error.errno != errno.ELOOP:
                raise self._unreadable(path, error, "read") from None
            followed = self._open_link(path)
            if followed is None:
                return None
            descriptor = followed
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return None
            if found.st_size > self._largest:
                raise DocumentError(
                    f"the document {self._shown(path)} has {found.st_size:,} bytes; more than "
                    f"{self._largest:,} are not read",
                    join(self._url, path),
                )
            data = os.read(descriptor, found.st_size + 1)
            while len(data) < found.st_size and (more := os.read(descriptor, found.st_size)):
                data += more
        except OSError as error:
            raise self._unreadable(path, error, "read") from None
        finally:
            os.close(descriptor)
        return Document(data, found.st_mtime_ns, found.st_size)

    def stat(self, path: str) -> Stat | None:
        """Tell time and size; None when it is not there or cannot be asked for."""
        try:
            found = os.stat(self._prefix + path if path else self._root)  # noqa: PTH116
        except OSError:
            return None
        return Stat(found.st_mtime_ns, found.st_size)

    def _with_links(
        self,
        full: str,
        found: os.stat_result,
        folders: list[str],
        files: list[str],
        links: list[str],
    ) -> Listing:
        """Sort the links of a folder into folders, files, and those not followed."""
        refused = []
        followed = []
        here = os.path.realpath(full)
        for name in sorted(links):
            target = os.path.realpath(f"{full}/{name}")
            if not os.path.isdir(target):  # noqa: PTH112
                files.append(name)
            elif not self._holds(target):
                refused.append(
                    Refusal(name, f"leads outside of what is indexed, to {encode(target)}")
                )
            elif here == target or here.startswith(target.rstrip("/") + "/"):
                refused.append(Refusal(name, "leads back to a folder that it lies in"))
            else:
                followed.append(name)
        return Listing(
            sorted(folders + followed),
            sorted(files),
            found.st_mtime_ns,
            found.st_size,
            frozenset(followed),
            tuple(refused),
        )

    def _open_link(self, path: str) -> int | None:
        target = os.path.realpath(self._prefix + path)
        if not self._holds(target):
            raise StoreError(
                f"{self._shown(path)} is a link that leads outside of what is indexed, to "
                f"{encode(target)}: it is not followed",
                join(self._url, path),
            )
        try:
            return os.open(target, _OPEN)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise self._unreadable(path, error, "read") from None

    def _holds(self, target: str) -> bool:
        if self._boundary is None:
            self._boundary = os.path.realpath(self._boundary_path).rstrip("/")
        return target == self._boundary or target.startswith(self._boundary + "/")

    def _shown(self, path: str) -> str:
        return encode(self._prefix + path if path else self._root)

    def _unreadable(self, path: str, error: OSError, verb: str) -> StoreError:
        reason = error.strerror or type(error).__name__
        return StoreError(
            f"{self._shown(path)} cannot be {verb}: {reason.lower()}", join(self._url, path)
        )
