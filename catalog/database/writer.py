"""The one writer: what a crawl found becomes rows, each hierarchy as a whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from catalog.crawl.records import Failed, HierarchyRecord, ManifestEntry, ProblemRecord
from catalog.database import crawls, removal
from catalog.database.crawls import CrawlCounts, Outcome
from catalog.database.engine import Database
from catalog.database.ids import Ids
from catalog.database.manifest import decode_manifest, encode_manifest
from catalog.database.places import ancestors
from catalog.database.removal import Purged, Removal
from catalog.database.replacing import Replacement
from catalog.database.rows import Draft, Rows
from catalog.database.schema import hierarchy, problem
from catalog.database.texts import storable

ROWS_AT_ONCE = 50_000
"""Rows, about, of one transaction; a larger hierarchy has one of its own."""

PAGE = 10_000

# What a record that contradicts itself raises on its way to rows.
_UNUSABLE = (ValueError, LookupError, TypeError, OverflowError)
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
    """

    url: str
    failure: str | None = None
    problems: int = 0
    absorbed: tuple[str, ...] = ()


class Writer:
    """Writes what crawls find; one process at a time has its turn.

    Parameters
    ----------
    database
        One that `catalog.database.migration.ensure` found usable.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.dialect
        self._ids = Ids(database)
        self._replacement = Replacement(self._dialect, self._ids)

    def begin_crawl(self, root: str) -> int:
        """Record that a crawl of a root begins; give its id.

        What was left running on the same root by a killed process is marked as interrupted.
        """
        self._ids.reserve({"crawl": 1})
        id_ = self._ids.one("crawl")
        with self._database.writing() as connection:
            crawls.begin(connection, id_, storable(root), datetime.now(UTC))
        return id_

    def finish_crawl(
        self, crawl_id: int, counts: CrawlCounts, outcome: Outcome, message: str | None = None
    ) -> None:
        """Record how a crawl ended."""
        message = None if message is None else storable(message)
        with self._database.writing() as connection:
            crawls.finish(
                connection,
                crawl_id,
                counts=counts,
                outcome=outcome,
                message=message,
                now=datetime.now(UTC),
            )
        if counts.written or counts.removed:
            with self._database.writing() as connection:
                self._dialect.settle(connection)

    def folder_problem(self, crawl_id: int, url: str, found: ProblemRecord) -> None:
        """Record what is wrong with a place that belongs to no hierarchy."""
        self._ids.reserve({"problem": 1})
        rows = Rows()
        rows.problem(self._ids.one("problem"), crawl_id, None, url, found)
        with self._database.writing() as connection:
            self._insert(connection, rows)

    def known(self, urls: Iterable[str]) -> dict[str, Known]:
        """Tell what is recorded of hierarchies; those that are not are left out."""
        asked = {storable(url): url for url in urls}
        if not asked:
            return {}
        listed = self._dialect.texts(list(asked))
        query = sa.select(
            hierarchy.c.url, hierarchy.c.digest, hierarchy.c.manifest, hierarchy.c.removed_at
        ).where(hierarchy.c.url.in_(sa.select(listed.c.value)))
        with self._database.reading() as connection:
            return {
                asked[url]: Known(digest, decode_manifest(blob), removed_at is not None)
                for url, digest, blob, removed_at in connection.execute(query)
            }

    def known_below(self, root: str) -> Iterator[str]:
        """Name the hierarchies at and below a place that are not marked as removed."""
        for page in removal.present(self._database, storable(root), PAGE):
            for _, url in page:
                yield url

    def enclosing(self, url: str) -> str | None:
        """Name the recorded hierarchy that contains a place (and is not the place itself)."""
        query = (
            sa.select(hierarchy.c.url)
            .where(hierarchy.c.url.in_(ancestors(storable(url))), hierarchy.c.removed_at.is_(None))
            .order_by(hierarchy.c.url)
            .limit(1)
        )
        with self._database.reading() as connection:
            return connection.scalar(query)

    def write(self, records: Iterable[HierarchyRecord], crawl_id: int) -> list[Written]:
        """Write hierarchies, each replacing what is recorded of it.

        Several share a transaction. If the database refuses it, each gets its own, and one
        that cannot be written is recorded as failed: the others lose nothing.

        Returns
        -------
        What became of each, in the order given.
        """
        outcomes: list[Written] = []
        batch: list[Draft] = []
        rows = 0
        places: set[str] = set()
        for record in records:
            try:
                draft = Draft(record)
            except _UNUSABLE as error:
                outcomes.extend(self._write_batch(batch, crawl_id))
                outcomes.append(self._unwritten(record.url, crawl_id, error))
                batch, rows, places = [], 0, set()
                continue
            above = ancestors(draft.url)
            # Of two that meet (the same again, or one inside the other) the later one wins.
            meets = draft.url in places or any(
                other.url == draft.url or other.url in above for other in batch
            )
            if batch and (meets or rows + draft.rows > ROWS_AT_ONCE):
                outcomes.extend(self._write_batch(batch, crawl_id))
                batch, rows, places = [], 0, set()
            batch.append(draft)
            rows += draft.rows
            places.update(above)
        outcomes.extend(self._write_batch(batch, crawl_id))
        return outcomes

    def _write_batch(self, batch: Sequence[Draft], crawl_id: int) -> list[Written]:
        if not batch:
            return []
        try:
            return self._write_together(batch, crawl_id)
        except (*_REFUSED, *_UNUSABLE) as error:
            if len(batch) == 1:
                return [self._unwritten(batch[0].record.url, crawl_id, error)]
        return [outcome for draft in batch for outcome in self._write_batch([draft], crawl_id)]

    def _write_together(self, batch: Sequence[Draft], crawl_id: int) -> list[Written]:
        needs = sum((draft.needs for draft in batch), start=Counter[str]())
        self._ids.reserve(needs)
        with self._database.writing() as connection, self._replacement.layouts.pending():
            absorbed = self._replacement.replace(connection, batch, crawl_id, datetime.now(UTC))
        return [
            Written(
                url=draft.record.url,
                problems=len(draft.problems),
                absorbed=tuple(absorbed.get(draft.url, ())),
            )
            for draft in batch
        ]

    def _unwritten(self, url: str, crawl_id: int, error: Exception) -> Written:
        words = " ".join(str(getattr(error, "orig", error)).split()) or type(error).__name__
        if isinstance(error, KeyError):
            words = f"it refers to {words}, which was not recorded"
        message = f"This hierarchy could not be written into the database: {words}."
        self.fail(Failed(url, ProblemRecord("", "", "not-written", "error", message)), crawl_id)
        return Written(url, failure=message, problems=1)

    def fail(self, failed: Failed, crawl_id: int) -> None:
        """Record that a hierarchy cannot be read.

        What was recorded of it before stays, to be replaced when it can be read again.
        """
        self._ids.reserve({"hierarchy": 1, "problem": 1})
        url = storable(failed.url)
        now = datetime.now(UTC)
        rows = Rows()
        with self._database.writing() as connection:
            id_ = connection.scalar(sa.select(hierarchy.c.id).where(hierarchy.c.url == url))
            if id_ is None:
                id_ = self._ids.one("hierarchy")
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
            rows.problem(self._ids.one("problem"), crawl_id, id_, failed.url, failed.problem)
            self._insert(connection, rows)

    def touch(self, manifests: Mapping[str, Sequence[ManifestEntry]]) -> None:
        """Record new times of hierarchies whose documents are the same."""
        values = [
            {"place": storable(url), "new": encode_manifest(manifest)}
            for url, manifest in manifests.items()
        ]
        if not values:
            return
        with self._database.writing() as connection:
            connection.execute(
                hierarchy.update()
                .where(hierarchy.c.url == sa.bindparam("place"))
                .values(manifest=sa.bindparam("new")),
                values,
            )

    def restore(self, urls: Collection[str]) -> None:
        """Record that hierarchies which were marked as removed are there again, unchanged."""
        listed = self._dialect.texts([storable(url) for url in urls])
        query = sa.select(hierarchy.c.id).where(
            hierarchy.c.url.in_(sa.select(listed.c.value)), hierarchy.c.removed_at.is_not(None)
        )
        with self._database.writing() as connection:
            removal.restore(connection, self._dialect, list(connection.scalars(query)))

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
        `prune_limit` of them would be (a disk that is not mounted looks empty).
        """
        return removal.mark_removed(
            self._database,
            storable(root),
            seen,
            prune_limit=prune_limit,
            listing_failed=listing_failed,
            dry_run=dry_run,
            page=PAGE,
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

    def _insert(self, connection: sa.Connection, rows: Rows) -> None:
        self._replacement.insert(connection, rows)
