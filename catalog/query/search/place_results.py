"""What a search at a place gives: rows that say whether it is certain that they lie there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa

from catalog.query.search.found import Found, ImageFound, ImagePlaced, LabelPlaced
from catalog.query.search.place import Placed
from catalog.query.search.results import Results
from catalog.query.search.search import Search


class PlacedResults(Results):
    """What a search finds at a place, in order; read once.

    Attributes
    ----------
    unplaceable
        How many images of the component have no known place: they are not among what is
        found, and may lie there nevertheless.
    notes
        What is to be said of the answer, in sentences.
    """

    def __init__(
        self,
        search: Search,
        reading: Callable[[], AbstractContextManager[sa.Connection]],
        placed: Placed,
        page: Sequence[Found] | None = None,
    ) -> None:
        self._approximate = placed.approximate
        super().__init__(search, reading, page)
        self.unplaceable = placed.unplaceable
        self.notes = placed.notes
        self.fields = (*search.fields, "approximate")

    def _read(
        self, reading: Callable[[], AbstractContextManager[sa.Connection]]
    ) -> Generator[Found, None, None]:
        row: Any
        for row in super()._read(reading):
            made: Any = ImagePlaced if isinstance(row, ImageFound) else LabelPlaced
            yield made(*row, row.id in self._approximate)

    @property
    def hints(self) -> dict[str, object]:
        """Types of the values of a row, by name."""
        return {**super().hints, "approximate": bool}
