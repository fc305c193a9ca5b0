"""The common filters, as options of a search: each is a short form of a filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from catalog.errors import UsageError
from catalog.query.search.cql import parse_filter
from catalog.query.search.fields import Subject
from catalog.query.search.tree import (
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


def filter_of(
    criteria: Criteria,
    subject: Subject,
    *,
    scene: Callable[[str], str | None],
    root: Callable[[str], str],
) -> Filter | None:
    """Make one filter of all criteria.

    Parameters
    ----------
    scene, root
        Give the location that an address or a path means; None for a scene by its name.

    Raises
    ------
    UsageError
        When the subject has not the field, or a value is not of its type.
    """
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
    return all_of(*parts)


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
