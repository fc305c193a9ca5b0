"""What a crawl asks of the catalog and tells it; and a rehearsal that only asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from catalog.crawl.records import Failed, ManifestEntry, ProblemRecord
from catalog.indexing.report import Change, CrawlKind, CrawlOutcome

if TYPE_CHECKING:
    from catalog.database.crawls import CrawlCounts
    from catalog.database.parcels.parcel import Parcel, Unusable
    from catalog.database.removal import Removal
    from catalog.database.writer import Known, Writer, Written


class Ledger(Protocol):
    """The part of `catalog.database.writer.Writer` that a crawl needs."""

    def begin_crawl(self, root: str, kind: CrawlKind = "root") -> int:
        """Record that a crawl begins; give its id."""

    def finish_crawl(
        self,
        crawl_id: int,
        counts: CrawlCounts,
        outcome: CrawlOutcome,
        message: str | None = None,
        whole: Sequence[str] | None = None,
    ) -> None:
        """Record how it ended."""

    def known(self, urls: Iterable[str]) -> dict[str, Known]:
        """Tell what is recorded of hierarchies."""

    def enclosing_each(self, urls: Sequence[str]) -> dict[str, str]:
        """Name the recorded hierarchies that contain places."""

    def write_behind(self, packed: Parcel | Unusable, crawl_id: int) -> list[Written]:
        """Write hierarchies, now or soon; give what became of those that are written."""

    def settle(self) -> list[Written]:
        """Wait for the rest."""

    def touch(self, manifests: Mapping[str, Sequence[ManifestEntry]]) -> None:
        """Record new times."""

    def restore(self, urls: Collection[str]) -> None:
        """Record that hierarchies are there again."""

    def fail(self, failed: Failed, crawl_id: int) -> None:
        """Record that a hierarchy cannot be read."""

    def folder_problem(self, crawl_id: int, url: str, found: ProblemRecord) -> None:
        """Record what is wrong with a place that belongs to no hierarchy."""

    def mark_removed(
        self,
        root: str,
        seen: Container[str],
        *,
        prune_limit: float = 0.2,
        listing_failed: bool = False,
    ) -> Removal:
        """Mark what was not seen as removed."""


class Rehearsal:
    """A ledger in which nothing is written: it says what would be.

    Parameters
    ----------
    writer
        Who is asked what is recorded; None when there is no catalog yet.
    """

    def __init__(self, writer: Writer | None, tell: Callable[[Change], None]) -> None:
        self._writer = writer
        self._tell = tell

    def begin_crawl(self, root: str, kind: CrawlKind = "root") -> int:
        """Record nothing: give the id that no crawl has."""
        return 0

    def finish_crawl(
        self,
        crawl_id: int,
        counts: CrawlCounts,
        outcome: CrawlOutcome,
        message: str | None = None,
        whole: Sequence[str] | None = None,
    ) -> None:
        """Record nothing."""

    def known(self, urls: Iterable[str]) -> dict[str, Known]:
        """Tell what is recorded of hierarchies."""
        return {} if self._writer is None else self._writer.known(urls)

    def enclosing_each(self, urls: Sequence[str]) -> dict[str, str]:
        """Name the recorded hierarchies that contain places."""
        return {} if self._writer is None else self._writer.enclosing_each(urls)

    def write_behind(self, packed: Parcel | Unusable, crawl_id: int) -> list[Written]:
        """Say which hierarchies are new, and which have changed."""
        from catalog.database.parcels.parcel import Unusable
        from catalog.database.writer import Written

        if isinstance(packed, Unusable):
            return [Written(packed.url, failure=packed.reason, problems=1)]
        known = self.known(packed.urls)
        for url in packed.urls:
            self._tell(Change("changed" if url in known else "added", url))
        numbers = zip(packed.urls, packed.problems, strict=True)
        return [Written(url, problems=problems) for url, problems in numbers]

    def settle(self) -> list[Written]:
        """Wait for nothing."""
        return []

    def touch(self, manifests: Mapping[str, Sequence[ManifestEntry]]) -> None:
        """Say nothing: times are no change."""

    def restore(self, urls: Collection[str]) -> None:
        """Say which hierarchies are there again."""
        for url in urls:
            self._tell(Change("restored", url))

    def fail(self, failed: Failed, crawl_id: int) -> None:
        """Say nothing: a failure is told as one."""

    def folder_problem(self, crawl_id: int, url: str, found: ProblemRecord) -> None:
        """Say nothing, likewise."""

    def mark_removed(
        self,
        root: str,
        seen: Container[str],
        *,
        prune_limit: float = 0.2,
        listing_failed: bool = False,
    ) -> Removal:
        """Say which hierarchies are gone, if they would be marked."""
        from catalog.database.removal import Removal

        if self._writer is None:
            return Removal(0, 0, 0)
        judged = self._writer.mark_removed(
            root, seen, prune_limit=prune_limit, listing_failed=listing_failed, dry_run=True
        )
        if judged.refusal is not None or not judged.missing:
            return judged
        for url in self._writer.known_below(root):
            if url not in seen:
                self._tell(Change("removed", url))
        return Removal(judged.present, judged.missing, judged.missing)
