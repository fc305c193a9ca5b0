"""What a worker gets and does: some hierarchies at a time, which it turns into rows.

A worker needs nothing else of this package, and no database.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from platform import node
from typing import NamedTuple

from catalog.crawl.records import HierarchyRecord, ManifestEntry, Outcome
from catalog.crawl.requests import requests_at_once
from catalog.crawl.root_seen import RootSeen
from catalog.crawl.work import crawl_hierarchy, crawl_hierarchy_async
from catalog.database.parcels.parcel import Parcel, Unusable, pack
from catalog.stores import DEFAULT_OPTIONS, StoreOptions
from catalog.stores.traffic import Traffic, traffic


class Task(NamedTuple):
    """A hierarchy to be read, and what is known of it (nothing: read it in any case).

    The fields are the arguments of `catalog.crawl.work.crawl_hierarchy`.
    """

    url: str
    manifest: Sequence[ManifestEntry] = ()
    digest: bytes | None = None
    boundary: str | None = None
    options: StoreOptions = DEFAULT_OPTIONS
    thorough: bool = False
    seen: RootSeen | None = None


class Interpreted(NamedTuple):
    """A hierarchy that was read, and how many rows it has, about: they are in a parcel."""

    url: str
    rows: int


class Batch(NamedTuple):
    """What came of tasks, in their order, and what it took.

    Attributes
    ----------
    packed
        The rows of what was read.
    place
        Of the process that did it: machine and number.
    """

    outcomes: list[Outcome | Interpreted]
    packed: list[Parcel | Unusable]
    traffic: Traffic
    place: tuple[str, int]


def here() -> tuple[str, int]:
    """Name this process among those of all machines."""
    return node(), os.getpid()


def read(task: Task) -> Outcome:
    """Read a hierarchy, here and now."""
    return crawl_hierarchy(*task[:5], thorough=task.thorough, seen=task.seen)


def read_batch(tasks: Sequence[Task]) -> Batch:
    """Read hierarchies, those on servers all at once; the function that workers run."""
    before = traffic()
    far = [task for task in tasks if not is_near(task.url)]
    answers = iter(asyncio.run(_read_at_once(far)) if far else ())
    outcomes = [read(task) if is_near(task.url) else next(answers) for task in tasks]
    records = [outcome for outcome in outcomes if isinstance(outcome, HierarchyRecord)]
    return Batch(
        [
            Interpreted(outcome.url, row_count(outcome))
            if isinstance(outcome, HierarchyRecord)
            else outcome
            for outcome in outcomes
        ],
        list(pack(records)),
        traffic().since(before),
        here(),
    )


async def _read_at_once(tasks: Sequence[Task]) -> list[Outcome]:
    with requests_at_once(2 * len(tasks)):
        return await asyncio.gather(
            *(
                crawl_hierarchy_async(*task[:5], thorough=task.thorough, seen=task.seen)
                for task in tasks
            )
        )


def is_near(url: str) -> bool:
    """Tell whether a place is on this machine, as far as its operating system is concerned."""
    return url.startswith("file:")


def row_count(record: HierarchyRecord) -> int:
    """Tell about how many rows a record becomes."""
    return (
        len(record.groups)
        + len(record.images)
        + len(record.levels)
        + len(record.systems)
        + len(record.transformations)
        + len(record.problems)
    )
