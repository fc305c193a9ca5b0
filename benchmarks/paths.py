"""Paths in memory and over packed arrays, beside networkx and transformnd; points moved.

Each graph is a scene: a grid of overlapping tiles, every tile with three arrays of its
own, neighbours registered to each other; then a star, a random tree and a bare grid.
What is timed is a search (and the combined matrix) with everything loaded; for packed
arrays, unpacking them too. Ratios compare medians of the same run.

    python benchmarks/paths.py [SYSTEMS ...]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence

import networkx as nx
import numpy as np

from catalog.database.packing import pack, unpack
from catalog.geometry import affine
from catalog.geometry.steps import Mapping
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.graph.packed import PackedGraph

try:
    import transformnd
    from transformnd.transforms import Affine, Translate
except ImportError:  # a peer; it needs Python 3.12
    transformnd = None

Ends = list[tuple[int, int]]
SEARCHES = 30
POINTS = 1_000_000


def tiles(size: int) -> Ends:
    """Make a grid of tiles, three arrays hanging on each, neighbours registered."""
    width = max(1, round((size / 4) ** 0.5))
    count = width * width
    arrays = [(count + 3 * tile + level, tile) for tile in range(count) for level in range(3)]
    return arrays + _neighbours(width)


def grid(size: int) -> Ends:
    """Make a grid and nothing else: many equally cheap paths."""
    return _neighbours(max(2, round(size**0.5)))


def star(size: int) -> Ends:
    """Make one world with everything else directly in it."""
    return [(leaf, 0) for leaf in range(1, size)]


def tree(size: int) -> Ends:
    """Make a random tree."""
    chance = random.Random(0)
    return [(node, chance.randrange(node)) for node in range(1, size)]


def _neighbours(width: int) -> Ends:
    right = [(i, i + 1) for i in range(width * width) if i % width + 1 < width]
    return right + [(i + width, i) for i in range(width * (width - 1))]


def in_memory(ends: Ends, count: int) -> TransformGraph:
    """Make our graph: a translation for each edge."""
    graph = TransformGraph()
    for node in range(count):
        graph.add_system(GraphSystem(name(node), ndim=3))
    for number, (one, other) in enumerate(ends):
        rows = tuple(
            (*(float(i == j) for j in range(3)), value) for i, value in enumerate(shift(number))
        )
        graph.add_edge(
            GraphEdge(
                *(f"{number:07}", name(one), name(other), "translation", None, "scene", "closed"),
                *("", "", lambda rows=rows: Mapping.from_rows(rows)),
            )
        )
    return graph


def in_networkx(ends: Ends) -> nx.MultiDiGraph[str]:
    """Make the bare graph: both directions, our costs."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for one, other in ends:
        graph.add_edge(name(one), name(other), cost=1000)
        graph.add_edge(name(other), name(one), cost=1010)
    return graph


def in_transformnd(ends: Ends) -> transformnd.TransformGraph:
    """Make the peer's graph: it wants each inverse as an edge of its own."""
    graph = transformnd.TransformGraph()
    for number, (one, other) in enumerate(ends):
        there = Translate(np.array(shift(number)))
        for transform, source, target, cost in (
            (there, one, other, 1000),
            (~there, other, one, 1010),
        ):
            spaced = transformnd.Spaced(transform, name(source), name(target))
            graph.add_transform(spaced, edge_data={"cost": cost})
    return graph


def name(node: int) -> str:
    return f"n{node:07}"


def shift(number: int) -> tuple[float, float, float]:
    return (number % 7 + 0.5, number % 11 - 5.0, 1.0)


def timed(calls: Iterable[Callable[[], object]]) -> list[float]:
    """Time each call, in milliseconds."""
    times = []
    for call in calls:
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def line(what: str, times: Sequence[float], base: float | None = None) -> float:
    """Print a line of figures; give the median."""
    median = statistics.median(times)
    ratio = "" if base is None else f"   {median / base:8.2f} x ours"
    print(f"    {what:<38} median {median:9.3f}   max {max(times):9.3f} ms{ratio}")
    return median


def compare(what: str, ends: Ends) -> None:
    """Search the same pairs in every graph."""
    count = 1 + max(max(pair) for pair in ends)
    chance = random.Random(1)
    pairs = [(0, count - 1)]
    pairs += [tuple(chance.sample(range(count), 2)) for _ in range(SEARCHES - 1)]
    print(f"{what}: {count:,} systems, {len(ends):,} transformations")
    ours = in_memory(ends, count)
    base = line(
        "ours, in memory", timed(lambda a=a, b=b: ours.path(name(a), name(b)) for a, b in pairs)
    )
    line(
        "ours, with the combined matrix",
        timed(lambda a=a, b=b: ours.path(name(a), name(b)).matrix for a, b in pairs),
        base,
    )
    packed = pack(
        range(count), [(i, *pair, "translation", "closed", "scene") for i, pair in enumerate(ends)]
    )
    line(
        f"ours, unpacking {len(packed) / 1e6:.1f} MB",
        timed(lambda a=a, b=b: PackedGraph(unpack(packed)).path(a, b) for a, b in pairs),
        base,
    )
    bare = in_networkx(ends)
    line(
        "networkx bidirectional_dijkstra",
        timed(
            lambda a=a, b=b: nx.bidirectional_dijkstra(bare, name(a), name(b), weight="cost")
            for a, b in pairs
        ),
        base,
    )
    if transformnd is None:
        print("    transformnd cannot be imported here")
        return
    peer = in_transformnd(ends)
    few = pairs[:5] if count > 10_000 else pairs
    line(
        "transformnd get_sequence",
        timed(lambda a=a, b=b: peer.get_sequence(name(a), name(b), weight="cost") for a, b in few),
        base,
    )


def move_points() -> None:
    """Move a million points through six affine edges."""
    chance = np.random.default_rng(0)
    points = chance.normal(size=(POINTS, 3))
    print(f"{POINTS:,} points")
    for what, linears in (
        ("diagonal", [np.diag(chance.uniform(0.5, 2, 3)) for _ in range(6)]),
        ("full", [chance.normal(size=(3, 3)) for _ in range(6)]),
    ):
        move_through(
            what, [np.column_stack((linear, chance.normal(size=3))) for linear in linears], points
        )


def move_through(what: str, matrices: list[np.ndarray], points: np.ndarray) -> None:
    """Move points through one chain: ours, bare numpy with the matrix of it all, the peer.

    Ours finds nothing prepared but the path, and checks all points and all results.
    """
    graph = TransformGraph()
    for number, matrix in enumerate(matrices):
        rows = tuple(map(tuple, matrix.tolist()))
        graph.add_edge(
            GraphEdge(
                *(str(number), name(number), name(number + 1), "affine", None, "scene"),
                *("closed", "", "", lambda rows=rows: Mapping.from_rows(rows)),
            )
        )
    path = graph.path(name(0), name(len(matrices)))
    whole = affine.compose(matrices)
    homogeneous = np.column_stack((points, np.ones(len(points))))
    calls: dict[str, Callable[[], object]] = {
        f"six {what} affines, Path.transform": lambda: path.transform(points),
        "  bare points @ linear.T + offset": lambda: points @ whole[:, :3].T + whole[:, 3],
        "  bare homogeneous points @ matrix.T": lambda: homogeneous @ whole.T,
    }
    if transformnd is not None:
        square = [np.vstack((matrix, (0, 0, 0, 1))) for matrix in matrices]
        peer = transformnd.TransformSequence([Affine(matrix) for matrix in square])
        assert np.allclose(peer.apply(points[:100]), path.transform(points[:100]))
        calls["  transformnd TransformSequence"] = lambda: peer.apply(points)
    # Taking turns, so that a busy machine is as busy for each of them.
    turns = [timed(calls.values()) for _ in range(15)]
    base: float | None = None
    for label, times in zip(calls, zip(*turns, strict=True), strict=True):
        median = line(label, times, base)
        base = median if base is None else base


def main(sizes: Sequence[int]) -> None:
    for size in sizes:
        compare("tiles", tiles(size))
    for shape in (star, tree, grid):
        compare(shape.__name__, shape(max(sizes)))
    move_points()


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [10, 1_000, 100_000])
