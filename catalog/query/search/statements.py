"""The statements of a search, made once for each shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects import Dialect
from catalog.database.dialects.searching import Matching
from catalog.database.prepared import Prepared, name_of
from catalog.query.search.fields import Field, Subject
from catalog.query.search.paging import Order, Run, SortKey
from catalog.query.search.render import Condition, Rendering, conjuncts, literal, text
from catalog.query.search.shape import Shape
from catalog.query.search.tree import Filter, Slot

_MOST_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Advice:
    """What is known of a search before it is run, for the planner's sake.

    Attributes
    ----------
    often, seldom
        Parts of the filter that much fits, and that little fits.
    few
        Whether few rows have the words; None where nothing is known.
    """

    often: tuple[Filter, ...] = ()
    seldom: tuple[Filter, ...] = ()
    few: bool | None = None


NO_ADVICE = Advice()


@lru_cache(_MOST_KEPT)
def page(shape: Shape, run: Run, advice: Advice, dialect: Dialect) -> Prepared:
    """Select the rows of a run, each with what a token is made of."""
    making = _Making(shape, dialect)
    subject = shape.subject
    matching = making.matching
    order = Order(subject, shape.sort, subject.key if matching is None else matching.key)
    columns = [*subject.columns, *order.columns]
    names = subject.names
    names += [f"sort_{number}" for number in range(1, len(columns) - len(names))]
    names.append("sort_id")
    labelled = [column.label(name) for column, name in zip(columns, names, strict=True)]
    source = making.source
    for table, on in subject.details:
        source = source.outerjoin(table, on)
    found: sa.Select[Any] = sa.select(*labelled).select_from(source)
    found = order.applied(found.where(*making.walked(advice)), run, dialect)
    if shape.limit is not None:
        # One more than asked for tells whether there is a next page. It stands there as it is:
        # of a parameter the planner would not know that it is small.
        found = found.limit(sa.literal_column(str(shape.limit + 1)))
    return Prepared(found)


@lru_cache(_MOST_KEPT)
def total(shape: Shape, advice: Advice, dialect: Dialect) -> Prepared:
    """Count what is found."""
    making = _Making(shape, dialect)
    counted = sa.select(sa.func.count().label("count")).select_from(making.source)
    return Prepared(counted.where(*making.conditions(advice)))


@lru_cache(_MOST_KEPT)
def by_value(shape: Shape, field: Field, advice: Advice, dialect: Dialect) -> Prepared:
    """Count what is found by the values of a field."""
    making = _Making(shape, dialect)
    source = making.source
    if field.many is None:
        assert field.column is not None
        value, count = field.column, sa.func.count()
    else:
        many = field.many
        source = source.join(many.source, many.link == many.key)
        value, count = many.value, sa.func.count(shape.subject.key.distinct())
    counted, by = count.label("count"), value.label("value")
    found = sa.select(by, counted).select_from(source).where(*making.conditions(advice))
    if field.many is not None:
        found = found.where(value.is_not(None))
    return Prepared(found.group_by(by).order_by(counted.desc(), by.asc().nulls_last()))


@lru_cache(_MOST_KEPT)
def matches(shape: Shape, dialect: Dialect) -> sa.Select[Any]:
    """Select the keys of all that have the words."""
    matching = _Making(shape, dialect).matching
    assert matching is not None
    return sa.select(shape.subject.key).where(matching.condition)


@lru_cache(_MOST_KEPT)
def fitting(subject: Subject, part: Filter, dialect: Dialect) -> sa.Select[Any]:
    """Select something of all that fits a part of a filter."""
    return Rendering(subject, dialect, seldom=True).some(part)


@lru_cache(_MOST_KEPT)
def equal(field: Field, *, missing: bool) -> sa.Select[Any]:
    """Select something of all that has the first value in a field, or none."""
    assert field.column is not None
    wanted = field.column.is_(None) if missing else field.column == literal(field, Slot(0))
    return sa.select(sa.literal_column("1")).where(wanted)


@lru_cache(_MOST_KEPT)
def next_value(key: SortKey, *, first: bool) -> Prepared:
    """Select the value of a key that comes after the first value; or the first there is."""
    column = key.field.column
    assert column is not None
    found = sa.select(column).where(column.is_not(None))
    if not first:
        last = literal(key.field, Slot(0))
        found = found.where(column < last if key.descending else column > last)
    found = found.order_by(column.desc() if key.descending else column.asc())
    return Prepared(found.limit(sa.literal_column("1")))


@cache
def last_key(subject: Subject) -> Prepared:
    """Select the largest id."""
    return Prepared(sa.select(sa.func.max(subject.key)))


class _Making:
    """What all statements of a shape have in common."""

    def __init__(self, shape: Shape, dialect: Dialect) -> None:
        self._shape = shape
        self._subject = shape.subject
        self._dialect = dialect
        self.matching: Matching | None = None
        if shape.by_words:
            queries = [None if q is None else text(q) for q in (shape.wanted, shape.unwanted)]
            self.matching = dialect.matching(self._subject.table, self._subject.key, *queries)

    @property
    def source(self) -> sa.FromClause:
        """Where rows come from."""
        listed = None if self.matching is None else self.matching.listed
        if listed is None:
            return self._subject.source
        return self._subject.source.join(listed, listed.c.rowid == self._subject.key)

    def walked(self, advice: Advice) -> list[Condition]:
        """Say what is found, for rows that are read until a page is full."""
        return self.conditions(advice, walked=self._shape.limit is not None)

    def conditions(self, advice: Advice, *, walked: bool = False) -> list[Condition]:
        """Say what is found."""
        shape, key = self._shape, self._subject.key
        present = self._subject.present
        said = [self._dialect.tied(present, key) if walked else present]
        # The index, which holds no places, has only the words.
        rows = shape.phrases
        if self.matching is not None:
            if advice.few is False:
                rows += shape.words
            else:
                words = self.matching.condition
                said.append(self._dialect.picked(key, words) if advice.few else words)
        blank: sa.ColumnElement[str] = sa.literal_column("' '", sa.Text)
        for row in rows:
            within = blank + self._subject.table.c.search_text + blank
            found = self._dialect.holds(within, text(row.text))
            said.append(sa.not_(found) if row.unwanted else found)
        if shape.among is not None:
            ids = self._dialect.numbers_named(name_of(shape.among.number))
            said.append(key.in_(sa.select(ids.c.value)))
        for part in conjuncts(shape.where):
            rendering = Rendering(
                *(self._subject, self._dialect),
                walking=part in advice.often,
                seldom=part in advice.seldom,
            )
            condition = rendering.condition(part)
            by_row = walked and part in advice.often
            said.append(self._dialect.tied(condition, key) if by_row else condition)
        return said
