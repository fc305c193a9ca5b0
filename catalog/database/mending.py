"""Records whose texts every database takes: what cannot be stored as it stands is mended.

Nearly all records need nothing: that is found out of all their texts at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from catalog.crawl.records import HierarchyRecord, ProblemRecord
from catalog.database.texts import SHORT, indexable, is_storable, storable


def mended(record: HierarchyRecord) -> tuple[HierarchyRecord, tuple[ProblemRecord, ...]]:
    """Mend the texts of systems, transformations and levels, of which there are most.

    Returns
    -------
    The record, and a problem for each place where a name or a text is stored in another
    form than it stood, wherever in the record.
    """
    if _is_plain(record):
        return record, ()
    mended = replace(
        record,
        systems=tuple(
            system._replace(name=indexable(system.name), array_path=indexable(system.array_path))
            for system in record.systems
        ),
        transformations=tuple(
            edge._replace(
                pointer=storable(edge.pointer),
                name=None if edge.name is None else indexable(edge.name),
                parameters=storable(edge.parameters),
            )
            for edge in record.transformations
        ),
        levels=tuple(
            level._replace(
                path=storable(level.path),
                dtype=None if level.dtype is None else storable(level.dtype),
            )
            for level in record.levels
        ),
    )
    return mended, _told(record)


def _is_plain(record: HierarchyRecord) -> bool:
    """Say whether all these texts can stay as they are."""
    systems, edges, levels = record.systems, record.transformations, record.levels
    names = [system.name for system in systems]
    names += [system.array_path for system in systems]
    names += [edge.name for edge in edges if edge.name is not None]
    names += [group.name for group in record.groups]
    names += [image.name for image in record.images if image.name is not None]
    names += [channel.label for channel in record.channels if channel.label is not None]
    if names and len(max(names, key=len)) > SHORT:
        return False
    names += [edge.pointer for edge in edges]
    names += [edge.parameters for edge in edges]
    names += [level.path for level in levels]
    names += [level.dtype for level in levels if level.dtype is not None]
    names += [group.attributes for group in record.groups]
    return is_storable("".join(names))


def _told(record: HierarchyRecord) -> tuple[ProblemRecord, ...]:
    found: dict[tuple[str, str], ProblemRecord] = {}

    def note(location: str, text: str | None, mend: Callable[[str], str]) -> None:
        if text is None or mend(text) == text:
            return
        if storable(text) != text:
            code, what = "unstorable-text", "a NUL character or half of a surrogate pair"
            done = "it is kept as the escape that JSON has for it"
        else:
            code, what, done = "long-name", "a name of more than 1,000 bytes", "it is shortened"
        words = f"Here stands {what}; in the catalog {done}."
        found.setdefault((location, code), ProblemRecord(location, "", code, "warning", words))

    for group in record.groups:
        note(group.path, group.name, indexable)
        note(group.path, group.attributes, storable)
    for system in record.systems:
        note(system.group, system.name, indexable)
        note(system.group, system.array_path, indexable)
    for image in record.images:
        note(image.group, image.name, indexable)
    for channel in record.channels:
        note(channel.group, channel.label, indexable)
    for edge in record.transformations:
        note(edge.group, edge.name, indexable)
    return tuple(found.values())
