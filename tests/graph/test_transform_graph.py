"""The graph of a hierarchy: names, paths, points."""

import json
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import (
    AmbiguousAddressError,
    DimensionalityError,
    FieldError,
    NoPathError,
    NotInvertibleError,
    PointsError,
    StoreError,
    TransformationError,
    UnknownAddressError,
)
from catalog.geometry.classify import judge
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.metadata.assembly import Assembly, Edge, System, SystemKey
from catalog.metadata.transformations import (
    Affine,
    Bijection,
    ByDimension,
    ByDimensionItem,
    Displacements,
    Identity,
    MapAxis,
    ProjectAxis,
    Rotation,
    Scale,
    Sequence,
    Translation,
)


def key(text):
    location, mark, name = text.partition("#")
    return SystemKey(location, name) if mark else SystemKey("", location)


def assembly(systems, *edges):
    """Assemble by hand: {"a": 2, "t/0#": 2} and (input, output, transformation) each."""
    known = {
        key(text): System(key(text), "declared", key(text).location, None, None, ndim)
        for text, ndim in systems.items()
    }
    made = tuple(
        Edge(
            group=key(target).location,
            pointer=f"/ome/scene/coordinateTransformations/{index}",
            name=transformation.name,
            input=key(source),
            output=key(target),
            transformation=transformation,
            origin="scene",
        )
        for index, (source, target, transformation) in enumerate(edges)
    )
    return Assembly(known, made, ())


def graph_of(systems, *edges, **options):
    return TransformGraph.from_assembly(assembly(systems, *edges), **options)


def from_catalog(assembled, parameters=None):
    """The same graph from the texts that a catalog keeps."""
    graph = TransformGraph()
    for system in assembled.systems.values():
        graph.add_system(GraphSystem(str(system.key), None, system.ndim))
    for edge in assembled.edges:
        ndims = [assembled.systems[end].ndim for end in (edge.input, edge.output)]
        judged = judge(edge.transformation, *ndims, parameters)
        graph.add_edge(
            GraphEdge.from_rows(
                source=str(edge.input),
                target=str(edge.output),
                type=edge.transformation.type,
                name=edge.name,
                origin=edge.origin,
                invertibility=judged.invertibility,
                group=edge.group,
                pointer=edge.pointer,
                ndim_in=ndims[0],
                ndim_out=ndims[1],
                affine=None if judged.affine is None else json.dumps(judged.affine),
                # As an index keeps it: only where it is stated apart.
                inverse_affine=json.dumps(judged.inverse_affine)
                if judged.inverse_affine is not None and judged.invertibility == "explicit"
                else None,
                parameters=edge.transformation.model_dump_json(exclude={"input", "output"}),
            )
        )
    return graph


PAIR = Bijection(
    forward=Translation(translation=(1.0, 1.0)), inverse=Translation(translation=(10.0, 10.0))
)
SCALE = Scale(scale=(2.0, 4.0), name="half")


@pytest.fixture
def tiles():
    """Two tiles of a scene, each with an array."""
    return graph_of(
        {
            "world": 2,
            "tiles/t0#physical": 2,
            "tiles/t0/0#": 2,
            "tiles/t1#physical": 2,
            "tiles/t1/0#": 2,
            "alone": 3,
        },
        ("tiles/t0/0#", "tiles/t0#physical", SCALE),
        ("tiles/t1/0#", "tiles/t1#physical", SCALE),
        ("tiles/t0#physical", "world", Translation(translation=(10.0, 0.0))),
        ("tiles/t1#physical", "world", PAIR),
    )


def test_points_go_there_and_back(tiles):
    assert tiles.transform([[1, 1]], "tiles/t0/0#", "world").tolist() == [[12, 4]]
    assert tiles.transform([[12, 4]], "world", "tiles/t0/0#").tolist() == [[1, 1]]
    assert tiles.transform([[0, 0]], "world", "tiles/t1#physical").tolist() == [[10, 10]]
    assert tiles.transform([], "world", "tiles/t0/0#").shape == (0, 2)


def test_path_says_what_it_is(tiles):
    path = tiles.path("tiles/t0/0#", "tiles/t1/0#")
    assert [(step.source, step.target, step.inverse) for step in path.steps] == [
        ("tiles/t0/0#", "tiles/t0#physical", False),
        ("tiles/t0#physical", "world", False),
        ("world", "tiles/t1#physical", True),
        ("tiles/t1#physical", "tiles/t1/0#", True),
    ]
    assert path.cost == 4020
    assert (path.exact, path.needs) == (True, ())
    assert path.to_dict() == {
        "source": "tiles/t0/0#",
        "target": "tiles/t1/0#",
        "cost": 4020,
        "steps": [
            {
                "from": step.source,
                "to": step.target,
                "type": step.edge.type,
                "name": step.edge.name,
                "direction": "inverse" if step.inverse else "forward",
                "origin": "scene",
                "declared_in": step.edge.group,
                "pointer": step.edge.pointer,
            }
            for step in path.steps
        ],
        "matrix": [[1.0, 0.0, 10.0], [0.0, 1.0, 2.5]],
        "exact": True,
        "needs": [],
    }
    assert json.loads(json.dumps(path.to_dict()))["steps"][0]["name"] == "half"


def test_a_system_to_itself_validates_the_points(tiles):
    assert tiles.transform([[1, 2]], "world", "world").tolist() == [[1, 2]]
    path = tiles.path("alone", "alone")
    assert (path.steps, path.cost) == ((), 0)
    assert path.matrix.tolist() == np.eye(3, 4).tolist()
    with pytest.raises(PointsError, match="2 coordinates; expected 3"):
        tiles.transform([[1, 2]], "alone", "alone")
    with pytest.raises(PointsError, match="flat"):
        tiles.transform([1, 2], "world", "world")


def test_waypoints(tiles):
    path = tiles.path("tiles/t0/0#", "world", via=["tiles/t1#physical"])
    assert [step.target for step in path.steps] == [
        "tiles/t0#physical",
        "world",
        "tiles/t1#physical",
        "world",
    ]
    assert tiles.transform(
        [[1, 1]], "tiles/t0/0#", "world", via=["tiles/t1#physical"]
    ).tolist() == [[23, 15]]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("world", "world"),
        ("#world", "world"),
        ("tiles/t0#physical", "tiles/t0#physical"),
        ("./tiles/t0/#physical", "tiles/t0#physical"),
        ("t0#physical", "tiles/t0#physical"),
        ("tiles/t0/0#", "tiles/t0/0#"),
        ("t1/0#", "tiles/t1/0#"),
        ("tiles/t1/0", "tiles/t1/0#"),
    ],
)
def test_addresses(tiles, text, address):
    assert tiles.resolve(text) == address


def test_full_addresses_of_a_hierarchy():
    made = graph_of({"world": 2, "t#1#a": 2, "t/0#": 2}, prefix="file:///d/s.zarr")
    assert list(made.systems) == [
        "file:///d/s.zarr#world",
        "file:///d/s.zarr/t#1#a",
        "file:///d/s.zarr/t/0#",
    ]
    assert made.resolve("world") == "file:///d/s.zarr#world"
    assert made.resolve("s.zarr#world") == "file:///d/s.zarr#world"
    assert made.resolve("t/0#") == "file:///d/s.zarr/t/0#"


def test_a_name_may_hold_a_hash():
    keys = [SystemKey("", "a#b"), SystemKey("a", "b"), SystemKey("t#0", "c")]
    systems = {k: System(k, "declared", k.location, None, None, 2) for k in keys}
    graph = TransformGraph.from_assembly(Assembly(systems, (), ()))
    assert list(graph.systems) == ["#a#b", "a#b", "t#0#c"]
    assert graph.resolve("#a#b") == "#a#b"
    assert graph.resolve("a#b") == "a#b"
    full = TransformGraph.from_assembly(Assembly(systems, (), ()), prefix="file:///x")
    assert list(full.systems) == ["file:///x#a#b", "file:///x/a#b", "file:///x/t%230#c"]


def test_unknown_and_ambiguous(tiles):
    with pytest.raises(UnknownAddressError, match="Did you mean world") as unknown:
        tiles.path("wolrd", "alone")
    assert unknown.value.near[0] == "world"
    with pytest.raises(UnknownAddressError) as unknown:
        tiles.resolve("tiles/t0#fysical")
    assert "tiles/t0#physical" in unknown.value.near
    with pytest.raises(UnknownAddressError, match="no coordinate system 'World'"):
        tiles.resolve("World")
    with pytest.raises(AmbiguousAddressError, match="any of 2") as ambiguous:
        tiles.resolve("physical")
    assert ambiguous.value.candidates == ("tiles/t0#physical", "tiles/t1#physical")
    with pytest.raises(UnknownAddressError):
        tiles.resolve("")


def test_no_path_says_the_components(tiles):
    assert not tiles.is_connected()
    assert [len(part) for part in tiles.components()] == [5, 1]
    with pytest.raises(NoPathError) as caught:
        tiles.path("world", "alone")
    assert "world is in a component of 5 coordinate systems (world, tiles/t0#physical" in (
        caught.value.message
    )
    assert "alone is in a component of 1 coordinate system (alone)" in caught.value.message
    with pytest.raises(NoPathError):
        tiles.paths("world", "alone")


def test_no_way_back_is_said():
    graph = graph_of({"a": 3, "b": 2}, ("a", "b", ProjectAxis(droppedInputs=(0,))))
    assert graph.is_connected()
    with pytest.raises(NoPathError, match="only through transformations without an inverse"):
        graph.path("b", "a")
    assert graph.transform([[1, 2, 3]], "a", "b").tolist() == [[2, 3]]


def test_networkx_sees_parallel_edges_and_cannot_change_them():
    graph = graph_of({"a": 2, "b": 2}, ("a", "b", SCALE), ("a", "b", PAIR), ("b", "a", Identity()))
    seen = graph.graph
    assert isinstance(seen, nx.MultiDiGraph)
    assert seen.number_of_edges("a", "b") == 2
    assert seen.nodes["a"]["system"] == graph.systems["a"]
    with pytest.raises(nx.NetworkXError):
        seen.add_node("c")
    graph.add_system(GraphSystem("c"))
    assert "c" in graph.graph
    assert len(graph.paths("a", "b")) == 3


def test_edges_of_one_place_are_kept_apart():
    graph = TransformGraph()
    for _ in range(2):
        made = assembly({"a": 2, "b": 2}, ("a", "b", SCALE)).edges[0]
        graph.add_edge(GraphEdge.from_edge(made, 2, 2))
    assert len(graph.edges) == 2
    assert graph.graph.number_of_edges() == 2
    assert graph.systems["a"].kind == "undeclared"


def test_which_edge_does_not_depend_on_order():
    edges = [("a", "b", Translation(translation=(float(i), 0.0))) for i in range(12)]
    assembled = assembly({"a": 2, "b": 2}, *edges)
    turned = Assembly(assembled.systems, assembled.edges[::-1], ())
    for one in (assembled, turned):
        graph = TransformGraph.from_assembly(one)
        # The first of the document: numbers in pointers count as numbers.
        assert graph.transform([[0, 0]], "a", "b").tolist() == [[0, 0]]
        found = [path.matrix[0, -1] for path in graph.paths("a", "b", 20)]
        assert found == list(range(12))


def test_fields_that_nothing_can_read_are_on_the_way_and_move_nothing():
    graph = graph_of(
        {"a": 2, "r/b": 2, "r#b": 2},
        ("a", "r#b", Sequence(transformations=(SCALE, Displacements(path="./warp/")))),
    )
    path = graph.path("a", "r#b")
    assert (path.matrix, path.exact, path.needs) == (None, False, ("r/warp",))
    assert path.to_dict()["needs"] == ["r/warp"]
    with pytest.raises(FieldError):
        path.transform([[1, 2]])
    assert path.transform([]).shape == (0, 2)
    back = graph.path("r#b", "a")
    assert back.cost == 6200
    assert not back.exact


def test_a_broken_step_is_named():
    graph = graph_of({"a": 2, "b": 2}, ("a", "b", Scale(scale=(1.0,), name="bad")))
    path = graph.path("a", "b")
    assert path.to_dict()["matrix"] is None
    assert "'bad'" in path.to_dict()["problem"]
    with pytest.raises(DimensionalityError, match="takes 1 dimensions; its input has 2") as caught:
        path.transform([[1, 2]])
    assert caught.value.place == "/ome/scene/coordinateTransformations/0"
    with pytest.raises(NoPathError):
        graph.path("b", "a")


def test_dimensions_that_do_not_meet():
    graph = graph_of(
        {"a": 2, "b": None, "c": 3},
        ("a", "b", SCALE),
        ("b", "c", Scale(scale=(1.0, 1.0, 1.0))),
    )
    with pytest.raises(DimensionalityError, match="2 dimensions at b; expected 3"):
        graph.transform([[1, 2]], "a", "c")


def test_identity_between_unknown_dimensions():
    graph = graph_of({"a": None, "b": None, "c": 2}, ("a", "b", Identity()), ("b", "c", SCALE))
    assert graph.transform([[1, 2]], "a", "c").tolist() == [[2, 8]]
    assert graph.path("a", "c").matrix.tolist() == [[2, 0, 0], [0, 4, 0]]
    assert graph.path("a", "b").matrix is None
    assert graph.transform([[1, 2, 3]], "a", "b").tolist() == [[1, 2, 3]]


def test_a_result_must_be_finite():
    graph = graph_of({"a": 1, "b": 1}, ("a", "b", Scale(scale=(1e300,))))
    with pytest.raises(PointsError, match="not finite"):
        graph.transform([[1e300]], "a", "b")


def test_stored_parameters_count_from_the_group():
    asked = []

    def parameters_for(group):
        def read(path):
            asked.append((group, path))
            if path == "missing":
                raise StoreError("There is no array.", path)
            return np.array([[0.0, 1.0, 5.0], [1.0, 0.0, 0.0]])

        return read

    graph = graph_of(
        {"a": 2, "g#b": 2, "c": 2},
        ("a", "g#b", Affine(path="m")),
        ("g#b", "c", Affine(path="missing")),
        parameters_for=parameters_for,
    )
    assert graph.transform([[1, 2]], "a", "g#b").tolist() == [[7, 1]]
    assert graph.transform([[7, 1]], "g#b", "a").tolist() == [[1, 2]]
    assert ("g", "m") in asked
    with pytest.raises(StoreError, match="no array"):
        graph.transform([[1, 2]], "a", "c")


def test_a_catalog_without_the_array_says_so():
    graph = from_catalog(assembly({"a": 2, "b": 2}, ("a", "b", Affine(path="m"))))
    with pytest.raises(TransformationError, match=r"'m'.* not at hand"):
        graph.transform([[1, 2]], "a", "b")


def test_singular_edges_from_a_catalog_have_no_way_back():
    edge = SimpleNamespace(affine="[[1.0,1.0,0.0],[1.0,1.0,0.0]]")
    made = GraphEdge.from_rows(
        source="a",
        target="b",
        type="affine",
        name=None,
        origin="scene",
        invertibility="closed",
        group="file:///g",
        pointer="/p",
        affine=edge.affine,
        parameters="{}",
    )
    with pytest.raises(NotInvertibleError) as caught:
        _ = made.inverse_mapping
    assert caught.value.place == "file:///g/p"


numbers = st.floats(-4, 4).map(lambda value: round(value, 2))
factors = numbers.filter(lambda value: abs(value) >= 0.25)


@st.composite
def edges(draw):
    """A transformation from N to M dimensions with a benign way back, where it has one."""
    kind = draw(
        st.sampled_from(["scale", "map", "turn", "chain", "pair", "affine", "sides", "add"])
    )
    vector = st.tuples(numbers, numbers)
    if kind == "map":
        return MapAxis(mapAxis=draw(st.sampled_from([(0, 1), (1, 0)])))
    if kind == "turn":
        angle = draw(st.floats(0, 6))
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        return Rotation(rotation=((cos, -sin), (sin, cos)))
    scale = Scale(scale=draw(st.tuples(factors, factors)))
    if kind == "chain":
        return Sequence(
            transformations=(scale, Translation(translation=draw(vector)), draw(edges()))
        )
    if kind == "pair":
        back = Scale(scale=tuple(1 / value for value in scale.scale))
        return Bijection(forward=scale, inverse=back)
    if kind == "affine":
        low, shift = draw(numbers), draw(vector)
        return Affine(affine=((scale.scale[0], low, shift[0]), (0.0, scale.scale[1], shift[1])))
    if kind == "sides":
        return ByDimension(
            transformations=tuple(
                ByDimensionItem(
                    transformation=Scale(scale=(value,)), inputAxes=(1 - i,), outputAxes=(i,)
                )
                for i, value in enumerate(scale.scale)
            )
        )
    if kind == "add":
        return Sequence(
            transformations=(
                ProjectAxis(createdOutputs=(1,)),
                Affine(affine=((1.0, 0.5, 0.0, 1.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 2.0, 0.0))),
                ProjectAxis(droppedInputs=(1,)),
            )
        )
    return scale


@st.composite
def assemblies(draw):
    count = draw(st.integers(2, 6))
    node = st.integers(0, count - 1)
    drawn = draw(st.lists(st.tuples(node, node, edges()), min_size=1, max_size=10))
    return assembly(
        {f"s{number}": 2 for number in range(count)},
        *((f"s{a}", f"s{b}", transformation) for a, b, transformation in drawn),
    )


@given(assemblies(), st.lists(st.tuples(numbers, numbers), min_size=1, max_size=3))
def test_path_is_its_steps_there_is_back_and_a_catalog_agrees(assembled, points):
    graph = TransformGraph.from_assembly(assembled)
    kept = from_catalog(assembled)
    points = np.array(points)
    for target in list(graph.systems)[1:]:
        try:
            path = graph.path("s0", target)
        except NoPathError:
            with pytest.raises(NoPathError):
                kept.path("s0", target)
            continue
        moved = path.transform(points)
        stepped = points
        size = 8.0
        for step in path.steps:
            stepped = step.mapping.apply(stepped)
            size = max(size, 1) * (1 + np.abs(step.mapping.matrix).max())
        np.testing.assert_allclose(moved, stepped, rtol=1e-9, atol=1e-13 * size)
        same = kept.path("s0", target)
        assert same.to_dict() == path.to_dict()
        np.testing.assert_array_equal(same.transform(points), moved)
        if all(step.edge.invertibility != "no" for step in path.steps):
            back = moved
            for step in reversed(path.steps):
                mapping = step.edge.mapping if step.inverse else step.edge.inverse_mapping
                back = mapping.apply(back)
                size = max(size, 1) * (1 + np.abs(mapping.matrix).max())
            np.testing.assert_allclose(back, points, rtol=1e-9, atol=1e-13 * size)


def test_created_axes_from_a_catalog_go_back():
    """A catalog keeps no inverse of a map that only creates axes: it is made of the document."""
    assembled = assembly(
        {"a": 1, "b": 2},
        (
            "a",
            "b",
            Sequence(
                transformations=(
                    ProjectAxis(createdOutputs=(1,)),
                    Affine(affine=((2.0, 1.0, 0.0), (0.0, 1.0, 0.0))),
                )
            ),
        ),
    )
    for graph in (TransformGraph.from_assembly(assembled), from_catalog(assembled)):
        assert graph.transform([[3]], "a", "b").tolist() == [[6, 0]]
        assert graph.transform([[6, 2]], "b", "a").tolist() == [[2]]
