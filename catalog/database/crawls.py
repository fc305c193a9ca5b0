"""The rows of a crawl: how it begins, how it ends, and what it found outside of hierarchies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from catalog.database.places import ancestors, below
from catalog.database.schema import crawl, problem

Outcome = Literal["done", "partial", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class CrawlCounts:
    """What a crawl did, in numbers of hierarchies (`problems`: of rows)."""

    seen: int = 0
    written: int = 0
    unchanged: int = 0
    failed: int = 0
    removed: int = 0
    problems: int = 0


def begin(connection: sa.Connection, id_: int, root: str, now: datetime) -> None:
    """Record that a crawl runs; what was left running on the same root was killed."""
    connection.execute(
        crawl.update()
        .where(crawl.c.root == root, crawl.c.outcome == "running")
        .values(outcome="interrupted", message="The process ended before the crawl did.")
    )
    connection.execute(
        crawl.insert().values(
            id=id_,
            root=root,
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
) -> None:
    """Record how a crawl ended.

    One that went to the end replaces what earlier ones said about folders below its root.
    """
    root = connection.scalar(sa.select(crawl.c.root).where(crawl.c.id == id_))
    if root is None:
        raise ValueError(f"there is no crawl {id_}")
    if outcome in ("done", "partial"):
        earlier = sa.select(crawl.c.id).where(
            crawl.c.id < id_,
            sa.or_(crawl.c.root.in_([root, *ancestors(root)]), below(crawl.c.root, root)),
        )
        connection.execute(
            problem.delete().where(
                problem.c.crawl_id.in_(earlier),
                problem.c.hierarchy_id.is_(None),
                sa.or_(problem.c.url == root, below(problem.c.url, root)),
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
        )
    )
