"""Which URLs a crawl has met: the one thing that grows with a collection."""

from __future__ import annotations

import os
from hashlib import blake2b


class Seen:
    """A set of URLs that keeps a fingerprint of each, and not the URL.

    128 bits, keyed anew each time: that two URLs of a billion share one is less likely
    than a broken disk, and nobody can make them.
    """

    def __init__(self) -> None:
        self._key = os.urandom(16)
        self._fingerprints: set[int] = set()

    def add(self, url: str) -> bool:
        """Add a URL; tell whether it is new."""
        before = len(self._fingerprints)
        self._fingerprints.add(self._fingerprint(url))
        return len(self._fingerprints) > before

    def discard(self, url: str) -> None:
        """Take a URL out, if it is in."""
        self._fingerprints.discard(self._fingerprint(url))

    def __contains__(self, url: object) -> bool:
        return isinstance(url, str) and self._fingerprint(url) in self._fingerprints

    def __len__(self) -> int:
        return len(self._fingerprints)

    def _fingerprint(self, url: str) -> int:
        data = url.encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(data, digest_size=16, key=self._key).digest())
