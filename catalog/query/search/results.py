"""What a search gives, row by row."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager

import sqlalchemy as sa

from catalog.database.closing import Closing
from catalog.query.search.found import Found
from catalog.query.search.search import Search


class Results(Closing, Iterator[Found]):
    """What a search finds, in order; read once.

    Without a limit no more of it is held at a time than a block; who stops half-way closes it
    (it is a context manager too).

    Parameters
    ----------
    page
        Rows of the page, where they were read already.

    Attributes
    ----------
    fields
        Names of the values of a row.
    """

    def __init__(
        self,
        search: Search,
        reading: Callable[[], AbstractContextManager[sa.Connection]],
        page: Sequence[Found] | None = None,
    ) -> None:
        self._search = search
        self._page = page
        self._rows = self._read(reading)
        self.fields = search.fields

    def _read(
        self, reading: Callable[[], AbstractContextManager[sa.Connection]]
    ) -> Generator[Found, None, None]:
        if self._page is not None:
            yield from self._page
            return
        if self._search.paged:
            # A page that is not read to its end keeps no connection.
            with reading() as connection:
                page = self._search.page(connection)
            yield from page
            return
        with reading() as connection:
            yield from self._search.rows(connection)

    def __iter__(self) -> Iterator[Found]:
        return self._rows  # itself, one call less for each row

    def __next__(self) -> Found:
        return next(self._rows)

    def close(self) -> None:
        """Read no more."""
        self._rows.close()

    @property
    def hints(self) -> dict[str, object]:
        """Types of the values of a row, by name."""
        return self._search.hints

    @property
    def after(self) -> str | None:
        """Token for the next page, once all rows of this one are read; None after the last."""
        return self._search.after
