"""Rules about plates and wells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from catalog.metadata.assembly import join
from catalog.metadata.assembly.locations import ancestors
from catalog.metadata.nodes import GroupNode
from catalog.metadata.plate import Plate, PlateAxisEntry, PlateWell, Well
from catalog.metadata.problems import Problem
from catalog.metadata.rules.document import Document
from catalog.metadata.versions import Version

_PLAIN = re.compile(r"[A-Za-z0-9]+")
_WELL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9]+")
_NUMBERS = frozenset(
    {"id", "maximumfieldcount", "starttime", "endtime", "field_count", "acquisition"}
    | {"rowIndex", "columnIndex"}
)
_KEYS = frozenset({"plate", "well"})
_FIELD = re.compile(r"(?!\.+$)(?!__)[A-Za-z0-9_.-]+")


def check_plates(document: Document) -> Iterable[Problem]:
    """Check the plate, or the well, of a document."""
    node = document.node
    if node.plate is None and node.well is None and _KEYS.isdisjoint(document.metadata):
        return ()
    return _plate_and_well(document, node)


def _plate_and_well(document: Document, node: GroupNode) -> Iterator[Problem]:
    if node.plate is not None:
        yield from _entries(document, "rows", node.plate.rows)
        yield from _entries(document, "columns", node.plate.columns)
        yield from _wells(document, node.plate)
        yield from _acquisitions(document, node.plate)
    if node.well is not None:
        yield from _fields(document, node.well)
    for key in sorted(_KEYS):
        written = document.metadata.get(key)
        if isinstance(written, dict):
            yield from _numbers(document, key, written)


def _numbers(document: Document, key: str, written: dict[str, object]) -> Iterator[Problem]:
    """Find numbers that are written as text: reading understands them, the rules do not."""
    for part, entries in (("", [written]), *written.items()):
        if not isinstance(entries, list):
            continue
        for index, entry in enumerate(entries):
            for name, value in entry.items() if isinstance(entry, dict) else ():
                if name in _NUMBERS and isinstance(value, str | bool):
                    place = (key, part, index, name) if part else (key, name)
                    yield document.problem(
                        "wrong-type", f"{name!r} must hold a whole number, not {value!r}", *place
                    )


def _entries(document: Document, key: str, entries: Sequence[PlateAxisEntry]) -> Iterator[Problem]:
    if not entries:
        yield document.problem("empty-list", f"the plate has no {key}", "plate", key)
    names: set[str] = set()
    folded: set[str] = set()
    written = document.metadata.get("plate")
    stated = written.get(key) if isinstance(written, dict) else None
    for index, entry in enumerate(entries):
        name, place = entry.name, ("plate", key, index, "name")
        # A broken entry is kept without a name, and has been told already.
        standing = stated[index] if isinstance(stated, list) and index < len(stated) else None
        is_empty = isinstance(standing, dict) and standing.get("name") == ""
        if is_empty or (name and _PLAIN.fullmatch(name) is None):
            yield document.problem(
                "plate-name", f"{name!r} holds something else than letters and digits", *place
            )
        if name and name in names:
            yield document.problem("duplicate-name", f"{name!r} is named twice", *place)
        elif name and name.casefold() in folded:
            yield document.problem(
                "similar-name",
                f"{name!r} differs from another name in case only; some file systems mix them up",
                *place,
            )
        names.add(name)
        folded.add(name.casefold())


def _wells(document: Document, plate: Plate) -> Iterator[Problem]:
    if not plate.wells:
        yield document.problem("empty-list", "the plate has no wells", "plate", "wells")
    if plate.field_count is not None and plate.field_count <= 0:
        yield document.problem(
            "negative-number", "'field_count' must be positive", "plate", "field_count"
        )
    paths: set[str] = set()
    for index, well in enumerate(plate.wells):
        place = ("plate", "wells", index)
        if well.path in paths:
            yield document.problem(
                "duplicate-well", f"{well.path!r} is listed twice", *place, "path"
            )
        paths.add(well.path)
        if _WELL.fullmatch(well.path) is None:
            yield document.problem(
                "well-path",
                f"{well.path!r} is not a row's name, a slash and a column's name",
                *(*place, "path"),
            )
            continue
        yield from _well_place(document, plate, index, well)
        location = join(document.location, well.path)
        node = document.hierarchy.nodes.get(location) if location is not None else None
        if not isinstance(node, GroupNode) or node.well is None:
            yield document.problem(
                "missing-well", f"no well was found at {well.path!r}", *place, "path"
            )


def _well_place(document: Document, plate: Plate, index: int, well: PlateWell) -> Iterator[Problem]:
    place = ("plate", "wells", index)
    if document.version == Version.OTHER and well.rowIndex is None and well.columnIndex is None:
        return
    names: list[str] = []
    for key, number, entries in (
        ("rowIndex", well.rowIndex, plate.rows),
        ("columnIndex", well.columnIndex, plate.columns),
    ):
        if number is None or not 0 <= number < len(entries):
            words = "is missing" if number is None else f"{number} is out of range"
            yield document.problem("well-index", f"{key} {words}", *place)
        else:
            names.append(entries[number].name)
    if len(names) != 2:
        return
    parts = well.path.split("/")
    if parts == names:
        return
    if parts == names[::-1]:
        # Plates that the specification's own tests call valid have it so.
        yield document.problem(
            "well-path-order",
            f"{well.path!r} names the column first; it should be {'/'.join(names)!r}",
            *(*place, "path"),
        )
    else:
        yield document.problem(
            "well-place",
            f"{well.path!r} and the indices, which mean {'/'.join(names)!r}, disagree",
            *(*place, "path"),
        )


def _acquisitions(document: Document, plate: Plate) -> Iterator[Problem]:
    ids: set[int] = set()
    for index, acquisition in enumerate(plate.acquisitions):
        place = ("plate", "acquisitions", index)
        if acquisition.id in ids:
            yield document.problem(
                "duplicate-acquisition", f"the id {acquisition.id} is used twice", *place, "id"
            )
        ids.add(acquisition.id)
        for key, value, lowest in (
            ("id", acquisition.id, 0),
            ("maximumfieldcount", acquisition.maximumfieldcount, 1),
            ("starttime", acquisition.starttime, 0),
            ("endtime", acquisition.endtime, 0),
        ):
            if value is not None and value < lowest:
                yield document.problem(
                    "negative-number", f"{key} is {value}, less than {lowest}", *place, key
                )


def _fields(document: Document, well: Well) -> Iterator[Problem]:
    if not well.images:
        yield document.problem("empty-list", "the well has no images", "well", "images")
    plate = _plate_above(document)
    ids = {acquisition.id for acquisition in plate.acquisitions} if plate is not None else None
    paths: set[str] = set()
    for index, image in enumerate(well.images):
        place = ("well", "images", index)
        if image.path in paths:
            yield document.problem(
                "duplicate-field", f"{image.path!r} is listed twice", *place, "path"
            )
        paths.add(image.path)
        plain = _PLAIN if document.version in (Version.V04, Version.V05) else _FIELD
        if plain.fullmatch(image.path) is None:
            yield document.problem(
                "field-path", f"{image.path!r} is not a plain name", *place, "path"
            )
        location = join(document.location, image.path)
        node = document.hierarchy.nodes.get(location) if location is not None else None
        if not isinstance(node, GroupNode) or not node.images:
            yield document.problem(
                "missing-field", f"no image was found at {image.path!r}", *place, "path"
            )
        if ids is None:
            continue
        if image.acquisition is None and len(ids) > 1:
            yield document.problem(
                "missing-acquisition", "say which acquisition of the plate it is of", *place
            )
        elif image.acquisition is not None and image.acquisition not in ids:
            yield document.problem(
                "unknown-acquisition",
                f"the plate has no acquisition {image.acquisition}",
                *(*place, "acquisition"),
            )


def _plate_above(document: Document) -> Plate | None:
    for place in ancestors(document.location):
        node = document.hierarchy.nodes.get(place)
        if isinstance(node, GroupNode) and node.plate is not None:
            return node.plate
    return None
