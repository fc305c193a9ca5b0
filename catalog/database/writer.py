"""The one writer: what a crawl found becomes rows, each hierarchy as a whole or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import local
from typing import NamedTuple

import sqlalchemy as sa

from catalog.crawl.records import Failed, HierarchyRecord, ManifestEntry, ProblemRecord
from catalog.database import crawls, removal
from catalog.database.cells import Cell
from catalog.database.crawls import CrawlCounts, Kind, Outcome
from catalog.database.engine import Database
from catalog.database.ids import Ids
from catalog.database.layouts import Layouts
from catalog.database.manifest import decode_manifest, encode_manifest
from catalog.database.parcels.columns import COLUMNS, NUMBERED
from catalog.database.parcels.parcel import Parcel, Unusable, meet, pack
from catalog.database.removal import Purged, Removal
from catalog.database.replacing import Replaced, Replacement
from catalog.database.running import Running
from catalog.database.schema import hierarchy, problem
from catalog.database.texts import storable
from catalog.database.urls import ancestors

PAGE = 10_000

_PENS = 2
"""Threads that write to a server, which does most of the work in processes of its own."""

# What the database says to rows that break a rule of the schema. A full disk or a lost
# connection is not among them: that is nobody's document's fault.
_REFUSED = (
    sa.exc.IntegrityError,
    sa.exc.DataError,
    sa.exc.InterfaceError,
    sa.exc.ProgrammingError,
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is recorded of a hierarchy.

    `digest` is None, and `manifest` empty, when it has to be read again whatever its
    times say.
    """

    digest: bytes | None
    manifest: tuple[ManifestEntry, ...]
    removed: bool


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a hierarchy that was to be written.

    Attributes
    ----------
    failure
        Why it was not written, in words; None when it was.
    problems
        How many problem rows it has.
    absorbed
        URLs of hierarchies that it contains and that were hierarchies of their own.
    inside
        URL of the hierarchy that it is a part of, which another crawl has recorded since
        this one began: nothing was written then, nor had to be.
    """

    url: str
    failure: str | None = None
    problems: int = 0
    absorbed: tuple[str, ...] = ()
    inside: str | None = None


class _Own(local):
    """What each thread that writes has for itself: ids that it may hand out."""

    def __init__(self, database: Database) -> None:
        self.ids = Ids(database)
        self.layouts = Layouts(database, self.ids)
        self.replacement = Replacement(database.dialect, self.ids)


class _Pending(NamedTuple):
    future: Future[list[Written]]
    packed: Parcel | Unusable


class Writer:
    """Writes what crawls find.

    Parameters
    ----------
    database
        One that `catalog.database.migration.ensure` found usable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.dialect
        self._own = _Own(database)
        self._running = Running(database)
        self._began: dict[int, datetime] = {}
        self._crawl: tuple[int, datetime] | None = None
        self._pens: ThreadPoolExecutor | None = None
        self._pending: deque[_Pending] = deque()

    def begin_crawl(self, root: str, kind: Kind = "root") -> int:
        """Record that a crawl of a root begins; give its id.

        What was left running on the same root by a killed process is marked as interrupted;
        so is what this writer began there and never finished. A crawl that another process
        runs is left alone: both may go on.
        """
        root = storable(root)
        self._own.ids.reserve({"crawl": 1})
        id_ = self._own.ids.one("crawl")
        self._running.begin(id_, root)
        self._began[id_] = now = datetime.now(UTC)
        self._crawl = (id_, now)

        def begin(connection: sa.Connection) -> None:
            left = crawls.running(connection, root)
            held = self._dialect.crawls_held(connection, self._database.url, left)
            crawls.interrupt(connection, [other for other in left if other not in held])
            crawls.begin(connection, id_, root, now, kind)

        self._database.transact(begin, alone=True)
        return id_

    def finish_crawl(
        self,
        crawl_id: int,
        counts: CrawlCounts,
        outcome: Outcome,
        message: str | None = None,
        whole: Sequence[str] | None = None,
    ) -> None:
        """Record how a crawl ended; `whole`: the places it saw everything of, else its root."""
        wait([pending.future for pending in self._pending])
        message = None if message is None else storable(message)

        def finish(connection: sa.Connection) -> None:
            left = [other for other in crawls.running(connection) if other != crawl_id]
            crawls.finish(
                connection,
                crawl_id,
                counts=counts,
                outcome=outcome,
                message=message,
                now=datetime.now(UTC),
                whole=None if whole is None else [storable(place) for place in whole],
                others=self._dialect.crawls_held(connection, self._database.url, left),
            )

        self._database.transact(finish, alone=True)
        self._running.finish(crawl_id)
        self._began.pop(crawl_id, None)
        if counts.written or counts.removed:
            self._database.transact(self._dialect.settle)

    def folder_problem(self, crawl_id: int, url: str, found: ProblemRecord) -> None:
        """Record what is wrong with a place that belongs to no hierarchy."""
        self._own.ids.reserve({"problem": 1})
        id_ = self._own.ids.one("problem")
        row = _problem_row(id_, crawl_id, None, url, found)

        def insert(connection: sa.Connection) -> None:
            connection.execute(problem.delete().where(problem.c.id == id_))
            connection.execute(problem.insert(), row)

        self._database.transact(insert)

    def known(self, urls: Iterable[str]) -> dict[str, Known]:
        """Tell what is recorded of hierarchies; those that are not are left out."""
        asked = {storable(url): url for url in urls}
        if not asked:
            return {}
        listed = self._dialect.texts(list(asked))
        query = sa.select(
            hierarchy.c.url, hierarchy.c.digest, hierarchy.c.manifest, hierarchy.c.removed_at
        ).where(hierarchy.c.url.in_(sa.select(listed.c.value)))
        return {
            asked[url]: Known(digest, decode_manifest(blob), removed_at is not None)
            for url, digest, blob, removed_at in self._database.ask(
                lambda connection: connection.execute(query).all()
            )
        }

    def known_below(self, root: str) -> Iterator[str]:
        """Name the hierarchies at and below a place that are not marked as removed."""
        for page in removal.present(self._database, storable(root), PAGE):
            for found in page:
                yield found.url

    def enclosing(self, url: str) -> str | None:
        """Name the recorded hierarchy that contains a place (and is not the place itself)."""
        query = (
            sa.select(hierarchy.c.url)
            .where(hierarchy.c.url.in_(ancestors(storable(url))), hierarchy.c.removed_at.is_(None))
            .order_by(hierarchy.c.url)
            .limit(1)
        )
        return self._database.ask(lambda connection: connection.scalar(query))

    def enclosing_each(self, urls: Sequence[str]) -> dict[str, str]:
        """Name, for places, the recorded hierarchies that contain them; leave out the others."""
        above = {url: ancestors(storable(url)) for url in urls}
        asked = sorted({place for places in above.values() for place in places})
        listed = self._dialect.texts(asked)
        query = sa.select(hierarchy.c.url).where(
            hierarchy.c.url.in_(sa.select(listed.c.value)), hierarchy.c.removed_at.is_(None)
        )
        there = self._database.ask(lambda connection: set(connection.scalars(query)))
        found = {url: [place for place in above[url] if place in there] for url in urls}
        return {url: places[-1] for url, places in found.items() if places}

    def write(self, records: Iterable[HierarchyRecord], crawl_id: int) -> list[Written]:
        """Write hierarchies, each replacing what is recorded of it.

        Those of a parcel share a transaction. If the database refuses it, each gets its own,
        and one that cannot be written is recorded as failed: the others lose nothing.

        Returns
        -------
        What became of each, in the order given.
        """
        return [each for packed in pack(records) for each in self._write(packed, crawl_id)]

    def write_behind(self, packed: Parcel | Unusable, crawl_id: int) -> list[Written]:
        """Write the hierarchies of a parcel, and do not wait until it is done.

        Returns
        -------
        What became of earlier ones that are written by now.

        Raises
        ------
        DatabaseError
            When the database failed, maybe for what was given earlier.
        """
        pens = 1 if self._dialect.ONE_WRITER else _PENS
        if self._pens is None:
            self._pens = ThreadPoolExecutor(pens, thread_name_prefix="catalog-writer")
        if pens > 1:
            # What was given later counts, where two hierarchies meet.
            wait([before.future for before in self._pending if meet(before.packed, packed)])
        future = self._pens.submit(self._write, packed, crawl_id)
        self._pending.append(_Pending(future, packed))
        return self._written(pens + 1)

    def settle(self) -> list[Written]:
        """Wait until all that was given is written; give what became of the rest."""
        try:
            return self._written(0)
        finally:
            if self._pens is not None and not self._pending:
                self._pens.shutdown()
                self._pens = None

    def _written(self, most: int) -> list[Written]:
        outcomes: list[Written] = []
        while self._pending and (len(self._pending) > most or self._pending[0].future.done()):
            outcomes += self._pending.popleft().future.result()
        return outcomes

    def _prepare(self, needs: Mapping[str, int]) -> None:
        """Do what comes before each try of a transaction."""
        self._running.renew()
        self._own.ids.reserve(needs)

    def _write(self, packed: Parcel | Unusable, crawl_id: int) -> list[Written]:
        if isinstance(packed, Unusable):
            return [self._unwritten(packed.url, crawl_id, packed.reason)]
        return self._write_part(packed, range(len(packed.urls)), crawl_id)

    def _write_part(self, parcel: Parcel, which: range, crawl_id: int) -> list[Written]:
        try:
            return self._write_together(parcel, which, crawl_id)
        except _REFUSED as error:
            if len(which) == 1:
                words = " ".join(str(error.orig).split()) or type(error.orig).__name__
                return [self._unwritten(parcel.urls[which.start], crawl_id, words)]
        alone = [range(number, number + 1) for number in which]
        return [each for one in alone for each in self._write_part(parcel, one, crawl_id)]

    def _write_together(self, parcel: Parcel, which: range, crawl_id: int) -> list[Written]:
        first, end = parcel.starts[which.start], parcel.starts[which.stop]
        counts = [after - before for before, after in zip(first, end, strict=True)]
        needs = {name: n for name, n in zip(COLUMNS, counts, strict=True) if name in NUMBERED}
        since = self._began.get(crawl_id)

        def replace(connection: sa.Connection) -> Replaced:
            # When it is done again, ids that were taken the first time are lost.
            now = datetime.now(UTC)
            return self._own.replacement.replace(
                connection, parcel, which, layouts, crawl_id, since=since, now=now
            )

        layouts = self._own.layouts.resolve(parcel.layouts)
        replaced = self._database.transact(replace, before=lambda: self._prepare(needs))
        return [
            Written(
                url=url,
                problems=0 if url in replaced.inside else problems,
                absorbed=tuple(replaced.absorbed.get(url, ())),
                inside=replaced.inside.get(url),
            )
            for url, problems in list(zip(parcel.urls, parcel.problems, strict=True))[
                which.start : which.stop
            ]
        ]

    def _unwritten(self, url: str, crawl_id: int, reason: str) -> Written:
        message = f"This hierarchy could not be written into the database: {reason}."
        self.fail(Failed(url, ProblemRecord("", "", "not-written", "error", message)), crawl_id)
        return Written(url, failure=message, problems=1)

    def fail(self, failed: Failed, crawl_id: int) -> None:
        """Record that a hierarchy cannot be read.

        What was recorded of it before stays, to be replaced when it can be read again.
        """
        url = storable(failed.url)
        since = self._began.get(crawl_id)

        def fail(connection: sa.Connection) -> None:
            now = datetime.now(UTC)
            recorded = self._own.replacement.locked(connection, [url])
            if since is not None and self._own.replacement.newer_around(
                recorded, url, crawl_id, since
            ):
                return
            id_ = connection.scalar(sa.select(hierarchy.c.id).where(hierarchy.c.url == url))
            if id_ is None:
                id_ = self._own.ids.one("hierarchy")
                connection.execute(
                    hierarchy.insert().values(id=id_, url=url, crawl_id=crawl_id, indexed_at=now)
                )
            else:
                connection.execute(problem.delete().where(problem.c.hierarchy_id == id_))
                connection.execute(
                    hierarchy.update()
                    .where(hierarchy.c.id == id_)
                    .values(digest=None, manifest=None, crawl_id=crawl_id)
                )
                removal.restore(connection, self._dialect, [id_])
            number = self._own.ids.one("problem")
            row = _problem_row(number, crawl_id, id_, failed.url, failed.problem)
            connection.execute(problem.insert(), row)

        needs = {"hierarchy": 1, "problem": 1}
        self._database.transact(fail, before=lambda: self._prepare(needs))

    def touch(self, manifests: Mapping[str, Sequence[ManifestEntry]]) -> None:
        """Record new times of hierarchies whose documents are the same."""
        values = [
            {"place": storable(url), "new": encode_manifest(manifest)}
            for url, manifest in manifests.items()
        ]
        if not values:
            return
        update = (
            hierarchy.update()
            .where(hierarchy.c.url == sa.bindparam("place"), hierarchy.c.digest.is_not(None))
            .values(manifest=sa.bindparam("new"))
        )

        def touch(connection: sa.Connection) -> None:
            self._own.replacement.locked(connection, [str(value["place"]) for value in values])
            connection.execute(update, values)

        self._database.transact(touch)

    def restore(self, urls: Collection[str]) -> None:
        """Record that hierarchies which were marked as removed are there again, unchanged."""
        listed = self._dialect.texts([storable(url) for url in urls])
        query = sa.select(hierarchy.c.id).where(
            hierarchy.c.url.in_(sa.select(listed.c.value)),
            hierarchy.c.removed_at.is_not(None),
            # Else another crawl has taken its groups since it was found unchanged.
            hierarchy.c.digest.is_not(None),
        )

        def restore(connection: sa.Connection) -> None:
            removal.restore(connection, self._dialect, list(connection.scalars(query)))

        self._database.transact(restore, alone=True)

    def mark_removed(
        self,
        root: str,
        seen: Container[str],
        *,
        prune_limit: float = 0.2,
        listing_failed: bool = False,
        dry_run: bool = False,
    ) -> Removal:
        """Mark the hierarchies at and below a root that were not seen there as removed.

        Nothing is marked when a folder could not be listed, nor when more than
        `prune_limit` of them would be (a disk that is not mounted looks empty). What
        another crawl has written since this writer's last one began is taken to be there.
        """
        return removal.mark_removed(
            self._database,
            storable(root),
            seen,
            prune_limit=prune_limit,
            listing_failed=listing_failed,
            dry_run=dry_run,
            page=PAGE,
            crawl=self._crawl,
        )

    def purge(
        self, root: str | None = None, *, older: timedelta = timedelta(), dry_run: bool = False
    ) -> Purged:
        """Delete for good what is marked as removed.

        Parameters
        ----------
        root
            Only at and below this place.
        older
            Only what has been marked for at least as long.
        dry_run
            Count only.
        """
        return removal.purge(
            self._database,
            None if root is None else storable(root),
            datetime.now(UTC) - older,
            dry_run=dry_run,
        )


def _problem_row(
    id_: int, crawl_id: int, hierarchy_id: int | None, url: str, found: ProblemRecord
) -> dict[str, Cell]:
    return {
        "id": id_,
        "crawl_id": crawl_id,
        "hierarchy_id": hierarchy_id,
        "url": storable(url),
        "pointer": storable(found.pointer),
        "code": found.code,
        "severity": found.severity,
        "message": storable(found.message),
    }
