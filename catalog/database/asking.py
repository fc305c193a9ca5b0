"""Answers to SQL that somebody typed: rows as they come, no more than asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Self

from catalog.database.cells import Cell
from catalog.database.closing import Closing
from catalog.database.engine import Database
from catalog.errors import UsageError

SECONDS = 60.0
"""How long a statement may take, if nothing else is said."""

ROWS = 10_000
"""How many rows an answer may have, if nothing else is said."""


class Answer(Closing):
    """The rows of an answer, to be gone through once.

    The database is let go at the last row; `close`, or the end of a ``with`` block, does
    so before.

    Attributes
    ----------
    columns
        Their names; of two that are alike the second one is numbered.
    cut
        Whether there were more rows than the limit; known after the last row.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Iterator[tuple[Cell, ...]],
        limit: int | None,
        close: Callable[[], None],
    ) -> None:
        self.columns = _told_apart(columns)
        self.cut = False
        self._rows = rows
        self._left = limit
        self._close: Callable[[], None] | None = close

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[Cell, ...]:
        if self._close is None:
            raise StopIteration
        try:
            row = next(self._rows)
        except BaseException:  # the last row, or a failure: the database is not needed any more
            self.close()
            raise
        if self._left is not None:
            if self._left == 0:
                self.cut = True
                self.close()
                raise StopIteration
            self._left -= 1
        return row

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let the database go."""
        close, self._close = self._close, None
        if close is not None:
            close()


def ask(
    database: Database,
    statement: str,
    parameters: Mapping[str, Cell] | None = None,
    *,
    seconds: float | None = SECONDS,
    limit: int | None = ROWS,
) -> Answer:
    """Ask one statement that reads, of a connection that can do nothing else.

    Parameters
    ----------
    parameters
        Values of what stands in the statement as ``:name``.
    seconds
        After which it is given up; None for never.
    limit
        How many rows are wanted; None for all.

    Raises
    ------
    StatementError
        When the database does not accept the statement, or it would do more than read.
    TimeLimitError
        When it takes too long; also while rows are fetched.
    DatabaseError
        When the database cannot be used.
    """
    if limit is not None and limit < 0:
        raise UsageError(f"The limit of rows is {limit}; give a number that is not negative.")
    if seconds is not None and not seconds > 0:
        raise UsageError(f"The limit of time is {seconds} seconds; give a positive number.")
    with ExitStack() as stack:
        columns, rows = stack.enter_context(
            database.dialect.asking(database.url, statement, parameters or {}, seconds)
        )
        return Answer(columns, rows, limit, stack.pop_all().close)


def _told_apart(columns: Sequence[str]) -> tuple[str, ...]:
    """Number names that come twice, so that no value hides another one in JSON."""
    taken: set[str] = set()
    apart = []
    for column in columns:
        name, number = column, 2
        while name in taken:
            name, number = f"{column}_{number}", number + 1
        taken.add(name)
        apart.append(name)
    return tuple(apart)
