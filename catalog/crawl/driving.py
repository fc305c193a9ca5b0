"""Two ways to answer what a piece of crawling logic asks: one by one, or many at once.

The logic itself does no I/O: it is a generator that yields batches of questions and is
sent a list of answers, in their order. An answer may be an error of ours: what becomes of
it is for the logic to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any, Literal, TypeVar

from catalog.crawl.requests import Requests, current_requests
from catalog.errors import CatalogError, StoreError
from catalog.stores import Document, FarStore, Listing, Stat, Store
from catalog.stores.threads import in_own_thread
from catalog.stores.url import join

Kind = Literal["get", "list", "stat"]
# What is asked, and of which path; what follows is the asker's own affair.
Question = tuple[Kind, str, *tuple[Any, ...]]
Answer = Document | Listing | Stat | None | CatalogError

T = TypeVar("T")
Asking = Generator[Sequence[Question], Sequence[Answer], T]

# Longer than any store takes that keeps to its own limits of time.
_PATIENCE = 15 * 60.0


async def try_listing(store: FarStore) -> Listing | None:
    """Let a store find out whether it lists folders, for which it may have to ask its server."""
    access = getattr(store, "access", None)
    if access is not None and access.listing is not None:
        return None
    return await in_own_thread(store.try_listing)


def in_loop() -> bool:
    """Tell whether an event loop runs in this thread: then no other one may."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def drive(store: Store, asking: Asking[T]) -> T:
    """Answer all questions one after the other; give what the logic returns."""
    ways = _ways(store)
    try:
        batch = next(asking)
        while True:
            answers: list[Answer] = []
            for question in batch:
                try:
                    answers.append(ways[question[0]](question[1]))
                except CatalogError as error:
                    answers.append(error)
            batch = asking.send(answers)
    except StopIteration as stop:
        value: T = stop.value
        return value


async def drive_async(
    store: Store,
    asking: Asking[T],
    requests: Requests | None = None,
    patience: float = _PATIENCE,
) -> T:
    """Answer the questions of each batch all at once; give what the logic returns.

    Parameters
    ----------
    requests
        Those who ask, for all who share them; of the run that goes on, if None.
    patience
        Seconds after which one answer is not waited for any longer.
    """
    ways = _ways(store)
    requests = requests or current_requests()
    batch: Sequence[Question] = ()

    def late(index: int) -> StoreError:
        url = join(store.url, batch[index][1])
        return StoreError(f"{url} was not answered within {patience:g} s", url)

    try:
        batch = next(asking)
        while True:
            questions = [partial(ways[question[0]], question[1]) for question in batch]
            batch = asking.send(await requests.answers(questions, patience, late))
    except StopIteration as stop:
        value: T = stop.value
        return value


def _ways(store: Store) -> dict[Kind, Callable[[str], Answer]]:
    return {"get": store.get, "list": store.list_folder, "stat": store.stat}
