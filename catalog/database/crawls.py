"""The rows of a crawl: how it begins, how it ends, and what it found outside of hierarchies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from catalog.database.places import below
from catalog.database.schema import crawl, problem

Outcome = Literal["done", "partial", "failed", "interrupted"]
Kind = Literal["root", "list", "watch"]


@dataclass(frozen=True, slots=True)
class CrawlCounts:
    """What a crawl did, in numbers of hierarchies.

    Attributes
    ----------
    problems
        Rows written.
    ignored
        Zarr groups and arrays without OME-Zarr metadata.
    requests, retries
        Sent to servers, and how many of these because an earlier one had failed.
    """

    seen: int = 0
    written: int = 0
    unchanged: int = 0
    failed: int = 0
    removed: int = 0
    problems: int = 0
    ignored: int = 0
    requests: int = 0
    retries: int = 0


def running(connection: sa.Connection, root: str | None = None) -> list[int]:
    """Name the crawls, of a root or all, that have not ended: they run, or were killed."""
    query = sa.select(crawl.c.id).where(crawl.c.outcome == "running")
    if root is not None:
        query = query.where(crawl.c.root == root)
    return list(connection.scalars(query))


def interrupt(connection: sa.Connection, ids: Sequence[int]) -> None:
    """Mark crawls whose process was killed."""
    if ids:
        connection.execute(
            crawl.update()
            .where(crawl.c.id.in_(ids))
            .values(outcome="interrupted", message="The process ended before the crawl did.")
        )


def begin(
    connection: sa.Connection, id_: int, root: str, now: datetime, kind: Kind = "root"
) -> None:
    """Record that a crawl runs."""
    # Whoever tries again does not know that it was recorded when the connection was cut.
    connection.execute(crawl.delete().where(crawl.c.id == id_))
    connection.execute(
        crawl.insert().values(
            id=id_,
            root=root,
            kind=kind,
            started_at=now,
            outcome="running",
            seen=0,
            written=0,
            unchanged=0,
            failed=0,
            removed=0,
            problems=0,
        )
    )


def finish(
    connection: sa.Connection,
    id_: int,
    *,
    counts: CrawlCounts,
    outcome: Outcome,
    message: str | None,
    now: datetime,
    whole: Sequence[str] | None = None,
    others: Collection[int] = (),
) -> None:
    """Record how a crawl ended.

    One that went to the end replaces what earlier ones said about folders in the places
    that it saw everything of: its root, if they are not named. Of one that ran beside it,
    only what both say; and nothing of `others`, which run still.
    """
    row = connection.execute(
        sa.select(crawl.c.root, crawl.c.started_at).where(crawl.c.id == id_)
    ).one_or_none()
    if row is None:
        raise ValueError(f"there is no crawl {id_}")
    root, started = row
    if outcome in ("done", "partial"):
        over = sa.select(crawl.c.id).where(crawl.c.id != id_, crawl.c.id.not_in(others))
        earlier = over.where(sa.or_(crawl.c.finished_at.is_(None), crawl.c.finished_at <= started))
        twin = problem.alias()
        said_again = sa.exists().where(
            twin.c.crawl_id == id_,
            *[twin.c[name] == problem.c[name] for name in ("url", "pointer", "code")],
        )
        replaced = sa.or_(
            problem.c.crawl_id.in_(earlier), sa.and_(problem.c.crawl_id.in_(over), said_again)
        )
        for place in [root] if whole is None else whole:
            _forget(connection, place, replaced)
        # Those of a list lie anywhere, and it says all of them again.
        same = earlier.where(crawl.c.root == root)
        if whole is not None and not whole:
            connection.execute(
                problem.delete().where(
                    problem.c.crawl_id.in_(same), problem.c.hierarchy_id.is_(None)
                )
            )
    connection.execute(
        crawl.update()
        .where(crawl.c.id == id_)
        .values(
            finished_at=now,
            outcome=outcome,
            message=message,
            seen=counts.seen,
            written=counts.written,
            unchanged=counts.unchanged,
            failed=counts.failed,
            removed=counts.removed,
            problems=counts.problems,
            ignored=counts.ignored,
            requests=counts.requests,
            retries=counts.retries,
        )
    )


def _forget(connection: sa.Connection, place: str, replaced: sa.ColumnElement[bool]) -> None:
    """Take back what other crawls said about folders at and below a place."""
    connection.execute(
        problem.delete().where(
            replaced,
            problem.c.hierarchy_id.is_(None),
            sa.or_(problem.c.url == place, below(problem.c.url, place)),
        )
    )
