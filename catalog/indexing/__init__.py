"""One run of `catalog index`: places are crawled, and what changed is written.

`sources` says where hierarchies are, `readers` reads them (here, in processes, many at
once over a network, or on a cluster), `crawl` counts what came of it and hands it to the
one writer in batches, `report` says how it went. Nothing grows with the size of the
collection but the fingerprints of the URLs met.
"""

from catalog.indexing.interruption import Interrupted, Stopping
from catalog.indexing.report import Change, Failure, IndexReport, Progress, RootReport
from catalog.indexing.run import index

__all__ = [
    "Change",
    "Failure",
    "IndexReport",
    "Interrupted",
    "Progress",
    "RootReport",
    "Stopping",
    "index",
]
