"""What a search asks of every database in words of its own: texts and patterns."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import sqlalchemy as sa


class Word(NamedTuple):
    """A word to be looked for; with `prefix`, any word that starts with it."""

    text: str
    prefix: bool


class Matching(NamedTuple):
    """How rows whose words match are found.

    Attributes
    ----------
    condition
        What is to stand in WHERE.
    listed
        Table of the search index, to be joined; None where there is none.
    key
        Column to order by in place of the table's key: rows of the index come in its order.
    """

    condition: sa.ColumnElement[bool]
    listed: sa.TableClause | None
    key: sa.ColumnElement[int]


class Wildcard(Enum):
    """What stands in a pattern beside text."""

    ANY = "any number of characters"
    ONE = "one character"


PatternPart = str | Wildcard

Bounds = tuple[sa.ColumnElement[float], sa.ColumnElement[float]]
"""Where a box begins and ends along an axis."""
