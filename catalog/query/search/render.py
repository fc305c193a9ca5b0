"""A filter, with slots for its values, as a condition of SQL."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.util import find_tables

from catalog.database.dialects import Dialect
from catalog.database.prepared import parameter
from catalog.database.types import UtcTime
from catalog.query.search.fields import Field, Many, Subject
from catalog.query.search.tree import (
    Among,
    And,
    Compare,
    CompareFields,
    Filter,
    Follows,
    Missing,
    Not,
    Or,
    Slot,
    Value,
)

Condition = sa.ColumnElement[bool]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    **{"=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le},
    **{">": operator.gt, ">=": operator.ge},
}
_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    # The widest of its kind: a number that no column of the field holds is still a number.
    **{"text": sa.Text(), "integer": sa.BigInteger(), "number": sa.Double()},
    **{"boolean": sa.Boolean(), "time": UtcTime()},
}


class Rendering:
    """Renders filters over the fields of a subject.

    Parameters
    ----------
    walking
        Keep the database from using an index for the filter, and let it walk through
        all in the order asked for: right where much fits.
    seldom
        Tell the database that little fits.
    """

    def __init__(
        self, subject: Subject, dialect: Dialect, *, walking: bool = False, seldom: bool = False
    ) -> None:
        self._subject = subject
        self._dialect = dialect
        self._walking = walking
        self._seldom = seldom

    def condition(self, tree: Filter) -> Condition:
        """Render a filter."""
        match tree:
            case And(parts):
                return sa.and_(sa.true(), *[self.condition(part) for part in parts])
            case Or(parts):
                return sa.or_(sa.false(), *[self.condition(part) for part in parts])
            case Not(part):
                return sa.not_(self.condition(part))
            case CompareFields(name, sign, other):
                return _OPERATORS[sign](self._column(name), self._column(other))  # type: ignore[no-any-return]
            case Missing(name):
                field = self._subject.field(name)
                if field.many is not None:
                    return sa.not_(self._some(field.many, sa.true()))
                return self._column(name).is_(None)
            case Compare(name, "<>", value):
                field = self._subject.field(name)
                if field.many is not None:
                    return sa.not_(self.condition(Compare(name, "=", value)))
        field = self._subject.field(tree.field)
        if field.many is not None:
            return self._some(field.many, self._simple(tree, field, field.many.value))
        return self._simple(tree, field, self._column(field.name))

    def _simple(self, tree: Filter, field: Field, column: sa.ColumnElement[Any]) -> Condition:
        """Render what is said of the one value of a column."""
        match tree:
            case Compare(_, sign, value):
                if field.type == "boolean":
                    wanted = (sign == "=") is bool(value)
                    return self._hinted(column if wanted else sa.not_(column))
                return self._hinted(_OPERATORS[sign](column, literal(field, value)))
            case Among(_, values):
                if field.type == "boolean":
                    options = [column if value else sa.not_(column) for value in values]
                    return sa.or_(sa.false(), *options)
                return column.in_([literal(field, value) for value in values])
            case Follows():
                return self._follows(tree, column)
        raise TypeError(f"{tree} says nothing of one value")

    def _follows(self, tree: Follows, column: sa.ColumnElement[str]) -> Condition:
        conditions = []
        if tree.first is not None:
            conditions.append(self._hinted(column >= text(tree.first)))
        if tree.end is not None:
            conditions.append(self._hinted(column < text(tree.end)))
        if tree.pattern is not None:
            conditions.append(self._dialect.like(column, text(tree.pattern)))
        return sa.and_(*conditions)

    def _hinted(self, condition: Condition) -> Condition:
        return self._dialect.seldom(condition) if self._seldom else condition

    def _column(self, name: str) -> sa.ColumnElement[Any]:
        field = self._subject.field(name)
        if field.column is None:
            raise TypeError(f"{name} has its values in another table")
        if self._walking and field.type != "boolean":
            return self._dialect.unindexed(field.column)
        return field.column

    def some(self, tree: Filter) -> sa.Select[Any]:
        """Select a row for each thing that fits, or for each of its values that does."""
        one: sa.Select[Any] = sa.select(sa.literal_column("1"))
        if isinstance(tree, Compare | Among | Follows):
            field = self._subject.field(tree.field)
            if field.many is not None:
                # As many as these, at most, and the index of values tells them one by one.
                found = self._simple(tree, field, field.many.value)
                return one.select_from(field.many.source).where(found)
        columns = [self._subject.field(name).column for name in fields_of(tree)]
        given = [column for column in columns if column is not None]
        tables = {table for column in given for table in find_tables(column, check_columns=True)}
        # Where one table says it all, no other need be joined to see how much fits.
        alone = len(tables) == 1 and len(given) == len(columns)
        source = tables.pop() if alone else self._subject.source
        return one.select_from(source).where(self.condition(tree))

    def _some(self, many: Many, condition: Condition) -> Condition:
        """Say that some value fits; where a thing has none, that is known not to be so."""
        values = sa.select(many.link).select_from(many.source)
        fits = sa.and_(many.value.is_not(None), condition)
        if self._walking and not many.few:
            return values.where(many.link == many.key, fits).correlate_except(many.source).exists()
        found = many.key.in_(values.where(fits))
        return sa.and_(many.key.is_not(None), found)


def literal(field: Field, value: Value) -> sa.ColumnElement[Any]:
    """Make a parameter of what stands for a value."""
    assert isinstance(value, Slot)  # as `shape_of` saw to
    return parameter(value.number, _TYPES[field.type])


def text(slot: Slot) -> sa.ColumnElement[str]:
    """Make a parameter of what stands for a text."""
    return parameter(slot.number, _TYPES["text"])


def conjuncts(tree: Filter | None) -> tuple[Filter, ...]:
    """Take a filter apart into what all has to hold."""
    if tree is None:
        return ()
    if isinstance(tree, And):
        empty: tuple[Filter, ...] = ()
        return reduce(operator.add, map(conjuncts, tree.parts), empty)
    return (tree,)


def by_index(tree: Filter, subject: Subject) -> bool:
    """Tell whether an index may find what fits."""
    match tree:
        case And(parts):
            return any(by_index(part, subject) for part in parts)
        case Or(parts):
            return all(by_index(part, subject) for part in parts)
        case Not() | CompareFields() | Compare(_, "<>", _):
            return False
        case Follows(_, None):
            return False
    return subject.field(tree.field).indexed


def fields_of(tree: Filter) -> frozenset[str]:
    """Name the fields that a filter asks for."""
    match tree:
        case And(parts) | Or(parts):
            return frozenset().union(*map(fields_of, parts))
        case Not(part):
            return fields_of(part)
        case CompareFields(name, _, other):
            return frozenset((name, other))
    return frozenset((tree.field,))
