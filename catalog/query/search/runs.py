"""The runs that rows are read in: parts of the order that an index serves each.

Rows with a value in a key come before those without, and no index knows that. And where very
many rows are equal in the first key, no index has them in the order of the second: to sort
them all would take longer than a page may. They are a run of their own, in which the second
key comes first. So they are where there is no other key: an index of SQLite finds the id only
below one value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects import Dialect
from catalog.query.search import statements
from catalog.query.search.advice import too_many
from catalog.query.search.paging import Place, Run, SortKey, before_id
from catalog.query.search.shape import Shape
from catalog.query.search.statements import Advice
from catalog.query.search.tree import Value


def runs(
    connection: sa.Connection, shape: Shape, advice: Advice, place: Place | None, dialect: Dialect
) -> Iterator[Run]:
    """Yield the runs after a place, in order, looking ahead as far as they are taken."""
    keys = before_id(shape.subject, shape.sort)
    # What is little is sorted as a whole.
    whole = shape.limit is None or advice.seldom or shape.by_words or shape.among is not None
    reading = _Whole(keys) if whole else _InRuns(keys, connection, shape, dialect)
    return reading.runs(Run(place=place))


class _Whole:
    """Splits off what has no value in the first keys, and nothing else."""

    def __init__(self, keys: tuple[SortKey, ...]) -> None:
        self._keys = keys

    def runs(self, run: Run) -> Iterator[Run]:
        """Yield the parts of a run."""
        keys = self._keys[len(run.fixed) :]
        if not keys:
            yield run
            return
        key, *others = keys
        missing = run.place is not None and run.place.values[0] is None
        if not missing:
            yield from self.valued(run, key, others)
        if key.field.nullable:
            many = bool(others) and self.many(key, None)
            yield from self.runs(_within(run, None, run.place if missing else None, many=many))

    def valued(self, run: Run, key: SortKey, others: Sequence[SortKey]) -> Iterator[Run]:
        """Yield the parts of what has a value in the next key."""
        yield run

    def many(self, key: SortKey, value: Value | None) -> bool:
        """Tell whether too many rows to be sorted have a value in a key, or none."""
        return False


class _InRuns(_Whole):
    """Splits off what very many rows are equal in, too."""

    def __init__(
        self,
        keys: tuple[SortKey, ...],
        connection: sa.Connection,
        shape: Shape,
        dialect: Dialect,
    ) -> None:
        super().__init__(keys)
        self._connection = connection
        self._subject = shape.subject
        self._limit = shape.limit or 0
        self._dialect = dialect
        self._most: int | None = None

    def valued(self, run: Run, key: SortKey, others: Sequence[SortKey]) -> Iterator[Run]:
        """Yield a run for each value that very many rows have, until one comes that few have."""
        if not all(each.field.indexed for each in (key, *others[:1])):
            yield run
            return
        place = run.place
        value = self._next(key, None) if place is None else place.values[0]
        while value is not None and self.many(key, value):
            yield from self.runs(_within(run, value, place, many=True))
            place = Place((value,), None)
            value = self._next(key, value)
        if value is not None:
            yield replace(run, place=place)

    def _next(self, key: SortKey, value: Value | None) -> Value | None:
        """Look up the first value in the order of a key; with a value, the first after it."""
        given: Sequence[Any] = () if value is None else (value,)
        found = statements.next_value(key, first=value is None).rows(self._connection, given)
        return found[0][0] if found else None

    def many(self, key: SortKey, value: Value | None) -> bool:
        """Tell whether too many rows to be sorted have a value in a key, or none."""
        if self._most is None:
            last = statements.last_key(self._subject).rows(self._connection)[0][0]
            self._most = too_many(self._limit, last or 0)
        equal = statements.equal(key.field, missing=value is None)
        given = () if value is None else (value,)
        return self._dialect.as_many(self._connection, equal, given, self._most)


def _within(run: Run, value: Value | None, place: Place | None, *, many: bool) -> Run:
    """Give the part of a run that is equal in the next key, too."""
    inside = None
    if place is not None and place.id is not None:
        inside = Place(place.values[1:], place.id)
    return Run((*run.fixed, value), (*run.many, many), inside)
