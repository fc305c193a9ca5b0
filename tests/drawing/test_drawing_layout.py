"""Nothing overlaps, everything is inside its frame, lines end where they should."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.geometry.steps import Mapping
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.graph.drawing.layout import Layout, layout
from catalog.graph.drawing.sketch import sketch

PLACES = ("w", "v", "a#p", "a#q", "a/0#", "a/1#", "b#p", "b/0#", "a/l#p", "a/l/0#", "c/d/e#p", "#x")


@st.composite
def graphs(draw: st.DrawFn) -> TransformGraph:
    graph = TransformGraph()
    places = draw(st.lists(st.sampled_from(PLACES), min_size=1, unique=True))
    for place in places:
        kind = "array" if place.endswith("#") else "declared"
        graph.add_system(GraphSystem(place, None, 2, kind))
    ends = st.tuples(st.sampled_from(places), st.sampled_from(places))
    for number, (source, target) in enumerate(draw(st.lists(ends, max_size=14))):
        way_back = draw(st.sampled_from(["closed", "no", "explicit", "numeric"]))
        graph.add_edge(
            GraphEdge(
                f"{number:03}",
                source,
                target,
                draw(st.sampled_from(["affine", "translation"])),
                None,
                "scene",
                way_back,
                "",
                f"/{number}",
                lambda: Mapping(2, 2),
            )
        )
    return graph


def overlap(one, other) -> bool:
    return (
        one.x < other.x + other.width - 0.01
        and other.x < one.x + one.width - 0.01
        and one.y < other.y + other.height - 0.01
        and other.y < one.y + one.height - 0.01
    )


def inside(inner, outer) -> bool:
    return (
        inner.x >= outer.x - 0.01
        and inner.y >= outer.y - 0.01
        and inner.x + inner.width <= outer.x + outer.width + 0.01
        and inner.y + inner.height <= outer.y + outer.height + 0.01
    )


def check(drawn: Layout) -> None:
    cards = {card.node.key: card for card in drawn.cards}
    frames = {frame.cluster.key: frame for frame in drawn.frames}
    for one, other in combinations(drawn.cards, 2):
        assert not overlap(one, other), (one.node.title, other.node.title)
    for frame in drawn.frames:
        for node in frame.cluster.nodes:
            assert inside(cards[node.key], frame)
        for inner in frame.cluster.clusters:
            assert inside(frames[inner.key], frame)
        for one, other in combinations(frame.cluster.clusters, 2):
            assert not overlap(frames[one.key], frames[other.key])
        own = {node.key for cluster in frame.cluster.walk() for node in cluster.nodes}
        for key, card in cards.items():
            assert key in own or not overlap(card, frame)
    for course in drawn.courses:
        source, target = cards[course.line.source], cards[course.line.target]
        if source is target:
            assert len(course.points) == 1
            continue
        for card, (x, y) in ((source, course.points[0]), (target, course.points[-1])):
            stacked = 11.0 if card.node.count > 1 else 0.01
            assert min(abs(x - card.x), abs(x - card.x - card.width)) <= stacked
            assert card.y - 0.01 <= y <= card.y + card.height + 0.01


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_a_layout_is_sound(graph: TransformGraph) -> None:
    drawn = sketch(graph)
    shown = sorted(address for node in drawn.nodes for address in node.addresses)
    assert shown == sorted(graph.systems)
    check(layout(drawn))


def test_the_layout_of_many_tiles_one_by_one_is_sound_and_not_a_ribbon(tiles) -> None:
    drawn = layout(sketch(tiles(60), fold=None))
    check(drawn)
    assert 0.4 < drawn.width / drawn.height < 2.5


def test_a_stack_of_tiles_is_small(tiles) -> None:
    drawn = layout(sketch(tiles(300)))
    check(drawn)
    assert drawn.width < 1000
    assert drawn.height < 300


def test_circles_and_loops_have_a_place(scene) -> None:
    one, two, three = (scene.image(name) for name in ("one", "two", "three"))
    for source, target in ((one, two), (two, three), (three, one), (one, one), (two, one)):
        scene.edge(source, target, "affine")
    drawn = layout(sketch(scene.graph))
    check(drawn)
    assert sum(course.points[0] == course.points[-1] for course in drawn.courses) == 1
