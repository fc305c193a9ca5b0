"""Past runs of `index`: one by one, and what each found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from catalog.database.schema import crawl, hierarchy, problem
from catalog.errors import UnknownAddressError
from catalog.query.addresses import below

_FETCH = 1_000


class CrawlRun(NamedTuple):
    """A run of `index` over one root.

    Attributes
    ----------
    kind
        ``root``: a place; ``list``: URLs of a list; ``watch``: what changed below a place.
    seconds
        How long it took; None while it runs, and when it was killed.
    seen, written, unchanged, failed, removed
        Hierarchies.
    problems
        How many problems it wrote down.
    """

    id: int
    root: str
    kind: str
    started_at: datetime
    seconds: float | None
    outcome: str
    seen: int
    written: int
    unchanged: int
    failed: int
    removed: int
    problems: int
    message: str | None


class ProblemCount(NamedTuple):
    """How many problems of a code there are."""

    code: str
    severity: str
    number: int


@dataclass(frozen=True)
class CrawlShown:
    """All that is recorded about a run.

    Attributes
    ----------
    standing
        The problems that it found and that are there still, by code, the most frequent
        first.
    last_of
        How many hierarchies it was the last to write.
    more
        What else the database says about it, by column.
    """

    run: CrawlRun
    finished_at: datetime | None
    standing: tuple[ProblemCount, ...]
    last_of: int
    more: dict[str, object]


_LISTED = ("id", "root", "kind", "started_at", "finished_at", *CrawlRun._fields[5:])
_COLUMNS = [crawl.c[name] for name in _LISTED]


def crawls(
    connection: sa.Connection, root: str | None = None, limit: int | None = None
) -> Iterator[CrawlRun]:
    """List the runs of `index`, newest first.

    Parameters
    ----------
    root
        URL: only runs over it, or over places below it.
    """
    query = sa.select(*_COLUMNS).order_by(crawl.c.id.desc()).limit(limit)
    if root is not None:
        query = query.where(below(crawl.c.root, root))
    with connection.execute(query.execution_options(yield_per=_FETCH)) as rows:
        for row in rows:
            yield _listing(row)


def shown(connection: sa.Connection, id_: int) -> CrawlShown:
    """Return all that is recorded about a run.

    Raises
    ------
    UnknownAddressError
        If there is none of this id.
    """
    row = connection.execute(sa.select(crawl).where(crawl.c.id == id_)).one_or_none()
    if row is None:
        raise UnknownAddressError(
            f"There is no crawl {id_}; 'catalog crawls' lists them.", str(id_), ()
        )
    values = dict(row._mapping)
    number = sa.func.count().label("number")
    standing = (
        sa.select(problem.c.code, problem.c.severity, number)
        .outerjoin(hierarchy, problem.c.hierarchy_id == hierarchy.c.id)
        .where(problem.c.crawl_id == id_, hierarchy.c.removed_at.is_(None))
        .group_by(problem.c.code, problem.c.severity)
        .order_by(number.desc(), problem.c.code, problem.c.severity)
    )
    last_of = sa.select(sa.func.count()).where(
        hierarchy.c.crawl_id == id_, hierarchy.c.removed_at.is_(None)
    )
    return CrawlShown(
        _listing([values[name] for name in _LISTED]),
        values["finished_at"],
        tuple(ProblemCount._make(found) for found in connection.execute(standing)),
        connection.execute(last_of).scalar_one(),
        {name: value for name, value in values.items() if name not in _LISTED},
    )


def _listing(row: Any) -> CrawlRun:
    id_, root, kind, started, finished, *rest = row
    seconds = None if finished is None else round((finished - started).total_seconds(), 3)
    return CrawlRun(id_, root, kind, started, seconds, *rest)
