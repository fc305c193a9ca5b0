"""What a search gives, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Self

import sqlalchemy as sa

from catalog.query.search.found import Found
from catalog.query.search.search import Search


class Results(Iterator[Found]):
    """What a search finds, in order; read once, and no more of it at a time than a block.

    Attributes
    ----------
    fields
        Names of the values of a row.
    hints
        Their types, by name.
    """

    def __init__(
        self, search: Search, reading: Callable[[], AbstractContextManager[sa.Connection]]
    ) -> None:
        self._search = search
        self._rows = self._read(reading)
        self.fields = search.fields
        self.hints = search.hints

    def _read(
        self, reading: Callable[[], AbstractContextManager[sa.Connection]]
    ) -> Iterator[Found]:
        with reading() as connection:
            yield from self._search.rows(connection)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Found:
        return next(self._rows)

    @property
    def after(self) -> str | None:
        """Token for the next page, once all rows of this one are read; None after the last."""
        return self._search.after
