"""Checking as a whole: what is judged, what is not, and how it is told."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.metadata.assembly import assemble
from catalog.metadata.check import check, check_attributes
from catalog.metadata.nodes import ArrayNode, Node
from catalog.metadata.read import read_group
from catalog.metadata.rules.matrices import determinant, is_rotation, is_singular
from catalog.metadata.rules.registry import FAMILIES, RULES
from catalog.metadata.versions import Version, known_version

ROOT = Path(__file__).parent.parent.parent

Json = dict[str, object]

SYSTEM = {"name": "physical", "axes": [{"name": name, "type": "space"} for name in "yx"]}
LEVEL = {
    "path": "0",
    "coordinateTransformations": [
        {"type": "identity", "input": {"path": "0"}, "output": {"name": "physical"}}
    ],
}


def image(**more: object) -> Json:
    entry = {"coordinateSystems": [SYSTEM], "datasets": [LEVEL], **more}
    return {"ome": {"version": "0.6", "multiscales": [entry]}}


def scene(version: str, *ends: object) -> Json:
    edges = [{"type": "identity", "input": end, "output": {"name": "physical"}} for end in ends]
    held = {"coordinateSystems": [SYSTEM], "coordinateTransformations": edges}
    return {"ome": {"version": version, "scene": held}}


def node(attributes: Json) -> Node:
    read = read_group(attributes, zarr_format=3)
    assert read is not None
    return read


def test_a_document_alone_is_not_judged_by_others() -> None:
    end = {"path": "a", "name": "physical"}
    nodes = {"": node(scene("0.6", end)), "b": node(image())}
    assert {found.code for found in check(nodes)} == {
        "missing-image",
        "missing-array",
        "unreferenced-image",
    }
    assert check_attributes(scene("0.6", end)) == ()
    assert check_attributes(image()) == ()


def test_bare_names_alone() -> None:
    """Before 0.6.dev3 a scene names the systems of its images without a path."""
    assert check_attributes(scene("0.6.dev2", "tile")) == ()
    assert "unknown-system" in {found.code for found in check_attributes(scene("0.6", "tile"))}


def test_what_reading_found_is_told_with_its_location() -> None:
    nodes = {"": node(scene("0.6", {"name": "physical"})), "a": node(image(name=["no name"]))}
    found = [problem for problem in check(nodes) if problem.code == "wrong-type"]
    assert [(problem.location, problem.pointer) for problem in found] == [
        ("a", "/ome/multiscales/0/name")
    ]


def test_order_and_uniqueness() -> None:
    nodes = {name: node(image(coordinateSystems=[])) for name in ("b", "a")}
    found = check(nodes)
    assert list(found) == sorted(
        set(found), key=lambda problem: (problem.location, problem.pointer, problem.code)
    )
    assert found == check(nodes, assembly=assemble(nodes))


def test_strict_adds_and_never_takes_away() -> None:
    plain, strict = check_attributes(image()), check_attributes(image(), strict=True)
    assert set(plain) < set(strict)
    assert {RULES[found.code].strict for found in set(strict) - set(plain)} == {True}


PATHS = st.sampled_from(["", "0", "a", "../..", "/", "labels/a", "https://a/b", "physical"])
ENDS = st.one_of(
    PATHS, st.none(), st.fixed_dictionaries({}, optional={"name": PATHS, "path": PATHS})
)
NUMBERS = st.lists(st.sampled_from([0, 1, -1, 2.5, float("nan"), float("inf")]), max_size=3)
INDICES = st.lists(st.integers(0, 3), max_size=3)
LEAVES = st.one_of(
    st.just({"type": "identity"}),
    st.builds(lambda values: {"type": "scale", "scale": values}, NUMBERS),
    st.builds(lambda rows: {"type": "affine", "affine": rows}, st.lists(NUMBERS, max_size=3)),
    st.builds(lambda rows: {"type": "rotation", "rotation": rows}, st.lists(NUMBERS, max_size=3)),
    st.builds(lambda indices: {"type": "mapAxis", "mapAxis": indices}, INDICES),
    st.builds(
        lambda lost, new: {"type": "projectAxis", "droppedInputs": lost, "createdOutputs": new},
        INDICES,
        INDICES,
    ),
    st.builds(lambda path: {"type": "displacements", "path": path}, PATHS),
)
TRANSFORMATIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"type": "sequence", "transformations": parts}, st.lists(inner)),
        st.builds(lambda a, b: {"type": "bijection", "forward": a, "inverse": b}, inner, inner),
        st.builds(
            lambda part, a, b: {
                "type": "byDimension",
                "transformations": [{"transformation": part, "inputAxes": a, "outputAxes": b}],
            },
            inner,
            INDICES,
            INDICES,
        ),
    ),
    max_leaves=4,
)
EDGES = st.lists(
    st.builds(lambda t, a, b: {**t, "input": a, "output": b}, TRANSFORMATIONS, ENDS, ENDS),
    max_size=2,
)


@given(edges=EDGES, levels=EDGES, held=EDGES, version=st.sampled_from(["0.6", "0.6.dev1", "x"]))
def test_no_document_is_too_odd(
    edges: list[Json], levels: list[Json], held: list[Json], version: str
) -> None:
    odd = {"path": "0", "coordinateTransformations": levels}
    inner = image(coordinateTransformations=edges, datasets=[LEVEL, odd])
    outer = scene(version)
    outer["ome"]["scene"]["coordinateTransformations"] = held  # type: ignore[index]
    labels = {**image(datasets=[odd])["ome"], "image-label": {}}  # type: ignore[dict-item]
    nodes: dict[str, Node] = {
        "": node(outer),
        "a": node(inner),
        "a/labels/a": node({"ome": labels}),
        "a/0": ArrayNode((3, 3), "uint8"),
    }
    for problem in check(nodes, strict=True):
        found: object = nodes[problem.location].attributes
        for step in problem.pointer.split("/")[1:]:
            found = found[int(step)] if isinstance(found, list) else found[step]  # type: ignore[index]


@pytest.mark.parametrize(
    "attributes",
    [
        {"other": 1},
        {"ome": {"version": "0.6"}},
        {"ome": {"version": "0.9.dev1", "coordinateSystems": [SYSTEM]}},
        {"ome": {"version": "0.5", "type": "collection", "nodes": []}},
        {"ome": {"version": "0.6", "omero": {"channels": []}}},
    ],
)
def test_no_metadata(attributes: Json) -> None:
    assert [found.code for found in check_attributes(attributes)] == ["no-metadata"]


def test_a_group_that_holds_only_a_version_harms_nobody_in_a_hierarchy() -> None:
    nodes = {"": node(image()), "rows": node({"ome": {"version": "0.6"}})}
    assert {found.code for found in check(nodes)} == {"missing-array"}
    assert check({}) == ()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0.4", Version.V04),
        ("0.5", Version.V05),
        ("0.4-dev-spatialdata", Version.V04),
        ("0.5-dev-spatialdata", Version.V05),
        ("0.6.dev1", Version.V06_DEV1),
        ("0.6dev2", Version.V06_DEV2),
        ("0.6.dev4", Version.V06_DEV4),
        ("0.6rc0", Version.V06),
        ("0.6", Version.V06),
        ("0.9.dev1", Version.V09),
        ("0.9.dev2", Version.V09),
        ("0.9.dev3", Version.OTHER),
        ("0.7", Version.OTHER),
        ("", Version.OTHER),
    ],
)
def test_versions(text: str, version: Version) -> None:
    assert known_version(text) is version


def test_matrices() -> None:
    assert determinant([[0, 2], [3, 4]]) == -6
    assert determinant([[1, 2, 3], [4, 5, 6], [7, 8, 10]]) == pytest.approx(-3)
    assert determinant([[0, 0], [0, 1]]) == 0
    assert is_rotation([[0.17, -0.985], [0.985, 0.17]])
    assert not is_rotation([[1, 0], [0, float("nan")]])
    assert not is_rotation([[1, 0, 0], [0, 1, 0]])
    assert is_singular([[1, 2], [2, 4]])
    assert not is_singular([[1e-12, 0], [0, 1e12]])


def test_each_rule_has_a_test() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
    )
    of_reading = {rule.code for family in ("Stores", "Shape") for rule in FAMILIES[family]}
    untested = {code for code in RULES if f'"{code}"' not in tests} - of_reading
    assert untested == set()


def test_each_code_has_a_rule() -> None:
    calls = re.compile(
        r"(?:[Pp]roblem|_report|report|_warn|ProblemRecord)\(\s*\"([a-z0-9]+(?:-[a-z0-9]+)+)\""
    )
    used = {
        code
        for path in (ROOT / "catalog").rglob("*.py")
        for code in calls.findall(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 50
    assert used - RULES.keys() == set()


def test_severities() -> None:
    assert sum(map(len, FAMILIES.values())) == len(RULES)
    for code, rule in RULES.items():
        assert rule.code == code
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        assert rule.meaning.endswith(".")


def test_the_page_of_problems_is_up_to_date() -> None:
    script = ROOT / "scripts" / "document_problems.py"
    done = subprocess.run([sys.executable, str(script), "--check"], check=False, cwd=ROOT)
    assert done.returncode == 0, "run python scripts/document_problems.py"
