"""The central directory of a zip archive: where each member lies.

Read by ourselves rather than by `zipfile`: an archive of a million chunks would cost a
gigabyte there, and names that lead out of the archive, members of the same name and sizes
that cannot be must be seen, not repaired.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END_SIGN = b"PK\x05\x06"
_END_64_SIGN = b"PK\x06\x06"
_LOCATOR_64_SIGN = b"PK\x06\x07"
_ENTRY_SIGN = b"PK\x01\x02"
# The end stands before a comment of up to 65,535 bytes.
_LONGEST_TAIL = 65_535 + _END.size + _LOCATOR_64.size + _END_64.size
# Two to three million members; more is a mistake, or an attack on memory.
LARGEST_DIRECTORY = 256 * 1024 * 1024
_UTF8 = 0x800

Read = Callable[[int, int], bytes]


class BadArchiveError(Exception):
    """What was to be a zip archive cannot be read as one."""


class Member(NamedTuple):
    """One member: sizes in bytes, and where its local header stands."""

    name: bytes
    flags: int
    method: int
    crc: int
    stored: int
    size: int
    offset: int

    @property
    def is_encrypted(self) -> bool:
        """Whether its bytes are encrypted."""
        return bool(self.flags & 1)


class Directory:
    """All members of an archive by name.

    Attributes
    ----------
    comment
        Of the archive.
    twice
        Names that more than one member has.
    bad
        Names that are no plain paths; nothing is read by them.
    """

    def __init__(self, data: bytes, count: int, shift: int, comment: bytes) -> None:
        self.comment = comment
        self.twice: set[str] = set()
        self.bad: list[str] = []
        self._data = data
        self._shift = shift
        # A position in the bytes instead of a value for each: this is the largest part.
        self._places: dict[str, int] = {}
        self._read(count)
        self._names = sorted(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def member(self, name: str) -> Member | None:
        """Find a member; None when there is none of this name."""
        place = self._places.get(name)
        return None if place is None else self._member(place)

    def is_folder(self, path: str) -> bool:
        """Tell whether any member lies below a path."""
        prefix = f"{path}/" if path else ""
        place = bisect_left(self._names, prefix)
        return place < len(self._names) and self._names[place].startswith(prefix)

    def children(self, path: str) -> tuple[list[str], list[str]]:
        """List folders and files directly in a folder, however much lies below them."""
        prefix = f"{path}/" if path else ""
        folders: list[str] = []
        files: list[str] = []
        names = self._names
        place = bisect_left(names, prefix)
        while place < len(names) and names[place].startswith(prefix):
            name, slash, _ = names[place][len(prefix) :].partition("/")
            if slash:
                folders.append(name)
                # "0" follows "/": the first name behind all of this folder.
                place = bisect_left(names, f"{prefix}{name}0", place)
            else:
                if name:
                    files.append(name)
                place += 1
        return sorted(folders), sorted(set(files).difference(folders))

    def _read(self, count: int) -> None:
        data = self._data
        places = self._places
        place = 0
        for _ in range(count):
            if data[place : place + 4] != _ENTRY_SIGN or place + _ENTRY.size > len(data):
                raise BadArchiveError("its directory ends early, or is damaged")
            flags = int.from_bytes(data[place + 8 : place + 10], "little")
            long, extra, note = struct.unpack_from("<3H", data, place + 28)
            raw = data[place + _ENTRY.size : place + _ENTRY.size + long]
            name = _text(raw, flags)
            plain = name.removesuffix("/")
            if not _is_plain(plain):
                self.bad.append(name)
            elif name in places:
                self.twice.add(name)
            else:
                # The entry of a folder ends in a slash, and so sorts as what lies in it.
                places[name] = place
            place += _ENTRY.size + long + extra + note
        if place > len(data):
            raise BadArchiveError("its directory ends early, or is damaged")

    def _member(self, place: int) -> Member:
        entry = _ENTRY.unpack_from(self._data, place)
        flags, method = entry[3], entry[4]
        crc, stored, size = entry[7], entry[8], entry[9]
        long, extra_long = entry[10], entry[11]
        offset = entry[16]
        start = place + _ENTRY.size
        name = self._data[start : start + long]
        if 0xFFFFFFFF in (stored, size, offset):
            extra = self._data[start + long : start + long + extra_long]
            size, stored, offset = _of_extra(extra, size, stored, offset)
        return Member(name, flags, method, crc, stored, size, offset + self._shift)


def read_directory(read: Read, length: int) -> Directory:
    """Read the directory at the end of an archive.

    Parameters
    ----------
    read
        Gives the bytes from a start to a stop.
    length
        Of the archive, in bytes.

    Raises
    ------
    BadArchiveError
        With the reason in words that follow on "it is no zip archive that can be read:".
    """
    first = max(0, length - _LONGEST_TAIL)
    tail = read(first, length)
    at = _find_end(tail)
    _, disk, start_disk, _, count, size, offset, long = _END.unpack_from(tail, at)
    comment = tail[at + _END.size : at + _END.size + long]
    end = first + at
    locator = at - _LOCATOR_64.size
    if locator >= 0 and tail[locator : locator + 4] == _LOCATOR_64_SIGN:
        _, disk_64, where, _ = _LOCATOR_64.unpack_from(tail, locator)
        # Where something stands before the archive, `where` is too small by its length.
        place = locator - _END_64.size
        if place < 0 or tail[place : place + 4] != _END_64_SIGN:
            place = where - first
        if place < 0 or tail[place : place + 4] != _END_64_SIGN:
            raise BadArchiveError("its directory ends early, or is damaged")
        found = _END_64.unpack_from(tail, place)
        disk, start_disk, count, size, offset = found[4], found[5], found[7], found[8], found[9]
        disk |= disk_64
        end = first + place
    if disk or start_disk:
        raise BadArchiveError("it is one of several parts")
    if size > LARGEST_DIRECTORY or count * _ENTRY.size > LARGEST_DIRECTORY:
        raise BadArchiveError(
            f"its directory has {size:,} bytes for {count:,} members; more than "
            f"{LARGEST_DIRECTORY:,} bytes are not read"
        )
    start = end - size
    shift = start - offset
    if start < 0 or shift < 0:
        raise BadArchiveError("its directory ends early, or is damaged")
    data = tail[start - first : end - first] if start >= first else read(start, end)
    if len(data) != size:
        raise BadArchiveError("it ends early")
    return Directory(data, count, shift, comment)


def _find_end(tail: bytes) -> int:
    at = tail.rfind(_END_SIGN)
    while at >= 0:
        if at + _END.size <= len(tail):
            long = int.from_bytes(tail[at + 20 : at + 22], "little")
            if at + _END.size + long == len(tail):
                return at
        at = tail.rfind(_END_SIGN, 0, at)
    raise BadArchiveError("it has no end of a directory, or ends early")


def _of_extra(extra: bytes, size: int, stored: int, offset: int) -> tuple[int, int, int]:
    """Take sizes of more than 32 bits from the extra field with the number 1."""
    at = 0
    while at + 4 <= len(extra):
        number, long = struct.unpack_from("<2H", extra, at)
        if number == 1:
            values = [
                int.from_bytes(extra[place : place + 8], "little")
                for place in range(at + 4, min(at + 4 + long, len(extra)) - 7, 8)
            ]
            found = []
            for value in (size, stored, offset):
                if value == 0xFFFFFFFF and not values:
                    raise BadArchiveError("the size of a member is damaged")
                found.append(values.pop(0) if value == 0xFFFFFFFF else value)
            return found[0], found[1], found[2]
        at += 4 + long
    return size, stored, offset


def _text(raw: bytes, flags: int) -> str:
    if flags & _UTF8:
        return raw.decode("utf-8", "surrogateescape")
    return raw.decode("ascii") if raw.isascii() else raw.decode("cp437")


def _is_plain(name: str) -> bool:
    return (
        "\\" not in name
        and "\0" not in name
        and all(part not in ("", ".", "..") for part in name.split("/"))
    )
