"""A Dask cluster that reads: workers list and parse, and send records to the one writer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from typing import Any

from catalog.errors import CatalogError, UsageError

LOCAL = "local"

_RETRIES = 3
_SECONDS_TO_ANSWER = 15


@contextmanager
def dask_executor(address: str, workers: int | None = None) -> Iterator[Executor]:
    """Lend an executor that reads on a Dask cluster.

    What a worker that dies had not sent is read again by another one. How much the
    cluster holds is bounded by who gives it work, see `catalog.indexing.readers`.

    Parameters
    ----------
    address
        Of a scheduler, ``tcp://host:8786``; ``local`` for a cluster of processes of this
        machine that lives as long as the executor.
    workers
        Processes of a local cluster; as many as there are processors if None.

    Raises
    ------
    UsageError
        When Dask is not installed.
    CatalogError
        When the scheduler does not answer.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError(
            "--dask needs the extra 'dask': pip install 'ome-scene-catalog[dask]'"
        ) from None
    with ExitStack() as stack:
        where = address
        if address == LOCAL:
            make: Any = LocalCluster
            cluster = make(n_workers=workers, threads_per_worker=1, dashboard_address=":0")
            where = stack.enter_context(cluster)
        connect: Any = Client
        try:
            client = stack.enter_context(connect(where, timeout=_SECONDS_TO_ANSWER))
        except (OSError, ValueError) as error:
            raise CatalogError(
                f"the Dask scheduler at {address} does not answer: {error or 'no reason given'}"
            ) from error
        # Not pure: the same URL a second time is to be looked at a second time.
        executor: Executor = client.get_executor(pure=False, retries=_RETRIES)
        stack.callback(executor.shutdown, wait=False)
        yield executor
