"""What was learned of a server while asking it: whether it lists, and lets anything be read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

# What lies beside a document that was refused, if the folder may be read at all.
METADATA_NAMES = ("zarr.json", ".zattrs", ".zgroup", ".zarray")


class Access:
    """What is known of one root or bucket, by all stores of this process.

    Attributes
    ----------
    listing
        How folders are listed; ``""`` when they are not, None when nobody has asked yet.
    readable
        Whether any document could be read.
    """

    def __init__(self) -> None:
        self.listing: str | None = None
        self.readable = False
        self._lock = threading.Lock()

    def lists(self, probe: Callable[[], str]) -> bool:
        """Tell whether folders are listed; the first who asks finds it out for all."""
        if self.listing is None:
            with self._lock:
                if self.listing is None:
                    self.listing = probe()
        return self.listing != ""

    def hides(self, path: str, lists: bool, is_there: Callable[[str], bool]) -> bool:
        """Tell whether a document that is refused may just as well not be there.

        Who must not list must not learn what is not there either: S3 refuses then what
        it does not have. But where nothing can be read at all, access is refused.

        Parameters
        ----------
        is_there
            Asks for another document.
        """
        if lists:
            return False
        if not self.readable:
            folder = path.rpartition("/")[0]
            beside = (f"{folder}/{name}" if folder else name for name in METADATA_NAMES)
            self.readable = any(is_there(other) for other in beside if other != path)
        return self.readable


_known: dict[object, Access] = {}
_lock = threading.Lock()


def access(*key: object) -> Access:
    """Give what is known by a key: of one place, asked for in one way."""
    with _lock:
        return _known.setdefault((os.getpid(), *key), Access())
