"""Zip archives (``.zip``, and ``.ozx`` of RFC-9), read without unpacking.

Only what is asked for is read: the directory at the archive's end, then the members by
their place. So an archive on a server costs a few requests, not a download.
"""

from __future__ import annotations

import json
import os
import threading
import weakref
import zlib
from collections import OrderedDict
from typing import Protocol

from catalog.errors import DocumentError, StoreError
from catalog.stores.archive_directory import BadArchiveError, Directory, Member, read_directory
from catalog.stores.clients import connected_by
from catalog.stores.encoding import encode
from catalog.stores.store import (
    DEFAULT_OPTIONS,
    Document,
    Listing,
    PartialStore,
    Refusal,
    Stat,
    StoreOptions,
)
from catalog.stores.url import is_plain, join, name, relative, to_path

_HEADER_SIGN = b"PK\x03\x04"
_HEADER = 30
# How much more than its size in the archive a member can have at all when deflated.
_STRONGEST = 1_040
# A chunk of an array that is larger than this is not read as a whole.
LARGEST_MEMBER = 1024 * 1024 * 1024
_BLOCK = 256 * 1024
_MOST_BLOCKS = 32
_MOST_ARCHIVES = 4
_MOST_REFUSALS = 20
_STORED, _DEFLATED = 0, 8


class Source(Protocol):
    """The bytes of an archive, wherever they lie."""

    def found(self) -> Stat | None:
        """Tell its time and size; None when it is not there."""

    def read(self, start: int, stop: int) -> bytes:
        """Read a part."""


class LocalSource:
    """An archive on this machine; what was opened stays open when the file is replaced."""

    def __init__(self, url: str) -> None:
        try:
            self._file = os.open(to_path(url), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise _unreadable(url, (error.strerror or "").lower()) from None
        weakref.finalize(self, os.close, self._file)

    def found(self) -> Stat:
        """Tell its time and size."""
        found = os.fstat(self._file)
        return Stat(found.st_mtime_ns, found.st_size)

    def read(self, start: int, stop: int) -> bytes:
        """Read a part."""
        parts = []
        while start < stop and (part := os.pread(self._file, stop - start, start)):
            parts.append(part)
            start += len(part)
        return b"".join(parts)


class RemoteSource:
    """An archive on a server, read by ranges; blocks are kept for the next who asks."""

    def __init__(self, url: str, store: PartialStore) -> None:
        self._store = store
        self._url = url
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._length: int | None = None

    def found(self) -> Stat | None:
        """Tell its time and size."""
        found = self._store.stat("")
        if found is not None and self._length is None:
            self._length = found.size
        return found

    def read(self, start: int, stop: int) -> bytes:
        """Read a part; what lies near it will be asked for next."""
        if stop - start > _BLOCK * _MOST_BLOCKS // 2:
            return self._read(start, stop)
        first, last = start // _BLOCK, (max(start, stop - 1)) // _BLOCK
        with self._lock:
            missing = [number for number in range(first, last + 1) if number not in self._blocks]
            if missing:
                low, high = missing[0], missing[-1]
                data = self._read(low * _BLOCK, (high + 1) * _BLOCK)
                for number in range(low, high + 1):
                    at = (number - low) * _BLOCK
                    self._blocks[number] = data[at : at + _BLOCK]
            parts = []
            for number in range(first, last + 1):
                self._blocks.move_to_end(number)
                parts.append(self._blocks[number])
            while len(self._blocks) > _MOST_BLOCKS:
                self._blocks.popitem(last=False)
        at = first * _BLOCK
        return b"".join(parts)[start - at : stop - at]

    def _read(self, start: int, stop: int) -> bytes:
        if self._length is not None:
            stop = min(stop, self._length)
        # Some servers answer with the whole to a range that is the whole, which is an error.
        whole = start == 0 and stop == self._length
        data = self._store.read("", start, None if whole else stop)
        if data is None:
            raise StoreError(f"there is no archive at {self._url} any more", self._url)
        return data


class Archive:
    """An opened archive.

    Attributes
    ----------
    found
        Its time and size when it was opened.
    """

    def __init__(self, url: str, source: Source, found: Stat) -> None:
        self.url = url
        self.found = found
        self._source = source
        self._etag = found.etag
        try:
            self.directory: Directory = read_directory(source.read, found.size)
        except BadArchiveError as error:
            raise StoreError(f"{url} is no zip archive that can be read: {error}", url) from None

    def read(self, path: str, most: int, start: int = 0, stop: int | None = None) -> bytes | None:
        """Read a member, or a part of it.

        Parameters
        ----------
        most
            Bytes; a larger member is refused, by what it says and by what it holds.
        """
        member = self._member(path)
        if member is None:
            return None
        if start < 0:
            start = max(0, member.size + start)
        stop = member.size if stop is None else min(stop, member.size)
        wanted = stop - start if member.method == _STORED else member.size
        if wanted > most:
            raise self._bad(
                path, f"has {wanted:,} bytes; more than {most:,} are not read", "the document "
            )
        if stop <= start:
            return b""
        begin = self._begin(path, member)
        if member.method == _STORED:
            data = self._source.read(begin + start, begin + stop)
            if len(data) != stop - start:
                raise self._bad(path, "ends early")
            if start == 0 and stop == member.size and zlib.crc32(data) != member.crc:
                raise self._bad(path, "is damaged: its checksum is another one")
            return data
        return self._inflated(path, member, begin)[start:stop]

    def stat(self, path: str) -> Stat | None:
        """Tell the size and checksum of a member; a folder changes with the archive."""
        member = self.directory.member(path)
        if member is None:
            return self.found if self.directory.is_folder(path) or not path else None
        return Stat(self.found.mtime_ns, member.size, f"{member.crc:08x}-{member.size:x}")

    @property
    def ome(self) -> object:
        """What RFC-9 has the archive's comment say about it; None when it says nothing."""
        try:
            found = json.loads(self.directory.comment.rstrip(b"\0"))
        except (ValueError, RecursionError):
            return None
        return found.get("ome") if isinstance(found, dict) else None

    def _member(self, path: str) -> Member | None:
        try:
            member = self.directory.member(path)
        except BadArchiveError as error:
            raise self._bad(path, f"cannot be found: {error}") from None
        if member is None:
            return None
        if path in self.directory.twice:
            raise self._bad(path, "is there more than once: which one is meant cannot be told")
        if member.is_encrypted:
            raise self._bad(path, "is encrypted")
        if member.method not in (_STORED, _DEFLATED):
            raise self._bad(
                path,
                f"is compressed by method {member.method}; members are to be stored or deflated",
            )
        if member.method == _STORED and member.stored != member.size:
            raise self._bad(path, "says of itself two sizes")
        if member.size > member.stored * _STRONGEST + 64:
            raise self._bad(path, f"says that {member.stored:,} bytes hold {member.size:,}")
        return member

    def _begin(self, path: str, member: Member) -> int:
        """Find where the bytes of a member begin: behind a second header, of any length."""
        header = self._source.read(member.offset, member.offset + _HEADER + len(member.name))
        if len(header) < _HEADER + len(member.name) or header[:4] != _HEADER_SIGN:
            raise self._bad(path, "is not where the directory says")
        long = int.from_bytes(header[26:28], "little")
        extra = int.from_bytes(header[28:30], "little")
        if long != len(member.name) or header[_HEADER:] != member.name:
            raise self._bad(path, "has another name at the place where it lies")
        return member.offset + _HEADER + long + extra

    def _inflated(self, path: str, member: Member, begin: int) -> bytes:
        packed = self._source.read(begin, begin + member.stored)
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            # One byte more than it says: a member that goes on is not read to its end.
            data = inflate.decompress(packed, member.size + 1)
        except zlib.error as error:
            raise self._bad(path, f"is damaged: {error}") from None
        if len(data) > member.size:
            raise self._bad(path, f"holds more than the {member.size:,} bytes that it says")
        if len(data) < member.size:
            raise self._bad(path, "ends early")
        if zlib.crc32(data) != member.crc:
            raise self._bad(path, "is damaged: its checksum is another one")
        return data

    def _bad(self, path: str, words: str, what: str = "the member ") -> DocumentError:
        return DocumentError(f"{what}{encode(path)} of {self.url} {words}", join(self.url, path))


class ZipStore:
    """A folder in a zip archive.

    Parameters
    ----------
    url
        Of the folder: that of the archive, or below it.
    archive_url
        Of the archive.
    source, found
        Its bytes, time and size; without them it is opened on this machine.
    """

    lists = True
    at_once = False

    def __init__(
        self,
        url: str,
        archive_url: str,
        options: StoreOptions = DEFAULT_OPTIONS,
        source: Source | None = None,
        found: Stat | None = None,
    ) -> None:
        self._url = url
        self._largest = options.largest_document
        self._root = relative(url, archive_url) or ""
        self._archive = _opened(archive_url, options, source, found)
        self.near = archive_url.startswith("file:")

    @property
    def url(self) -> str:
        """URL that was opened."""
        return self._url

    @property
    def ome(self) -> object:
        """What RFC-9 has the archive's comment say about it; None when it says nothing."""
        return self._archive.ome

    def list_folder(self, path: str) -> Listing:
        """List a folder.

        Raises
        ------
        StoreError
            When there is none.
        """
        full = self._full(path)
        directory = self._archive.directory
        folders, files = directory.children(full)
        if not folders and not files and full and not directory.is_folder(full):
            url = join(self._url, path)
            raise StoreError(f"{url} cannot be listed: there is no such folder", url)
        refused: tuple[Refusal, ...] = ()
        if not full:
            refused = tuple(
                Refusal(bad.encode("utf-8", "backslashreplace").decode(), "is no plain path")
                for bad in directory.bad[:_MOST_REFUSALS]
            )
        found = self._archive.found
        return Listing(folders, files, found.mtime_ns, found.size, frozenset(), refused)

    def get(self, path: str) -> Document | None:
        """Read a document.

        Raises
        ------
        DocumentError
            When it is larger than any metadata should be, encrypted, damaged, there
            twice, or packed in a way that we do not know.
        """
        full = self._full(path)
        data = self._archive.read(full, self._largest)
        if data is None:
            return None
        found = self._archive.stat(full)
        return None if found is None else Document(data, *found)

    def stat(self, path: str) -> Stat | None:
        """Tell a document's size and checksum; a folder has the time of the archive."""
        return self._archive.stat(self._full(path))

    def read(self, path: str, start: int = 0, stop: int | None = None) -> bytes | None:
        """Read a part of a member, however large; a negative start counts from its end."""
        return self._archive.read(self._full(path), LARGEST_MEMBER, start, stop)

    def _full(self, path: str) -> str:
        if not path:
            return self._root
        if not is_plain(path):
            raise StoreError(f"{path!r} leads out of {self._url}: it is not read", self._url)
        return f"{self._root}/{path}" if self._root else path


_archives: OrderedDict[object, Archive] = OrderedDict()
_lock = threading.Lock()


def _opened(url: str, options: StoreOptions, source: Source | None, found: Stat | None) -> Archive:
    """Open an archive, or take it as it was opened before and has not changed since."""
    if source is None:
        source = LocalSource(url)
    if found is None:
        found = source.found()
    if found is None:
        raise _unreadable(url, "it is not there")
    key = (os.getpid(), url, connected_by(options), found)
    with _lock:
        archive = _archives.get(key)
        if archive is not None:
            _archives.move_to_end(key)
            return archive
    archive = Archive(url, source, found)
    with _lock:
        _archives[key] = archive
        while len(_archives) > _MOST_ARCHIVES:
            _archives.popitem(last=False)
    return archive


def _unreadable(url: str, reason: str) -> StoreError:
    return StoreError(f"the archive {name(url)} at {url} cannot be read: {reason}", url)
