"""What is searched for, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.query.search.fields import Subject
from catalog.query.search.paging import SortKey
from catalog.query.search.place import Placed
from catalog.query.search.text import Term
from catalog.query.search.tree import Filter


@dataclass(frozen=True, slots=True)
class Request:
    """What is searched for.

    Attributes
    ----------
    limit
        Rows of a page; None for all.
    after
        Token that the page before ended with.
    among
        Ids, one of which it has to have; None for any. They are what something else found,
        such as a place: `about` says of what.
    about
        What the ids were found by, as text: a token is good for that alone.
    placed
        What else was found at a place.
    """

    subject: Subject
    terms: tuple[Term, ...] = ()
    where: Filter | None = None
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    after: str | None = None
    among: Sequence[int] | None = None
    about: str = ""
    placed: Placed | None = None
