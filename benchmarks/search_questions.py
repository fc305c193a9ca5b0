"""The questions that searches are measured by, with what is expected of each kind.

The targets, in milliseconds at the 95th percentile, are those for a million images.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from math import isqrt
from typing import Any, NamedTuple

from place_collection import MOSAIC, boxes
from search_collection import scene as scene_record

from catalog import Catalog

PAGE = 50
RUNS = 60

Ask = Callable[[], object]


class Kind(NamedTuple):
    """Questions of one kind; `asks` makes them."""

    name: str
    sqlite: float
    postgresql: float
    asks: Callable[[], list[Ask]]


def kinds(catalog: Catalog) -> Iterator[Kind]:
    """Yield all kinds of questions, for what `search_filling` wrote."""
    scenes = catalog.count(of="scenes") - 1  # beside the one of many tiles
    values = random.Random(7)

    def some(*options: Any) -> list[Any]:
        return [values.choice(options) for _ in range(RUNS)]

    def numbers(first: int, end: int) -> list[int]:
        return [values.randrange(first, end) for _ in range(RUNS)]

    def first(asked: Sequence[dict[str, Any]]) -> Callable[[], list[Ask]]:
        return lambda: [
            lambda each=each: list(catalog.search(limit=PAGE, **each))  # type: ignore[misc]
            for each in asked
        ]

    def counted(asked: Sequence[dict[str, Any]]) -> Callable[[], list[Ask]]:
        return lambda: [lambda each=each: catalog.count(**each) for each in asked]  # type: ignore[misc]

    def faceted(field: str, asked: Sequence[dict[str, Any]]) -> Callable[[], list[Ask]]:
        return lambda: [
            lambda each=each: list(catalog.facet(field, **each))  # type: ignore[misc]
            for each in asked
        ]

    scene = numbers(0, scenes)
    depth = numbers(2, 300)
    step = some(0.1, 0.2, 0.3, 0.5, 0.9)
    organ = some("brain", "kidney", "retina", "lung")
    person = some("muller", "tanaka", "novak", "smith")
    prefixes = [{"name": [f"{o} {n // 100:04}*"]} for o, n in zip(organ, scene, strict=True)]
    little = [{"where": f"voxel_size_x < 0.2 AND size_z = {n} AND version = '0.4'"} for n in depth]
    much = [
        {"where": f"dtype = 'uint16' AND (voxel_size_x < {v} OR NOT axes LIKE '%c%')"} for v in step
    ]
    narrow = [{"voxel_size": {"x": (v, v * 1.00003)}} for v in some(0.1083, 0.2, 0.65, 2.0)]

    # Filters, the first page.
    yield Kind("filter, much fits", 5, 10, first(much))
    yield Kind("filter, little fits", 5, 10, first(little))
    yield Kind("filter, next to nothing fits", 5, 10, first(narrow))
    dyes = [{"channel": [dye]} for dye in some("DAPI", "Cy5", "Hoechst")]
    yield Kind("filter by channel", 5, 10, first(dyes))
    folders = [{"root": [f"file:///data/lab{n % 40:02}"]} for n in scene]
    yield Kind("filter, below a folder", 5, 10, first(folders))
    runs = [
        {"where": f"url LIKE 'file:///data/lab{n % 40:02}/tanaka/run_{n // 2000:03}%'"}
        for n in scene
    ]
    yield Kind("filter, in a small folder", 5, 10, first(runs))
    sorted_ = [{"sort": ["-voxel_size_x"], "where": f"size_z > {n}"} for n in depth]
    yield Kind("filter, sorted", 5, 10, first(sorted_))
    sorted_ = [{"sort": ["name"], **each} for each in little]
    yield Kind("filter, little fits, sorted", 5, 10, first(sorted_))

    # Keyset pages, anywhere.
    for name, asked in (
        ("page anywhere", {}),
        ("page anywhere, two keys", {"sort": ["voxel_size_x", "name"]}),
        ("page anywhere, keys of two ways", {"sort": ["-size_z", "dtype"]}),
        ("page anywhere of a filter", {"sort": ["name"], "where": "dtype = 'uint16'"}),
    ):
        yield Kind(name, 5, 10, lambda asked=asked: pages(catalog, asked))  # type: ignore[misc]

    # Text, the first page.
    yield Kind("text, one word", 5, 15, first([{"text": word} for word in person]))
    both = [{"text": f"{word} {o}"} for word, o in zip(person, organ, strict=True)]
    yield Kind("text, two words", 5, 15, first(both))
    yield Kind("text, a rare word", 5, 15, first([{"text": f"{n:06}"} for n in scene]))
    named = [f"{o} {n:06}" for o, n in zip(organ, scene, strict=True)]
    yield Kind("text, a rare word and another", 5, 15, first([{"text": text} for text in named]))
    yield Kind("text, a phrase", 5, 15, first([{"text": f'"{text}"'} for text in named]))
    starts = [{"text": f"{n // 10:05}*"} for n in scene]
    yield Kind("text, start of a word", 5, 15, first(starts))

    yield Kind("name prefix", 3, 5, first(prefixes))

    # By place: in a scene of many tiles, and in scenes of five images.
    yield from by_place(catalog, scene, first)

    # Subjects of which there are fewer, or more, than images.
    yield from of_others(some("10090", "7955", "9606"), first)

    # Counts and facets.
    yield Kind("count, little fits", 30, 30, counted(little))
    yield Kind("count, a name prefix", 30, 30, counted(prefixes))
    yield Kind("count, a rare word", 30, 30, counted([{"text": f"{n:06}"} for n in scene]))
    yield Kind("count, in a small folder", 30, 30, counted(runs))
    for field in ("dtype", "channel", "axis"):
        yield Kind(f"facet {field} over everything", 5, 5, faceted(field, [{}] * RUNS))
    yield Kind("facet dtype, little fits", 30, 30, faceted("dtype", little))
    yield Kind("facet channel, a name prefix", 30, 30, faceted("channel", prefixes))


def of_others(
    species: Sequence[str],
    first: Callable[[Sequence[dict[str, Any]]], Callable[[], list[Ask]]],
) -> Iterator[Kind]:
    """Yield questions for other things than images, and for what crates say."""
    common = [{"organism": [each]} for each in species]
    for of in ("scenes", "systems", "transformations"):
        yield Kind(f"{of}, first page", 5, 10, first([{"of": of}] * RUNS))
    yield Kind("scenes of an organism", 5, 10, first([{"of": "scenes", **a} for a in common]))
    yield Kind("images of an organism", 5, 10, first(common))


def by_place(
    catalog: Catalog,
    scenes: Sequence[int],
    first: Callable[[Sequence[dict[str, Any]]], Callable[[], list[Ask]]],
) -> Iterator[Kind]:
    """Yield the questions that ask where images lie; boxes find 10 to 200 tiles."""
    side = isqrt(catalog.count(where=f"hierarchy = '{MOSAIC}'"))
    values = random.Random(5)
    tiles = [f"{MOSAIC}/m_{values.randrange(side)}_{values.randrange(side)}" for _ in scenes]
    large = list(islice(boxes(side, values), RUNS))
    world = f"{MOSAIC}#world"
    yield Kind("box, 10 to 200 hits", 5, 15, first([{"in_": world, "box": box} for box in large]))
    points = [{axis: ends[0] for axis, ends in box.items()} for box in large]
    yield Kind("point", 5, 15, first([{"in_": world, "point": point} for point in points]))
    yield Kind("overlaps an image", 5, 15, first([{"overlaps": tile} for tile in tiles]))
    grids = [{"in_": f"{tile}/0#", "box": "0:16,-2000:2000,-1000:3000"} for tile in tiles]
    yield Kind("box in the grid of an image", 5, 15, first(grids))
    urls = [scene_record(number).url for number in scenes]
    small = [{"in_": f"{url}#world", "box": "x=0:500,y=0:500"} for url in urls]
    yield Kind("box in a small scene", 5, 15, first(small))
    small = [{"overlaps": f"{url}/tile_2"} for url in urls]
    yield Kind("overlaps an image, small scene", 5, 15, first(small))


def pages(catalog: Catalog, asked: dict[str, Any]) -> list[Ask]:
    """Make questions for pages that lie all over what is found."""
    far = max(catalog.count(where=asked.get("where")) // RUNS, PAGE)
    asks: list[Ask] = []
    after = None
    while len(asks) < RUNS:
        results = catalog.search(limit=far, after=after, **asked)
        list(results)
        after = results.after
        if after is None:
            break
        asks.append(
            lambda after=after: list(catalog.search(limit=PAGE, after=after, **asked))  # type: ignore[misc]
        )
    return asks
