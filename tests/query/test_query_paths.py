"""Paths from the database: the same as from memory, on both databases, large and small."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.crawl.records import (
    AxisRecord,
    GroupRecord,
    HierarchyRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.database.components import LARGE
from catalog.database.engine import Database
from catalog.database.writer import Writer
from catalog.errors import AmbiguousAddressError, NoPathError, UnknownAddressError
from catalog.graph import GraphEdge, GraphSystem, Path, TransformGraph
from catalog.query import paths

GROUPS = ("", "a", "a/b", "b", "z9")
AXES = tuple(AxisRecord(name, "space", "micrometer", None, None) for name in "yx")
IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))

_numbers = itertools.count()


@dataclass(frozen=True)
class Drawn:
    """An edge of a random graph: ends by index, type, origin, and its matrix."""

    input: int
    output: int
    type: str
    origin: str
    invertibility: str
    affine: tuple[tuple[float, ...], ...]
    group: str


@dataclass(frozen=True)
class RandomGraph:
    """Systems as (group, array path, name), and edges."""

    systems: tuple[tuple[str, str, str], ...]
    edges: tuple[Drawn, ...]

    def relative(self, index: int) -> str:
        """Give an address as it is in a hierarchy opened from disk."""
        group, array, name = self.systems[index]
        location = "/".join(part for part in (group, array) if part)
        return name if name and not location else f"{location}#{name}"

    def address(self, url: str, index: int) -> str:
        """Give the full address."""
        group, array, name = self.systems[index]
        return "/".join(part for part in (url, group, array) if part) + f"#{name}"

    def in_memory(self) -> TransformGraph:
        """Make the graph as `open_hierarchy` would."""
        graph = TransformGraph()
        for index in range(len(self.systems)):
            graph.add_system(GraphSystem(self.relative(index), ndim=2))
        for number, edge in enumerate(self.edges):
            graph.add_edge(
                GraphEdge.from_rows(
                    source=self.relative(edge.input),
                    target=self.relative(edge.output),
                    type=edge.type,
                    name=None,
                    origin=edge.origin,
                    invertibility=edge.invertibility,
                    group=edge.group,
                    pointer=f"/edges/{number}",
                    ndim_in=2,
                    ndim_out=2,
                    affine=json.dumps(edge.affine),
                    parameters=json.dumps({"type": "affine", "affine": edge.affine}),
                )
            )
        return graph

    def record(self, url: str) -> HierarchyRecord:
        """Make the record that a crawl would."""
        return HierarchyRecord(
            url,
            b"digest",
            (),
            groups=tuple(
                GroupRecord(
                    path,
                    None if not path else "a" if path == "a/b" else "",
                    "image" if path else "scene",
                    (f"{url}/{path}" if path else url).rpartition("/")[2],
                    "0.6",
                    3,
                    1,
                    1,
                    b"d",
                    "{}",
                )
                for path in GROUPS
            ),
            systems=tuple(
                SystemRecord(group, array, name, "array" if array else "declared", None, AXES, 2)
                for group, array, name in self.systems
            ),
            transformations=tuple(
                TransformationRecord(
                    edge.group,
                    f"/edges/{number}",
                    None,
                    edge.type,
                    edge.input,
                    edge.output,
                    json.dumps({"type": "affine", "affine": edge.affine}),
                    edge.affine,
                    None,
                    edge.invertibility,
                    edge.origin,  # type: ignore[arg-type]
                    None,
                )
                for number, edge in enumerate(self.edges)
            ),
        )


@st.composite
def graphs(draw: st.DrawFn, leaves: int = 0) -> RandomGraph:
    """Draw a multigraph with parallel edges, ties, implied edges and edges of no return.

    `leaves` arrays hang on the first system, to make its component a large one.
    """
    places = [(group, "", name) for group in GROUPS for name in ("p", "q-1", "Q")]
    places += [(group, "0", "") for group in GROUPS[1:]]
    systems = draw(st.lists(st.sampled_from(places), min_size=1, max_size=9, unique=True))
    ends = st.integers(0, len(systems) - 1)
    values = st.sampled_from([-2.0, 0.5, 1.0, 3.0])
    edges = []
    for _ in range(draw(st.integers(0, 16))):
        one, other = draw(ends), draw(ends)
        if one == other:
            continue
        kind = draw(st.sampled_from(["scale", "affine", "translation"]))
        a, b, c = draw(values), draw(values), draw(values)
        affine = {
            "scale": ((a, 0.0, 0.0), (0.0, b, 0.0)),
            "translation": ((1.0, 0.0, a), (0.0, 1.0, b)),
            "affine": ((a, 0.0, c), (0.5, b, 1.0)),
        }[kind]
        edges.append(
            Drawn(
                one,
                other,
                kind,
                draw(st.sampled_from(["scene", "implied"])),
                draw(st.sampled_from(["closed", "closed", "no"])),
                affine,
                draw(st.sampled_from(GROUPS)),
            )
        )
    # As an assembly orders them: by group.
    edges.sort(key=lambda edge: GROUPS.index(edge.group))
    for leaf in range(leaves):
        systems.append(("a", f"leaf/{leaf}", ""))
        edges.append(Drawn(len(systems) - 1, 0, "affine", "scene", "closed", IDENTITY, "z9"))
    return RandomGraph(tuple(systems), tuple(edges))


Write = Callable[[RandomGraph], tuple[Database, str]]


@pytest.fixture
def written(database_url: str) -> Iterator[Write]:
    """Write a random graph as a hierarchy of its own; give the database and its URL."""
    with Database(database_url) as database:
        writer = Writer(database)
        crawl = writer.begin_crawl("file:///random")

        def write(graph: RandomGraph) -> tuple[Database, str]:
            url = f"file:///random/{next(_numbers)}.zarr"
            (outcome,) = writer.write([graph.record(url)], crawl)
            assert outcome.failure is None
            return database, url

        yield write


def walked(path: Path) -> list[tuple[str, bool]]:
    return [(step.edge.pointer, step.inverse) for step in path.steps]


def answers_alike(graph: RandomGraph, write: Write, one: int, other: int) -> None:
    memory = graph.in_memory()
    ends = graph.relative(one), graph.relative(other)
    database, url = write(graph)
    full = graph.address(url, one), graph.address(url, other)
    with database.reading() as connection:
        try:
            expected = memory.path(*ends)
        except NoPathError:
            with pytest.raises(NoPathError):
                paths.path(connection, *full)
            with pytest.raises(NoPathError):
                paths.paths(connection, *full)
            return
        found = paths.path(connection, *full)
        assert (found.source, found.target) == full
        assert walked(found) == walked(expected)
        assert found.cost == expected.cost
        assert [step.source for step in found.steps][:1] == [full[0]][: len(found.steps)]
        matrices = found.matrix, expected.matrix
        assert matrices[0] is not None
        assert matrices[1] is not None
        np.testing.assert_allclose(matrices[0], matrices[1])
        several = paths.paths(connection, *full, limit=6)
        assert [walked(way) for way in several] == [
            walked(way) for way in memory.paths(*ends, limit=6)
        ]


quick = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(graph=graphs(), data=st.data())
def test_a_small_component_answers_as_memory_does(
    written: Write, graph: RandomGraph, data: st.DataObject
) -> None:
    ends = st.integers(0, len(graph.systems) - 1)
    answers_alike(graph, written, data.draw(ends), data.draw(ends))


@settings(quick, max_examples=12)
@given(graph=graphs(leaves=LARGE), data=st.data())
def test_a_large_component_answers_as_memory_does(
    written: Write, graph: RandomGraph, data: st.DataObject
) -> None:
    ends = st.integers(0, len(graph.systems) - LARGE)
    answers_alike(graph, written, data.draw(ends), data.draw(ends))


def chain(names: str, *edges: tuple[str, str, str]) -> RandomGraph:
    """Make a graph of systems with names of one letter, and translations between them."""
    systems = tuple(("", "", name) for name in names)
    shift = ((1.0, 0.0, 10.0), (0.0, 1.0, 0.0))
    drawn = (
        Drawn(names.index(a), names.index(b), "translation", "scene", back, shift, "")
        for a, b, back in edges
    )
    return RandomGraph(systems, tuple(drawn))


def test_a_system_to_itself_is_the_identity(written: Write) -> None:
    database, url = written(chain("ab"))
    with database.reading() as connection:
        path = paths.path(connection, f"{url}#a", f"{url}#a")
    assert path.steps == ()
    assert path.transform([[1, 2]]).tolist() == [[1, 2]]


def test_via_forces_a_waypoint(written: Write) -> None:
    edges = [("a", "b", "closed"), ("b", "c", "closed"), ("a", "c", "closed")]
    database, url = written(chain("abc", *edges))
    with database.reading() as connection:
        direct = paths.path(connection, f"{url}#a", f"{url}#c")
        through = paths.path(connection, f"{url}#a", f"{url}#c", [f"{url}#b"])
    assert len(direct.steps) == 1
    assert len(through.steps) == 2
    assert through.transform([[0, 0]]).tolist() == [[20, 0]]


def test_unconnected_systems_are_named_with_their_components(written: Write) -> None:
    database, url = written(chain("abc", ("a", "b", "closed")))
    with (
        database.reading() as connection,
        pytest.raises(
            NoPathError, match=r"component \d+ of 2 systems.*component \d+ of 1 system\."
        ) as caught,
    ):
        paths.path(connection, f"{url}#a", f"{url}#c")
    assert (caught.value.source, caught.value.target) == (f"{url}#a", f"{url}#c")


def test_a_way_of_no_return_is_said_to_be_one(written: Write) -> None:
    database, url = written(chain("ab", ("a", "b", "no")))
    with database.reading() as connection:
        assert len(paths.path(connection, f"{url}#a", f"{url}#b").steps) == 1
        with pytest.raises(NoPathError, match="backwards that has no inverse"):
            paths.path(connection, f"{url}#b", f"{url}#a")


def test_what_is_not_there_is_an_error_with_near_names(written: Write) -> None:
    database, url = written(chain("ab", ("a", "b", "closed")))
    with database.reading() as connection:
        with pytest.raises(UnknownAddressError, match=r"It has:\n.*#a"):
            paths.path(connection, f"{url}#a", f"{url}#world")
        written(chain("ab"))
        with pytest.raises(UnknownAddressError, match="no group"):
            paths.path(connection, "file:///elsewhere#a", f"{url}#a")
    with database.reading() as connection, pytest.raises(AmbiguousAddressError):
        paths.path(connection, "a", "b")
