"""Which crawls this process runs, told to the others, so that none is taken for a dead one."""

from __future__ import annotations

import weakref
from threading import Lock

from catalog.database.dialects import Held
from catalog.database.engine import Database


class Running:
    """The crawls that a writer has begun and not finished."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[int, Held] = {}
        self._roots: dict[str, int] = {}
        self._renewing = Lock()
        weakref.finalize(self, _let_go, self._held)

    def begin(self, crawl_id: int, root: str) -> None:
        """Hold a crawl; one of the same root that was never finished is given up."""
        if root in self._roots:
            self.finish(self._roots[root])
        self._held[crawl_id] = self._database.hold_crawl(crawl_id)
        self._roots[root] = crawl_id

    def renew(self) -> None:
        """Hold again what was lost with a connection."""
        with self._renewing:
            for held in self._held.values():
                held.renew()

    def finish(self, crawl_id: int) -> None:
        """Let go of a crawl."""
        held = self._held.pop(crawl_id, None)
        if held is not None:
            held.close()


def _let_go(held: dict[int, Held]) -> None:
    while held:
        held.popitem()[1].close()
