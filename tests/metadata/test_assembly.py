"""Assembling: which systems and edges the documents of a hierarchy make."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.metadata.assembly import Assembly, SystemKey, assemble, join
from catalog.metadata.assembly.locations import follow
from catalog.metadata.nodes import ArrayNode, Node
from catalog.metadata.read import read_group

Json = dict[str, object]
Hierarchy = Mapping[str, Json | ArrayNode]

IDENTITY = {"type": "identity"}


def nodes(hierarchy: Hierarchy) -> dict[str, Node]:
    read: dict[str, Node] = {}
    for location, document in hierarchy.items():
        if isinstance(document, ArrayNode):
            read[location] = document
        else:
            node = read_group(document, zarr_format=3 if "ome" in document else 2)
            assert node is not None
            read[location] = node
    return read


def assembled(hierarchy: Hierarchy) -> Assembly:
    return assemble(nodes(hierarchy))


def system(name: str, axes: str = "yx") -> Json:
    return {"name": name, "axes": [{"name": axis, "type": "space"} for axis in axes]}


def image(
    *paths: str,
    axes: str = "yx",
    systems: tuple[str, ...] = ("physical",),
    transformations: tuple[Json, ...] = (),
    version: str = "0.6",
    **more: object,
) -> Json:
    """Make an image of 0.6; its levels are scales to the first of its systems."""
    ends = [{"input": {"path": path}, "output": {"name": systems[0]}} for path in paths or ("0",)]
    entry = {
        "coordinateSystems": [system(name, axes) for name in systems],
        "datasets": [
            {
                "path": path,
                "coordinateTransformations": [{"type": "scale", "scale": [2] * len(axes), **each}],
            }
            for path, each in zip(paths or ("0",), ends, strict=True)
        ],
        "coordinateTransformations": list(transformations) or None,
    }
    return {"ome": {"version": version, "multiscales": [entry], **more}}


def scene(*edges: Json, systems: tuple[str, ...] = ("world",), version: str = "0.6") -> Json:
    held = {
        "coordinateSystems": [system(name) for name in systems],
        "coordinateTransformations": list(edges),
    }
    return {"ome": {"version": version, "scene": held}}


def edge(start: object, end: object, **more: object) -> Json:
    return {**IDENTITY, "input": start, "output": end, **more}


def at(path: str, name: str | None = "physical") -> Json:
    return {"path": path, "name": name}


WORLD = {"name": "world"}


def links(assembly: Assembly, *origins: str) -> list[tuple[str, str]]:
    return [
        (str(edge.input), str(edge.output))
        for edge in assembly.edges
        if not origins or edge.origin in origins
    ]


def problems(assembly: Assembly) -> list[tuple[str, str, str]]:
    return [(found.code, found.location, found.pointer) for found in assembly.problems]


def test_an_image() -> None:
    other = edge({"name": "physical"}, {"name": "other"}, name="turn")
    hierarchy = {
        "": image("a/0", "a/1", systems=("physical", "other"), transformations=(other,)),
        "a/0": ArrayNode((8, 8), "uint8", dimension_names=("v", "u")),
        "a/1": ArrayNode((4, 4), "uint8"),
    }
    result = assembled(hierarchy)
    assert [(str(key), found.kind, found.ndim) for key, found in result.systems.items()] == [
        ("physical", "declared", 2),
        ("other", "declared", 2),
        ("a/0#", "array", 2),
        ("a/1#", "array", 2),
    ]
    assert links(result) == [("a/0#", "physical"), ("a/1#", "physical"), ("physical", "other")]
    assert [(edge.origin, edge.pointer, edge.name) for edge in result.edges] == [
        ("dataset", "/ome/multiscales/0/datasets/0/coordinateTransformations/0", None),
        ("dataset", "/ome/multiscales/0/datasets/1/coordinateTransformations/0", None),
        ("multiscale", "/ome/multiscales/0/coordinateTransformations/0", "turn"),
    ]
    assert not result.problems


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (ArrayNode((8, 8), "uint8", dimension_names=("v", "u")), ("v", "u")),
        (ArrayNode((8, 8), "uint8", dimension_names=("v", None)), ("y", "x")),
        (ArrayNode((8, 8), "uint8", dimension_names=("v", "v")), ("y", "x")),
        (ArrayNode((8, 8), "uint8"), ("y", "x")),
        (ArrayNode((8, 8, 8), "uint8"), ("dim_0", "dim_1", "dim_2")),
        (None, ("y", "x")),
    ],
)
def test_axes_of_arrays(array: ArrayNode | None, expected: tuple[str, ...]) -> None:
    hierarchy: dict[str, Json | ArrayNode] = {"": image()}
    if array is not None:
        hierarchy["0"] = array
    found = assembled(hierarchy).systems[SystemKey("0", "")]
    assert found.axes is not None
    assert tuple(axis.name for axis in found.axes) == expected
    assert {axis.type for axis in found.axes} == {"array"}
    assert found.ndim == len(expected)


def test_images_of_earlier_versions_have_implied_systems() -> None:
    scale, move = {"type": "scale", "scale": [2, 2]}, {"type": "translation", "translation": [1, 1]}
    entry = {
        "version": "0.4",
        "axes": system("")["axes"],
        "datasets": [{"path": "0", "coordinateTransformations": [scale, move]}],
        "coordinateTransformations": [scale],
    }
    result = assembled({"": {"multiscales": [entry]}})
    kinds = {str(key): found.kind for key, found in result.systems.items()}
    assert kinds == {"physical": "implied", "physical_transformed": "implied", "0#": "array"}
    assert [(edge.pointer, str(edge.output)) for edge in result.edges] == [
        ("/multiscales/0/datasets/0/coordinateTransformations", "physical"),
        ("/multiscales/0/coordinateTransformations/0", "physical_transformed"),
    ]


def test_a_scene_joins_its_images() -> None:
    hierarchy = {
        "": scene(
            edge(at("tiles/a"), WORLD),
            edge(at("./tiles/b/"), WORLD),
            edge(at("tiles/b/0", None), at("/tiles/a", None)),
            edge(WORLD, at("old")),
        ),
        "tiles/a": image(),
        "tiles/b": image(),
        "old": {"ome": {"version": "0.5", "multiscales": [{"axes": system("")["axes"]}]}},
        "lonely": image(),
    }
    old = hierarchy["old"]["ome"]["multiscales"][0]  # type: ignore[index]
    old["datasets"] = [
        {"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}
    ]
    result = assembled(hierarchy)
    assert links(result, "scene") == [
        ("tiles/a#physical", "world"),
        ("tiles/b#physical", "world"),
        ("tiles/b/0#", "tiles/a#physical"),
        ("world", "old#physical"),
    ]
    assert result.members == (
        ("", "lonely", False),
        ("", "old", True),
        ("", "tiles/a", True),
        ("", "tiles/b", True),
    )
    assert not result.problems


def test_ends_that_are_bare_strings() -> None:
    """A string is a system; else an image's location; before 0.6.dev3 a system of an image."""
    hierarchy = {
        "": scene(edge("a", "world"), edge("unique", "world"), version="0.6.dev1"),
        "a": image(systems=("physical", "unique")),
        "b": image(),
    }
    assert links(assembled(hierarchy), "scene") == [("a#physical", "world"), ("a#unique", "world")]
    hierarchy[""] = scene(edge("physical", "world"), version="0.6.dev1")
    result = assembled(hierarchy)
    assert problems(result)[0] == (
        "ambiguous-system",
        "",
        "/ome/scene/coordinateTransformations/0/input",
    )
    hierarchy[""] = scene(edge("a", "world"), edge("unique", "world"))
    result = assembled(hierarchy)
    assert links(result, "scene") == [("a#physical", "world"), ("unique", "world")]
    assert result.systems[SystemKey("", "unique")].kind == "undeclared"


def test_a_location_means_the_first_system_in_dev2() -> None:
    hierarchy = {
        "": scene(edge("a", "world"), version="0.6.dev2"),
        "a": image(systems=("intrinsic", "first")),
    }
    systems = hierarchy["a"]["ome"]["multiscales"][0]["coordinateSystems"]  # type: ignore[index]
    systems.reverse()
    assert links(assembled(hierarchy), "scene") == [("a#first", "world")]
    hierarchy[""] = scene(edge("a", "world"), version="0.6.dev3")
    assert links(assembled(hierarchy), "scene") == [("a#intrinsic", "world")]


def test_names_win_over_locations() -> None:
    hierarchy = {
        "": scene(edge("a", "world"), systems=("world", "a"), version="0.6.dev2"),
        "a": image(),
    }
    assert links(assembled(hierarchy), "scene") == [("a", "world")]


def test_nested_scenes_join() -> None:
    hierarchy = {
        "": scene(edge(at("inner", "world"), WORLD), edge(at("inner/a"), WORLD)),
        "inner": scene(edge(at("a"), WORLD), edge(WORLD, at("../b"))),
        "inner/a": image(),
        "b": image(),
    }
    result = assembled(hierarchy)
    assert links(result, "scene") == [
        ("inner#world", "world"),
        ("inner/a#physical", "world"),
        ("inner/a#physical", "inner#world"),
        ("inner#world", "b#physical"),
    ]
    assert result.members == (
        ("", "b", False),
        ("", "inner/a", True),
        ("inner", "b", True),
        ("inner", "inner/a", True),
    )


def test_ends_that_do_not_exist_are_kept() -> None:
    hierarchy = {
        "scene": scene(
            edge(at("a", "wrong"), WORLD),
            edge(at("gone"), WORLD),
            edge(at("../../away"), WORLD),
            edge(at("https://example.org/b.zarr"), WORLD),
        ),
        "scene/a": image(),
    }
    result = assembled(hierarchy)
    assert links(result, "scene") == [
        ("scene/a#wrong", "scene#world"),
        ("scene/gone#physical", "scene#world"),
        ("../away#physical", "scene#world"),
        ("https://example.org/b.zarr#physical", "scene#world"),
    ]
    top = "/ome/scene/coordinateTransformations"
    assert problems(result) == [
        ("unknown-system", "scene", f"{top}/0/input/name"),
        ("missing-image", "scene", f"{top}/1/input/path"),
        ("outside-hierarchy", "scene", f"{top}/2/input/path"),
        ("outside-hierarchy", "scene", f"{top}/3/input/path"),
    ]
    assert "'physical'" in result.problems[0].message
    assert result.members == (("scene", "scene/a", False),)


def test_levels_that_lead_to_what_is_not_declared() -> None:
    """The image's own edges and those of a scene meet in the undeclared system."""
    document = image()
    level = document["ome"]["multiscales"][0]["datasets"][0]  # type: ignore[index]
    level["coordinateTransformations"][0]["output"] = {"name": "nowhere"}
    result = assembled({"": scene(edge(at("a", None), WORLD)), "a": document})
    assert links(result) == [("a/0#", "a#nowhere"), ("a#nowhere", "world")]
    assert [found.code for found in result.problems] == ["unknown-system"]
    level["coordinateTransformations"][0]["output"] = {"name": "labels/c"}
    result = assembled({"a": document, "a/labels/c": image(**{"image-label": {}})})
    assert links(result, "dataset")[0] == ("a/0#", "a/labels/c#physical")


def test_a_levels_own_path_wins() -> None:
    document = image("s0")
    level = document["ome"]["multiscales"][0]["datasets"][0]  # type: ignore[index]
    level["coordinateTransformations"][0]["input"] = {"path": "elsewhere"}
    assert links(assembled({"": document})) == [("s0#", "physical")]


def test_entries_that_declare_the_same_system() -> None:
    document = image("0")
    entries = document["ome"]["multiscales"]  # type: ignore[index]
    entries += image("1")["ome"]["multiscales"]  # type: ignore[index]
    assert links(assembled({"": document})) == [("0#", "physical"), ("1#", "physical")]
    entries[1]["name"] = "second"
    entries[1]["coordinateSystems"] = [system("physical", "ba")]
    result = assembled({"": document})
    assert links(result) == [("0#", "physical"), ("1#", "second/physical")]
    assert problems(result) == [
        ("conflicting-system", "", "/ome/multiscales/1/coordinateSystems/0")
    ]


@given(st.randoms(use_true_random=False))
def test_the_order_of_nodes_does_not_matter(shuffler: random.Random) -> None:
    hierarchy = {
        "": scene(edge(at("a"), WORLD), edge(at("b", "x"), WORLD)),
        "a": image("0", "1"),
        "b": image("0"),
        "a/labels/c": image(**{"image-label": {}}),
    }
    read = nodes(hierarchy)
    expected = assemble(read)
    locations = list(read)
    shuffler.shuffle(locations)
    result = assemble({location: read[location] for location in locations})
    assert result == expected
    assert list(result.systems) == list(expected.systems)


@given(st.lists(st.sampled_from(["a", "b.zarr", "..", ".", ""])), st.sampled_from(["", "x/y"]))
def test_locations_stay_inside(segments: list[str], base: str) -> None:
    path = "/".join(segments)
    place = join(base, path)
    assert (place is None) == follow(base, path).startswith("..")
    if place is not None:
        assert not {"", ".", ".."} & set(place.split("/")) or place == ""
        assert join("", place) == place


def scene_by_axis_names(output_axes: list[str]) -> dict[str, Json]:
    named = {
        "type": "byDimension",
        "input": {"path": "a", "name": "physical"},
        "output": {"path": "b", "name": "physical"},
        "transformations": [
            {"type": "scale", "scale": [3], "input_axes": ["x"], "output_axes": output_axes},
            {"type": "identity", "input_axes": ["y"], "output_axes": ["x"]},
        ],
    }
    scene = {"version": "0.6.dev3", "scene": {"coordinateTransformations": [named]}}
    return {"": {"ome": scene}, "a": image(), "b": image()}


def test_axes_named_across_documents_become_indices() -> None:
    assembly = assembled(scene_by_axis_names(["y"]))
    (edge,) = [edge for edge in assembly.edges if edge.origin == "scene"]
    items = edge.transformation.model_dump()["transformations"]
    assert [(item["inputAxes"], item["outputAxes"]) for item in items] == [
        ((1,), (0,)),
        ((0,), (1,)),
    ]
    assert assembly.problems == ()


def test_axes_that_no_end_has_are_a_problem() -> None:
    assembly = assembled(scene_by_axis_names(["depth"]))
    assert [edge.origin for edge in assembly.edges].count("scene") == 1
    (found,) = assembly.problems
    assert (found.code, found.pointer) == ("unknown-axis", "/ome/scene/coordinateTransformations/0")
    assert "depth" in found.message
