"""One search: its pages, its counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from catalog.database import facets
from catalog.database.dialects import Dialect
from catalog.database.prepared import Prepared, by_name
from catalog.errors import UsageError
from catalog.query.search import advice, statements
from catalog.query.search.fields import Field
from catalog.query.search.found import FacetValue, Found
from catalog.query.search.paging import Place, Tokens
from catalog.query.search.request import Request
from catalog.query.search.runs import runs
from catalog.query.search.shape import lifted_run, shape_of


class Search:
    """A search in one database.

    Raises
    ------
    UsageError
        When the token of the request is none of this search.
    """

    def __init__(self, request: Request, dialect: Dialect) -> None:
        if request.limit is not None and request.limit < 1:
            raise UsageError("A page has at least one row.")
        self._request = request
        self._dialect = dialect
        self._subject = request.subject
        self._place = None if request.after is None else self._tokens.place(request.after)
        self._shape, self._values = shape_of(request, dialect)
        self._next: Sequence[Any] | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the values of a row."""
        return self._subject.row._fields

    @property
    def paged(self) -> bool:
        """Whether it ends after a page."""
        return self._request.limit is not None

    @property
    def hints(self) -> dict[str, object]:
        """Types of the values of a row, by name."""
        return self._subject.hints

    @property
    def after(self) -> str | None:
        """Token of the page after this one, once that is read; None after the last."""
        if self._next is None:
            return None
        *keys, id_ = self._next
        return self._tokens.token(Place(tuple(keys), id_))

    @cached_property
    def _tokens(self) -> Tokens:
        asked = self._request
        about = f"{self._subject.name}\n{asked.terms!r}\n{asked.where!r}{asked.about}"
        return Tokens(self._subject, asked.sort, about)

    def rows(self, connection: sa.Connection) -> Iterator[Found]:
        """Yield what is found, in order, while it is read."""
        width, found = len(self._subject.columns), self._subject.found
        for statement, values in self._runs(connection):
            for row in statement.stream(connection, values):
                yield found(row[:width])

    def page(self, connection: sa.Connection) -> list[Found]:
        """Read one page; `after` is then known."""
        limit = self._request.limit
        assert limit is not None
        width, found = len(self._subject.columns), self._subject.found
        rows: list[Sequence[Any]] = []
        for statement, values in self._runs(connection):
            rows += statement.rows(connection, values)
            if len(rows) > limit:
                self._next = rows[limit - 1][width:]
                break
        return [found(row[:width]) for row in rows[:limit]]

    def _runs(self, connection: sa.Connection) -> Iterator[tuple[Prepared, Sequence[Any]]]:
        """Yield the statements whose rows come one after the other, each with its values."""
        shape, dialect = self._shape, self._dialect
        known = advice.for_page(connection, shape, self._values, dialect)
        for run in runs(connection, shape, known, self._place, dialect):
            lifted, values = lifted_run(run, self._values)
            yield statements.page(shape, lifted, known, dialect), values

    @property
    def _everything(self) -> bool:
        asked = self._request
        return not asked.terms and asked.where is None and asked.among is None

    def count(self, connection: sa.Connection) -> int:
        """Count what is found, on all pages."""
        if self._everything:
            kept = facets.kept(connection, self._subject.name, "")
            return kept[0][1] if kept else 0
        return int(self._total(connection).rows(connection, self._values)[0][0])

    def _total(self, connection: sa.Connection) -> Prepared:
        shape, dialect = self._shape, self._dialect
        known = advice.for_total(connection, shape, self._values, dialect)
        return statements.total(shape, known, dialect)

    def facet(self, connection: sa.Connection, name: str) -> Iterator[FacetValue]:
        """Count what is found by the values of a field, the most frequent first."""
        field = self._subject.field(name)
        if self._everything and name in self._subject.kept:
            yield from self._kept_facet(connection, field)
            return
        statement = self._by_value(connection, field)
        # Of other fields there may be as many values as things.
        few = name in self._subject.kept
        rows = (statement.rows if few else statement.stream)(connection, self._values)
        for value, count in rows:
            yield FacetValue(name, _shown(value), count)

    def _by_value(self, connection: sa.Connection, field: Field) -> Prepared:
        shape, dialect = self._shape, self._dialect
        known = advice.for_total(connection, shape, self._values, dialect)
        return statements.by_value(shape, field, known, dialect)

    def _kept_facet(self, connection: sa.Connection, field: Field) -> Iterator[FacetValue]:
        values: list[FacetValue] = []
        for text, count in facets.kept(connection, self._subject.name, field.name):
            value: str | int | bool = text
            if field.type == "integer":
                value = int(text)
            elif field.type == "boolean":
                value = text == "true"
            values.append(FacetValue(field.name, value, count))
        if field.many is None:
            total = facets.kept(connection, self._subject.name, "")
            without = sum(n for _, n in total) - sum(value.count for value in values)
            if without > 0:
                values.append(FacetValue(field.name, None, without))
        # An empty text, such as the axes of an image that names none, is a value too.
        yield from sorted(
            values, key=lambda v: (-v.count, v.value is None, 0 if v.value is None else v.value)
        )

    def written(self, connection: sa.Connection, *, facet: str | None, count: bool) -> str:
        """Write the statement of the rows, the count or a facet, with the values in it."""
        asked: list[tuple[Prepared, Sequence[Any]]]
        if count:
            asked = [(self._total(connection), self._values)]
        elif facet is not None:
            asked = [(self._by_value(connection, self._subject.field(facet)), self._values)]
        else:
            asked = list(self._asked(connection))
        texts = [
            self._dialect.written(prepared.statement.params(by_name(values)))
            for prepared, values in asked
        ]
        return "\n\n".join(f"{text};" for text in texts)

    def _asked(self, connection: sa.Connection) -> Iterator[tuple[Prepared, Sequence[Any]]]:
        """Yield the statements of a page, or of everything, and stop where the page is full."""
        left = self._request.limit
        for statement, values in self._runs(connection):
            yield statement, values
            if left is not None:
                left -= len(statement.rows(connection, values))
                if left < 0:
                    return


def _shown(value: Any) -> str | int | float | bool | None:
    return value.isoformat() if isinstance(value, datetime) else value
