"""Puts hierarchies in the place of what is recorded of them, within one transaction."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from catalog.crawl.records import path_in
from catalog.database.clearing import clear
from catalog.database.dialects import Dialect
from catalog.database.dialects.staged import Staged
from catalog.database.engine import TryAgain
from catalog.database.facets import add, counted, tally
from catalog.database.ids import Ids
from catalog.database.numbering import Recorded, number, recorded_ids
from catalog.database.parcels.columns import COLUMNS
from catalog.database.parcels.parcel import Parcel
from catalog.database.places import below
from catalog.database.schema import (
    SEARCHED,
    hierarchy,
    metadata,
    zarr_group,
)
from catalog.database.staging import Part
from catalog.database.urls import ancestors

_DERIVED = tuple(name for name in COLUMNS if name not in ("hierarchy", "zarr_group"))


class _Group(NamedTuple):
    id: int
    url: str
    hierarchy_id: int


class _Recorded(NamedTuple):
    id: int
    removed: bool
    crawl_id: int
    indexed_at: datetime


class Replaced(NamedTuple):
    """What a transaction did.

    Attributes
    ----------
    absorbed
        By URL of a hierarchy, the URLs of those that it contains and that were ones of
        their own.
    inside
        By URL of a hierarchy that was not written, since it is a part of one that another
        crawl has recorded meanwhile: the URL of that one.
    """

    absorbed: dict[str, list[str]]
    inside: dict[str, str]


class Replacement:
    """Replaces hierarchies as wholes.

    A hierarchy that contains recorded ones absorbs them: their groups become its own and
    keep their ids. One that is found inside a recorded hierarchy takes its groups from
    it, and what is left of that, not being top-most any more, counts as removed until it
    is written again. But when that was recorded after this crawl began, by another crawl
    that ran beside it, it is the newer truth, and what is inside is left to it.

    Where several writers work at once, each locks the URLs of the hierarchies that it
    writes, and shares a lock of all places above them. So nobody else writes the same
    hierarchy, one that contains it, or one that it contains, while many write beside each
    other. A recorded hierarchy around one that is written is about to lose groups to it: it
    is locked like those that are written.
    """

    def __init__(self, dialect: Dialect, ids: Ids) -> None:
        self._dialect = dialect
        self._ids = ids

    def replace(
        self,
        connection: sa.Connection,
        parcel: Parcel,
        which: range,
        layouts: Sequence[int],
        crawl_id: int,
        *,
        since: datetime | None,
        now: datetime,
    ) -> Replaced:
        """Write hierarchies of a parcel.

        Parameters
        ----------
        which
            Their numbers.
        layouts
            The ids of the parcel's axis layouts.
        since
            When the crawl began.

        Raises
        ------
        TryAgain
            When another writer recorded a hierarchy around one of them in this moment.
        """
        urls = parcel.urls[which.start : which.stop]
        recorded = self.locked(connection, urls)
        newer = {
            url: outer
            for url in urls
            if since is not None
            and (outer := self.newer_around(recorded, url, crawl_id, since)) is not None
        }
        absorbed: dict[str, list[str]] = {}
        with self._dialect.staged(connection, parcel.rows) as staged:
            for part in _parts(staged, parcel, which, crawl_id, without=newer):
                part.number_layouts(layouts)
                absorbed |= self._replace(connection, part, recorded, crawl_id=crawl_id, now=now)
        return Replaced(absorbed, newer)

    def locked(self, connection: sa.Connection, urls: Sequence[str]) -> dict[str, _Recorded]:
        """Lock hierarchies for this transaction; find what is recorded at and above them."""
        places = {url: ancestors(url) for url in urls}
        recorded = self._recorded(connection, places)
        if not self._dialect.ONE_WRITER:
            above = {place for found in places.values() for place in found}
            around = above.intersection(recorded)
            self._dialect.lock_places(connection, {*urls, *around}, above)
            recorded = self._recorded(connection, places)
            # One lock after the other could make two transactions wait for each other.
            if not around.issuperset(above.intersection(recorded)):
                raise TryAgain
        return recorded

    @staticmethod
    def newer_around(
        recorded: Mapping[str, _Recorded], url: str, crawl_id: int, since: datetime
    ) -> str | None:
        """Name the hierarchy around a place that another crawl recorded after this one began."""
        for place in ancestors(url):
            outer = recorded.get(place)
            if (
                outer is not None
                and not outer.removed
                and outer.crawl_id != crawl_id
                and outer.indexed_at >= since
            ):
                return place
        return None

    def _replace(
        self,
        connection: sa.Connection,
        part: Part,
        recorded: Mapping[str, _Recorded],
        *,
        crawl_id: int,
        now: datetime,
    ) -> dict[str, list[str]]:
        places = {url: ancestors(url) for url in part.urls}
        inside = self._inside(connection, list(places))
        around = {
            url: found
            for url, above in places.items()
            if (found := [recorded[place] for place in above if place in recorded])
        }
        claimed = self._claimed(connection, list(around), part)

        own = {url: recorded[url].id for url in places if url in recorded}
        absorbed = {id_ for below_it in inside.values() for id_ in below_it.values()}
        split = {group.hierarchy_id for group in claimed}
        split.update(outer.id for found in around.values() for outer in found if not outer.removed)
        split -= absorbed.union(own.values())
        old = [*own.values(), *absorbed, *split]
        groups: list[_Group] = []
        kept: Recorded = {}
        before = tally(connection, self._dialect, old)
        if old:
            groups = self._groups(connection, [*own.values(), *absorbed])
            listed = [(group.url, group.id) for group in groups + claimed]
            kept = recorded_ids(connection, self._dialect, listed, own, old)
            clear(connection, self._dialect, old)
        number(part, self._ids, kept)

        self._write_hierarchies(connection, part, set(own.values()), crawl_id=crawl_id, now=now)
        self._write_groups(connection, part, {group.id for group in groups + claimed})
        if groups:
            self._retire_groups(connection, part, inside=inside, own=own, groups=groups, now=now)
        if absorbed:
            gone = sa.select(self._dialect.numbers(list(absorbed)).c.value)
            connection.execute(hierarchy.delete().where(hierarchy.c.id.in_(gone)))
        if split:
            self._retire_hierarchies(connection, list(split), now)
        for name in _DERIVED:
            self._insert(connection, part, name)
        counts = counted(part)
        counts.subtract(before)
        add(connection, counts)
        return {url: sorted(below_it) for url, below_it in inside.items()}

    def _insert(self, connection: sa.Connection, part: Part, name: str) -> None:
        if not part.count(name):
            return
        table = metadata.tables[name]
        self._dialect.insert_staged(
            connection, table, COLUMNS[name], part.staged, part.select(name)
        )
        if name in SEARCHED:
            texts = part.select(name, (SEARCHED[name], "search_text"), "search_text <> ''")
            self._dialect.words_added(connection, table, texts)

    def _recorded(
        self, connection: sa.Connection, places: dict[str, tuple[str, ...]]
    ) -> dict[str, _Recorded]:
        """Find the hierarchies at some places and above them."""
        urls = {*places, *(place for above in places.values() for place in above)}
        listed = self._dialect.texts(sorted(urls))
        c = hierarchy.c
        query = sa.select(c.url, c.id, c.removed_at, c.crawl_id, c.indexed_at)
        return {
            url: _Recorded(id_, removed_at is not None, crawl_id, indexed_at)
            for url, id_, removed_at, crawl_id, indexed_at in connection.execute(
                query.where(c.url.in_(sa.select(listed.c.value)))
            )
        }

    def _inside(self, connection: sa.Connection, urls: Sequence[str]) -> dict[str, dict[str, int]]:
        """Find the hierarchies below some places."""
        place = self._dialect.texts(urls)
        query = sa.select(place.c.value, hierarchy.c.url, hierarchy.c.id).join_from(
            place,
            hierarchy,
            sa.and_(
                hierarchy.c.url > place.c.value + "/",
                hierarchy.c.url < place.c.value + "0",  # the character after the slash
            ),
        )
        found: dict[str, dict[str, int]] = {}
        for above, url, id_ in connection.execute(query):
            found.setdefault(above, {})[url] = id_
        return found

    def _claimed(
        self, connection: sa.Connection, around: Sequence[str], part: Part
    ) -> list[_Group]:
        """Find the groups of hierarchies that another one, around them, has now."""
        if not around:
            return []
        urls = part.group_urls()
        c = zarr_group.c
        return [
            group
            for url in around
            for group in map(
                _Group._make,
                connection.execute(
                    sa.select(c.id, c.url, c.hierarchy_id).where(
                        sa.or_(c.url == url, below(c.url, url))
                    )
                ),
            )
            if group.url in urls[url]
        ]

    def _groups(self, connection: sa.Connection, hierarchies: Sequence[int]) -> list[_Group]:
        these = sa.select(self._dialect.numbers(hierarchies).c.value)
        c = zarr_group.c
        query = sa.select(c.id, c.url, c.hierarchy_id).where(c.hierarchy_id.in_(these))
        return [_Group._make(row) for row in connection.execute(query)]

    @staticmethod
    def _write_hierarchies(
        connection: sa.Connection, part: Part, own: Container[int], *, crawl_id: int, now: datetime
    ) -> None:
        new: list[dict[str, object]] = []
        again: list[dict[str, object]] = []
        for id_, url, digest, manifest in part.rows(part.select("hierarchy")):
            values = {
                "row_id": id_,
                "url": url,
                "digest": digest,
                "manifest": manifest,
                "crawl_id": crawl_id,
                "indexed_at": now,
                "removed_at": None,
            }
            (again if id_ in own else new).append(values)
        if new:
            connection.execute(hierarchy.insert().values(id=sa.bindparam("row_id")), new)
        if again:
            connection.execute(
                hierarchy.update().where(hierarchy.c.id == sa.bindparam("row_id")), again
            )

    def _write_groups(
        self, connection: sa.Connection, part: Part, recorded: Container[int]
    ) -> None:
        if not recorded:
            self._insert(connection, part, "zarr_group")
            return
        rows = part.rows(part.select("zarr_group"))
        names = COLUMNS["zarr_group"]
        new = [row for row in rows if row[0] not in recorded]
        self._dialect.insert_rows(connection, zarr_group, names, new)
        columns = ("row_id", *names[1:], "removed_at")
        again = [dict(zip(columns, (*r, None), strict=True)) for r in rows if r[0] in recorded]
        if again:
            connection.execute(
                zarr_group.update().where(zarr_group.c.id == sa.bindparam("row_id")), again
            )

    @staticmethod
    def _retire_groups(
        connection: sa.Connection,
        part: Part,
        *,
        inside: dict[str, dict[str, int]],
        own: dict[str, int],
        groups: Sequence[_Group],
        now: datetime,
    ) -> None:
        """Mark the groups that a rewritten hierarchy has no more."""
        owner = {id_: url for url, id_ in own.items()}
        for url, below_it in inside.items():
            owner |= dict.fromkeys(below_it.values(), url)
        urls = part.group_urls()
        gone = [
            {"row_id": group.id, "at": url, "path_now": path_in(url, group.url), "now": now}
            for group in groups
            for url in (owner[group.hierarchy_id],)
            if group.url not in urls[url]
        ]
        if gone:
            home = sa.select(hierarchy.c.id).where(hierarchy.c.url == sa.bindparam("at"))
            connection.execute(
                zarr_group.update()
                .where(zarr_group.c.id == sa.bindparam("row_id"))
                .values(
                    hierarchy_id=home.scalar_subquery(),
                    path=sa.bindparam("path_now"),
                    removed_at=sa.func.coalesce(
                        zarr_group.c.removed_at,
                        sa.bindparam("now", type_=zarr_group.c.removed_at.type),
                    ),
                ),
                gone,
            )

    def _retire_hierarchies(
        self, connection: sa.Connection, split: Sequence[int], now: datetime
    ) -> None:
        """Mark what is left of hierarchies that others have taken groups from."""
        these = sa.select(self._dialect.numbers(split).c.value)
        connection.execute(
            hierarchy.update()
            .where(hierarchy.c.id.in_(these))
            .values(
                digest=None,
                manifest=None,
                removed_at=sa.func.coalesce(
                    hierarchy.c.removed_at, now, type_=hierarchy.c.removed_at.type
                ),
            )
        )
        connection.execute(
            zarr_group.update()
            .where(zarr_group.c.hierarchy_id.in_(these), zarr_group.c.removed_at.is_(None))
            .values(removed_at=now)
        )


def _parts(
    staged: Staged, parcel: Parcel, which: range, crawl_id: int, without: Container[str]
) -> Iterator[Part]:
    """Give the hierarchies of a parcel that are to be written, as many at once as can be."""
    start = which.start
    for index in (*which, which.stop):
        if index == which.stop or parcel.urls[index] in without:
            if start < index:
                yield Part(staged, parcel, range(start, index), crawl_id)
            start = index + 1
