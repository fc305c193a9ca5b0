"""What can be reached: the same as networkx finds over the same edges, and as `path` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import Catalog, UnknownAddressError, UsageError
from catalog.database.components import LARGE
from catalog.errors import NoPathError
from catalog.graph.cost import forward_cost, inverse_cost

Write = Callable[[Any], str]

quick = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def costs(world: Any, *, forward_only: bool) -> nx.DiGraph[int]:
    """Give the cheapest step between any two systems, made without our graphs."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(world.places)))
    for link in world.links:
        facts = (link.type, link.invertibility, link.origin)
        back = None if forward_only else inverse_cost(*facts)
        for one, other, cost in (
            (link.input, link.output, forward_cost(*facts)),
            (link.output, link.input, back),
        ):
            if cost is not None:
                known = graph.get_edge_data(one, other, {"weight": cost})["weight"]
                graph.add_edge(one, other, weight=min(cost, known))
    return graph


def compare(
    catalog: Catalog, write: Write, world: Any, start: int, *, forward_only: bool, sample: int
) -> None:
    url = write(world)
    found = list(catalog.connected(world.address(url, start), forward_only=forward_only))
    graph = costs(world, forward_only=forward_only)
    expected = nx.single_source_dijkstra_path_length(graph, start)
    addresses = {world.address(url, node): cost for node, cost in expected.items() if node != start}
    assert {row.address: row.cost for row in found} == addresses
    assert [(row.cost, row.address) for row in found] == sorted(
        (row.cost, row.address) for row in found
    )
    for row in found[:sample]:
        path = catalog.path(world.address(url, start), row.address, forward_only=forward_only)
        assert (row.steps, row.cost, row.exact) == (len(path.steps), path.cost, path.exact)
        assert row.invertible == all(
            step.inverse or step.edge.invertibility != "no" for step in path.steps
        )
    # The first of each image, and what is of none.
    own = {world.places[start][0]} - {""}
    images: dict[str, str] = {}
    for row in found:
        group = row.address.removeprefix(f"{url}/").partition("/")[0].partition("#")[0]
        if row.image_id is not None and group not in own:
            images.setdefault(group, row.address)
            assert row.image == f"image {group[1:]}"
    start_address = world.address(url, start)
    only = catalog.connected(start_address, only="images", forward_only=forward_only)
    assert [row.address for row in only] == list(images.values())
    only = catalog.connected(start_address, only="systems", forward_only=forward_only)
    assert list(only) == [row for row in found if row.image_id is None]
    for depth in (1, 2):
        near = catalog.connected(start_address, depth=depth, forward_only=forward_only)
        assert list(near) == [row for row in found if row.steps <= depth]
    assert list(catalog.connected(start_address, limit=3, forward_only=forward_only)) == found[:3]


@quick
@given(data=st.data(), forward_only=st.booleans())
def test_a_small_component(
    catalog: Catalog,
    write: Write,
    worlds: Callable[..., Any],
    data: st.DataObject,
    forward_only: bool,
) -> None:
    world = data.draw(worlds())
    start = data.draw(st.integers(0, len(world.places) - 1))
    compare(catalog, write, world, start, forward_only=forward_only, sample=20)


@settings(quick, max_examples=6)
@given(data=st.data(), forward_only=st.booleans())
def test_a_large_component(
    catalog: Catalog,
    write: Write,
    worlds: Callable[..., Any],
    data: st.DataObject,
    forward_only: bool,
) -> None:
    world = data.draw(worlds(leaves=LARGE // 3))
    start = data.draw(st.integers(0, len(world.places) - LARGE))
    compare(catalog, write, world, start, forward_only=forward_only, sample=20)


def test_parallel_edges_are_told_apart(
    catalog: Catalog, write: Write, world: Callable[..., Any], link: Callable[..., Any]
) -> None:
    # Equally cheap: the one that is declared first counts, and that one is a field.
    field, plain = link(0, 1, "displacements", "scene", "no"), link(0, 1, "displacements")
    url = write(world(2, 0, (field, link(1, 0, "translation", "scene", "no"), plain)))
    (row,) = catalog.connected(f"{url}#w0")
    path = catalog.path(f"{url}#w0", f"{url}#w1")
    assert (row.exact, row.steps) == (path.exact, 1) == (False, 1)
    assert row.invertible == (path.steps[0].edge.invertibility != "no")


def test_nothing_is_connected_with_what_is_alone(
    catalog: Catalog, write: Write, world: Callable[..., Any]
) -> None:
    url = write(world(2, 0, ()))
    assert list(catalog.connected(f"{url}#w0")) == []
    with pytest.raises(NoPathError):
        catalog.path(f"{url}#w0", f"{url}#w1")


def test_what_is_not_there_is_an_error(
    catalog: Catalog, write: Write, world: Callable[..., Any]
) -> None:
    url = write(world(1, 0, ()))
    with pytest.raises(UnknownAddressError, match="w0"):
        next(catalog.connected(f"{url}#w1"))
    with pytest.raises(UsageError, match="'images' and 'systems'"):
        next(catalog.connected(f"{url}#w0", only="plates"))  # type: ignore[arg-type]
