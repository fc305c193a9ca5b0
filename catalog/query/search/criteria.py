"""The common filters, as options of a search: each is a short form of a filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypedDict

from catalog.errors import UsageError
from catalog.metadata.crate import TermKind
from catalog.query.search.cql import parse_filter
from catalog.query.search.fields import Subject
from catalog.query.search.place import Place, Placed, Sides, place_of
from catalog.query.search.tree import (
    Among,
    Compare,
    Filter,
    Like,
    Operator,
    Or,
    all_of,
    at_or_below,
    glob_pattern,
)

Range = tuple[float | None, float | None]

_TERMS: tuple[TermKind, ...] = ("organism", "modality")


class Criteria(TypedDict, total=False):
    """Filters of a search, all of which have to hold; of several values, one has to fit.

    Attributes
    ----------
    where
        CQL2 text.
    name, channel
        Patterns: ``*`` for any characters, ``?`` for one.
    scene
        Addresses of scenes, or their names.
    root
        Locations of groups or folders, at or below which it lies.
    axes, axis, unit, version, dtype, type, kind
        Values of these fields. Of `axis` and `unit` all have to be there.
    min_size, max_size
        Bounds of sizes, by name of axis.
    voxel_size
        From and to, by name of axis; None for no bound. In micrometer.
    has_labels
        Whether label images annotate it.
    organism, modality
        Identifiers, in any spelling, or names, in any case, that its RO-Crate gives.
    in_, box, point, overlaps, within, contains, in_unit
        Where it lies: a box (``{"x": (10, 20)}``, or as text ``x=10:20``) or a point in
        the coordinate system `in_`, in the units of its axes or in `in_unit`; or, without
        `in_`, an image.
    placed
        What was found at a place before, in place of these.
    """

    where: str | None
    name: Sequence[str]
    scene: Sequence[str]
    root: Sequence[str]
    version: Sequence[str]
    axes: Sequence[str]
    axis: Sequence[str]
    unit: Sequence[str]
    dtype: Sequence[str]
    type: Sequence[str]
    kind: Sequence[str]
    channel: Sequence[str]
    min_size: Mapping[str, int]
    max_size: Mapping[str, int]
    voxel_size: Mapping[str, Range]
    has_labels: bool | None
    organism: Sequence[str]
    modality: Sequence[str]
    in_: str | None
    box: Sides | None
    point: Sides | None
    overlaps: Sides | None
    within: Sides | None
    contains: Sides | None
    in_unit: str | None
    placed: Placed | None


def judge_names(criteria: Criteria) -> None:
    """Refuse what is no filter: to leave it out would find too much.

    Raises
    ------
    UsageError
        When there is such a name.
    """
    known = Criteria.__annotations__
    for name in criteria:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            raise UsageError(f"There is no filter {name!r} of a search; {hint}")


def filter_of(
    criteria: Criteria,
    subject: Subject,
    *,
    scene: Callable[[str], str | None],
    root: Callable[[str], str],
    terms: Callable[[TermKind, str], Sequence[str]],
) -> Filter | None:
    """Make one filter of all criteria.

    Parameters
    ----------
    scene, root
        Give the location that an address or a path means; None for a scene by its name.
    terms
        Give the identifiers that a text means, of organisms or of modalities.

    Raises
    ------
    UsageError
        When the subject has not the field, or a value is not of its type.
    """
    if not criteria:
        return None
    parts: list[Filter | None] = []
    where = criteria.get("where")
    if where is not None:
        parts.append(parse_filter(where, subject))
    parts.append(_some(subject, "name", criteria.get("name", ()), _glob))
    parts.append(_some(subject, "channel", criteria.get("channel", ()), _glob))
    parts += [
        _some(subject, field, _texts(criteria, field), _equal)
        for field in ("version", "axes", "dtype", "type", "kind")
    ]
    for field in ("axis", "unit"):
        name = subject.field(field).name if criteria.get(field) else field
        parts += [_equal(name, value) for value in _texts(criteria, field)]
    roots = {text: root(text) for text in criteria.get("root", ())}
    parts.append(_some(subject, "url", tuple(roots), lambda f, v: at_or_below(f, roots[v])))
    scenes = {text: scene(text) for text in criteria.get("scene", ())}
    parts.append(_some(subject, "scene_url", tuple(scenes), lambda _, v: _of_scene(v, scenes[v])))
    parts += _sizes(subject, criteria.get("min_size", {}), ">=")
    parts += _sizes(subject, criteria.get("max_size", {}), "<=")
    for axis, (low, high) in criteria.get("voxel_size", {}).items():
        name = "time_step" if axis == "t" else f"voxel_size_{axis}"
        if low is not None:
            parts.append(Compare(subject.field(name).name, ">=", float(low)))
        if high is not None:
            parts.append(Compare(subject.field(name).name, "<=", float(high)))
    labelled = criteria.get("has_labels")
    if labelled is not None:
        parts.append(Compare(subject.field("has_labels").name, "=", labelled))
    for kind in _TERMS:
        meant = [each for text in _texts(criteria, kind) for each in terms(kind, text)]
        if meant:
            parts.append(Among(subject.field(kind).name, tuple(dict.fromkeys(meant))))
    return all_of(*parts)


def placing_of(criteria: Criteria) -> Place | None:
    """Read where things are to lie; None when that is not asked.

    Raises
    ------
    UsageError
        When it is half of a place, or more than one.
    """
    return place_of(
        in_=criteria.get("in_"),
        box=criteria.get("box"),
        point=criteria.get("point"),
        overlaps=criteria.get("overlaps"),
        within=criteria.get("within"),
        contains=criteria.get("contains"),
        in_unit=criteria.get("in_unit"),
    )


def _texts(criteria: Criteria, field: str) -> Sequence[str]:
    values = criteria.get(field, ())
    if isinstance(values, str):
        raise UsageError(f"{field} takes a list of texts, such as [{values!r}].")
    return values if isinstance(values, Sequence) else ()


def _some(
    subject: Subject, field: str, values: Sequence[str], part: Callable[[str, str], Filter]
) -> Filter | None:
    if isinstance(values, str):
        raise UsageError(f"{field} takes a list of texts, such as [{values!r}].")
    if not values:
        return None
    name = subject.field(field).name
    parts = tuple([part(name, value) for value in values])
    return parts[0] if len(parts) == 1 else Or(parts)


def _equal(field: str, value: str) -> Filter:
    return Compare(field, "=", value)


def _glob(field: str, value: str) -> Filter:
    return Like(field, glob_pattern(value))


def _of_scene(text: str, url: str | None) -> Filter:
    return Compare("scene", "=", text) if url is None else Compare("scene_url", "=", url)


def _sizes(subject: Subject, sizes: Mapping[str, int], sign: Operator) -> list[Filter]:
    return [Compare(subject.field(f"size_{axis}").name, sign, size) for axis, size in sizes.items()]
