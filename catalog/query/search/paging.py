"""The order of what is found, and tokens that say how far somebody has read.

Values come in order, what has no value after them whichever the order, and equal ones by id.
A token holds the values of the last row, so that a page costs the same wherever it is, and
rows that are added or removed shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from catalog.database.dialects import Dialect
from catalog.database.prepared import parameter
from catalog.errors import UsageError
from catalog.query.search.fields import Field, Subject
from catalog.query.search.render import literal
from catalog.query.search.tree import Slot, Value

MOST_KEYS = 3


@dataclass(frozen=True, slots=True)
class SortKey:
    """A field to sort by."""

    field: Field
    descending: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the values of its last row in the keys, and its id.

    Without an id it is the end of all that has the first value.
    """

    values: tuple[Value | None, ...]
    id: int | Slot | None


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of one statement: those that are equal in the first keys, after a place.

    Attributes
    ----------
    fixed
        Values of the first keys, None for those that have none. Of the next key the rows have
        a value.
    place
        Where to go on, in the keys after these.
    many
        For each value, whether too many rows have it to be sorted: they are met on a walk in
        the order of the next key.
    """

    fixed: tuple[Value | None, ...] = ()
    many: tuple[bool, ...] = ()
    place: Place | None = None


def sort_keys(subject: Subject, names: Sequence[str]) -> tuple[SortKey, ...]:
    """Read what to sort by: names of fields, with ``-`` before one to turn its order around.

    Raises
    ------
    UsageError
        When a field is unknown, or has many values.
    """
    keys: list[SortKey] = []
    for name in names:
        field = subject.field(name.removeprefix("-"))
        if field.column is None or field.type == "boolean":
            what = "is true or false" if field.column is not None else "has values elsewhere"
            raise UsageError(f"{field.name} {what} and gives no order; sort by another field.")
        if any(key.field is field for key in keys):
            raise UsageError(f"{field.name} is named twice to sort by.")
        keys.append(SortKey(field, name.startswith("-")))
        if field.column is subject.key:
            break  # nothing is equal after it
    if len(keys) > MOST_KEYS:
        raise UsageError(f"Sort by at most {MOST_KEYS} fields.")
    return tuple(keys)


class Order:
    """An order of rows: its keys, and the id in the direction of the last of them.

    Parameters
    ----------
    identity
        Column of the id; that of a search index where rows come from there.
    """

    def __init__(
        self, subject: Subject, keys: tuple[SortKey, ...], identity: sa.ColumnElement[Any]
    ) -> None:
        self._keys = before_id(subject, keys)
        self._descending = bool(keys) and keys[-1].descending
        self._identity = identity

    @property
    def columns(self) -> list[sa.ColumnElement[Any]]:
        """Columns that a token is made of, to be selected beside a row: keys, and the id."""
        return [*[_column(key) for key in self._keys], self._identity]

    def applied(self, statement: sa.Select[Any], run: Run, dialect: Dialect) -> sa.Select[Any]:
        """Put a statement into the order, for the rows of a run."""
        keys = self._keys[len(run.fixed) :]
        for number, (key, value) in enumerate(zip(self._keys, run.fixed, strict=False)):
            # Of what is equal in the last key, its own index has the rows in the order of ids.
            walked = run.many[number] and (keys or number + 1 < len(run.fixed))
            column = dialect.unindexed(_column(key)) if walked else _column(key)
            equal = column.is_(None) if value is None else column == literal(key.field, value)
            statement = statement.where(equal)
        if keys and keys[0].field.nullable:
            statement = statement.where(_column(keys[0]).is_not(None))
        order = []
        for number, key in enumerate(keys):
            column = _column(key)
            directed = column.desc() if key.descending else column.asc()
            order.append(directed.nulls_last() if key.field.nullable and number else directed)
        order.append(self._identity.desc() if self._descending else self._identity.asc())
        if run.place is not None:
            statement = statement.where(self._beyond(keys, run.place))
        return statement.order_by(*order)

    def _beyond(self, keys: tuple[SortKey, ...], after: Place) -> sa.ColumnElement[bool]:
        """Say that a row comes after a place, by the keys that are left and the id."""
        values = after.values
        if after.id is None:
            assert values[0] is not None
            first, end = _column(keys[0]), literal(keys[0].field, values[0])
            return first < end if keys[0].descending else first > end
        assert isinstance(after.id, Slot)  # as `Lifting` saw to
        last = parameter(after.id.number, sa.BigInteger())
        alike = all(key.descending is self._descending for key in keys)
        open_ended = any(key.field.nullable for key in keys[1:])
        if alike and not open_ended:
            # One comparison of rows, which an index serves as a whole.
            columns = [*[_column(key) for key in keys], self._identity]
            given = [
                literal(k.field, v) for k, v in zip(keys, values, strict=True) if v is not None
            ]
            left: sa.ColumnElement[Any] = sa.tuple_(*columns) if keys else self._identity
            right: sa.ColumnElement[Any] = sa.tuple_(*given, last) if keys else last
            return left < right if self._descending else left > right
        options: list[sa.ColumnElement[bool]] = []
        equal: list[sa.ColumnElement[bool]] = []
        bound: sa.ColumnElement[bool] = sa.true()
        for number, (key, value) in enumerate(zip(keys, values, strict=True)):
            column = _column(key)
            if value is None:  # the last there is
                equal.append(column.is_(None))
                continue
            wanted = literal(key.field, value)
            beyond = column < wanted if key.descending else column > wanted
            if key.field.nullable and number > 0:
                beyond = sa.or_(beyond, column.is_(None))
            elif number == 0:
                # The first key bounds all options, which an index serves.
                bound = column <= wanted if key.descending else column >= wanted
            options.append(sa.and_(*equal, beyond))
            equal.append(column == wanted)
        beyond = self._identity < last if self._descending else self._identity > last
        return sa.and_(bound, sa.or_(*options, sa.and_(*equal, beyond)))


def before_id(subject: Subject, keys: tuple[SortKey, ...]) -> tuple[SortKey, ...]:
    """Give the keys without that of the id, which stands at the end of every order."""
    return keys[:-1] if keys and keys[-1].field.column is subject.key else keys


class Tokens:
    """Writes and reads the tokens of a search.

    Parameters
    ----------
    about
        What else they are good for alone: the search, as text.
    """

    def __init__(self, subject: Subject, keys: tuple[SortKey, ...], about: str) -> None:
        self._keys = before_id(subject, keys)
        said = [about, *[f"{key.field.name} {key.descending}" for key in keys]]
        self._digest = blake2b(
            "\n".join(said).encode("utf-8", "replace"), digest_size=6
        ).hexdigest()

    def token(self, place: Place) -> str:
        """Write a place as a token."""
        values = [v.isoformat() if isinstance(v, datetime) else v for v in place.values]
        text = json.dumps([self._digest, place.id, *values], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def place(self, token: str) -> Place:
        """Read a token.

        Raises
        ------
        UsageError
            When it is none, or one of another search.
        """
        try:
            padded = token.encode("ascii") + b"=" * (-len(token) % 4)
            read = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            digest, id_, *values = read
        except (ValueError, TypeError, binascii.Error, RecursionError) as error:
            raise _bad_token(token) from error
        if digest != self._digest:
            raise UsageError(
                "The token after --after belongs to another search: repeat the search that gave "
                "it, with the same text, filters and order."
            )
        if not _is_integer(id_) or len(values) != len(self._keys):
            raise _bad_token(token)
        return Place(
            tuple([_value(k.field, v, token) for k, v in zip(self._keys, values, strict=True)]),
            id_,
        )


def _column(key: SortKey) -> sa.ColumnElement[Any]:
    assert key.field.column is not None  # as `sort_keys` saw to
    return key.field.column


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _value(field: Field, value: object, token: str) -> Value | None:
    if value is None and field.nullable:
        return None
    if field.type == "text" and isinstance(value, str):
        return value
    if field.type == "integer" and isinstance(value, int) and _is_integer(value):
        return value
    if field.type == "number" and isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    if field.type == "time" and isinstance(value, str):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except ValueError as error:
            raise _bad_token(token) from error
    raise _bad_token(token)


def _bad_token(token: str) -> UsageError:
    shown = token if len(token) <= 40 else f"{token[:40]}…"
    return UsageError(
        f"{shown!r} is no token: --after takes what the page before it printed, whole."
    )
