"""What a run says of itself: while it runs, of each failure, and at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

CrawlOutcome = Literal["done", "partial", "failed", "interrupted"]
CrawlKind = Literal["root", "list", "watch"]


class Progress(NamedTuple):
    """How far a crawl has come, in numbers of hierarchies.

    Attributes
    ----------
    root
        What is crawled.
    found
        Met so far; `seen` of them have been read or told unchanged.
    written
        New or changed, including what waits to be written.
    current
        URL of the last one that was read.
    """

    root: str
    found: int
    seen: int
    written: int
    unchanged: int
    failed: int
    current: str = ""


class Failure(NamedTuple):
    """A place that could not be read, or not be recorded.

    Attributes
    ----------
    pointer
        JSON pointer into the document, where one is at fault.
    """

    url: str
    code: str
    message: str
    pointer: str = ""


class Change(NamedTuple):
    """What a rehearsal would do to the record of a hierarchy."""

    kind: Literal["added", "changed", "removed", "restored"]
    url: str


@dataclass(frozen=True, slots=True)
class RootReport:
    """What became of one root: numbers of hierarchies, ``seen = written + unchanged + failed``.

    Attributes
    ----------
    root
        URL that was crawled, or the name of a list of URLs.
    crawl_id
        0 when nothing was recorded.
    outcome
        ``done``; ``partial`` when something could not be read; ``failed`` when the root
        itself could not; ``interrupted``.
    ignored
        Zarr groups and arrays without OME-Zarr metadata; they are not recorded.
    problems
        Problem rows written.
    message
        What a person should know: why nothing was found, or nothing removed.
    seconds
        How long it took.
    requests, retries
        Sent to servers, and how many of these because an earlier one had failed.
    kind
        Of a ``root``, a ``list`` of URLs, or what a ``watch`` came upon.
    """

    root: str
    crawl_id: int
    outcome: CrawlOutcome
    seen: int = 0
    written: int = 0
    unchanged: int = 0
    failed: int = 0
    removed: int = 0
    ignored: int = 0
    problems: int = 0
    message: str | None = None
    seconds: float = 0.0
    requests: int = 0
    retries: int = 0
    kind: CrawlKind = "root"


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What became of all roots of a run."""

    roots: tuple[RootReport, ...]

    @property
    def seen(self) -> int:
        """Hierarchies met."""
        return sum(root.seen for root in self.roots)

    @property
    def written(self) -> int:
        """Hierarchies that were new or had changed."""
        return sum(root.written for root in self.roots)

    @property
    def unchanged(self) -> int:
        """Hierarchies in which nothing has changed."""
        return sum(root.unchanged for root in self.roots)

    @property
    def failed(self) -> int:
        """Hierarchies that could not be read."""
        return sum(root.failed for root in self.roots)

    @property
    def removed(self) -> int:
        """Hierarchies marked as removed."""
        return sum(root.removed for root in self.roots)

    @property
    def ignored(self) -> int:
        """Zarr groups and arrays without OME-Zarr metadata."""
        return sum(root.ignored for root in self.roots)

    @property
    def problems(self) -> int:
        """Problem rows written."""
        return sum(root.problems for root in self.roots)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return sum(root.seconds for root in self.roots)

    @property
    def requests(self) -> int:
        """Requests sent to servers."""
        return sum(root.requests for root in self.roots)

    @property
    def retries(self) -> int:
        """Requests that were sent because an earlier one had failed."""
        return sum(root.retries for root in self.roots)

    @property
    def complete(self) -> bool:
        """Whether everything could be read."""
        return all(root.outcome == "done" for root in self.roots)
