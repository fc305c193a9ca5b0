"""Parcels: rows of some hierarchies, in a form that is quickly sent and quickly written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import NamedTuple

from catalog.crawl.records import HierarchyRecord
from catalog.database.parcels.columns import COLUMNS
from catalog.database.parcels.draft import Axes, Draft
from catalog.database.parcels.filling import Rows, fill
from catalog.database.urls import ancestors

ROWS_AT_ONCE = 50_000
"""Rows, about, of one parcel; a larger hierarchy has one of its own."""

PLACES_AT_ONCE = 1_000
"""Places, about, that a parcel makes the writer lock: a server has room for some thousands."""

# What a record that contradicts itself raises on its way to rows.
_UNUSABLE = (ValueError, LookupError, TypeError, OverflowError, sqlite3.Error)


class Parcel(NamedTuple):
    """The rows of some hierarchies, none of which lies at or in another of them.

    Attributes
    ----------
    urls
        Of the hierarchies.
    problems
        How many problems each of them has.
    starts
        For each hierarchy, how many rows of each table, in the order of `COLUMNS`, stand
        before its own; and at last how many there are in all.
    layouts
        The axis layouts, in the order of their numbers.
    rows
        An SQLite database with the tables of `COLUMNS`: what many columns of C code pack,
        send and read in no time.
    """

    urls: tuple[str, ...]
    problems: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    layouts: tuple[Axes, ...]
    rows: bytes


class Unusable(NamedTuple):
    """A hierarchy of whose record no rows can be made, and why."""

    url: str
    reason: str


def meet(one: Parcel | Unusable, other: Parcel | Unusable) -> bool:
    """Tell whether a hierarchy of one lies at, in or around one of the other."""
    urls = [
        set((packed.url,) if isinstance(packed, Unusable) else packed.urls)
        for packed in (one, other)
    ]
    first, second = ({*some, *chain.from_iterable(map(ancestors, some))} for some in urls)
    return not (urls[0].isdisjoint(second) and urls[1].isdisjoint(first))


def pack(records: Iterable[HierarchyRecord]) -> Iterator[Parcel | Unusable]:
    """Make parcels of records, in their order.

    A hierarchy that lies at or in another one, or around it, is in a later parcel: what is
    written last counts. It may be in another one, too, where one would become too large.
    """
    waiting = _Waiting()
    for record in records:
        try:
            draft = Draft(record)
        except _UNUSABLE as error:
            yield from waiting.packed()
            waiting = _Waiting()
            yield Unusable(record.url, _reason(error))
            continue
        above = ancestors(draft.url)
        if not waiting.has_room(draft, above):
            yield from waiting.packed()
            waiting = _Waiting()
        waiting.add(draft, above)
    yield from waiting.packed()


class _Waiting:
    """Hierarchies that are to be packed into one parcel."""

    def __init__(self) -> None:
        self._drafts: list[Draft] = []
        self._urls: set[str] = set()
        self._places: set[str] = set()
        self._rows = 0

    def has_room(self, draft: Draft, above: Sequence[str]) -> bool:
        """Tell whether it can be added: it meets none of the others, and is not too much."""
        if not self._drafts:
            return True
        meets = draft.url in self._places or not self._urls.isdisjoint(above)
        much = self._rows + draft.rows > ROWS_AT_ONCE or len(self._places) > PLACES_AT_ONCE
        return not (meets or much)

    def add(self, draft: Draft, above: Sequence[str]) -> None:
        self._drafts.append(draft)
        self._urls.add(draft.url)
        self._places.update(above, (draft.url,))
        self._rows += draft.rows

    def packed(self) -> Iterator[Parcel | Unusable]:
        """Make one parcel of all, if there are any."""
        return _parcels(self._drafts) if self._drafts else iter(())


def _parcels(drafts: Sequence[Draft]) -> Iterator[Parcel | Unusable]:
    """Make one parcel; where one of the hierarchies is unusable, one of each."""
    try:
        parcel = _parcel(drafts)
    except _UNUSABLE as error:
        if len(drafts) == 1:
            yield Unusable(drafts[0].record.url, _reason(error))
            return
    else:
        yield parcel
        return
    for draft in drafts:
        yield from _parcels([draft])


def _parcel(drafts: Sequence[Draft]) -> Parcel:
    rows = Rows()
    starts = []
    for draft in drafts:
        starts.append(rows.counts)
        fill(rows, draft)
    starts.append(rows.counts)
    return Parcel(
        tuple([draft.url for draft in drafts]),
        tuple([len(draft.problems) for draft in drafts]),
        tuple(starts),
        tuple(rows.layouts),
        _packed(rows),
    )


def _packed(rows: Rows) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(_TABLES)
        connection.execute("BEGIN")
        for table, listed in rows.of.items():
            if listed:
                connection.executemany(_INSERTS[table], listed)
        connection.execute("COMMIT")
        return connection.serialize()


def _reason(error: Exception) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, KeyError):
        return f"it refers to {words}, which was not recorded"
    return words


def _columns(table: str) -> str:
    return ", ".join(f'"{column}"' for column in COLUMNS[table])


# A row's number is its rowid: those of one hierarchy are found without looking at others.
_TABLES = "PRAGMA journal_mode = OFF;" + "".join(
    f'CREATE TABLE "{table}" ({_columns(table)});' for table in COLUMNS
)
_INSERTS = {
    table: f'INSERT INTO "{table}" VALUES ({", ".join("?" * len(columns))})'
    for table, columns in COLUMNS.items()
}
