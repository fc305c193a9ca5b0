from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from catalog.database.components import components

EDGES = st.integers(1, 30).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=40),
    )
)


@given(EDGES)
def test_components_are_those_of_networkx(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = case
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges)
    numbers = components(count, edges)
    groups: dict[int, set[int]] = {}
    for node, number in enumerate(numbers):
        groups.setdefault(number, set()).add(node)
    assert sorted(map(sorted, groups.values())) == sorted(
        map(sorted, nx.connected_components(graph))
    )
    assert list(groups) == sorted(groups)


def test_a_star_of_any_size_is_one_component() -> None:
    assert set(components(100_000, ((99_999, leaf) for leaf in range(99_999)))) == {0}
