"""What is looked up before a search, so that the planner does not go astray."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isqrt
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects import Dialect
from catalog.query.search import statements
from catalog.query.search.fields import Subject
from catalog.query.search.paging import before_id
from catalog.query.search.render import by_index, conjuncts
from catalog.query.search.shape import Shape
from catalog.query.search.statements import NO_ADVICE, Advice
from catalog.query.search.tree import And, Compare, Filter


def for_page(
    connection: sa.Connection, shape: Shape, values: Sequence[Any], dialect: Dialect
) -> Advice:
    """Look what the planner has to know to give one page at once."""
    limit = shape.limit
    if limit is None or shape.among is not None:
        return NO_ADVICE
    if shape.by_words:
        if shape.wanted is None:
            return NO_ADVICE
        found = statements.matches(shape, dialect)
        table = shape.subject.table
        return Advice(few=dialect.few_expected(connection, table, found, values))
    return _probed(connection, shape, values, dialect, lambda last: too_many(limit, last))


def too_many(limit: int, last: int) -> int:
    """Say how many rows take as long to sort as a walk takes that meets a page of them.

    The walk has to pass the more rows the fewer fit; a step of it takes half the time.
    """
    return isqrt(limit * last) // 2 + limit


def for_total(
    connection: sa.Connection, shape: Shape, values: Sequence[Any], dialect: Dialect
) -> Advice:
    """Look what the planner has to know to count."""
    if shape.by_words or shape.among is not None:
        return NO_ADVICE
    probed = _probed(connection, shape, values, dialect, lambda last: last // 50 + 100)
    return Advice(seldom=probed.seldom)


def _probed(
    connection: sa.Connection,
    shape: Shape,
    values: Sequence[Any],
    dialect: Dialect,
    enough: Callable[[int], int],
) -> Advice:
    """Tell the parts of the filter that much fits from those that little fits.

    A database that cannot tell would collect all that fits by an index, and sort it, or
    look at everything for the little that fits.
    """
    if dialect.ESTIMATES:
        return NO_ADVICE
    subject = shape.subject
    by_id = not before_id(subject, shape.sort)
    parts = _together(
        part
        for part in conjuncts(shape.where)
        if by_index(part, subject) and not (by_id and _in_order(part, subject))
    )
    if not parts:
        return NO_ADVICE
    most = enough(statements.last_key(subject).rows(connection)[0][0] or 0)
    often: list[Filter] = []
    seldom: list[Filter] = []
    for part in parts:
        some = statements.fitting(subject, part, dialect)
        many = dialect.as_many(connection, some, values, most)
        (often if many else seldom).extend(conjuncts(part))
    return Advice(tuple(often), tuple(seldom))


def _together(parts: Iterable[Filter]) -> list[Filter]:
    """Join what is said of one field, such as both ends of a range: an index serves it as one."""
    by_field: dict[object, list[Filter]] = {}
    for part in parts:
        by_field.setdefault(part.field if isinstance(part, Compare) else part, []).append(part)
    return [some[0] if len(some) == 1 else And(tuple(some)) for some in by_field.values()]


def _in_order(part: Filter, subject: Subject) -> bool:
    """Tell whether what fits comes out of an index in the order of ids."""
    if not isinstance(part, Compare) or part.operator != "=":
        return False
    field = subject.field(part.field)
    return field.many is None and field.type != "boolean"
