"""The shape of a search: the request with its values taken out.

Searches of one shape have one statement, which is made and compiled once
(`catalog.query.search.statements`); a search brings its values alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from catalog.database.dialects import Dialect
from catalog.database.dialects.searching import Wildcard, Word
from catalog.database.texts import storable
from catalog.query.search.fields import Subject
from catalog.query.search.paging import Place, Run, SortKey
from catalog.query.search.request import Request
from catalog.query.search.text import Term
from catalog.query.search.tree import (
    Among,
    And,
    Compare,
    Filter,
    Follows,
    Like,
    Not,
    Or,
    Slot,
    Value,
)


@dataclass(frozen=True, slots=True)
class Row:
    """Words in a row with the blanks around them; with `unwanted`, not these."""

    text: Slot
    unwanted: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement is made of.

    Attributes
    ----------
    wanted, unwanted
        Query of the words, as `Dialect.word_queries` writes it.
    words, phrases
        The words as they stand in a text: those that stand alone, and those in a row.
    among
        Array of ids, one of which it has to have.
    """

    subject: Subject
    wanted: Slot | None
    unwanted: Slot | None
    words: tuple[Row, ...]
    phrases: tuple[Row, ...]
    where: Filter | None
    among: Slot | None
    sort: tuple[SortKey, ...]
    limit: int | None

    @property
    def by_words(self) -> bool:
        """Whether the index of words says what is found."""
        return self.wanted is not None or self.unwanted is not None


def shape_of(request: Request, dialect: Dialect) -> tuple[Shape, list[Any]]:
    """Take a request apart: its shape, and the values by the numbers of their slots."""
    lifting = _Lifting(dialect)
    wanted, unwanted = lifting.queries(request.terms)
    words, phrases = lifting.rows(request.terms)
    where = None if request.where is None else lifting.filter(request.where, request.subject)
    among = None
    if request.among is not None:
        among = lifting.slot(dialect.numbers_given(request.among))
    shape = Shape(
        *(request.subject, wanted, unwanted, words, phrases, where, among),
        *(request.sort, request.limit),
    )
    return shape, lifting.values


def lifted_run(run: Run, values: Sequence[Any]) -> tuple[Run, list[Any]]:
    """Take the values out of a run, to come after those of its search."""
    given = list(values)

    def slot(value: Value) -> Slot:
        given.append(value)
        return Slot(len(given) - 1)

    fixed = tuple([None if value is None else slot(value) for value in run.fixed])
    place = run.place
    if place is not None:
        ends = tuple([None if value is None else slot(value) for value in place.values])
        place = Place(ends, None if place.id is None else slot(place.id))
    return Run(fixed, run.many, place), given


class _Lifting:
    """Takes values out, as they are stored and as the database is asked for them."""

    def __init__(self, dialect: Dialect) -> None:
        self.values: list[Any] = []
        self._dialect = dialect

    def slot(self, value: object) -> Slot:
        self.values.append(value)
        return Slot(len(self.values) - 1)

    def queries(self, terms: Sequence[Term]) -> tuple[Slot | None, Slot | None]:
        wanted: dict[Word, None] = {}
        unwanted: dict[Word, None] = {}
        for term in terms:
            last = len(term.words) - 1
            if not term.unwanted:
                for number, word in enumerate(term.words):
                    wanted[Word(word, term.prefix and number == last)] = None
            elif last == 0:
                unwanted[Word(term.words[0], term.prefix)] = None
        with_, without = self._dialect.word_queries(list(wanted), list(unwanted))
        return (
            None if with_ is None else self.slot(with_),
            None if without is None else self.slot(without),
        )

    def rows(self, terms: Sequence[Term]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
        alone: list[Row] = []
        together: list[Row] = []
        for term in terms:
            end = "" if term.prefix else " "
            row = Row(self.slot(f" {' '.join(term.words)}{end}"), term.unwanted)
            (together if len(term.words) > 1 else alone).append(row)
        return tuple(alone), tuple(together)

    def filter(self, tree: Filter, subject: Subject) -> Filter:
        match tree:
            case Compare(name, operator, value):
                return Compare(name, operator, self._value(subject, name, value))
            case And(parts):
                return And(tuple([self.filter(part, subject) for part in parts]))
            case Or(parts):
                return Or(tuple([self.filter(part, subject) for part in parts]))
            case Not(part):
                return Not(self.filter(part, subject))
            case Among(name, values):
                return Among(name, tuple([self._value(subject, name, v) for v in values]))
            case Like():
                return self._like(tree)
        return tree

    def _value(self, subject: Subject, name: str, value: Value) -> Value:
        if subject.field(name).type == "boolean":
            return value  # true and false make different statements
        return self.slot(storable(value) if isinstance(value, str) else value)

    def _like(self, tree: Like) -> Filter:
        parts = tuple([storable(p) if isinstance(p, str) else p for p in tree.pattern])
        if not any(isinstance(part, Wildcard) for part in parts):
            return Compare(tree.field, "=", self.slot("".join(map(str, parts))))
        first = end = pattern = None
        if isinstance(parts[0], str):
            # A range, which an index serves whatever the database thinks of patterns.
            first = self.slot(parts[0])
            beyond = after(parts[0])
            end = None if beyond is None else self.slot(beyond)
        if first is None or parts[1:] != (Wildcard.ANY,):
            pattern = self.slot(self._dialect.pattern(parts))
        return Follows(tree.field, first, end, pattern)


def after(text: str) -> str | None:
    """Give the first text, byte by byte, after all that start with a text; None if none is."""
    while text:
        last = ord(text[-1])
        if last < 0x10FFFF:
            following = 0xE000 if last == 0xD7FF else last + 1  # no character stands between
            return text[:-1] + chr(following)
        text = text[:-1]
    return None
