"""Rules about plates, wells and collections: hierarchies that break them, and some that do not."""

from collections.abc import Mapping

import pytest

from catalog.metadata.check import check
from catalog.metadata.nodes import Node
from catalog.metadata.problems import Problem
from catalog.metadata.read import read_group

Json = dict[str, object]
Hierarchy = Mapping[str, Json]

WELL = {"path": "A/1", "rowIndex": 0, "columnIndex": 0}
FIELD = {"path": "0", "acquisition": 7}


def plate(**more: object) -> Json:
    held = {"rows": [{"name": "A"}], "columns": [{"name": "1"}], "wells": [WELL], "name": "p"}
    return {"ome": {"version": "0.6", "plate": held | more}}


def well(*fields: Json, version: str = "0.6") -> Json:
    return {"ome": {"version": version, "well": {"images": list(fields)}}}


def named(*names: str) -> list[Json]:
    return [{"name": name} for name in names]


def acquired(*acquisitions: Json) -> Json:
    return plate(acquisitions=list(acquisitions))


def image(version: str = "0.6") -> Json:
    ends = {"input": {"path": "0"}, "output": {"name": "physical"}}
    axes = [{"name": name, "type": "space"} for name in "yx"]
    entry = {
        "coordinateSystems": [{"name": "physical", "axes": axes}],
        "datasets": [
            {"path": "0", "coordinateTransformations": [{"type": "identity", **ends}]},
        ],
    }
    return {"ome": {"version": version, "multiscales": [entry]}}


def collection(*series: str, root: Json | None = None) -> Hierarchy:
    top = root or {"ome": {"version": "0.6", "bioformats2raw.layout": 3}}
    listing = {"ome": {"version": "0.6", "series": list(series)}}
    return {"": top, "OME": listing, "a": image()}


def found(hierarchy: Hierarchy, *, strict: bool = False) -> list[Problem]:
    nodes: dict[str, Node] = {}
    for location, document in hierarchy.items():
        node = read_group(document, zarr_format=3 if "ome" in document else 2)
        assert node is not None
        nodes[location] = node
    return list(check(nodes, strict=strict))


SOUND: Hierarchy = {"": acquired({"id": 7}), "A/1": well(FIELD), "A/1/0": image()}
TWO: Hierarchy = {"": acquired({"id": 7}, {"id": 8}), "A/1": well(FIELD), "A/1/0": image()}

CASES: list[tuple[str, Hierarchy, Hierarchy]] = [
    ("empty-list", {"": plate(rows=[])}, SOUND),
    ("empty-list", {"": plate(columns=[])}, SOUND),
    ("empty-list", {"": plate(wells=[])}, SOUND),
    ("empty-list", {"": well()}, SOUND),
    ("plate-name", {"": plate(rows=named("A-"))}, SOUND),
    ("plate-name", {"": plate(rows=named("A", ""))}, SOUND),
    ("duplicate-name", {"": plate(rows=named("A", "B", "A"))}, {"": plate(rows=named("A", "B"))}),
    ("similar-name", {"": plate(rows=named("A", "a"))}, {"": plate(rows=named("A", "B"))}),
    ("duplicate-well", {"": plate(wells=[WELL, WELL])}, SOUND),
    ("well-path", {"": plate(wells=[{**WELL, "path": "A1"}])}, SOUND),
    ("well-path", {"": plate(wells=[{**WELL, "path": "x/A/1"}])}, SOUND),
    ("well-index", {"": plate(wells=[{"path": "A/1", "rowIndex": 0}])}, SOUND),
    ("well-index", {"": plate(wells=[{**WELL, "columnIndex": 1}])}, SOUND),
    (
        "well-place",
        {"": plate(rows=named("A", "B"), wells=[{**WELL, "rowIndex": 1}])},
        {"": plate(wells=[{**WELL, "path": "1/A"}])},
    ),
    ("well-path-order", {"": plate(wells=[{**WELL, "path": "1/A"}])}, SOUND),
    ("duplicate-acquisition", {"": acquired({"id": 1}, {"id": 1})}, TWO),
    ("negative-number", {"": acquired({"id": -1})}, {"": acquired({"id": 0})}),
    ("negative-number", {"": acquired({"id": 0, "maximumfieldcount": 0})}, SOUND),
    ("negative-number", {"": acquired({"id": 0, "starttime": -1})}, SOUND),
    ("negative-number", {"": plate(field_count=0)}, {"": plate(field_count=1)}),
    ("wrong-type", {"": acquired({"id": "0"})}, SOUND),
    ("wrong-type", {"": plate(field_count="1")}, SOUND),
    ("wrong-type", {"": well({"path": "0", "acquisition": "0"})}, SOUND),
    ("missing-well", {"": plate()}, SOUND),
    ("missing-field", {"": plate(), "A/1": well(FIELD)}, SOUND),
    ("duplicate-field", {"": well(FIELD, FIELD)}, SOUND),
    ("field-path", {"": well({"path": ".."})}, SOUND),
    ("field-path", {"": well({"path": "a/b"})}, SOUND),
    ("field-path", {"": well({"path": "__0"})}, {"": well({"path": "field-0_a.b"})}),
    ("field-path", {"": well({"path": "0_a"}, version="0.5")}, {"": well({"path": "0_a"})}),
    ("unknown-acquisition", {"": acquired({"id": 1}), "A/1": well(FIELD)}, SOUND),
    ("missing-acquisition", {**TWO, "A/1": well({"path": "0"})}, TWO),
    ("missing-acquisition", {**TWO, "A/1": well({"path": "0"})}, {**SOUND, "A/1": well(FIELD)}),
    (
        "bioformats2raw-layout",
        {"": {"ome": {"version": "0.6", "bioformats2raw.layout": 2}}},
        collection("a"),
    ),
    ("missing-series", collection("a", "b"), collection("a")),
    (
        "missing-series",
        {"": {"ome": {"version": "0.6", "bioformats2raw.layout": 3}}},
        {"": {"ome": {"version": "0.6", "bioformats2raw.layout": 3}}, "0": image()},
    ),
    ("mixed-versions", {**SOUND, "A/1/0": image("0.6.dev4")}, SOUND),
]


@pytest.mark.parametrize(("code", "broken", "sound"), CASES)
def test_rule(code: str, broken: Hierarchy, sound: Hierarchy) -> None:
    assert code in {problem.code for problem in found(broken)}
    assert code not in {problem.code for problem in found(sound)}


@pytest.mark.parametrize("hierarchy", [SOUND, TWO, collection("a")])
def test_sound_hierarchies_have_no_error(hierarchy: Hierarchy) -> None:
    assert {problem.code for problem in found(hierarchy)} <= {"missing-array"}


def test_a_plate_takes_precedence_over_a_series() -> None:
    document = plate()
    document["ome"]["bioformats2raw.layout"] = 3  # type: ignore[index]
    assert "missing-series" not in {problem.code for problem in found({**SOUND, "": document})}


def test_strict_checks_of_plates() -> None:
    details = {"id": 7, "name": "first", "maximumfieldcount": 1}
    broken = {problem.code for problem in found({"": plate(name=None)}, strict=True)}
    assert "missing-name" in broken
    assert "acquisition-details" in {p.code for p in found({"": acquired({"id": 1})}, strict=True)}
    sound = {problem.code for problem in found({"": acquired(details)}, strict=True)}
    assert sound == {"missing-well"}


def test_strict_checks_ask_older_documents_for_their_version() -> None:
    old = {"plate": plate()["ome"]["plate"]}  # type: ignore[index]
    assert "missing-version" in {problem.code for problem in found({"": old}, strict=True)}
    assert "missing-version" not in {problem.code for problem in found({"": old})}
    assert "missing-version" not in {problem.code for problem in found({"": plate()}, strict=True)}
    # A collection has no place for one.
    bare = {"": {"bioformats2raw.layout": 3}, "0": image()}
    assert "missing-version" not in {problem.code for problem in found(bare, strict=True)}
