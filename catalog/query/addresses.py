"""From what a person types to a row: coordinate systems and groups by address, name or id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple
from urllib.parse import unquote

import sqlalchemy as sa

from catalog.database.prepared import Prepared, parameter
from catalog.database.schema import (
    component,
    coordinate_system,
    image,
    problem,
    zarr_group,
)
from catalog.errors import AmbiguousAddressError, CatalogError, UnknownAddressError

Normalise = Callable[[str], str]

_SHOWN = 10
_CANDIDATES = 200
_UNSAFE = re.compile("[%#?\x00-\x1f\x7f]")
_KINDS = ("system", "group", "image", "transformation")


class SystemRow(NamedTuple):
    """A coordinate system as the database holds it.

    Attributes
    ----------
    url
        Of the group that it belongs to; `array_path` leads from there to its array.
    axis_layout_id
        None when its axes are unknown.
    component_systems
        How many systems its component has.
    """

    id: int
    component_id: int
    group_id: int
    url: str
    array_path: str
    name: str
    kind: str
    axis_layout_id: int | None
    ndim: int | None
    component_systems: int

    @property
    def address(self) -> str:
        """Full address: URL of the group or array, ``#``, name."""
        return address(self.url, self.array_path, self.name)


class GroupRow(NamedTuple):
    """A group as the database holds it."""

    id: int
    hierarchy_id: int
    url: str
    path: str
    kind: str
    ome_version: str
    zarr_format: int


def address(url: str, array_path: str, name: str) -> str:
    """Return the full address of a coordinate system.

    Examples
    --------
    >>> address("file:///data/a.zarr", "0", "")
    'file:///data/a.zarr/0#'
    """
    if array_path:
        # A '#' in a URL is percent-encoded, so that an address splits at its first one.
        path = _UNSAFE.sub(lambda match: f"%{ord(match.group()):02X}", array_path)
        url = f"{url}/{path}"
    return f"{url}#{name}"


_SYSTEM_COLUMNS = (
    coordinate_system.c.id,
    coordinate_system.c.component_id,
    coordinate_system.c.group_id,
    zarr_group.c.url,
    coordinate_system.c.array_path,
    coordinate_system.c.name,
    coordinate_system.c.kind,
    coordinate_system.c.axis_layout_id,
    coordinate_system.c.ndim,
    component.c.systems,
)
# A hierarchy that was removed takes all its groups along.
_PRESENT = zarr_group.c.removed_at.is_(None)
_SYSTEMS = (
    sa.select(*_SYSTEM_COLUMNS)
    .select_from(coordinate_system)
    .join(zarr_group, coordinate_system.c.group_id == zarr_group.c.id)
    .join(component, coordinate_system.c.component_id == component.c.id)
    .where(_PRESENT)
)
_GROUPS = sa.select(
    zarr_group.c.id,
    zarr_group.c.hierarchy_id,
    zarr_group.c.url,
    zarr_group.c.path,
    zarr_group.c.kind,
    zarr_group.c.ome_version,
    zarr_group.c.zarr_format,
).where(_PRESENT)
_BY_URL = _SYSTEMS.where(
    zarr_group.c.url == sa.bindparam("url"),
    coordinate_system.c.array_path == sa.bindparam("array_path"),
    coordinate_system.c.name == sa.bindparam("name"),
)
_AT = Prepared(
    _SYSTEMS.where(
        zarr_group.c.url == parameter(0, sa.Text()),
        coordinate_system.c.array_path == parameter(1, sa.Text()),
        coordinate_system.c.name == parameter(2, sa.Text()),
    )
)
# Two at once: most questions name two systems, and each round trip costs.
_TWO_BY_URL = _SYSTEMS.where(
    zarr_group.c.url.in_((sa.bindparam("url_0"), sa.bindparam("url_1"))),
    sa.or_(
        *(
            sa.and_(
                zarr_group.c.url == sa.bindparam(f"url_{i}"),
                coordinate_system.c.array_path == sa.bindparam(f"array_path_{i}"),
                coordinate_system.c.name == sa.bindparam(f"name_{i}"),
            )
            for i in range(2)
        )
    ),
)
_BY_ID = _SYSTEMS.where(coordinate_system.c.id == sa.bindparam("id"))
_BY_NAME = _SYSTEMS.where(coordinate_system.c.name == sa.bindparam("name"))
_BY_GROUP_NAME = _SYSTEMS.where(
    zarr_group.c.name == sa.bindparam("group_name"),
    coordinate_system.c.array_path == sa.bindparam("array_path"),
    coordinate_system.c.name == sa.bindparam("name"),
)
_GROUP_BY_URL = _GROUPS.where(zarr_group.c.url == sa.bindparam("url"))
_GROUP_BY_NAME = _GROUPS.where(zarr_group.c.name == sa.bindparam("name"))


def resolve_system(
    connection: sa.Connection, text: str, normalise: Normalise | None = None
) -> SystemRow:
    """Find the coordinate system that a text means.

    Parameters
    ----------
    text
        A full address ``URL#name`` (an array's: ``URL#``), a local path instead of the
        URL, the last parts of a URL (``tile_3#physical``), a name that only one system
        has, or an id that another command printed (``17``, ``system:17``).
    normalise
        Gives a path or URL its one spelling; without it a text is taken as it stands.

    Raises
    ------
    UnknownAddressError
        If there is none; names that resemble it are listed.
    AmbiguousAddressError
        If there are several; they are listed.
    """
    place, mark, name = text.partition("#")
    if not mark:
        return _bare(connection, text)
    if not place:
        return _named(connection, text, name)
    for url in _spellings(place, normalise):
        found = _at(connection, url, name)
        if found is not None:
            return found
    candidates = _ending(connection, place, name)
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise _ambiguous(text, [row.address for row in candidates])
    raise _unknown_system(connection, text, place, name, normalise)


def system_at(connection: sa.Connection, text: str) -> SystemRow | None:
    """Find a coordinate system by its full address, as it is recorded; None for other texts."""
    place = _recorded(text)
    rows = () if place is None else _AT.rows(connection, place)
    return SystemRow._make(rows[0]) if rows else None


def resolve_systems(
    connection: sa.Connection, texts: Sequence[str], normalise: Normalise | None = None
) -> list[SystemRow]:
    """Find the coordinate systems that texts mean, as `resolve_system` does.

    Full addresses as they are recorded, the most usual, are looked up two at a time.
    """
    found: dict[tuple[str, str, str], SystemRow] = {}
    places = [_recorded(text) for text in texts]
    likely = sorted({place for place in places if place is not None})
    for i in range(0, len(likely) - 1, 2):
        values = {
            f"{key}_{j}": value
            for j, place in enumerate(likely[i : i + 2])
            for key, value in zip(("url", "array_path", "name"), place, strict=True)
        }
        for row in connection.execute(_TWO_BY_URL, values):
            system = SystemRow._make(row)
            found[(system.url, system.array_path, system.name)] = system
    return [
        found[place]
        if place is not None and place in found
        else resolve_system(connection, text, normalise)
        for text, place in zip(texts, places, strict=True)
    ]


def _recorded(text: str) -> tuple[str, str, str] | None:
    """Split a full address: a group's system by name, an array's by the group above it.

    None for everything else. Where another reading comes first, nothing is recorded under
    this one: a named system of an array's URL is not looked for.
    """
    url, mark, name = text.partition("#")
    if not mark or "://" not in url or url.endswith("/") or url.count("/") <= 3:
        return None
    if name:
        return url, "", name
    group, _, last = url.rpartition("/")
    return group, unquote(last), ""


def resolve_group(
    connection: sa.Connection, text: str, normalise: Normalise | None = None
) -> GroupRow:
    """Find the group that a text means: a URL, a local path, or the last parts of a URL.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If there is none, or several.
    """
    candidates = find_groups(connection, text, normalise)
    if candidates:
        return one_group(text, candidates)
    near = _near_groups(connection, text)
    raise UnknownAddressError(
        f"The catalog has no group {text!r}.{_list('Near', near)}"
        f"{'' if near else ' Index the folder that holds it with: catalog index FOLDER'}",
        text,
        near,
    )


def one_group(text: str, candidates: Sequence[GroupRow]) -> GroupRow:
    """Return the only one of some groups that a text may mean.

    Raises
    ------
    AmbiguousAddressError
        If there are several.
    """
    if len(candidates) > 1:
        raise _ambiguous(text, [row.url for row in candidates])
    return candidates[0]


def find_groups(
    connection: sa.Connection, text: str, normalise: Normalise | None = None
) -> list[GroupRow]:
    """Find the groups that a text may mean; the exact one alone when there is one."""
    for url in _spellings(text, normalise):
        row = connection.execute(_GROUP_BY_URL, {"url": url}).first()
        if row is not None:
            return [GroupRow._make(row)]
    ending = _parts(text)
    if not ending:
        return []
    query = _GROUP_BY_NAME
    if len(ending) > 1:
        query = query.where(_url_ends(ending))
    rows = connection.execute(query.limit(_CANDIDATES), {"name": ending[-1]})
    return sorted((GroupRow._make(row) for row in rows), key=lambda row: row.url)


def groups_of_images_named(connection: sa.Connection, name: str) -> list[GroupRow]:
    """Find the groups whose images have a name."""
    query = _GROUPS.where(
        zarr_group.c.id.in_(sa.select(image.c.group_id).where(image.c.name == name))
    )
    rows = connection.execute(query.order_by(zarr_group.c.url).limit(_CANDIDATES))
    return [GroupRow._make(row) for row in rows]


def group_by_id(connection: sa.Connection, id_: int) -> GroupRow | None:
    """Return the group with an id, if it is (still) there."""
    row = connection.execute(_GROUPS.where(zarr_group.c.id == id_)).first()
    return None if row is None else GroupRow._make(row)


def system_by_id(connection: sa.Connection, id_: int) -> SystemRow | None:
    """Return the coordinate system with an id, if it is (still) there."""
    return _one(connection, _BY_ID, {"id": id_})


def systems_named(connection: sa.Connection, name: str) -> list[SystemRow]:
    """Return the coordinate systems with a name, at most some more than are ever listed.

    The systems of arrays have none, and an empty name finds nothing.
    """
    if not name:
        return []
    rows = connection.execute(_BY_NAME.limit(_CANDIDATES), {"name": name})
    return sorted(map(SystemRow._make, rows), key=lambda row: row.address)


def _one(
    connection: sa.Connection,
    query: sa.Executable,
    values: Mapping[str, str | int],
) -> SystemRow | None:
    row = connection.execute(query, values).first()
    return None if row is None else SystemRow._make(row)


def _bare(connection: sa.Connection, text: str) -> SystemRow:
    numbered = kind_and_id(text)
    if numbered is None or numbered[0] not in {None, "system"}:
        return _named(connection, text, text)
    by_id = system_by_id(connection, numbered[1])
    if by_id is None:
        return _named(connection, text, text)
    others = [row for row in systems_named(connection, text) if row.id != by_id.id]
    if others and numbered[0] is None:
        raise AmbiguousAddressError(
            f"{text!r} is the id of a coordinate system and the name of another. Write "
            f"'system:{text}' for {by_id.address}, or '#{text}' for the name.",
            text,
            [by_id.address, *(row.address for row in others[:_SHOWN])],
        )
    return by_id


def _named(connection: sa.Connection, text: str, name: str) -> SystemRow:
    named = systems_named(connection, name)
    if len(named) == 1:
        return named[0]
    if named:
        raise _ambiguous(text, [row.address for row in named])
    raise _unknown_name(connection, text, name)


def _spellings(place: str, normalise: Normalise | None) -> Iterator[str]:
    yield place.rstrip("/")
    if normalise is not None:
        try:
            url = normalise(place)
        except CatalogError:
            return  # a scheme that cannot be crawled may still have been typed as it is recorded
        if url != place:
            yield url


def _at(connection: sa.Connection, url: str, name: str) -> SystemRow | None:
    """Find a system at a URL: of the group there, or of an array below a group above."""
    if name:
        found = _one(connection, _BY_URL, {"url": url, "array_path": "", "name": name})
        if found is not None:
            return found
    # Nearest group first: an array lies directly in its image's group nearly always.
    group, rest = url, ""
    while group.count("/") > 3:
        group, _, last = group.rpartition("/")
        rest = f"{last}/{rest}" if rest else last
        values = {"url": group, "array_path": unquote(rest), "name": name}
        found = _one(connection, _BY_URL, values)
        if found is not None:
            return found
    return None


def _ending(connection: sa.Connection, place: str, name: str) -> list[SystemRow]:
    parts = _parts(place)
    found: dict[int, SystemRow] = {}
    for i in range(len(parts), 0, -1):
        query = _BY_GROUP_NAME
        if i > 1:
            query = query.where(_url_ends(parts[:i]))
        values = {"group_name": parts[i - 1], "array_path": "/".join(parts[i:]), "name": name}
        for row in connection.execute(query.limit(_CANDIDATES), values):
            system = SystemRow._make(row)
            found[system.id] = system
    return sorted(found.values(), key=lambda row: row.address)


def _parts(place: str) -> list[str]:
    """Split what may be the end of a URL; nothing when it goes up, or is a URL itself."""
    parts = [part for part in place.split("/") if part not in {"", "."}]
    return [] if ".." in parts or "://" in place else parts


def _url_ends(parts: Sequence[str]) -> sa.ColumnElement[bool]:
    # Not LIKE: SQLite's does not tell A from a, and both want escapes.
    ending = "/" + "/".join(parts)
    length = sa.func.length(zarr_group.c.url)
    return sa.func.substr(zarr_group.c.url, length - len(ending) + 1) == ending


def _ambiguous(text: str, candidates: Sequence[str]) -> AmbiguousAddressError:
    many = f"{len(candidates)}{' or more' if len(candidates) >= _CANDIDATES else ''}"
    return AmbiguousAddressError(
        f"{text!r} may mean {many} things; write more of its address."
        f"{_list('Candidates', candidates)}",
        text,
        tuple(candidates),
    )


def _list(title: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    shown = "".join(f"\n  {item}" for item in items[:_SHOWN])
    more = f"\n  … and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return f" {title}:{shown}{more}"


def _unknown_system(
    connection: sa.Connection, text: str, place: str, name: str, normalise: Normalise | None
) -> UnknownAddressError:
    groups = find_groups(connection, place, normalise)
    if not groups:
        near = _near_groups(connection, place)
        return UnknownAddressError(
            f"There is no coordinate system {text!r}: the catalog has no group {place!r}."
            f"{_list('Near', near)}",
            text,
            near,
        )
    rows = connection.execute(
        _SYSTEMS.where(zarr_group.c.id.in_([group.id for group in groups[:_SHOWN]]))
        .order_by(zarr_group.c.url, coordinate_system.c.array_path, coordinate_system.c.name)
        .limit(_CANDIDATES)
    )
    systems = [SystemRow._make(row) for row in rows]
    near_names = get_close_matches(name, {row.name for row in systems}, n=_SHOWN, cutoff=0.5)
    close = [row.address for row in systems if row.name in near_names]
    near = close or [row.address for row in systems]
    what = f"has none named {name!r}" if name else "has no array there"
    title = "Near" if close else "It has"
    return UnknownAddressError(
        f"There is no coordinate system {text!r}: {groups[0].url} {what}.{_list(title, near)}",
        text,
        near,
    )


def _unknown_name(connection: sa.Connection, text: str, name: str) -> UnknownAddressError:
    groups = find_groups(connection, name)
    if groups:
        rows = connection.execute(
            _SYSTEMS.where(zarr_group.c.id == groups[0].id)
            .order_by(coordinate_system.c.array_path, coordinate_system.c.name)
            .limit(_CANDIDATES)
        )
        near = [SystemRow._make(row).address for row in rows]
        return UnknownAddressError(
            f"{text!r} is a group, not a coordinate system; say which of its systems is meant."
            f"{_list('It has', near)}",
            text,
            near,
        )
    names = connection.execute(
        sa.select(coordinate_system.c.name).where(coordinate_system.c.name != "").distinct()
    ).scalars()
    near = get_close_matches(name, names.fetchmany(5_000), n=_SHOWN, cutoff=0.5)
    hint = _list("Near", near) or " 'catalog systems' lists them all."
    return UnknownAddressError(f"No coordinate system is named {text!r}.{hint}", text, near)


def _near_groups(connection: sa.Connection, place: str) -> list[str]:
    parts = _parts(place.partition("://")[2] or place)
    if not parts:
        return []
    rows = connection.execute(
        sa.select(zarr_group.c.name, zarr_group.c.url).where(_PRESENT).limit(20_000)
    ).all()
    # The last part may name an array, and the one before it the group.
    near = {
        name for part in parts[-2:] for name in get_close_matches(part, {r[0] for r in rows}, n=5)
    }
    return sorted(url for name, url in rows if name in near)[:_SHOWN]


def kind_and_id(text: str) -> tuple[str | None, int] | None:
    """Read an id as commands print it: ``17``, or with what it is of: ``image:17``."""
    kind, mark, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit()) or (mark and kind not in _KINDS):
        return None
    return (kind or None, int(number)) if len(number) < 19 else None


def resolve_scope(connection: sa.Connection, text: str, normalise: Normalise | None = None) -> str:
    """Return the URL at and below which a text limits a listing.

    A group that is recorded, or else any folder above one.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If nothing is recorded there.
    """
    numbered = kind_and_id(text)
    if numbered is not None and numbered[0] == "group":
        row = group_by_id(connection, numbered[1])
        if row is not None:
            return row.url
    for url in _spellings(text, normalise):
        prefix = url.rstrip("/")
        bounds = (url, f"{prefix}/", f"{prefix}0")
        if any(some.rows(connection, bounds) for some in _BELOW):
            return url
    return resolve_group(connection, text, normalise).url


def _some_below(column: sa.Column[str]) -> Prepared:
    """Select something at a URL, the first value, or between the two that bound what lies below."""
    url, low, high = [parameter(number, sa.Text()) for number in range(3)]
    there = sa.or_(column == url, sa.and_(column >= low, column < high))
    found: sa.Select[int] = sa.select(sa.literal_column("1")).select_from(column.table)
    return Prepared(found.where(there).limit(sa.literal_column("1")))


_BELOW = (_some_below(zarr_group.c.url), _some_below(problem.c.url))


def below(column: sa.ColumnElement[str], url: str) -> sa.ColumnElement[bool]:
    """Say that a URL is `url` or lies below it."""
    # '0' follows '/' in the order of bytes, in which the database compares URLs.
    prefix = url.rstrip("/")
    return sa.or_(column == url, sa.and_(column >= f"{prefix}/", column < f"{prefix}0"))
