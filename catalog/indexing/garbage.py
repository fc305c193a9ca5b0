"""How often Python looks for garbage while a crawl runs.

Nearly all that a crawl makes are records, which hold no cycles and are gone as soon as they
are written. To look through what is new after every 700 objects, as Python does, takes a
tenth of the time of a run, and finds nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

OBJECTS = 10_000
"""New objects after which they are looked through: about a megabyte."""


def look_seldom() -> None:
    """Let this process look for garbage seldom, unless it does so more seldom already."""
    often, *others = gc.get_threshold()
    if 0 < often < OBJECTS:  # 0: somebody has switched it off
        gc.set_threshold(OBJECTS, *others)


class _Runs:
    """Counts the runs of this process: threads may have one each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way = 0
        self._before = gc.get_threshold()

    def begin(self) -> None:
        with self._lock:
            if not self._under_way:
                self._before = gc.get_threshold()
                look_seldom()
            self._under_way += 1

    def end(self) -> None:
        with self._lock:
            self._under_way -= 1
            if not self._under_way:
                gc.set_threshold(*self._before)


_RUNS = _Runs()


@contextmanager
def seldom_looked_for() -> Iterator[None]:
    """Look for garbage seldom meanwhile, and as before when the last of several runs ends."""
    _RUNS.begin()
    try:
        yield
    finally:
        _RUNS.end()
