"""One search: its statements, its pages, its counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import isqrt
from typing import Any, get_type_hints

import sqlalchemy as sa

from catalog.database import facets
from catalog.database.dialects import Dialect
from catalog.database.dialects.searching import Matching, Word
from catalog.errors import UsageError
from catalog.query.search.fields import Field, Subject
from catalog.query.search.found import FacetValue, Found
from catalog.query.search.paging import Order, Phase, Place, SortKey
from catalog.query.search.render import Condition, Rendering, by_index, conjuncts
from catalog.query.search.text import Term
from catalog.query.search.tree import Compare, Filter

FETCH = 1_000

# Making a statement takes longer than running it: its first part is made once.
_SELECTED: dict[tuple[object, ...], sa.Select[Any]] = {}
_MOST_SELECTED = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What is searched for.

    Attributes
    ----------
    limit
        Rows of a page; None for all.
    after
        Token that the page before ended with.
    """

    subject: Subject
    terms: tuple[Term, ...] = ()
    where: Filter | None = None
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What is known of a search before it is run, for the planner's sake.

    Attributes
    ----------
    often, seldom
        Parts of the filter that much fits, and that little fits.
    match
        How it is best said that the words match; None as always.
    """

    often: tuple[Filter, ...] = ()
    seldom: tuple[Filter, ...] = ()
    match: Condition | None = None


NO_ADVICE = Advice()


def _shown(value: Any) -> str | int | float | bool | None:
    return value.isoformat() if isinstance(value, datetime) else value


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
        identity = self._matching.key if self._matching is not None else self._subject.key
        about = f"{self._subject.name}\n{request.terms!r}\n{request.where!r}"
        self._order = Order(self._subject, request.sort, identity, about)
        self._place = None if request.after is None else self._order.place(request.after)
        self.after: str | None = None
        """Token of the page after this one, once the rows are read; None after the last."""

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
        return get_type_hints(self._subject.row)

    @cached_property
    def _matching(self) -> Matching | None:
        """How the words are found; None when there are none."""
        wanted: dict[Word, None] = {}
        unwanted: dict[Word, None] = {}
        for term in self._request.terms:
            if not term.unwanted:
                last = len(term.words) - 1
                for number, word in enumerate(term.words):
                    wanted[Word(word, term.prefix and number == last)] = None
            elif len(term.words) == 1:
                unwanted[Word(term.words[0], term.prefix)] = None
        if not wanted and not unwanted:
            return None
        key = self._subject.key
        return self._dialect.matching(self._subject.table, key, list(wanted), list(unwanted))

    def _phrases(self) -> list[Condition]:
        """Say that words stand in a row; the index, which holds no places, has only the words."""
        blank: sa.ColumnElement[str] = sa.literal_column("' '", sa.Text)
        text = blank + self._subject.table.c.search_text + blank
        conditions: list[Condition] = []
        for term in self._request.terms:
            if len(term.words) > 1:
                end = "%" if term.prefix else " %"
                found = text.like(sa.literal(f"% {' '.join(term.words)}{end}", sa.Text))
                conditions.append(sa.not_(found) if term.unwanted else found)
        return conditions

    def _source(self, source: sa.FromClause) -> sa.FromClause:
        listed = None if self._matching is None else self._matching.listed
        if listed is None:
            return source
        return source.join(listed, listed.c.rowid == self._subject.key)

    def _conditions(self, advice: Advice) -> list[Condition]:
        conditions = [self._subject.present]
        if advice.match is not None:
            conditions.append(advice.match)
        elif self._matching is not None:
            conditions.append(self._matching.condition)
        conditions += self._phrases()
        for part in conjuncts(self._request.where):
            walking, seldom = part in advice.often, part in advice.seldom
            rendering = Rendering(self._subject, self._dialect, walking=walking, seldom=seldom)
            conditions.append(rendering.condition(part))
        return conditions

    @property
    def _selected(self) -> sa.Select[Any]:
        """Select what a row and a token are made of, from where it stands."""
        by_words = self._matching is not None and self._matching.listed is not None
        key = (self._subject.name, by_words, self._request.sort)
        known = _SELECTED.get(key)
        if known is not None:
            return known
        columns = [*self._subject.columns, *self._order.columns]
        names = self._subject.names
        names += [f"sort_{number}" for number in range(1, len(columns) - len(names))]
        names.append("sort_id")
        labelled = [column.label(name) for column, name in zip(columns, names, strict=True)]
        source = self._source(self._subject.source)
        for table, on in self._subject.details:
            source = source.outerjoin(table, on)
        if len(_SELECTED) > _MOST_SELECTED:
            _SELECTED.clear()
        made: sa.Select[Any] = sa.select(*labelled).select_from(source)
        return _SELECTED.setdefault(key, made)

    def _statement(self, phase: Phase, advice: Advice) -> sa.Select[Any]:
        statement = self._selected.where(*self._conditions(advice))
        return self._order.applied(statement, phase, self._place)

    def _page_advice(self, connection: sa.Connection) -> Advice:
        """Look what the planner has to know to give one page at once."""
        limit = self._request.limit
        if limit is None:
            return NO_ADVICE
        if self._matching is not None:
            if all(term.unwanted for term in self._request.terms):
                return NO_ADVICE
            condition = self._matching.condition
            return Advice(match=self._dialect.picked(connection, self._subject.key, condition))
        # Where this many fit, walking to the first page and sorting them cost about the same.
        return self._probed(connection, lambda last: isqrt(limit * last) + limit)

    def _total_advice(self, connection: sa.Connection) -> Advice:
        """Look what the planner has to know to count."""
        if self._matching is not None:
            return NO_ADVICE
        return Advice(seldom=self._probed(connection, lambda last: last // 50 + 100).seldom)

    def _probed(self, connection: sa.Connection, enough: Callable[[int], int]) -> Advice:
        """Tell the parts of the filter that much fits from those that little fits.

        A database that cannot tell would collect all that fits by an index, and sort it, or
        look at everything for the little that fits.
        """
        if self._dialect.ESTIMATES:
            return NO_ADVICE
        parts = [
            part
            for part in conjuncts(self._request.where)
            if by_index(part, self._subject) and not self._equality(part)
        ]
        if not parts:
            return NO_ADVICE
        most = enough(connection.scalar(sa.select(sa.func.max(self._subject.key))) or 0)
        rendering = Rendering(self._subject, self._dialect, seldom=True)
        often: list[Filter] = []
        seldom: list[Filter] = []
        for part in parts:
            some = rendering.some(part).limit(most)
            found = connection.scalar(sa.select(sa.func.count()).select_from(some.subquery()))
            (often if found == most else seldom).append(part)
        return Advice(tuple(often), tuple(seldom))

    def _equality(self, part: Filter) -> bool:
        """Tell whether what fits comes out of an index in the order of ids."""
        if not isinstance(part, Compare) or part.operator != "=":
            return False
        field = self._subject.field(part.field)
        return field.many is None and field.type != "boolean"

    def rows(self, connection: sa.Connection) -> Iterator[Found]:
        """Yield what is found, in order; `after` is known when the last one was yielded."""
        limit = self._request.limit
        advice = self._page_advice(connection)
        width = len(self._subject.columns)
        found = self._subject.found
        left = limit
        last: Sequence[Any] | None = None
        for phase in self._order.phases(self._place):
            statement = self._statement(phase, advice)
            if left is None:
                with connection.execute(statement.execution_options(yield_per=FETCH)) as rows:
                    for row in rows:
                        yield found(row[:width])
                continue
            # One more than asked for tells whether there is a next page.
            for row in connection.execute(statement.limit(left + 1)).fetchall():
                if left == 0:
                    assert last is not None
                    self.after = self._token(last[width:])
                    return
                yield found(row[:width])
                left -= 1
                last = row

    def _token(self, values: Sequence[Any]) -> str:
        *keys, id_ = values
        return self._order.token(Place(tuple(keys), id_))

    def count(self, connection: sa.Connection) -> int:
        """Count what is found, on all pages."""
        if not self._request.terms and self._request.where is None:
            kept = facets.kept(connection, self._subject.name, "")
            return kept[0][1] if kept else 0
        return int(connection.execute(self._counting(self._total_advice(connection))).scalar_one())

    def _counting(self, advice: Advice) -> sa.Select[Any]:
        source = self._source(self._subject.source)
        counted = sa.select(sa.func.count().label("count")).select_from(source)
        return counted.where(*self._conditions(advice))

    def facet(self, connection: sa.Connection, name: str) -> Iterator[FacetValue]:
        """Count what is found by the values of a field, the most frequent first."""
        field = self._subject.field(name)
        everything = not self._request.terms and self._request.where is None
        if everything and name in self._subject.kept:
            yield from self._kept_facet(connection, field)
            return
        rows = connection.execute(
            self._faceting(field, self._total_advice(connection)).execution_options(yield_per=FETCH)
        )
        with rows:
            for value, count in rows:
                yield FacetValue(name, _shown(value), count)

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
        yield from sorted(values, key=lambda v: (-v.count, v.value is None, v.value or 0))

    def _faceting(self, field: Field, advice: Advice) -> sa.Select[Any]:
        source = self._source(self._subject.source)
        if field.many is None:
            assert field.column is not None
            value, count = field.column, sa.func.count()
        else:
            many = field.many
            source = source.join(many.source, many.link == many.key)
            value, count = many.value, sa.func.count(self._subject.key.distinct())
        counted, by = count.label("count"), value.label("value")
        statement = sa.select(by, counted).select_from(source).where(*self._conditions(advice))
        if field.many is not None:
            statement = statement.where(value.is_not(None))
        return statement.group_by(by).order_by(counted.desc(), by.asc().nulls_last())

    def written(self, connection: sa.Connection, *, facet: str | None, count: bool) -> str:
        """Write the statement of the rows, the count or a facet, with the values in it."""
        if count:
            counting = self._counting(self._total_advice(connection))
            return f"{self._dialect.written(counting)};"
        if facet is not None:
            field = self._subject.field(facet)
            return (
                f"{self._dialect.written(self._faceting(field, self._total_advice(connection)))};"
            )
        advice = self._page_advice(connection)
        statements = []
        for phase in self._order.phases(self._place):
            statement = self._statement(phase, advice)
            if self._request.limit is not None:
                statement = statement.limit(self._request.limit + 1)
            statements.append(f"{self._dialect.written(statement)};")
        return "\n\n".join(statements)
