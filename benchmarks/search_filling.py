"""Writes the collection of `search_collection` into a database, by the real writer.

Beside its scenes stands one of many overlapping tiles, in which a box finds 10 to 200 of them.
"""

from __future__ import annotations

import itertools
import math

from place_collection import mosaic
from search_collection import IMAGES, scenes

from catalog import Catalog
from catalog.database.crawls import CrawlCounts
from catalog.database.engine import Database
from catalog.database.migration import current, init
from catalog.database.writer import Writer
from catalog.errors import DatabaseMissingError

BATCH = 64
SHARE = 100
"""Images of the collection, for each tile of the large scene beside it."""


def images_in(url: str) -> int:
    """Count the images of a database; none where there is no catalog yet."""
    try:
        if current(url) is None:
            return 0
    except DatabaseMissingError:
        return 0
    with Catalog(url) as catalog:
        return catalog.count()


def fill(url: str, images: int) -> None:
    """Write so many images, and a large scene, into an empty database."""
    init(url)
    count = images // IMAGES
    with Database(url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///data")
        records = scenes(count)
        while batch := list(itertools.islice(records, BATCH)):
            writer.write(batch, crawl)
        writer.write([mosaic(math.isqrt(images // SHARE))], crawl)
        writer.finish_crawl(crawl, CrawlCounts(count + 1, count + 1, 0, 0, 0, 0), "done")
