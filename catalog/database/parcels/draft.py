"""A hierarchy's record, looked through: what its rows need to know of each other."""

from __future__ import annotations

from collections import Counter

from catalog.crawl.records import AxisRecord, HierarchyRecord
from catalog.database.components import components
from catalog.database.mending import mended
from catalog.database.texts import indexable
from catalog.database.words import place_words, search_text

Axes = tuple[AxisRecord, ...]


class Draft:
    """A hierarchy on its way into rows.

    Raises
    ------
    ValueError
        When the record contradicts itself, or has a place that no table can hold.
    """

    def __init__(self, record: HierarchyRecord) -> None:
        self.url = indexable(record.url)
        if self.url != record.url:
            raise ValueError("the URL is longer than 1,000 bytes, or is not Unicode text")
        record, found = mended(record)
        self.record = record
        # Parents sort before children, as their foreign keys need it.
        self.groups = sorted(record.groups, key=lambda group: group.path)
        self._places: dict[str, str] = {}
        self.group_at = {group.path: group for group in self.groups}
        self.group_urls = {group.path: record.url_of(group.path) for group in self.groups}
        if len(self.group_urls) != len(self.groups):
            raise ValueError("a group was recorded twice")
        edges = record.transformations
        ends = [(edge.input, edge.output) for edge in edges]
        systems = len(record.systems)
        if ends and not (min(map(min, ends)) >= 0 and max(map(max, ends)) < systems):
            raise ValueError("a transformation leads to a coordinate system that was not recorded")
        self.component = components(systems, ends)
        self.component_systems = Counter(self.component)
        self.component_edges = Counter([self.component[a] for a, _ in ends])
        self.problems = (*record.problems, *found)

    @property
    def rows(self) -> int:
        """About how many rows it makes."""
        record = self.record
        return len(self.groups) + 2 * len(record.systems) + len(record.transformations)

    def place(self, group: str) -> str:
        """Give the words of the place of a group."""
        found = self._places.get(group)
        if found is None:
            found = self._places[group] = place_words(self.group_urls[group])
        return found

    def title(self, group: str, name: str | None) -> tuple[str, str]:
        """Give the title and the text to be searched of the scene or plate that a group is."""
        about = self.group_at[group]
        text = search_text(self.place(group), (name, *about.free_text))
        return indexable(name or about.name), text
