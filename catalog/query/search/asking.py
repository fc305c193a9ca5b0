"""From what somebody asks for, in texts, to a request; and what can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.schema import image, scene
from catalog.errors import UnknownAddressError, UsageError
from catalog.metadata.crate import TermKind
from catalog.query.addresses import Normalise, resolve_group, resolve_scope
from catalog.query.search.crates import terms_named
from catalog.query.search.criteria import Criteria, filter_of, judge_names, placing_of
from catalog.query.search.paging import sort_keys
from catalog.query.search.place import Place, Placed
from catalog.query.search.request import Request
from catalog.query.search.subjects import SUBJECTS, subject_of
from catalog.query.search.text import parse_text


class FieldListing(NamedTuple):
    """A field to filter by; `indexed`: a selective filter of it is answered at once."""

    of: str
    name: str
    type: str
    meaning: str
    example: str
    indexed: bool


def fields(of: str | None = None) -> tuple[FieldListing, ...]:
    """List the fields of what can be searched for; None for those of everything.

    Raises
    ------
    UsageError
        When it is nothing that can be searched for.
    """
    subjects = SUBJECTS.values() if of is None else (subject_of(of),)
    return tuple(
        FieldListing(subject.name, each.name, each.type, each.meaning, each.example, each.indexed)
        for subject in subjects
        for each in subject.fields
    )


def request(
    reading: Callable[[], AbstractContextManager[sa.Connection]],
    text: str | None,
    *,
    of: str,
    criteria: Criteria,
    sort: Sequence[str] = (),
    limit: int | None = None,
    after: str | None = None,
    normalise: Normalise | None = None,
    locate: Callable[[Place], Placed] | None = None,
) -> Request:
    """Make a request of texts; only an address that is among them is looked up.

    Parameters
    ----------
    locate
        Finds the images at a place.

    Raises
    ------
    UsageError
        When one of them cannot be read, or names what is not there to be asked for.
    UnknownAddressError, AmbiguousAddressError
        When a scene or a root means nothing, or several things.
    """
    subject = subject_of(of)
    judge_names(criteria)

    def scene_at(address: str) -> str | None:
        named = sa.select(scene.c.group_id).where(scene.c.title == address).limit(1)
        with reading() as connection:
            try:
                return resolve_group(connection, address, normalise).url
            except UnknownAddressError:
                if connection.execute(named).first() is None:
                    raise
                return None

    def root_at(place: str) -> str:
        with reading() as connection:
            return resolve_scope(connection, place, normalise)

    def terms(kind: TermKind, text: str) -> list[str]:
        with reading() as connection:
            return terms_named(connection, kind, text)

    placed = criteria.get("placed")
    place = placing_of(criteria)
    if (placed is not None or place is not None) and subject.table is not image:
        raise UsageError(f"Images and label images have a place; {subject.name} have none.")
    if place is not None and locate is not None:
        placed = locate(place)
    return Request(
        subject,
        parse_text(text),
        filter_of(criteria, subject, scene=scene_at, root=root_at, terms=terms),
        sort_keys(subject, sort),
        limit,
        after,
        among=None if placed is None else placed.ids,
        about="" if placed is None else placed.about,
        placed=placed,
    )
