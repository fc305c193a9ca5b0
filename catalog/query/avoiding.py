"""From what a person types to what a path must not pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from catalog.database.schema import transformation
from catalog.errors import AmbiguousAddressError, UnknownAddressError
from catalog.query.addresses import (
    Normalise,
    SystemRow,
    find_groups,
    kind_and_id,
    resolve_system,
    systems_named,
)


class Avoided(NamedTuple):
    """Ids of the systems and of the transformations that a path must not pass."""

    systems: frozenset[int]
    edges: frozenset[int]


def resolve_avoided(
    connection: sa.Connection,
    texts: Sequence[str],
    component_id: int,
    normalise: Normalise | None = None,
) -> Avoided:
    """Find what texts mean.

    Parameters
    ----------
    texts
        Each a coordinate system, as `resolve_system` takes it; or a transformation: where
        it is declared, as `catalog path` prints it (``GROUP#/pointer``), its id
        (``transformation:17``), or its name.
    component_id
        Where the path lies: names of transformations are looked up there.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If a text means nothing, or several things.
    """
    systems: set[int] = set()
    edges: set[int] = set()
    for text in texts:
        found = _edges(connection, text, component_id, normalise)
        if found:
            edges.update(found)
        else:
            systems.add(system_otherwise(connection, text, normalise).id)
    return Avoided(frozenset(systems), frozenset(edges))


def system_otherwise(
    connection: sa.Connection, text: str, normalise: Normalise | None = None
) -> SystemRow:
    """Find the coordinate system that a text means which means no transformation.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If it means nothing, or several things.
    """
    try:
        return resolve_system(connection, text, normalise)
    except UnknownAddressError as error:
        message = f"There is no transformation {text!r}. {error.message}"
        raise UnknownAddressError(message, text, error.near) from None


def _edges(
    connection: sa.Connection, text: str, component_id: int, normalise: Normalise | None
) -> Sequence[int]:
    numbered = kind_and_id(text)
    if numbered is not None:
        if numbered[0] != "transformation":
            return ()
        query = sa.select(transformation.c.id).where(transformation.c.id == numbered[1])
        found = connection.execute(query).scalars().all()
        if not found:
            raise UnknownAddressError(
                f"There is no transformation {numbered[1]} (any more).", text, ()
            )
        return found
    found = transformations_at(connection, text, component_id, normalise)
    if found and "#" not in text and systems_named(connection, text):
        raise AmbiguousAddressError(
            f"{text!r} is the name of a transformation and of a coordinate system; write "
            f"'#{text}' for the system, 'transformation:{found[0]}' for the transformation.",
            text,
            [f"#{text}", *(f"transformation:{one}" for one in found)],
        )
    return found


def transformations_at(
    connection: sa.Connection,
    text: str,
    component_id: int | None = None,
    normalise: Normalise | None = None,
) -> Sequence[int]:
    """Find the transformations that are declared at ``GROUP#/pointer``, or have a name.

    Parameters
    ----------
    component_id
        Where names are looked up; None looks everywhere.

    Raises
    ------
    AmbiguousAddressError
        If a place may mean several of them.
    """
    ids = sa.select(transformation.c.id)
    place, mark, pointer = text.partition("#")
    if mark:
        if not place or not pointer.startswith("/"):
            return ()
        groups = [group.id for group in find_groups(connection, place, normalise)]
        query = ids.where(
            transformation.c.group_id.in_(groups), transformation.c.pointer == pointer
        )
        found = connection.execute(query).scalars().all()
        if len(groups) > 1 and len(found) > 1:
            raise AmbiguousAddressError(
                f"{text!r} may mean {len(found)} transformations; write more of its address.",
                text,
                [f"transformation:{one}" for one in found],
            )
        return found
    query = ids.where(transformation.c.name == text)
    if component_id is not None:
        query = query.where(transformation.c.component_id == component_id)
    return connection.execute(query).scalars().all()
