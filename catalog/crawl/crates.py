"""From the RO-Crate of a hierarchy to its record, and to words by which things are found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pydantic_core import PydanticSerializationError, to_json

from catalog.crawl.reading import CrateDocument
from catalog.crawl.records import CrateRecord, CrateTermRecord
from catalog.metadata.crate import Crate
from catalog.metadata.nodes import GroupNode

LONGEST = 5_000
"""Characters of a description that are searched."""


def crate_record(found: CrateDocument) -> CrateRecord:
    """Make the record of a crate."""
    crate = found.crate
    terms = [
        *(CrateTermRecord("organism", term.identifier, term.label) for term in crate.organisms),
        *(CrateTermRecord("modality", term.identifier, term.label) for term in crate.modalities),
    ]
    text = _json(found.document)
    return CrateRecord(crate.name, crate.description, crate.license, text, tuple(terms))


def crate_texts(crate: Crate) -> tuple[str, ...]:
    """Give what a crate says in words: its name, its description, its organisms and modalities."""
    said = [crate.name, (crate.description or "")[:LONGEST]]
    for term in (*crate.organisms, *crate.modalities):
        said += [term.label, term.identifier]
    return tuple(text for text in said if text)


def topmost(groups: Iterable[tuple[str, GroupNode]]) -> Iterator[str]:
    """Yield the groups that a crate is about first of all, as paths in their order.

    The root is, and where it is nothing but a collection, what in it is a scene, a plate or
    an image and lies in none: nobody can find a collection itself.
    """
    inside = None
    for path, node in groups:
        if inside is not None and (not inside or path.startswith(inside)):
            continue
        if node.kind in ("scene", "plate", "image"):
            yield path
            inside = f"{path}/" if path else ""


def _json(document: dict[str, object]) -> str:
    try:
        return to_json(document, inf_nan_mode="constants").decode()
    except PydanticSerializationError:  # half of a surrogate pair, which no text holds
        return json.dumps(document, separators=(",", ":"))
