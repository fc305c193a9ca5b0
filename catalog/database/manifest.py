"""The bytes that a manifest is kept as: one blob for each hierarchy, read at every crawl.

Version 1: a byte 1, the number of entries (uint32), for each entry its time and size
(two int64), then all paths joined by NUL, in UTF-8 with the bytes of names that are
not. Numbers are little-endian. Compressed by zlib as a whole after the first byte when
that byte is 2.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from catalog.crawl.records import ManifestEntry

_PLAIN, _COMPRESSED = 1, 2
_COUNT = struct.Struct("<I")
_ENTRY = struct.Struct("<qq")
_WORTH = 4096
"""Bytes from which compression is worth its time."""


def encode_manifest(manifest: Sequence[ManifestEntry]) -> bytes:
    """Make bytes of a manifest."""
    numbers = [number for entry in manifest for number in (entry.mtime_ns, entry.size)]
    body = b"".join(
        (
            _COUNT.pack(len(manifest)),
            struct.pack(f"<{len(numbers)}q", *numbers),
            "\0".join(entry.path for entry in manifest).encode("utf-8", "surrogateescape"),
        )
    )
    if len(body) < _WORTH:
        return bytes((_PLAIN,)) + body
    return bytes((_COMPRESSED,)) + zlib.compress(body, 1)


def decode_manifest(blob: bytes | None) -> tuple[ManifestEntry, ...]:
    """Make a manifest of bytes; empty, so that all is read again, when they are not known."""
    if not blob or blob[0] not in (_PLAIN, _COMPRESSED):
        return ()
    body = blob[1:] if blob[0] == _PLAIN else zlib.decompress(blob[1:])
    (count,) = _COUNT.unpack_from(body)
    if not count:
        return ()
    end = _COUNT.size + count * _ENTRY.size
    paths = body[end:].decode("utf-8", "surrogateescape").split("\0")
    numbers = _ENTRY.iter_unpack(body[_COUNT.size : end])
    return tuple(
        ManifestEntry(path, mtime_ns, size)
        for path, (mtime_ns, size) in zip(paths, numbers, strict=True)
    )
