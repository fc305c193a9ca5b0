"""A filter as a tree of values: what CQL2 text and the options of a search become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from catalog.database.dialects.searching import PatternPart, Wildcard


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands for a value that is given apart, under a number."""

    number: int


Value = str | int | float | bool | datetime | Slot
Operator = Literal["=", "<>", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold; where it is not known whether it does, neither is this."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compares to a value; not known where the field has none."""

    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class CompareFields:
    """A field compares to another; not known where one of them has no value."""

    field: str
    operator: Operator
    other: str


@dataclass(frozen=True, slots=True)
class Among:
    """A field has one of some values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text follows a pattern, from its first character to its last."""

    field: str
    pattern: tuple[PatternPart, ...]


@dataclass(frozen=True, slots=True)
class Follows:
    """A text follows a pattern, said as it is asked for: what becomes of `Like`.

    Attributes
    ----------
    first, end
        What the pattern starts with, and the first text after all that start so; None where
        there is none.
    pattern
        All of it, as the database writes patterns; None where the start says it all.
    """

    field: str
    first: Slot | None
    end: Slot | None
    pattern: Slot | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A field has no value."""

    field: str


Filter = And | Or | Not | Compare | CompareFields | Among | Like | Follows | Missing


def all_of(*parts: Filter | None) -> Filter | None:
    """Join filters; None where there is none."""
    given = tuple(part for part in parts if part is not None)
    return And(given) if len(given) > 1 else given[0] if given else None


def at_or_below(field: str, url: str) -> Filter:
    """Say that a URL is another one or lies below it."""
    # '0' follows '/' in the order of bytes, in which the databases compare URLs.
    above = url.rstrip("/")
    inside = And((Compare(field, ">=", f"{above}/"), Compare(field, "<", f"{above}0")))
    return Or((Compare(field, "=", url), inside))


def like_pattern(text: str) -> tuple[PatternPart, ...]:
    r"""Read a pattern of LIKE: ``%`` any characters, ``_`` one, ``\`` before one of them itself.

    Examples
    --------
    >>> like_pattern("50\\%")
    ('50%',)
    """
    return _pattern(text, {"%": Wildcard.ANY, "_": Wildcard.ONE})


def glob_pattern(text: str) -> tuple[PatternPart, ...]:
    r"""Read a pattern of the shell: ``*`` any characters, ``?`` one, ``\`` before one of them."""
    return _pattern(text, {"*": Wildcard.ANY, "?": Wildcard.ONE})


def _pattern(text: str, signs: dict[str, Wildcard]) -> tuple[PatternPart, ...]:
    parts: list[PatternPart] = []
    literal = ""
    characters = iter(text)
    for character in characters:
        if character in signs:
            if literal:
                parts.append(literal)
            literal = ""
            parts.append(signs[character])
        else:
            # A backslash at the end stands for itself.
            literal += next(characters, "\\") if character == "\\" else character
    return (*parts, literal) if literal else tuple(parts)
