"""What disappeared: marked first, and only when that is believable; deleted on demand."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.clearing import delete, delete_groups
from catalog.database.dialects import Dialect
from catalog.database.engine import Database
from catalog.database.facets import recounted
from catalog.database.places import below
from catalog.database.schema import hierarchy, zarr_group

_AT_ONCE = 200
"""Hierarchies of one transaction; another writer waits no longer than that takes."""


class Present(NamedTuple):
    """A hierarchy that is not marked as removed."""

    id: int
    url: str
    crawl_id: int
    indexed_at: datetime


@dataclass(frozen=True, slots=True)
class Removal:
    """What disappeared below a root.

    Attributes
    ----------
    present
        Hierarchies that were recorded there.
    missing
        How many of them are not there any more.
    removed
        How many were marked as removed: all that are missing, or none.
    refusal
        Why none was, in words.
    """

    present: int
    missing: int
    removed: int
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted for good."""

    hierarchies: int
    groups: int


def _read(query: sa.Select[Any], connection: sa.Connection) -> list[Present]:
    return list(map(Present._make, connection.execute(query)))


def present(database: Database, root: str, page: int) -> Iterator[Sequence[Present]]:
    """List the hierarchies at and below a root that are not marked, in pages."""
    last = ""
    c = hierarchy.c
    while True:
        query = (
            sa.select(c.id, c.url, c.crawl_id, c.indexed_at)
            .where(
                sa.or_(hierarchy.c.url == root, below(hierarchy.c.url, root)),
                hierarchy.c.url > last,
                hierarchy.c.removed_at.is_(None),
            )
            .order_by(hierarchy.c.url)
            .limit(page)
        )
        found = database.ask(partial(_read, query))
        if not found:
            return
        yield found
        last = found[-1].url


def mark_removed(
    database: Database,
    root: str,
    seen: Container[str],
    *,
    prune_limit: float,
    listing_failed: bool,
    dry_run: bool,
    page: int,
    crawl: tuple[int, datetime] | None,
) -> Removal:
    """Mark the hierarchies that were not seen, unless that is not believable.

    Parameters
    ----------
    crawl
        Id of the crawl that did not see them, and when it began: what another one has
        written since, it has seen.
    """

    def is_newer(found: Present) -> bool:
        return crawl is not None and found.crawl_id != crawl[0] and found.indexed_at >= crawl[1]

    total = 0
    missing: list[int] = []
    for found in present(database, root, page):
        total += len(found)
        missing += [item.id for item in found if item.url not in seen and not is_newer(item)]
    refusal = None
    if missing and listing_failed:
        refusal = (
            f"{len(missing)} of {total} hierarchies were not met, and not all folders could be "
            "listed: nothing is marked as removed."
        )
    elif len(missing) > prune_limit * total:
        refusal = (
            f"{len(missing)} of {total} hierarchies were not met, more than {prune_limit:.0%}: "
            "nothing is marked as removed. If they are gone indeed, say --prune-limit 1."
        )
    if refusal is not None or dry_run or not missing:
        return Removal(total, len(missing), 0, refusal)
    removed = 0
    for start in range(0, len(missing), page):
        removed += _mark(database, missing[start : start + page], crawl)
    return Removal(total, len(missing), removed)


def _mark(database: Database, going: Sequence[int], crawl: tuple[int, datetime] | None) -> int:
    now = datetime.now(UTC)
    c = hierarchy.c
    listed = database.dialect.numbers(going)
    still = sa.select(c.id).where(c.id.in_(sa.select(listed.c.value)), c.removed_at.is_(None))
    if crawl is not None:
        still = still.where(sa.or_(c.crawl_id == crawl[0], c.indexed_at < crawl[1]))

    def mark(connection: sa.Connection) -> int:
        # Somebody may have written, or marked, one of them since they were listed.
        ids = list(connection.scalars(still))
        these = sa.select(database.dialect.numbers(ids).c.value)
        with recounted(connection, database.dialect, ids):
            for table, column in ((hierarchy, "id"), (zarr_group, "hierarchy_id")):
                connection.execute(
                    table.update()
                    .where(table.c[column].in_(these), table.c.removed_at.is_(None))
                    .values(removed_at=now)
                )
        return len(ids)

    return database.transact(mark, alone=True)


def _marked_with_its_hierarchy() -> sa.ColumnElement[bool]:
    """Say that a group was marked together with its hierarchy, not for itself.

    A group that vanished from a hierarchy has no rows that were derived from it; one that
    was marked with its hierarchy has them all, to be restored.
    """
    return (
        sa.select(hierarchy.c.id)
        .where(
            hierarchy.c.id == zarr_group.c.hierarchy_id,
            hierarchy.c.removed_at == zarr_group.c.removed_at,
        )
        .exists()
    )


def restore(connection: sa.Connection, dialect: Dialect, hierarchies: Sequence[int]) -> None:
    """Take the mark from hierarchies, and from the groups that were marked with them."""
    these = sa.select(dialect.numbers(hierarchies).c.value)
    with recounted(connection, dialect, hierarchies):
        connection.execute(
            zarr_group.update()
            .where(zarr_group.c.hierarchy_id.in_(these), _marked_with_its_hierarchy())
            .values(removed_at=None)
        )
        connection.execute(
            hierarchy.update().where(hierarchy.c.id.in_(these)).values(removed_at=None)
        )


def purge(database: Database, root: str | None, until: datetime, *, dry_run: bool) -> Purged:
    """Delete the hierarchies and groups that are marked since `until` or longer."""

    def marked(table: sa.Table) -> sa.ColumnElement[bool]:
        long = table.c.removed_at <= until
        if root is None:
            return long
        return sa.and_(long, sa.or_(table.c.url == root, below(table.c.url, root)))

    whole = sa.select(hierarchy.c.id).where(marked(hierarchy))
    alone = sa.and_(marked(zarr_group), ~_marked_with_its_hierarchy())
    with database.reading() as connection:
        hierarchies = list(connection.scalars(whole))
        groups = connection.scalar(
            sa.select(sa.func.count())
            .select_from(zarr_group)
            .where(sa.or_(alone, zarr_group.c.hierarchy_id.in_(whole)))
        )
    if dry_run:
        return Purged(len(hierarchies), groups or 0)
    purged = gone = 0
    for start in range(0, len(hierarchies), _AT_ONCE):
        listed = database.dialect.numbers(hierarchies[start : start + _AT_ONCE])
        # Somebody may have written one of them since they were listed.
        still = whole.where(hierarchy.c.id.in_(sa.select(listed.c.value)))
        of_them, deleted = database.transact(
            partial(_delete, dialect=database.dialect, which=still), alone=True
        )
        gone += of_them
        purged += deleted
    gone += database.transact(lambda connection: delete_groups(connection, alone), alone=True)
    return Purged(purged, gone)


def _delete(
    connection: sa.Connection, dialect: Dialect, which: sa.Select[tuple[int]]
) -> tuple[int, int]:
    ids: list[int] = list(connection.scalars(which))
    return delete(connection, dialect, ids), len(ids)
