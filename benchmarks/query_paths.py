"""How long a path query takes, from the database, in a process that is warm.

    python benchmarks/query_paths.py [--components 100000] [--systems 100000]

builds two databases through the real tables: many scenes of five images (11 coordinate
systems and 10 transformations each), and one component in which all systems hang
together, as a star of tiles around one world and as a grid of tiles registered to their
neighbours. Each query resolves two addresses, finds the path and composes its matrix.
Beside it stand networkx and transformnd with the same component in memory already, and
the ratio to them. With --postgresql URL (an empty database) the scenes are written and
asked there as well, beside what a bare ``SELECT 1`` takes.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import networkx as nx
import numpy as np

from catalog.api import Catalog
from catalog.database import schema
from catalog.database.database_urls import display_url
from catalog.database.engine import Database
from catalog.database.migration import current, init
from catalog.database.packing import pack

IMAGES = 5
URL = "file:///data"
BATCH = 20_000


class System(NamedTuple):
    """A coordinate system to write: its group's URL, path of its array, name."""

    url: str
    array_path: str
    name: str

    @property
    def address(self) -> str:
        """Give its full address."""
        path = f"/{self.array_path}" if self.array_path else ""
        return f"{self.url}{path}#{self.name}"


class Edge(NamedTuple):
    """A transformation to write: indices of its ends, type, origin, vector."""

    input: int
    output: int
    type: str
    origin: str
    vector: tuple[float, float, float]

    @property
    def rows(self) -> list[list[float]]:
        """Give its affine matrix, 3 x 4."""
        scale = self.vector if self.type == "scale" else (1.0, 1.0, 1.0)
        shift = self.vector if self.type == "translation" else (0.0, 0.0, 0.0)
        return [[scale[i] if i == j else 0.0 for j in range(3)] + [shift[i]] for i in range(3)]


class Component(NamedTuple):
    """The systems and edges of one hierarchy; the first system is its world."""

    systems: list[System]
    edges: list[Edge]

    def arrays(self) -> list[int]:
        """Give the systems of arrays."""
        return [i for i, system in enumerate(self.systems) if system.array_path]


def star(url: str, images: int, numbers: random.Random) -> Component:
    """Give images of one level each, placed in one world."""
    systems, edges = [System(url, "", "world")], []
    for i in range(images):
        image = f"{url}/tile_{i}"
        systems += [System(image, "", "physical"), System(image, "0", "")]
        physical, array = len(systems) - 2, len(systems) - 1
        edges.append(Edge(array, physical, "scale", "dataset", (2.0, 0.5, 0.5)))
        place = (0.0, numbers.random() * 1000, numbers.random() * 1000)
        edges.append(Edge(physical, 0, "translation", "scene", place))
    return Component(systems, edges)


def grid(url: str, systems_wanted: int, numbers: random.Random) -> Component:
    """Give a square of tiles, each registered to its right and its lower neighbour."""
    side = int((systems_wanted / 2) ** 0.5)
    systems: list[System] = []
    edges: list[Edge] = []
    for i in range(side * side):
        image = f"{url}/tile_{i}"
        systems += [System(image, "", "physical"), System(image, "0", "")]
        edges.append(Edge(2 * i + 1, 2 * i, "scale", "dataset", (2.0, 0.5, 0.5)))
        neighbours = [i + 1] if (i + 1) % side else []
        neighbours += [i + side] if i + side < side * side else []
        for neighbour in neighbours:
            shift = (0.0, numbers.random(), numbers.random())
            edges.append(Edge(2 * i, 2 * neighbour, "translation", "scene", shift))
    return Component(systems, edges)


class Rows:
    """Rows waiting to be written in bulk."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows: dict[str, list[tuple[object, ...]]] = {}
        self._next = dict.fromkeys(
            ("hierarchy", "zarr_group", "component", "coordinate_system", "transformation"), 1
        )

    def new_id(self, table: str) -> int:
        """Count an id."""
        self._next[table] += 1
        return self._next[table] - 1

    def add(self, table: str, row: tuple[object, ...]) -> None:
        """Let a row wait."""
        self._rows.setdefault(table, []).append(row)

    def write(self, at_least: int = 1) -> None:
        """Write what waits, when it is enough."""
        if sum(map(len, self._rows.values())) < at_least:
            return
        with self._database.writing() as connection:
            for table in schema.metadata.sorted_tables:
                rows = self._rows.pop(table.name, [])
                if rows:
                    columns = COLUMNS[table.name]
                    self._database.dialect.insert_rows(connection, table, columns, rows)


COLUMNS = {
    "crawl": (
        *("id", "root", "started_at", "outcome", "seen", "written", "unchanged", "failed"),
        *("removed", "problems"),
    ),
    "hierarchy": ("id", "url", "crawl_id", "indexed_at"),
    "zarr_group": (
        *("id", "hierarchy_id", "url", "path", "name", "kind", "ome_version", "zarr_format"),
        "attributes",
    ),
    "component": ("id", "hierarchy_id", "systems", "transformations", "adjacency"),
    "axis_layout": ("id", "digest", "axes", "ndim"),
    "coordinate_system": (
        *("id", "hierarchy_id", "group_id", "array_path", "name", "kind", "axis_layout_id"),
        *("ndim", "component_id"),
    ),
    "transformation": (
        *("id", "hierarchy_id", "group_id", "component_id", "pointer", "type", "input_id"),
        *("output_id", "parameters", "affine", "invertibility", "origin"),
    ),
}


def write(database: Database, components: Iterator[Component]) -> None:
    """Write components as hierarchies, in bulk."""
    rows = Rows(database)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
    rows.add("crawl", (1, URL, now, "done", 0, 0, 0, 0, 0, 0))
    rows.add("axis_layout", (1, b"zyx", "zyx", 3))
    for component in components:
        one = rows.new_id("hierarchy")
        number = rows.new_id("component")
        root = component.systems[0].url.rsplit("/tile_", 1)[0]
        rows.add("hierarchy", (one, root, 1, now))
        groups: dict[str, int] = {}
        ids: list[int] = []
        for url in (root, *(system.url for system in component.systems)):
            if url not in groups:
                groups[url] = rows.new_id("zarr_group")
                kind, path = ("scene", "") if url == root else ("image", url[len(root) + 1 :])
                name = url.rsplit("/", 1)[1]
                row = (groups[url], one, url, path, name, kind, "0.6", 3, "{}")
                rows.add("zarr_group", row)
        for system in component.systems:
            ids.append(rows.new_id("coordinate_system"))
            kind = "array" if system.array_path else "declared"
            row = (ids[-1], one, groups[system.url], *system[1:], kind, 1, 3, number)
            rows.add("coordinate_system", row)
        edge_ids = []
        for i, edge in enumerate(component.edges):
            group = root if edge.origin == "scene" else component.systems[edge.output].url
            edge_ids.append(rows.new_id("transformation"))
            text = json.dumps({"type": edge.type, edge.type: edge.vector})
            facts = (f"/ome/edges/{i}", edge.type, ids[edge.input], ids[edge.output], text)
            affine = json.dumps(edge.rows)
            row = (edge_ids[-1], one, groups[group], number, *facts, affine, "closed", edge.origin)
            rows.add("transformation", row)
        packed = packed_bytes(component, ids, edge_ids) if len(ids) >= 256 else None
        rows.add("component", (number, one, len(ids), len(edge_ids), packed))
        rows.write(BATCH)
    rows.write()
    with database.writing() as connection:
        database.dialect.settle(connection)


def packed_bytes(component: Component, ids: list[int], edge_ids: list[int]) -> bytes:
    """Pack a component as the writer does: nodes in order of address."""
    ordered = sorted(range(len(ids)), key=lambda i: component.systems[i].address)
    position = {index: place for place, index in enumerate(ordered)}
    return pack(
        [ids[i] for i in ordered],
        [
            (id_, position[edge.input], position[edge.output], edge.type, "closed", edge.origin)
            for id_, edge in zip(edge_ids, component.edges, strict=True)
        ],
    )


def milliseconds(run: Callable[[], object]) -> float:
    """Measure one call."""
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1000


class Measured(NamedTuple):
    """Median and 95th percentile of calls, in milliseconds; and of the processor's time.

    On a busy machine the latter says what an idle one would show (without the waiting for
    a server).
    """

    p50: float
    p95: float
    cpu_p95: float


def measured(calls: Iterator[Callable[[], object]]) -> Measured:
    """Time calls."""
    walls, cpus = [], []
    for call in calls:
        before = time.thread_time()
        walls.append(milliseconds(call))
        cpus.append((time.thread_time() - before) * 1000)
    p50, p95 = np.percentile(walls, [50, 95])
    return Measured(float(p50), float(p95), float(np.percentile(cpus, 95)))


def in_networkx(component: Component) -> Callable[[int, int], object]:
    """Give a path search with networkx alone, on a graph that is in memory already."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    for edge in component.edges:
        matrix = np.vstack((edge.rows, (0, 0, 0, 1)))
        graph.add_edge(edge.input, edge.output, weight=1000, matrix=matrix)
        graph.add_edge(edge.output, edge.input, weight=1010, matrix=np.linalg.inv(matrix))

    def find(source: int, target: int) -> object:
        _, nodes = nx.bidirectional_dijkstra(graph, source, target)
        whole = np.eye(4)
        for one, other in pairwise(nodes):
            whole = graph.edges[one, other]["matrix"] @ whole
        return whole

    return find


def in_transformnd(component: Component) -> Callable[[int, int], object] | None:
    """Give a path search with transformnd, None where it is not installed."""
    if find_spec("transformnd") is None:
        return None
    transformnd = import_module("transformnd")
    kinds = import_module("transformnd.transforms")
    graph = transformnd.TransformGraph()
    for edge in component.edges:
        kind = kinds.Scale if edge.type == "scale" else kinds.Translate
        spaced = transformnd.Spaced(kind(np.array(edge.vector)), edge.input, edge.output)
        graph.add_transform(spaced)
        graph.add_transform(~spaced)

    def find(source: int, target: int) -> object:
        graph.get_sequence.cache_clear()  # an answer that was kept is not a search
        return graph.get_sequence(source, target)

    return find


def report(
    name: str,
    ours: Measured,
    component: Component,
    pairs: list[tuple[int, int]],
    limit: float,
) -> None:
    """Print one line for us, and one for each peer with the ratio."""
    print(f"\n{name}")
    verdict = "met" if ours.p95 < limit else "MISSED"
    print(
        f"  catalog      p50 {ours.p50:9.3f} ms  p95 {ours.p95:9.3f} ms  (p95 < {limit:g}: "
        f"{verdict}; of the processor {ours.cpu_p95:.3f})"
    )
    peers = {"networkx": in_networkx(component), "transformnd": in_transformnd(component)}
    for peer, find in peers.items():
        if find is None:
            print(f"  {peer:<12} not installed")
            continue
        few = pairs if milliseconds(partial(find, *pairs[0])) < 100 else pairs[:5]
        p50, p95, _ = measured(partial(find, *pair) for pair in few)
        print(
            f"  {peer:<12} p50 {p50:9.3f} ms  p95 {p95:9.3f} ms  in memory; "
            f"catalog takes {ours.p50 / p50:.2f} of its median"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--components", type=int, default=100_000)
    arguments.add_argument("--systems", type=int, default=100_000, help="of the large component")
    arguments.add_argument("--queries", type=int, default=1_000)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--keep", type=Path, help="folder for the databases, used again")
    arguments.add_argument("--postgresql", metavar="URL", help="an empty database, or a kept one")
    options = arguments.parse_args()
    numbers = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        many(str(folder / f"many-{options.components}.db"), options, numbers)
        if options.postgresql:
            many(options.postgresql, options, numbers)
        for shape in ("star", "grid"):
            large(folder / f"{shape}-{options.systems}.db", shape, options, numbers)


def build(url: str, components: Iterator[Component]) -> str:
    """Write a database that is not there yet."""
    if current(url) is None:
        init(url)
        with Database(url) as database:
            took = milliseconds(lambda: write(database, components))
            with database.writing() as connection:
                database.dialect.settle(connection)
        print(f"built {display_url(database.url)} in {took / 1000:.1f} s")
    return url


def many(url: str, options: argparse.Namespace, numbers: random.Random) -> None:
    """Measure queries in many small components."""
    count = options.components
    made = (star(f"{URL}/scene_{i}.zarr", IMAGES, numbers) for i in range(count))
    with Catalog(build(url, made)) as catalog:
        shape = star("", IMAGES, numbers)
        pairs = [tuple(numbers.sample(shape.arrays(), 2)) for _ in range(options.queries)]

        def queries() -> Iterator[Callable[[], object]]:
            for one, other in pairs:
                scene = f"{URL}/scene_{numbers.randrange(count)}.zarr"
                ends = [f"{scene}{shape.systems[i].address}" for i in (one, other)]
                yield lambda ends=ends: catalog.path(*ends).matrix

        measured(queries())
        name = f"{count:,} components, {2 * IMAGES * count:,} transformations, 4 steps"
        report(name, measured(queries()), shape, pairs, 2.0)
    with Database(url) as database, database.reading() as connection:
        bare = measured(lambda: connection.exec_driver_sql("SELECT 1").all() for _ in pairs)
    print(f"  SELECT 1     p50 {bare.p50:9.3f} ms  p95 {bare.p95:9.3f} ms  in the same database")


def large(path: Path, shape: str, options: argparse.Namespace, numbers: random.Random) -> None:
    """Measure queries in one large component."""
    size = options.systems
    url = f"{URL}/{shape}.zarr"
    component = star(url, (size - 1) // 2, numbers) if shape == "star" else grid(url, size, numbers)
    with Catalog(build(str(path), iter([component]))) as catalog:
        arrays = component.arrays()
        pairs = [tuple(numbers.sample(arrays, 2)) for _ in range(max(20, options.queries // 10))]

        def queries() -> Iterator[Callable[[], object]]:
            for pair in pairs:
                ends = [component.systems[i].address for i in pair]
                yield lambda ends=ends: catalog.path(*ends).matrix

        measured(queries())
        name = f"one {shape} of {len(component.systems):,} systems, {len(component.edges):,} edges"
        report(name, measured(queries()), component, pairs, 25.0)


if __name__ == "__main__":
    main()
