"""Puts hierarchies in the place of what is recorded of them, within one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.clearing import clear
from catalog.database.dialects import Cell, Dialect
from catalog.database.facets import add, tally, written
from catalog.database.ids import Ids
from catalog.database.manifest import encode_manifest
from catalog.database.places import ancestors, below
from catalog.database.rows import COLUMNS, Axes, Draft, KnownIds, Rows, fill, layout_digest
from catalog.database.schema import (
    SEARCHED,
    axis_layout,
    coordinate_system,
    hierarchy,
    image,
    metadata,
    zarr_group,
)

_ROWS_AT_ONCE = 10_000
_LAYOUTS_REMEMBERED = 50_000
_DERIVED = tuple(name for name in COLUMNS if name != "zarr_group")


class _Group(NamedTuple):
    id: int
    url: str
    hierarchy_id: int


class _Recorded(NamedTuple):
    id: int
    removed: bool


class Layouts:
    """Ids of the axis layouts met so far; those of an undone transaction are forgotten."""

    def __init__(self) -> None:
        self._kept: dict[Axes, int] = {}
        self._new: dict[Axes, int] = {}

    @contextmanager
    def pending(self) -> Iterator[None]:
        """Keep what is found in the context only when it ends well."""
        if len(self._kept) > _LAYOUTS_REMEMBERED:
            self._kept.clear()
        self._new = {}
        yield
        self._kept.update(self._new)

    def resolve(
        self, connection: sa.Connection, wanted: Iterable[Axes], rows: Rows, ids: Ids
    ) -> dict[Axes, int]:
        """Find the id of each layout; add the rows of those that are new."""
        resolved: dict[Axes, int] = {}
        unknown: dict[bytes, Axes] = {}
        for axes in wanted:
            if axes in self._kept:
                resolved[axes] = self._kept[axes]
            else:
                unknown[layout_digest(axes)] = axes
        digests = list(unknown)
        for start in range(0, len(digests), 500):
            query = sa.select(axis_layout.c.digest, axis_layout.c.id).where(
                axis_layout.c.digest.in_(digests[start : start + 500])
            )
            for digest, id_ in connection.execute(query):
                self._new[unknown.pop(bytes(digest))] = id_
        for axes in unknown.values():
            self._new[axes] = ids.one("axis_layout")
            rows.layout(self._new[axes], axes)
        return resolved | self._new


class Replacement:
    """Replaces hierarchies as wholes.

    A hierarchy that contains recorded ones absorbs them: their groups become its own and
    keep their ids. One that is found inside a recorded hierarchy takes its groups from
    it, and what is left of that, not being top-most any more, counts as removed until it
    is written again.
    """

    def __init__(self, dialect: Dialect, ids: Ids) -> None:
        self._dialect = dialect
        self._ids = ids
        self.layouts = Layouts()

    def replace(
        self, connection: sa.Connection, batch: Sequence[Draft], crawl_id: int, now: datetime
    ) -> dict[str, list[str]]:
        """Write drafts; give, by URL, the URLs of the hierarchies that each absorbed."""
        places = {draft.url: ancestors(draft.url) for draft in batch}
        recorded = self._recorded(connection, places)
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
        wanted = {axes for draft in batch for axes in draft.layouts}
        layouts = self.layouts.resolve(connection, wanted, rows, self._ids)
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
        query = sa.select(hierarchy.c.url, hierarchy.c.id, hierarchy.c.removed_at).where(
            hierarchy.c.url.in_(sa.select(listed.c.value))
        )
        return {
            url: _Recorded(id_, removed_at is not None)
            for url, id_, removed_at in connection.execute(query)
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
