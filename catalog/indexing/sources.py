"""Where a run looks for hierarchies: below a root, in a list of URLs, where something stirred."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from catalog.crawl.discover import MARKERS, FolderProblem, Found, Recorded, discover
from catalog.crawl.root_seen import RootSeen
from catalog.errors import StoreError
from catalog.indexing.lists import UrlList
from catalog.indexing.report import CrawlKind
from catalog.stores import DEFAULT_OPTIONS, StoreOptions, open_store
from catalog.stores.url import normalise, parent

Enclosing = Callable[[Sequence[str]], dict[str, str]]
"""Names, for places, the recorded hierarchies that contain them (places in none are left out)."""

_LINES_AT_ONCE = 256


class Wanted(NamedTuple):
    """A hierarchy to be read.

    Attributes
    ----------
    guessed
        Somebody named the place; it may be a folder of hierarchies.
    seen
        What its root was met with, where this was told on the way.
    """

    url: str
    boundary: str
    guessed: bool = False
    seen: RootSeen | None = None


class Source(Protocol):
    """Where hierarchies are."""

    @property
    def name(self) -> str:
        """What the crawl is called in the catalog."""

    @property
    def kind(self) -> CrawlKind:
        """What kind of crawl it is."""

    @property
    def whole(self) -> Sequence[str]:
        """Places of which everything is met: what is recorded there and was not met is gone."""

    def wanted(
        self, enclosing: Enclosing, recorded: Recorded | None = None
    ) -> Iterator[Wanted | FolderProblem]:
        """Name what is to be read; StoreError when the source itself cannot be read.

        Parameters
        ----------
        recorded
            As of `catalog.crawl.discover.discover`.
        """


@dataclass
class Root:
    """Everything at and below a URL."""

    name: str
    options: StoreOptions = DEFAULT_OPTIONS
    kind: CrawlKind = "root"

    @property
    def whole(self) -> Sequence[str]:
        """The root."""
        return (self.name,)

    def wanted(
        self, enclosing: Enclosing, recorded: Recorded | None = None
    ) -> Iterator[Wanted | FolderProblem]:
        """Name the hierarchies, in the order in which they are found."""
        yield from below(self.name, self.options, enclosing, recorded=recorded)


@dataclass
class Touched:
    """Places below a watched root where something has changed.

    Attributes
    ----------
    name
        URL of the root.
    places
        URLs, of which none lies in another.
    """

    name: str
    places: Sequence[str]
    options: StoreOptions = DEFAULT_OPTIONS
    kind: CrawlKind = "watch"

    @property
    def whole(self) -> Sequence[str]:
        """The places."""
        return self.places

    def wanted(
        self, enclosing: Enclosing, recorded: Recorded | None = None
    ) -> Iterator[Wanted | FolderProblem]:
        """Name the hierarchies in these places; a place that is gone holds none."""
        for place in self.places:
            try:
                yield from below(place, self.options, enclosing, self.name, recorded)
            except StoreError as error:
                if open_store(place, None, self.options).stat("") is not None:
                    yield FolderProblem(place, "unreadable-folder", error.message, unlisted=True)


@dataclass
class Listed:
    """URLs that somebody wrote down; each is a hierarchy, or a folder of some."""

    urls: UrlList
    options: StoreOptions = DEFAULT_OPTIONS
    kind: CrawlKind = "list"
    whole: Sequence[str] = ()

    @property
    def name(self) -> str:
        """What the list is called."""
        return self.urls.name

    def wanted(
        self, enclosing: Enclosing, recorded: Recorded | None = None
    ) -> Iterator[Wanted | FolderProblem]:
        """Name what the list names, or the recorded hierarchy that this is a part of."""
        several: list[str] = []
        for text, line in self.urls:
            try:
                several.append(normalise(text))
            except StoreError as error:
                message = f"line {line} of the list: {error.message}"
                yield FolderProblem(self.name, "unreadable-folder", message, unlisted=True)
            if len(several) >= _LINES_AT_ONCE:
                yield from self._named(several, enclosing)
                several = []
        yield from self._named(several, enclosing)

    def _named(self, urls: Sequence[str], enclosing: Enclosing) -> Iterator[Wanted]:
        outer = enclosing(urls)
        for url in urls:
            whole = outer.get(url)
            if whole is not None and _is_hierarchy(whole, self.options):
                yield Wanted(whole, whole)
            else:
                yield Wanted(url, url, guessed=True)


def below(
    place: str,
    options: StoreOptions,
    enclosing: Enclosing,
    boundary: str | None = None,
    recorded: Recorded | None = None,
) -> Iterator[Wanted | FolderProblem]:
    """Name the hierarchies at and below a place, or the recorded one that it is a part of.

    Raises
    ------
    StoreError
        When there is nothing, or it cannot be listed.
    """
    boundary = boundary or place
    store = open_store(place, boundary, options)
    whole = enclosing([place]).get(place)
    # Folders are nothing of themselves in a bucket.
    if store.near and store.stat("") is None:
        raise StoreError(f"there is nothing at {place}: check the path", place)
    if whole is not None and _is_hierarchy(whole, options):
        # A part of a hierarchy that is recorded already: it is read as a whole.
        inside = whole == boundary or whole.startswith(boundary.rstrip("/") + "/")
        yield Wanted(whole, boundary if inside else whole)
        return
    for item in discover(store, options, recorded):
        yield Wanted(item.url, boundary, seen=item.seen) if isinstance(item, Found) else item


def _is_hierarchy(url: str, options: StoreOptions) -> bool:
    store = open_store(url, None, options)
    # The document of Zarr v3 first, which most have.
    return any(store.stat(name) is not None for name in sorted(MARKERS, reverse=True))


def outermost(urls: Iterable[str]) -> list[str]:
    """Leave out what lies in another of the places."""
    all_of_them = set(urls)
    kept = []
    for url in sorted(all_of_them):
        above = parent(url)
        while above is not None and above not in all_of_them:
            above = parent(above)
        if above is None:
            kept.append(url)
    return kept
