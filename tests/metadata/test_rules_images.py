"""Rules about images, scenes and labels: hierarchies that break them, and some that do not."""

import copy
from collections.abc import Callable, Mapping, Sequence

import pytest

from catalog.metadata.check import check
from catalog.metadata.nodes import ArrayNode, Node
from catalog.metadata.read import read_group

Json = dict[str, object]
Hierarchy = Mapping[str, Json | ArrayNode]

IDENTITY = {"type": "identity"}
SCALE = {"type": "scale", "scale": [1, 1]}
MOVE = {"type": "translation", "translation": [1, 1]}


def sequence(*parts: Json) -> Json:
    return {"type": "sequence", "transformations": list(parts)}


def system(name: str) -> Json:
    return {"name": name, "axes": [{"name": axis, "type": "space"} for axis in "yx"]}


def image(
    *levels: Json | list[Json],
    version: str = "0.6",
    systems: tuple[str, ...] = ("physical",),
    transformations: tuple[Json, ...] = (),
    paths: Sequence[str] = "0123",
    **more: object,
) -> Json:
    """Make an image of 0.6 with these transformations of its levels."""
    datasets = []
    for path, transformation in zip(paths, levels or (SCALE,), strict=False):
        ends = {"input": {"path": path}, "output": {"name": "physical"}}
        parts = transformation if isinstance(transformation, list) else [transformation]
        stated = [{**ends, **part} for part in parts]
        datasets.append({"path": path, "coordinateTransformations": stated})
    entry = {
        "coordinateSystems": [system(name) for name in systems],
        "datasets": datasets,
        "coordinateTransformations": list(transformations) or None,
    }
    return {"ome": {"version": version, "multiscales": [entry], **more}}


def old(*levels: list[Json], version: str = "0.5", top: list[Json] | None = None) -> Json:
    datasets = [
        {"path": str(index), "coordinateTransformations": level}
        for index, level in enumerate(levels)
    ]
    axes = system("")["axes"]
    entry = {"axes": axes, "datasets": datasets, "coordinateTransformations": top}
    return {"ome": {"version": version, "multiscales": [entry]}}


def edge(start: Json, end: Json, transformation: Json = IDENTITY) -> Json:
    return {**transformation, "input": start, "output": end}


def scene(*edges: Json, systems: tuple[str, ...] = ("world",)) -> Json:
    declared = [system(name) for name in systems]
    held = {"coordinateSystems": declared, "coordinateTransformations": list(edges)}
    return {"ome": {"version": "0.6", "scene": held}}


def at(path: str, name: str = "physical") -> Json:
    return {"path": path, "name": name}


WORLD, PHYSICAL, OTHER = {"name": "world"}, {"name": "physical"}, {"name": "other"}


def array(*shape: int, dtype: str = "uint16", names: tuple[str, ...] = ("y", "x")) -> ArrayNode:
    return ArrayNode(shape, dtype, dimension_names=names)


def codes(hierarchy: Hierarchy, *, strict: bool = False) -> set[str]:
    nodes: dict[str, Node] = {}
    for location, document in hierarchy.items():
        if isinstance(document, ArrayNode):
            nodes[location] = document
        else:
            node = read_group(copy.deepcopy(document), zarr_format=3)
            assert node is not None
            nodes[location] = node
    return {problem.code for problem in check(nodes, strict=strict)}


def with_labels(
    labels: Json | None = None,
    *,
    source: str | None = None,
    listed: tuple[str, ...] = ("cells",),
    arrays: tuple[ArrayNode, ArrayNode] = (array(8, 8), array(8, 8)),
) -> Hierarchy:
    inner = copy.deepcopy(labels or image())
    inner["ome"]["image-label"] = {"source": {"image": source}}  # type: ignore[index]
    return {
        "": image(),
        "0": arrays[0],
        "labels": {"ome": {"version": "0.6", "labels": list(listed)}},
        "labels/cells": inner,
        "labels/cells/0": arrays[1],
    }


def label(**entry: object) -> Hierarchy:
    return {"": {"ome": {"version": "0.6", "image-label": entry}}}


def omero(*channels: Json, version: str = "0.6") -> Hierarchy:
    document = image(omero={"channels": list(channels)}, version=version)
    axes = [{"name": "c", "type": "channel"}, *system("")["axes"]]  # type: ignore[misc]
    entry = document["ome"]["multiscales"][0]  # type: ignore[index]
    entry["coordinateSystems"][0]["axes"] = axes
    return {"": document, "0": array(2, 8, 8, names=("c", "y", "x"))}


def repeated(document: Json, **more: object) -> Hierarchy:
    """Make an image that is listed twice."""
    twice = copy.deepcopy(document)
    entries: list[Json] = twice["ome"]["multiscales"]  # type: ignore[index]
    entries.append({**entries[0], **more})
    return {"": twice}


def none_of_its_own(version: str) -> Json:
    """Make an image that holds an empty list of transformations."""
    document = image(version=version)
    document["ome"]["multiscales"][0]["coordinateTransformations"] = []  # type: ignore[index]
    return document


WINDOW = {"min": 0, "max": 9, "start": 0, "end": 5}
ENDS = {"start": 0, "end": 5}
TURN = {"type": "rotation", "rotation": [[0, -1], [1, 0]]}
SOUND: Hierarchy = {"": image(SCALE, sequence(SCALE, MOVE)), "0": array(8, 8), "1": array(4, 4)}

CASES: list[tuple[str, Hierarchy, Hierarchy]] = [
    ("duplicate-dataset", {"": image(SCALE, SCALE, paths="00")}, SOUND),
    ("level-transformation", {"": image([])}, {"": image(IDENTITY)}),
    ("level-transformation", {"": image([SCALE, SCALE])}, SOUND),
    ("level-transformation", {"": image(MOVE)}, {"": image(IDENTITY, version="0.6.dev3")}),
    ("level-transformation", {"": image(sequence(MOVE, SCALE))}, SOUND),
    ("level-transformation", {"": old([MOVE])}, {"": old([SCALE, MOVE])}),
    ("level-transformation", {"": old([SCALE, SCALE])}, {"": old([SCALE])}),
    ("level-transformation", {"": old([])}, {"": old([SCALE], version="0.4")}),
    (
        "level-system",
        {"": image(SCALE, {**SCALE, "output": {"name": "b"}}, systems=("physical", "b"))},
        SOUND,
    ),
    ("level-order", {"": image(SCALE, SCALE), "0": array(4, 4), "1": array(8, 8)}, SOUND),
    ("array-axes", {"": image(), "0": array(3, 8, 8)}, SOUND),
    ("dimension-names", {"": old([SCALE]), "0": array(8, 8, names=("x", "y"))}, SOUND),
    (
        "dimension-names",
        {"": old([SCALE]), "0": ArrayNode((8, 8), "uint8")},
        {"": old([SCALE]), "0": array(8, 8)},
    ),
    ("missing-array", {"": image()}, SOUND),
    (
        "image-transformation",
        {
            "": image(
                systems=("physical", "other", "b"), transformations=(edge(OTHER, {"name": "b"}),)
            )
        },
        {"": image(systems=("physical", "other"), transformations=(edge(OTHER, PHYSICAL),))},
    ),
    (
        "image-transformation-kind",
        {"": old([SCALE], top=[MOVE])},
        {"": old([SCALE], top=[SCALE, MOVE])},
    ),
    (
        "upward-reference",
        {"": image(transformations=(edge(PHYSICAL, at("../other")),))},
        {"": image(transformations=(edge(PHYSICAL, at("labels/cells")),))},
    ),
    (
        "label-transformation",
        {"": image(transformations=(edge(PHYSICAL, at("labels/cells"), sequence(MOVE, SCALE)),))},
        {"": image(transformations=(edge(at("labels/cells"), PHYSICAL, MOVE),))},
    ),
    (
        "label-transformation",
        {"": image(transformations=(edge(PHYSICAL, at("labels/cells"), TURN),))},
        {"": image(transformations=(edge(PHYSICAL, at("labels/cells"), sequence(SCALE, MOVE)),))},
    ),
    ("duplicate-image", repeated(image()), {"": image()}),
    ("duplicate-image", repeated(image()), repeated(image(), name="second")),
    ("empty", {"": old([SCALE], top=[])}, {"": old([SCALE])}),
    ("empty", {"": none_of_its_own("0.6")}, {"": none_of_its_own("0.6.dev4")}),
    ("dimensionality", {"": old([{**SCALE, "scale": [1]}])}, {"": old([SCALE])}),
    ("omero-channels", omero({}), omero({}, {})),
    ("omero-color", omero({"color": "red"}, {}), omero({"color": "FF00aa"}, {})),
    ("omero-window", omero({"window": {"min": 1}}, {}), omero({"window": WINDOW}, {})),
    ("omero-window", omero({"window": {**WINDOW, "end": "5"}}), omero({"window": WINDOW})),
    ("omero-window", omero({"window": ENDS}), omero({"window": ENDS}, version="0.9.dev2")),
    ("omero-value", omero({"label": 1}), omero({"label": "1"})),
    ("omero-value", omero({"label": 1}), omero({"label": 1}, version="0.5-dev-spatialdata")),
    ("omero-value", omero({"active": 1}), omero({"active": True})),
    ("omero-value", omero({"inverted": 1}, version="0.9.dev1"), omero({"inverted": 1})),
    ("omero-value", omero({"family": 1}), omero({"family": 1}, version="0.9.dev1")),
    ("omero-details", omero({"label": "a"}, version="0.4"), omero({"label": "a"})),
    (
        "omero-details",
        omero({"label": "a"}, version="0.4"),
        omero({"label": "a"}, version="0.4-dev-spatialdata"),
    ),
    ("omero-without-channels", {"": image(omero={"id": 1})}, {"": image(omero={"channels": []})}),
    ("empty-scene", {"": scene()}, {"": scene(edge(WORLD, at("a"))), "a": image()}),
    (
        "unreferenced-image",
        {"": scene(edge(WORLD, at("a"))), "a": image(), "b": image()},
        {"": scene(edge(WORLD, at("a"))), "a": image()},
    ),
    (
        "disconnected",
        {"": scene(edge(WORLD, at("a")), systems=("world", "moon")), "a": image()},
        {"": scene(edge(WORLD, at("a"))), "a": image()},
    ),
    (
        "disconnected",
        {"": image(systems=("physical", "other"))},
        {"": image(systems=("physical", "other"), transformations=(edge(OTHER, PHYSICAL),))},
    ),
    (
        "disconnected",
        {"": scene(edge(WORLD, at("a")), edge(at("b"), at("c"))), **dict.fromkeys("abc", image())},
        {"": scene(edge(WORLD, at("a")), edge(at("b"), at("a"))), **dict.fromkeys("ab", image())},
    ),
    (
        "disconnected",
        {"": image({**SCALE, "output": OTHER})},
        {"": image({**SCALE, "output": OTHER}, systems=("other",))},
    ),
    ("unknown-system", {"": scene(edge(WORLD, at("a", "b"))), "a": image()}, SOUND),
    ("unknown-system", {"": scene(edge(WORLD, OTHER))}, {"": scene(edge(WORLD, WORLD))}),
    (
        "ambiguous-system",
        {"": scene(edge(WORLD, {"path": "b"})), "b": scene(systems=("a", "b"))},
        SOUND,
    ),
    ("missing-image", {"": scene(edge(WORLD, at("gone")))}, {"": scene(edge(WORLD, WORLD))}),
    ("outside-hierarchy", {"": scene(edge(WORLD, at("../other")))}, SOUND),
    ("outside-hierarchy", {"": image(paths=("..",))}, SOUND),
    ("missing-end", {"": scene({**IDENTITY, "input": WORLD})}, {"": scene(edge(WORLD, WORLD))}),
    ("missing-end", {"": scene(edge(WORLD, {"path": "a"})), "a": image()}, SOUND),
    (
        "missing-end",
        {"": image(systems=("physical", "other"), transformations=({**MOVE, "output": OTHER},))},
        {"": image(systems=("physical", "other"), transformations=(edge(PHYSICAL, OTHER, MOVE),))},
    ),
    ("missing-end", {"": image({**SCALE, "output": {"path": "physical"}})}, SOUND),
    (
        "missing-end",
        {"": image(transformations=(edge(PHYSICAL, {"path": "labels/cells"}),))},
        {"": image(transformations=(edge(PHYSICAL, at("labels/cells")),))},
    ),
    (
        "unknown-key",
        {"": scene(edge(WORLD, {**at("a"), "url": "b"})), "a": image()},
        {"": scene(edge(WORLD, at("a"))), "a": image()},
    ),
    ("duplicate-system", {"": image(systems=("physical", "physical"))}, SOUND),
    ("duplicate-system", {"": scene(systems=("a", "a"))}, {"": scene(systems=("a", "b"))}),
    ("missing-label", with_labels(listed=("cells", "nuclei")), with_labels()),
    ("unlisted-label", with_labels(listed=()), with_labels()),
    ("label-without-image", label(), with_labels()),
    ("missing-label-source", with_labels(source="../other"), with_labels(source="../../")),
    ("label-levels", with_labels(image(SCALE, SCALE)), with_labels()),
    (
        "label-shape",
        with_labels(arrays=(array(8, 8), array(4, 8))),
        with_labels(arrays=(array(8, 8), array(1, 8))),
    ),
    ("label-dtype", with_labels(arrays=(array(8, 8), array(8, 8, dtype="float32"))), with_labels()),
    ("empty-list", label(colors=[]), label(colors=[{"label-value": 1}])),
    ("empty-list", label(properties=[]), label(properties=[{"label-value": 1}])),
    ("label-value", label(colors=[{"rgba": [0, 0, 0, 0]}]), label(colors=[{"label-value": 0}])),
    ("label-value", label(properties=[{"label-value": "a"}]), label()),
    (
        "duplicate-label-value",
        label(colors=[{"label-value": 1}, {"label-value": 1, "rgba": [0, 0, 0, 0]}]),
        label(colors=[{"label-value": 1}], properties=[{"label-value": 1}]),
    ),
    (
        "label-color",
        label(colors=[{"label-value": 1, "rgba": [0, 0, 256, 0]}]),
        label(colors=[{"label-value": 1, "rgba": [0, 0, 255, 0]}]),
    ),
    ("label-color", label(colors=[{"label-value": 1, "rgba": [0, 0, 0]}]), label()),
]


@pytest.mark.parametrize(("code", "broken", "sound"), CASES)
def test_rule(code: str, broken: Hierarchy, sound: Hierarchy) -> None:
    assert code in codes(broken)
    assert code not in codes(sound)


@pytest.mark.parametrize("hierarchy", [SOUND, with_labels(), with_labels(source="../..")])
def test_sound_hierarchies_have_no_problem(hierarchy: Hierarchy) -> None:
    assert codes(hierarchy) == set()


def test_labels_with_other_axes_than_their_image() -> None:
    labels = image()
    axes = [{"name": name, "type": "space"} for name in "ba"]
    labels["ome"]["multiscales"][0]["coordinateSystems"][0]["axes"] = axes  # type: ignore[index]
    assert "label-axes" not in codes(with_labels(labels))
    axes.append({"name": "z", "type": "space"})
    assert "label-axes" in codes(with_labels(labels))


def test_two_entries_that_declare_a_system_differently() -> None:
    def both(change: Callable[[Json], object]) -> Hierarchy:
        document = image()
        entries: list[Json] = document["ome"]["multiscales"]  # type: ignore[index]
        entries.append(copy.deepcopy({**entries[0], "name": "second"}))
        change(entries[1])
        return {"": document}

    def other_axes(entry: Json) -> None:
        entry["coordinateSystems"][0]["axes"].reverse()  # type: ignore[index]

    assert "conflicting-system" not in codes(both(lambda entry: None))
    assert "conflicting-system" in codes(both(other_axes))


def test_strict_checks_ask_for_details() -> None:
    complete = copy.deepcopy(SOUND[""])
    entry = complete["ome"]["multiscales"][0]  # type: ignore[index]
    asked = {"missing-name", "missing-type", "missing-details"}
    assert codes({"": complete}, strict=True) >= asked
    assert codes({"": complete}).isdisjoint(asked)
    entry |= {"name": "a", "type": "gaussian", "metadata": {"method": "m"}}
    assert codes({"": complete}, strict=True).isdisjoint(asked)


def test_strict_checks_know_the_types_of_axes() -> None:
    document = copy.deepcopy(SOUND[""])
    axes = document["ome"]["multiscales"][0]["coordinateSystems"][0]["axes"]  # type: ignore[index]
    assert "axis-type" not in codes({"": document}, strict=True)
    axes.insert(0, {"name": "a", "type": "angle"})
    assert "axis-type" in codes({"": document}, strict=True)
    assert "axis-type" not in codes({"": document})
    older = old([SCALE])
    older["ome"]["multiscales"][0]["axes"][0]["type"] = "angle"  # type: ignore[index]
    assert "axis-type" not in codes({"": older}, strict=True)


def test_strict_checks_of_older_images() -> None:
    document = old([SCALE])
    assert "axis-without-type" not in codes({"": document}, strict=True)
    del document["ome"]["multiscales"][0]["axes"][0]["type"]  # type: ignore[index]
    assert "axis-without-type" in codes({"": document}, strict=True)


def test_strict_checks_of_labels() -> None:
    colored = label(colors=[{"label-value": 1}])
    assert "missing-colors" in codes(label(), strict=True)
    assert "missing-colors" not in codes(label()) | codes(colored, strict=True)


def test_whole_numbers_may_be_written_with_a_point() -> None:
    """To a JSON schema 2.0 is an integer."""
    color = {"label-value": 1.0, "rgba": [0, 2.0, 255.0, 0]}
    assert codes(label(colors=[color])) == {"label-without-image"}
    layout = {"": {"ome": {"version": "0.6", "bioformats2raw.layout": 3.0}}, "0": image()}
    assert codes(layout) == {"missing-array"}
    for value in (3.5, float("nan"), float("inf")):
        broken = {"": {"ome": {"version": "0.6", "bioformats2raw.layout": value}}}
        assert "wrong-type" in codes(broken)
