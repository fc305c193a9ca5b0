"""What was learned of a hierarchy's root while it was found, so that it is not asked for again."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple, TypeVar

from catalog.crawl.driving import Answer, Asking, Kind
from catalog.stores import Document, Listing, Stat

T = TypeVar("T")


class RootSeen(NamedTuple):
    """What a root was met with; plain values, which go to whoever reads the hierarchy.

    Attributes
    ----------
    at_ns
        Unix time before anything of it was asked for: what had changed shortly before may have
        changed again since.
    documents
        Documents in the root that were looked at, by name; None for what is not there. Of
        large ones, and of those that are recorded, only time and size are known.
    listing
        Of the root, if it was listed.
    """

    at_ns: int
    documents: Mapping[str, Document | Stat | None]
    listing: Listing | None = None


def answered(asking: Asking[T], seen: RootSeen | None) -> Asking[T]:
    """Answer from what is known of the root; ask only for the rest."""
    return asking if seen is None else _answered(asking, seen)


def _answered(asking: Asking[T], seen: RootSeen) -> Asking[T]:
    try:
        batch = next(asking)
        while True:
            known = [_answer(seen, kind, path) for kind, path, *_ in batch]
            rest = [
                question
                for question, answer in zip(batch, known, strict=True)
                if answer is _Nothing.KNOWN
            ]
            told = iter((yield rest) if rest else ())
            batch = asking.send(
                [next(told) if answer is _Nothing.KNOWN else answer for answer in known]
            )
    except StopIteration as stop:
        value: T = stop.value
        return value


class _Nothing(Enum):
    KNOWN = 0


def _answer(seen: RootSeen, kind: Kind, path: str) -> Answer | _Nothing:
    if kind == "list":
        return seen.listing if not path and seen.listing is not None else _Nothing.KNOWN
    if path not in seen.documents:
        return _Nothing.KNOWN
    found = seen.documents[path]
    if kind == "stat":
        return Stat(*found[1:]) if isinstance(found, Document) else found
    return _Nothing.KNOWN if isinstance(found, Stat) else found
