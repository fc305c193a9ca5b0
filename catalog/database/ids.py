"""Ids are handed out in blocks, so that none is ever used twice.

A block is taken in a transaction of its own and before the one that uses it: ids of
what is undone, or was not needed, are lost, and a printed id never means something else.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from catalog.database.engine import Database
from catalog.database.schema import id_counter

FIRST_BLOCK, LARGEST_BLOCK = 64, 16384

_IN_ORDER = ("crawl",)
"""What is counted one by one: a later crawl has a greater id, whichever process runs it."""

_FIRST = sa.text("INSERT INTO id_counter (name, next_id) VALUES (:name, 1) ON CONFLICT DO NOTHING")


class Ids:
    """Ids for the rows of each table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._free: dict[str, range] = {}
        self._block: dict[str, int] = {}

    def reserve(self, needs: Mapping[str, int]) -> None:
        """Take blocks such that `take` can hand out as many ids for each table."""
        missing = {
            name: max(need, self._next_block(name))
            for name, need in needs.items()
            if need > len(self._free.get(name, ()))
        }
        if not missing:
            return

        def advance(connection: sa.Connection) -> dict[str, range]:
            # In one order, so that two writers that wait for each other's rows cannot meet.
            wanted = sorted(missing.items())
            return {name: self._advance(connection, name, size) for name, size in wanted}

        for name, block in self._database.transact(advance).items():
            free = self._free.get(name, range(0))
            # When another process took some in between, what is left of the last block is lost.
            start = free.start if free.stop == block.start else block.start
            self._free[name] = range(start, block.stop)

    def take(self, name: str, count: int) -> range:
        """Hand out reserved ids, one after the other."""
        free = self._free.get(name, range(0))
        if len(free) < count:
            raise RuntimeError(f"The ids of {name} were not reserved.")
        self._free[name] = free[count:]
        return free[:count]

    def one(self, name: str) -> int:
        """Hand out one reserved id."""
        return self.take(name, 1)[0]

    def _next_block(self, name: str) -> int:
        # Small at first: a run that writes little should not make ids long.
        if name in _IN_ORDER:
            return 1
        size = self._block.get(name, FIRST_BLOCK)
        self._block[name] = min(2 * size, LARGEST_BLOCK)
        return size

    @staticmethod
    def _advance(connection: sa.Connection, name: str, size: int) -> range:
        this = id_counter.c.name == name
        more = id_counter.update().where(this).values(next_id=id_counter.c.next_id + size)
        # Changed before it is read: from then on the row is this transaction's.
        while not connection.execute(more).rowcount:
            connection.execute(_FIRST, {"name": name})
        end = connection.scalars(sa.select(id_counter.c.next_id).where(this)).one()
        return range(end - size, end)
