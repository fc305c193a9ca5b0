"""How much was asked of servers: plain numbers of this process."""

from __future__ import annotations

import threading
from typing import NamedTuple


class Traffic(NamedTuple):
    """What this process asked of servers so far.

    Attributes
    ----------
    requests
        Sent, those that were sent again among them.
    retries
        Requests that were sent again, after a time-out, a 429 or a 5xx.
    bytes
        Of bodies received.
    """

    requests: int = 0
    retries: int = 0
    bytes: int = 0

    def since(self, before: Traffic) -> Traffic:
        """Tell what was asked since an earlier reading."""
        return Traffic(*(now - then for now, then in zip(self, before, strict=True)))


_lock = threading.Lock()
_total = Traffic()


def traffic() -> Traffic:
    """Read the counts of this process."""
    return _total


def count(requests: int = 0, retries: int = 0, size: int = 0) -> None:
    """Add to the counts of this process."""
    global _total  # noqa: PLW0603 - one count for all stores is the point
    with _lock:
        _total = Traffic(_total.requests + requests, _total.retries + retries, _total.bytes + size)
