"""Rules about transformations: each with a document that breaks it and one that does not."""

import math

import pytest

from catalog.metadata.check import check, check_attributes
from catalog.metadata.nodes import ArrayNode, Node
from catalog.metadata.problems import Problem
from catalog.metadata.read import read_group

Json = dict[str, object]

SPACE = [{"name": name, "type": "space"} for name in "zyx"]
IDENTITY = {"type": "identity"}


def image(*transformations: Json, axes: int = 2, more: int = 2, version: str = "0.6") -> Json:
    """Make an image whose transformations lead from its intrinsic system to another one."""
    ends = {"input": {"name": "intrinsic"}, "output": {"name": "other"}}
    level = {
        "type": "scale",
        "scale": [1] * axes,
        "input": {"path": "0"},
        "output": {"name": "intrinsic"},
    }
    return {
        "ome": {
            "version": version,
            "multiscales": [
                {
                    "coordinateSystems": [
                        {"name": "intrinsic", "axes": SPACE[-axes:]},
                        {"name": "other", "axes": SPACE[-more:]},
                    ],
                    "datasets": [{"path": "0", "coordinateTransformations": [level]}],
                    "coordinateTransformations": [{**ends, **each} for each in transformations],
                }
            ],
        }
    }


def level(transformation: Json, *, axes: int = 2, version: str = "0.6") -> Json:
    document = image(IDENTITY, axes=axes, more=axes, version=version)
    ends = {"input": {"path": "0"}, "output": {"name": "intrinsic"}}
    datasets = document["ome"]["multiscales"][0]["datasets"]  # type: ignore[index]
    datasets[0]["coordinateTransformations"] = [{**ends, **transformation}]
    return document


def scale(*factors: float) -> Json:
    return {"type": "scale", "scale": list(factors)}


def translation(*offsets: float) -> Json:
    return {"type": "translation", "translation": list(offsets)}


def affine(*rows: list[float]) -> Json:
    return {"type": "affine", "affine": list(rows)}


def rotation(*rows: list[float]) -> Json:
    return {"type": "rotation", "rotation": list(rows)}


def map_axis(*indices: int) -> Json:
    return {"type": "mapAxis", "mapAxis": list(indices)}


def project(dropped: list[int] | None, created: list[int] | None) -> Json:
    return {"type": "projectAxis", "droppedInputs": dropped, "createdOutputs": created}


def sequence(*parts: Json) -> Json:
    return {"type": "sequence", "transformations": list(parts)}


def by_dimension(*items: tuple[Json, list[int], list[int]]) -> Json:
    keys = ("transformation", "inputAxes", "outputAxes")
    return {
        "type": "byDimension",
        "transformations": [dict(zip(keys, item, strict=True)) for item in items],
    }


def bijection(forward: Json, inverse: Json) -> Json:
    return {"type": "bijection", "forward": forward, "inverse": inverse}


def field(kind: str = "displacements", **more: object) -> Json:
    return {"type": kind, "path": "field", **more}


EYE = [[1, 0, 0], [0, 1, 0]]
TURN = [[0.17, -0.985], [0.985, 0.17]]
GAP = by_dimension((scale(2), [0], [0]))
HALF = by_dimension((scale(2), [0], [1]), (translation(3), [1], [0]))

CASES = [
    ("dimensionality", image(scale(1, 2, 3)), image(scale(1, 2))),
    ("dimensionality", image(translation(1)), image(translation(1, 2))),
    ("dimensionality", image(scale(1, 2), more=3), image(scale(1, 2, 3), axes=3, more=3)),
    ("dimensionality", image(IDENTITY, more=3), image(IDENTITY)),
    ("dimensionality", image(affine(*EYE), more=3), image(affine(*EYE, [0, 0, 1]), more=3)),
    ("dimensionality", image(affine([1, 0], [0, 1])), image(affine(*EYE))),
    ("dimensionality", image(affine([1, 0, 0], [0, 1])), image(affine(*EYE))),
    ("dimensionality", image(rotation([1])), image(rotation(*TURN))),
    ("dimensionality", image(map_axis(1, 0), more=3), image(map_axis(1, 0))),
    ("dimensionality", image(project([0], None)), image(project([0], [1]))),
    (
        "dimensionality",
        image(sequence(scale(1, 2), translation(1, 2, 3))),
        image(sequence(scale(1, 2), translation(1, 2))),
    ),
    (
        "dimensionality",
        image(sequence(project(None, [0]), scale(1, 2)), more=3),
        image(sequence(project(None, [0]), scale(1, 2, 3)), more=3),
    ),
    (
        "dimensionality",
        image(by_dimension((scale(1, 2), [0], [0]), (IDENTITY, [1], [1]))),
        image(HALF),
    ),
    (
        "dimensionality",
        image(bijection(affine(*EYE), scale(1, 2, 3))),
        image(bijection(affine(*EYE), scale(1, 2))),
    ),
    ("dimensionality", image(bijection(IDENTITY, IDENTITY), more=3), image(bijection(*[HALF] * 2))),
    ("dimensionality", image(field(), more=3), image(field("coordinates"), more=3)),
    ("level-dimensionality", level(scale(1, 2), axes=3), level(scale(1, 2, 3), axes=3)),
    ("not-finite", image(translation(1, math.nan)), image(translation(1, 2))),
    ("not-finite", image(affine([1, 0, math.inf], [0, 1, 0])), image(affine(*EYE))),
    ("rotation-matrix", image(rotation([0, 1], [1, 0])), image(rotation([0, -1], [1, 0]))),
    ("rotation-matrix", image(rotation([2, 0], [0, 0.5])), image(rotation(*TURN))),
    ("rotation-matrix", image(rotation([1, 0.01], [0, 1])), image(rotation([1, 0.001], [0, 1]))),
    ("scale-factor", image(scale(1, 0)), image(scale(1, 2))),
    ("scale-factor", image(scale(1, -1), version="0.9.dev1"), image(scale(1, 2))),
    ("scale-factor", image(sequence(scale(1, -1))), image(scale(1, -1), version="0.6.dev3")),
    ("zero-scale", image(scale(1, 0), version="0.6.dev3"), image(scale(1, 0))),
    ("negative-scale", image(scale(1, -1), version="0.6.dev3"), image(scale(1, 1))),
    ("singular-affine", image(affine([1, 2, 0], [2, 4, 0])), image(affine([1, 2, 0], [2, 1, 0]))),
    (
        "singular-affine",
        image(affine([1, 0, 0], [0, 0, 0])),
        image(affine([1e-9, 0, 0], [0, 1e-9, 0])),
    ),
    ("parameters", image({**affine(*EYE), "path": "matrix"}), image(affine(*EYE))),
    (
        "parameters-by-path",
        image({"type": "scale", "path": "scale"}),
        image({"type": "scale", "path": "scale"}, version="0.6.dev2"),
    ),
    ("empty-sequence", image(sequence()), image(sequence(IDENTITY))),
    ("map-axis", image(map_axis(0, 0)), image(map_axis(1, 0))),
    ("map-axis", image(map_axis(0, 2)), image(map_axis(0, 0), version="0.6.dev2")),
    ("project-axis", image(project([2], [0])), image(project([1], [0]))),
    ("project-axis", image(project(None, [3]), more=3), image(project(None, [0]), more=3)),
    ("project-axis", image(project([0, 0], [0, 1])), image(project([0, 1], [0, 1]))),
    (
        "by-dimension-outputs",
        image(by_dimension((scale(1), [0], [0]))),
        image(by_dimension((scale(1), [0], [0]), (scale(1), [0], [1]))),
    ),
    (
        "by-dimension-outputs",
        image(by_dimension((scale(1), [0], [0]), (scale(1), [1], [0]))),
        image(HALF),
    ),
    (
        "by-dimension-outputs",
        image(by_dimension((scale(1), [0], [0]), (scale(1), [1], [2]))),
        image(sequence(HALF, HALF)),
    ),
    (
        "by-dimension-outputs",
        image(sequence(by_dimension((scale(1), [0], [0]), (scale(1), [1], [0])))),
        image(sequence(GAP)),
    ),
    ("by-dimension-gap", image(sequence(GAP)), image(GAP)),
    ("by-dimension-gap", image(bijection(GAP, IDENTITY)), image(bijection(HALF, IDENTITY))),
    (
        "by-dimension-inputs",
        image(by_dimension((scale(1), [0], [0]), (scale(1), [2], [1]))),
        image(HALF),
    ),
    ("interpolation", image(field(interpolation="lanczos")), image(field(interpolation="cubic"))),
    (
        "duplicate-transformation-name",
        image({**IDENTITY, "name": "a"}, {**IDENTITY, "name": "a"}),
        image({**IDENTITY, "name": "a"}, {**IDENTITY, "name": "b"}),
    ),
    ("self-transformation", image({**IDENTITY, "output": {"name": "intrinsic"}}), image(IDENTITY)),
]


@pytest.mark.parametrize(("code", "broken", "sound"), CASES)
def test_rule(code: str, broken: Json, sound: Json) -> None:
    assert code in {found.code for found in check_attributes(broken)}
    assert code not in {found.code for found in check_attributes(sound)}


def problems(document: Json, **arrays: tuple[int, ...]) -> list[Problem]:
    node = read_group(document, zarr_format=3)
    assert node is not None
    nodes: dict[str, Node] = {"": node, "0": ArrayNode((4, 4), "uint8")}
    nodes |= {name: ArrayNode(shape, "float64") for name, shape in arrays.items()}
    return list(check(nodes))


def codes(document: Json, **arrays: tuple[int, ...]) -> set[str]:
    return {problem.code for problem in problems(document, **arrays)}


STORED = image({"type": "affine", "path": "./matrix/"})


def test_stored_parameters_that_are_not_there() -> None:
    assert "missing-parameters" in codes(STORED)
    assert "missing-parameters" not in codes(STORED, matrix=(2, 3))
    assert "missing-parameters" in codes(image(field()))
    assert "outside-hierarchy" in codes(image({"type": "affine", "path": "../matrix"}))


def test_shapes_of_stored_parameters() -> None:
    assert "parameters-shape" in codes(STORED, matrix=(2, 2))
    assert "parameters-shape" not in codes(STORED, matrix=(2, 3))
    stored = image({"type": "rotation", "path": "turn"})
    assert "parameters-shape" in codes(stored, turn=(3, 3))
    assert "parameters-shape" not in codes(stored, turn=(2, 2))
    assert "parameters-shape" in codes(image(field()), field=(5, 2))
    assert "parameters-shape" not in codes(image(field()), field=(5, 5, 2))


def test_the_vector_of_a_field_is_found_by_its_type() -> None:
    """The field is a group here, as since 0.6.dev4, and its vector comes first."""
    axes = [{"name": "d", "type": "displacement"}, *SPACE[1:]]
    inner = level(scale(1, 1, 1), axes=3)
    inner["ome"]["multiscales"][0]["coordinateSystems"][0]["axes"] = axes  # type: ignore[index]
    outer, stored = read_group(image(field()), zarr_format=3), read_group(inner, zarr_format=3)
    assert outer is not None
    assert stored is not None
    nodes: dict[str, Node] = {"": outer, "field": stored, "0": ArrayNode((4, 4), "uint8")}
    for shape, expected in (((2, 9, 9), False), ((3, 9, 9), True)):
        nodes["field/0"] = ArrayNode(shape, "float32")
        assert ("parameters-shape" in {found.code for found in check(nodes)}) == expected


def test_the_vector_of_an_annotated_field() -> None:
    """The field is an array that says itself what its axes are, as before 0.6.dev4."""
    axes = [*SPACE[1:], {"name": "d", "type": "displacement"}]
    annotation = {"ome": {"coordinateSystems": [{"name": "field", "axes": axes}]}}
    outer = read_group(image(field(), version="0.6.dev3"), zarr_format=3)
    assert outer is not None
    for shape, expected in (((9, 9, 2), False), ((9, 9, 3), True)):
        stored = ArrayNode(shape, "float32", attributes=annotation)
        found = check({"": outer, "field": stored, "0": ArrayNode((4, 4), "uint8")})
        assert ("parameters-shape" in {problem.code for problem in found}) == expected


def test_a_level_that_does_not_fit_is_an_error_where_its_array_is_known() -> None:
    found = [problem for problem in problems(level(scale(1, 2, 3))) if "dimension" in problem.code]
    assert [(problem.code, problem.severity) for problem in found] == [("dimensionality", "error")]


def test_problems_point_into_the_document() -> None:
    found = check_attributes(image(sequence(IDENTITY, bijection(scale(1, 2), scale(1, 2, 3)))))
    assert [problem.pointer for problem in found] == [
        "/ome/multiscales/0/coordinateTransformations/0/transformations/1/inverse"
    ]
