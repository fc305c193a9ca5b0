"""Which crawls run now, told by files beside the database that their processes hold locked.

The lock ends with the process, however that ends. A file that nobody holds was left by one
that was killed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # no such locks there: every crawl that was left is taken for a dead one
    fcntl = None  # type: ignore[assignment]


def _path(database: Path, crawl_id: int) -> Path:
    return database.with_name(f"{database.name}-crawl-{crawl_id}")


class _File:
    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor: int | None = descriptor

    def renew(self) -> None:
        """Do nothing: a file is lost to nobody."""

    def close(self) -> None:
        """Remove the file, and with it the lock."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                self._path.unlink()
            os.close(descriptor)


def hold(database: Path, crawl_id: int) -> _File:
    """Make the file of a crawl, and lock it."""
    path = _path(database, crawl_id)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: as above
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return _File(path, descriptor)


def is_held(database: Path, crawl_id: int) -> bool:
    """Tell whether a process holds the file of a crawl; one that nobody holds is removed."""
    path = _path(database, crawl_id)
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        if fcntl is None:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        with suppress(OSError):
            path.unlink()
        return False
    finally:
        os.close(descriptor)
