"""CQL2 text to a filter: read by a library, checked against the documented fields by us."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import cast

from catalog.errors import UsageError
from catalog.query.search.fields import Field, Subject
from catalog.query.search.tree import (
    Among,
    And,
    Compare,
    CompareFields,
    Filter,
    Like,
    Missing,
    Not,
    Operator,
    Or,
    Value,
    like_pattern,
)

LONGEST = 20_000
DEEPEST = 100
"""How deep parentheses and NOT may go: the library's parser goes as deep as the text says."""

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"")
_SIGNS = re.compile(r"[(\-+^]|\bNOT\b", re.IGNORECASE)
_TURNED: dict[Operator, Operator] = {
    **{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
}
_LARGEST = 2**63 - 1
_ARTICLES = {"text": "a text", "integer": "an integer", "number": "a number"}
_ARTICLES |= {"boolean": "true or false", "time": "a time"}


@lru_cache(maxsize=200)  # each page of a search asks again
def parse_filter(text: str, subject: Subject) -> Filter:
    """Read CQL2 text over the fields of a subject.

    Raises
    ------
    UsageError
        When it cannot be read, names an unknown field, or compares one to a value of
        another type.
    """
    from cql2 import ParseError, parse_text

    bare = _QUOTED.sub("''", text)
    if len(text) > LONGEST or _depth(bare) > DEEPEST:
        raise UsageError(
            f"The filter is longer than {LONGEST:,} characters or deeper than {DEEPEST} "
            "parentheses; say it with IN (…), or ask in parts."
        )
    try:
        document = parse_text(text).to_json()
    except ParseError as error:
        raise UsageError(
            f"The filter cannot be read as CQL2 text:\n{error}\n"
            "For example: dtype = 'uint16' AND (voxel_size_x < 0.5 OR NOT axes LIKE '%c%')"
        ) from error
    return _Reading(subject).filter(document)


def _depth(text: str) -> int:
    deepest = depth = signs = 0
    for sign in re.findall(r"[()]", text):
        depth += 1 if sign == "(" else -1
        deepest = max(deepest, depth)
    # One NOT after another goes deeper each time, and so does a row of minus signs.
    for found in re.finditer(r"(?:(?:\bNOT\b|[-+^])\s*)+", text, re.IGNORECASE):
        signs = max(signs, len(_SIGNS.findall(found[0])))
    return deepest + signs


class _Reading:
    """The library's tree on its way to ours, over the fields of one subject."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    def filter(self, node: object) -> Filter:
        if isinstance(node, dict) and "property" in node:
            field = self._field(node)
            return self._compare(field, "=", True)
        operator = node.get("op") if isinstance(node, dict) else None
        parts = node.get("args", []) if isinstance(node, dict) else []
        match operator:
            case "and":
                return And(tuple([self.filter(part) for part in parts]))
            case "or":
                return Or(tuple([self.filter(part) for part in parts]))
            case "not":
                return Not(self.filter(parts[0]))
            case "=" | "<>" | "<" | "<=" | ">" | ">=":
                return self._comparison(cast(Operator, operator), *parts)
            case "between":
                field = self._field(parts[0])
                return And(
                    (
                        self._compare(field, ">=", self._literal(parts[1])),
                        self._compare(field, "<=", self._literal(parts[2])),
                    )
                )
            case "in":
                field = self._field(parts[0])
                if not isinstance(parts[1], list):
                    raise _unsupported(parts[1])
                values = [self._typed(field, self._literal(value)) for value in parts[1]]
                return Among(field.name, tuple(values))
            case "like":
                return self._like(*parts)
            case "isNull":
                return Missing(self._field(parts[0]).name)
        raise _unsupported(node)

    def _comparison(self, operator: Operator, left: object, right: object) -> Filter:
        if not _is_field(left) and not isinstance(left, dict):
            left, right, operator = right, left, _TURNED[operator]
        field = self._field(left)
        if not _is_field(right):
            return self._compare(field, operator, self._literal(right))
        other = self._field(right)
        if field.many or other.many or "boolean" in (field.type, other.type):
            raise UsageError(
                f"{field.name} and {other.name} cannot be compared to each other: fields of one "
                "value can, such as voxel_size_z > voxel_size_x."
            )
        alike = {"integer": "number"}
        if alike.get(field.type, field.type) != alike.get(other.type, other.type):
            raise UsageError(
                f"{field.name} is {_ARTICLES[field.type]} and {other.name} is "
                f"{_ARTICLES[other.type]}; they cannot be compared."
            )
        return CompareFields(field.name, operator, other.name)

    def _compare(self, field: Field, operator: Operator, value: Value) -> Filter:
        typed = self._typed(field, value)
        if field.type == "boolean" and operator not in ("=", "<>"):
            raise UsageError(f"{field.name} is true or false; compare it with = or <>.")
        return Compare(field.name, operator, typed)

    def _like(self, node: object, pattern: object) -> Filter:
        field = self._field(node)
        if not isinstance(pattern, str):
            raise _unsupported(pattern)
        self._typed(field, pattern)
        return Like(field.name, like_pattern(pattern))

    def _field(self, node: object) -> Field:
        if not (isinstance(node, dict) and "property" in node):
            raise _unsupported(node)
        return self._subject.field(str(node["property"]))

    @staticmethod
    def _literal(node: object) -> Value:
        if isinstance(node, str | bool | int | float):
            return node
        if isinstance(node, dict) and len(node) == 1:
            text = node.get("timestamp", node.get("date"))
            if isinstance(text, str):
                return _moment(text)
        raise _unsupported(node)

    def _typed(self, field: Field, value: Value) -> Value:
        """Give the value as the field's type has it."""
        fits: Value | None = None
        if isinstance(value, _KINDS.get(field.type, _Never)):
            fits = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if field.type == "number":
                fits = float(value)
            elif field.type == "integer" and float(value).is_integer():
                if abs(value) > _LARGEST:
                    raise UsageError(f"{value:g} is larger than any {field.name} can be.")
                fits = int(value)
        if fits is None:
            raise self._wrong_type(field, value)
        return fits

    def _wrong_type(self, field: Field, value: Value) -> UsageError:
        kind = {str: "text", bool: "boolean", datetime: "time"}.get(type(value), "number")
        others = [
            other.name
            for other in self._subject.fields
            if other is not field and (other.type == kind or (other.type, kind) == _WHOLE)
        ]
        near = get_close_matches(field.name, others, n=1, cutoff=0.6)
        hint = f" Did you mean {near[0]}?" if near else ""
        said = value.isoformat() if isinstance(value, datetime) else repr(value)
        if isinstance(value, bool):
            said = str(value).lower()
        return UsageError(
            f"{field.name} is {_ARTICLES[field.type]}, and {said} is not.{hint} "
            f"For example: {field.example}"
        )


_KINDS: dict[str, type] = {"text": str, "boolean": bool, "time": datetime}


class _Never:
    """A class that no value is of."""


_WHOLE = ("integer", "number")


def _is_field(node: object) -> bool:
    return isinstance(node, dict) and "property" in node


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a time; write DATE('2026-01-31') or "
            "TIMESTAMP('2026-01-31T12:00:00Z')."
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _unsupported(node: object) -> UsageError:
    what = str(node.get("op", node)) if isinstance(node, dict) else repr(node)
    hint = ""
    if what in ("casei", "accenti"):
        hint = " The text of a search ignores case and accents: catalog search 'WORD'."
    elif node is None:
        what, hint = "null", " Write IS NULL or IS NOT NULL."
    return UsageError(
        f"{what} cannot stand there: a filter compares a field to a value (= <> < <= > >=, "
        f"BETWEEN, IN, LIKE, IS NULL), and joins such with AND, OR and NOT.{hint}"
    )
