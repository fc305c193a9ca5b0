"""Axis layouts: each distinct one is kept once, whoever meets it first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import sqlalchemy as sa

from catalog.database.cells import Cell
from catalog.database.engine import Database
from catalog.database.ids import Ids
from catalog.database.parcels.draft import Axes
from catalog.database.parcels.values import text_cell
from catalog.database.schema import axis, axis_layout
from catalog.database.texts import storable

_REMEMBERED = 50_000
_AT_ONCE = 500


class Layouts:
    """Ids of the axis layouts met so far.

    New ones are recorded in a transaction of their own, before the one that refers to them:
    so no writer holds what another one needs while it waits for something else. A layout
    stays when what needed it is undone, and serves the next one.
    """

    def __init__(self, database: Database, ids: Ids) -> None:
        self._database = database
        self._ids = ids
        self._known: dict[Axes, int] = {}

    def resolve(self, wanted: Sequence[Axes]) -> list[int]:
        """Give the id of each layout; those that are new are recorded."""
        unknown = {layout_digest(axes): axes for axes in wanted if axes not in self._known}
        if unknown:
            found = self._database.ask(lambda connection: _recorded(connection, unknown))
            new = {digest: axes for digest, axes in unknown.items() if digest not in found}
            if new:
                found |= self._record(new)
            if len(self._known) > _REMEMBERED:
                self._known.clear()
                return self.resolve(wanted)
            self._known.update((axes, found[digest]) for digest, axes in unknown.items())
        return [self._known[axes] for axes in wanted]

    def _record(self, new: Mapping[bytes, Axes]) -> dict[bytes, int]:
        self._ids.reserve({"axis_layout": len(new)})
        ids = dict(zip(sorted(new), self._ids.take("axis_layout", len(new)), strict=True))
        layouts = [_row(digest, id_, new[digest]) for digest, id_ in ids.items()]

        def record(connection: sa.Connection) -> dict[bytes, int]:
            # In the order of digests, so that two writers cannot wait for each other.
            connection.execute(_ADD, layouts)
            recorded = _recorded(connection, new)
            mine = {id_ for digest, id_ in recorded.items() if ids[digest] == id_}
            listed_ids = sa.select(self._database.dialect.numbers(sorted(mine)).c.value)
            query = sa.select(axis.c.axis_layout_id).where(axis.c.axis_layout_id.in_(listed_ids))
            there = set(connection.scalars(query))
            axes = [
                row
                for digest, id_ in ids.items()
                if id_ in mine - there
                for row in _axis_rows(id_, new[digest])
            ]
            if axes:
                connection.execute(axis.insert(), axes)
            return recorded

        return self._database.transact(record)


_ADD = sa.text(
    "INSERT INTO axis_layout (id, digest, axes, ndim) VALUES (:id, :digest, :axes, :ndim) "
    "ON CONFLICT (digest) DO NOTHING"
)


_compact = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def layout_digest(axes: Axes) -> bytes:
    """Digest all that tells one layout from another."""
    return blake2b(_compact(axes).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _row(digest: bytes, id_: int, axes: Axes) -> dict[str, Cell]:
    names = [axis.name for axis in axes]
    joined = ("" if all(len(name) == 1 for name in names) else ",").join(names)
    return {"id": id_, "digest": digest, "axes": storable(joined), "ndim": len(axes)}


def _axis_rows(id_: int, axes: Axes) -> list[dict[str, Cell]]:
    return [
        {
            "axis_layout_id": id_,
            "position": position,
            "name": storable(axis.name),
            "type": text_cell(axis.type),
            "unit": text_cell(axis.unit),
            "discrete": axis.discrete,
            "long_name": text_cell(axis.long_name),
        }
        for position, axis in enumerate(axes)
    ]


def _recorded(connection: sa.Connection, digests: Iterable[bytes]) -> dict[bytes, int]:
    listed = sorted(digests)
    found: dict[bytes, int] = {}
    for start in range(0, len(listed), _AT_ONCE):
        query = sa.select(axis_layout.c.digest, axis_layout.c.id).where(
            axis_layout.c.digest.in_(listed[start : start + _AT_ONCE])
        )
        found |= {bytes(digest): id_ for digest, id_ in connection.execute(query)}
    return found
