"""Puts hierarchies in the place of what is recorded of them, within one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.clearing import clear
from catalog.database.dialects import Cell, Dialect
from catalog.database.engine import TryAgain
from catalog.database.facets import add, tally, written
from catalog.database.ids import Ids
from catalog.database.manifest import encode_manifest
from catalog.database.places import ancestors, below
from catalog.database.rows import COLUMNS, Axes, Draft, KnownIds, Rows, fill
from catalog.database.schema import (
    SEARCHED,
    coordinate_system,
    hierarchy,
    image,
    metadata,
    zarr_group,
)

_ROWS_AT_ONCE = 10_000
_DERIVED = tuple(name for name in COLUMNS if name != "zarr_group")


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
        batch: Sequence[Draft],
        crawl_id: int,
        layouts: Mapping[Axes, int],
        *,
        since: datetime | None,
        now: datetime,
    ) -> Replaced:
        """Write drafts.

        Parameters
        ----------
        layouts
            The ids of all layouts that the drafts need.
        since
            When the crawl began.

        Raises
        ------
        TryAgain
            When another writer recorded a hierarchy around one of them in this moment.
        """
        recorded = self.locked(connection, [draft.url for draft in batch])
        newer = {
            draft.url: outer
            for draft in batch
            if since is not None
            and (outer := self.newer_around(recorded, draft.url, crawl_id, since)) is not None
        }
        if newer:
            batch = [draft for draft in batch if draft.url not in newer]
        absorbed = self._replace(connection, batch, crawl_id, layouts, recorded, now=now)
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
        batch: Sequence[Draft],
        crawl_id: int,
        layouts: Mapping[Axes, int],
        recorded: Mapping[str, _Recorded],
        *,
        now: datetime,
    ) -> dict[str, list[str]]:
        if not batch:
            return {}
        places = {draft.url: ancestors(draft.url) for draft in batch}
        inside = self._inside(connection, list(places))
        around = {
            url: found
            for url, above in places.items()
            if (found := [recorded[place] for place in above if place in recorded])
        }
        claimed = self._claimed(connection, list(around), batch)

        own = {url: recorded[url].id for url in places if url in recorded}
        absorbed = {id_ for below_it in inside.values() for id_ in below_it.values()}
        split = {group.hierarchy_id for group in claimed}
        split.update(outer.id for found in around.values() for outer in found if not outer.removed)
        split -= absorbed.union(own.values())
        old = [*own.values(), *absorbed, *split]
        groups: list[_Group] = []
        known = KnownIds()
        before = tally(connection, self._dialect, old)
        if old:
            groups = self._groups(connection, [*own.values(), *absorbed])
            self._remember(connection, known, groups + claimed, old)
            clear(connection, self._dialect, old)

        hierarchy_ids = self._write_hierarchies(
            connection, batch, own=own, crawl_id=crawl_id, now=now
        )
        rows = Rows()
        again: list[tuple[Cell, ...]] = []
        for draft in batch:
            again += fill(
                rows,
                draft,
                hierarchy_id=hierarchy_ids[draft.url],
                crawl_id=crawl_id,
                ids=self._ids,
                known=known,
                layouts=layouts,
            )
        self.insert(connection, rows, ("zarr_group",))
        self._update_groups(connection, again)
        if groups:
            self._retire_groups(connection, batch, inside=inside, own=own, groups=groups, now=now)
        if absorbed:
            listed = sa.select(self._dialect.numbers(list(absorbed)).c.value)
            connection.execute(hierarchy.delete().where(hierarchy.c.id.in_(listed)))
        if split:
            self._retire_hierarchies(connection, list(split), now)
        self.insert(connection, rows, _DERIVED)
        counts = written(rows.of, [*rows.of["zarr_group"], *again], layouts)
        counts.subtract(before)
        add(connection, counts)
        return {url: sorted(below_it) for url, below_it in inside.items()}

    def insert(
        self, connection: sa.Connection, rows: Rows, tables: Iterable[str] = COLUMNS
    ) -> None:
        """Insert the rows of tables, in the order given."""
        for name in tables:
            listed = rows.of[name]
            for start in range(0, len(listed), _ROWS_AT_ONCE):
                self._dialect.insert_rows(
                    connection,
                    metadata.tables[name],
                    COLUMNS[name],
                    listed[start : start + _ROWS_AT_ONCE],
                )
            if name in SEARCHED:
                # The key comes first in a row, and its text last.
                ids = [row[0] for row in listed if row[-1]]
                self._dialect.words_added(connection, metadata.tables[name], ids)

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
        self, connection: sa.Connection, around: Sequence[str], batch: Sequence[Draft]
    ) -> list[_Group]:
        """Find the groups of drafts that another hierarchy, around them, has now."""
        if not around:
            return []
        urls = {draft.url: set(draft.group_urls.values()) for draft in batch}
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

    def _remember(
        self,
        connection: sa.Connection,
        known: KnownIds,
        groups: Iterable[_Group],
        hierarchies: Sequence[int],
    ) -> None:
        """Note the ids that are to stay what they are."""
        known.groups.update((group.url, group.id) for group in groups)
        these = sa.select(self._dialect.numbers(hierarchies).c.value)
        images = sa.select(image.c.group_id, image.c.entry, image.c.id).join_from(
            image, zarr_group, image.c.group_id == zarr_group.c.id
        )
        for group_id, entry, id_ in connection.execute(
            images.where(zarr_group.c.hierarchy_id.in_(these))
        ):
            known.images[group_id, entry] = id_
        c = coordinate_system.c
        for group_id, path, name, id_ in connection.execute(
            sa.select(c.group_id, c.array_path, c.name, c.id).where(c.hierarchy_id.in_(these))
        ):
            known.systems[group_id, path, name] = id_

    def _write_hierarchies(
        self,
        connection: sa.Connection,
        batch: Sequence[Draft],
        *,
        own: dict[str, int],
        crawl_id: int,
        now: datetime,
    ) -> dict[str, int]:
        ids = {draft.url: own.get(draft.url) or self._ids.one("hierarchy") for draft in batch}
        new: list[dict[str, object]] = []
        again: list[dict[str, object]] = []
        for draft in batch:
            values = {
                "row_id": ids[draft.url],
                "url": draft.url,
                "digest": draft.record.digest,
                "manifest": encode_manifest(draft.record.manifest),
                "crawl_id": crawl_id,
                "indexed_at": now,
                "removed_at": None,
            }
            (again if draft.url in own else new).append(values)
        if new:
            connection.execute(hierarchy.insert().values(id=sa.bindparam("row_id")), new)
        if again:
            connection.execute(
                hierarchy.update().where(hierarchy.c.id == sa.bindparam("row_id")), again
            )
        return ids

    @staticmethod
    def _update_groups(connection: sa.Connection, again: Sequence[tuple[Cell, ...]]) -> None:
        if again:
            columns = ["row_id", *COLUMNS["zarr_group"][1:], "removed_at"]
            connection.execute(
                zarr_group.update().where(zarr_group.c.id == sa.bindparam("row_id")),
                [dict(zip(columns, (*row, None), strict=True)) for row in again],
            )

    @staticmethod
    def _retire_groups(
        connection: sa.Connection,
        batch: Sequence[Draft],
        *,
        inside: dict[str, dict[str, int]],
        own: dict[str, int],
        groups: Sequence[_Group],
        now: datetime,
    ) -> None:
        """Mark the groups that a rewritten hierarchy has no more."""
        owner = {own[draft.url]: draft for draft in batch if draft.url in own}
        for draft in batch:
            owner |= dict.fromkeys(inside.get(draft.url, {}).values(), draft)
        urls = {draft.url: frozenset(draft.group_urls.values()) for draft in batch}
        gone = [
            {
                "row_id": group.id,
                "at": draft.url,
                "path_now": draft.record.path_of(group.url),
                "now": now,
            }
            for group in groups
            for draft in (owner[group.hierarchy_id],)
            if group.url not in urls[draft.url]
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
