"""Extents agree with the paths that the graph finds, and say what they are not sure of."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.crawl.extents import extents
from catalog.crawl.records import (
    ExtentRecord,
    HierarchyRecord,
    ImageRecord,
    LevelRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.crawl.work import crawl_hierarchy
from catalog.scene import open_hierarchy

AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def image_document(scale: float, levels: int = 2) -> dict:
    return {
        "version": "0.6",
        "multiscales": [
            {
                "coordinateSystems": [{"name": "physical", "axes": AXES}],
                "datasets": [
                    {
                        "path": str(level),
                        "coordinateTransformations": [
                            {
                                "type": "scale",
                                "scale": [scale * 2**level] * 2,
                                "input": {"path": str(level)},
                                "output": {"name": "physical"},
                            }
                        ],
                    }
                    for level in range(levels)
                ],
            }
        ],
    }


def write_scene(root: Path, edges: list[dict], images: int = 3, systems: tuple = ("world",)) -> str:
    """Write a scene of images of 20 by 10 voxels."""
    scene = {
        "version": "0.6",
        "scene": {
            "coordinateSystems": [{"name": name, "axes": AXES} for name in systems],
            "coordinateTransformations": edges,
        },
    }
    zarr.create_group(root, attributes={"ome": scene}, zarr_format=3)
    for number in range(images):
        place = root / f"t{number}"
        zarr.create_group(place, attributes={"ome": image_document(0.5 + number)}, zarr_format=3)
        for level in range(2):
            zarr.create_array(
                place / str(level), shape=(20 // 2**level, 10 // 2**level), dtype="u1"
            )
    return root.as_uri()


def to_world(number: int, transformation: dict, name: str = "world") -> dict:
    return {
        **transformation,
        "input": {"path": f"t{number}", "name": "physical"},
        "output": {"name": name},
    }


def crawled(url: str) -> HierarchyRecord:
    record = crawl_hierarchy(url)
    assert isinstance(record, HierarchyRecord), record
    return record


def address(system: SystemRecord) -> str:
    path = f"{system.group}/{system.array_path}" if system.array_path else system.group
    return f"{path.removeprefix('/')}#{system.name}"


def test_extents_agree_with_paths(tmp_path: Path) -> None:
    angle = 0.3
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    url = write_scene(
        tmp_path / "s",
        [
            to_world(0, {"type": "translation", "translation": [5.0, 7.0]}),
            to_world(1, {"type": "rotation", "rotation": turn}),
            # Against its direction: from the world to the image.
            {
                "type": "affine",
                "affine": [[2.0, 0.5, 1.0], [0.0, 1.0, -3.0]],
                "input": {"name": "world"},
                "output": {"path": "t2", "name": "physical"},
            },
        ],
    )
    record = crawled(url)
    graph = open_hierarchy(str(tmp_path / "s"))
    assert [e.group for e in record.extents] == ["t0", "t1", "t2"]
    for extent in record.extents:
        assert extent.reference is not None
        assert extent.system is not None
        assert address(record.systems[extent.reference]) == "#world"
        assert address(record.systems[extent.system]) == f"{extent.group}/0#"
        assert extent.shape == (20, 10)
        path = graph.path(f"{extent.group}/0#", "world")
        assert extent.affine == pytest.approx(path.matrix)
        box = path.transform_box([-0.5, -0.5], [19.5, 9.5])
        assert extent.low == pytest.approx(box.low)
        assert extent.high == pytest.approx(box.high)
        assert (extent.approximate, extent.reason) == (False, None)


numbers = st.floats(-4.0, 4.0).map(lambda x: round(x, 2))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_way_is_the_canonical_one(data: st.DataObject) -> None:
    """Among parallel edges, detours and ties, the very edges that the graph takes."""
    from catalog.graph.edges import GraphEdge, GraphSystem
    from catalog.graph.transform_graph import TransformGraph

    count = data.draw(st.integers(2, 6))
    names = ["", *[f"s{i}" for i in range(count)]]
    systems = [SystemRecord("im", "0", "", "array", 0, None, 1)]
    systems += [SystemRecord("", "", name, "declared", None, None, 1) for name in names[1:]]
    edges = []
    for number in range(data.draw(st.integers(1, 12))):
        ends = data.draw(st.permutations(range(len(systems))))[:2]
        kind = data.draw(st.sampled_from(["closed", "closed", "no"]))
        rows = ((2.0 ** data.draw(st.integers(-3, 3)), data.draw(numbers)),)
        edges.append(
            TransformationRecord(
                *("", f"/e/{number}", None, "affine", *ends, "{}", rows, None, kind),
                *(data.draw(st.sampled_from(["scene", "implied"])), None),
            )
        )
    level = LevelRecord("im", 0, 0, "0", (7,), None, "u1", 0)
    image = ImageRecord("im", 0, None, "x", (7,), "u1", None, None, None)
    [extent] = extents("file:///d/a", systems, edges, [image], [level])
    graph = TransformGraph()
    for system in systems:
        graph.add_system(GraphSystem(address(system), None, 1))
    for edge in edges:
        graph.add_edge(
            GraphEdge.from_rows(
                source=address(systems[edge.input]),
                target=address(systems[edge.output]),
                type="affine",
                name=None,
                origin=edge.origin,
                invertibility=edge.invertibility,
                group="",
                pointer=edge.pointer,
                affine=json.dumps(edge.affine),
                parameters="{}",
            )
        )
    assert extent.reference is not None
    path = graph.path("im/0#", address(systems[extent.reference]))
    assert extent.affine == pytest.approx(path.matrix)


def systems_of(*rows: tuple[str, str, str, int | None, int | None]) -> list[SystemRecord]:
    return [
        SystemRecord(group, "0" if kind == "array" else "", name, kind, image, None, ndim)
        for group, name, kind, image, ndim in rows
    ]


def joined(*ends: tuple[int, int], invertibility: str = "closed") -> list[TransformationRecord]:
    identity = ((1.0, 0.0),)
    return [
        TransformationRecord(
            *("", f"/e/{number}", None, "identity", one, other, "{}", identity, None),
            *(invertibility, "scene", None),
        )
        for number, (one, other) in enumerate(ends)
    ]


@pytest.mark.parametrize(
    ("systems", "edges", "expected"),
    [
        # A scene's system before images' own; the topmost scene's before others.
        (
            systems_of(
                ("im", "", "array", 0, 1),
                ("im", "physical", "declared", 0, 1),
                ("sub", "near", "declared", None, 1),
                ("", "world", "declared", None, 1),
            ),
            joined((0, 1), (1, 2), (2, 3)),
            "world",
        ),
        # The one with more axes, and then the first by address.
        (
            systems_of(
                ("im", "", "array", 0, 1),
                ("", "flat", "declared", None, 1),
                ("", "zz", "declared", None, 3),
                ("", "yy", "declared", None, 3),
            ),
            joined((0, 1), (0, 2), (0, 3)),
            "yy",
        ),
        # One that the image can reach before one that it cannot.
        (
            systems_of(
                ("im", "", "array", 0, 1),
                ("im", "physical", "declared", 0, 1),
                ("", "world", "declared", None, 1),
            ),
            [*joined((0, 1)), *joined((2, 1), invertibility="no")],
            "physical",
        ),
        # What is only referred to comes last; an image alone has its intrinsic system.
        (
            systems_of(
                ("im", "", "array", 0, 1),
                ("im", "aaa", "declared", 0, 1),
                ("im", "physical", "declared", 0, 1),
                ("", "lost", "undeclared", None, None),
            ),
            joined((0, 2), (2, 1), (2, 3)),
            "physical",
        ),
    ],
)
def test_the_reference_system_is_chosen_by_the_rule(
    systems: list[SystemRecord], edges: list[TransformationRecord], expected: str
) -> None:
    intrinsic = next((i for i, s in enumerate(systems) if s.name == "physical"), None)
    image = ImageRecord("im", 0, None, "x", (7,), "u1", intrinsic, None, None)
    level = LevelRecord("im", 0, 0, "0", (7,), None, "u1", 0)
    [extent] = extents("file:///d/a", systems, edges, [image], [level])
    assert extent.reference is not None
    assert systems[extent.reference].name == expected


def test_what_cannot_be_placed_says_why() -> None:
    systems = systems_of(
        ("a", "", "array", 0, 1),
        ("", "world", "declared", None, 1),
        ("b", "", "array", 0, 1),
        ("c", "", "array", 0, 1),
        ("d", "", "array", 0, 1),
    )
    edges = [
        *joined((0, 1)),
        *joined((1, 2), invertibility="no"),
        *joined((3, 1)),
        *joined((4, 1)),
    ]
    edges[3] = edges[3]._replace(affine=((1e308, 1e308),))
    names = "abcde"
    images = [ImageRecord(name, 0, None, "x", None, "u1", None, None, None) for name in names]
    levels = [
        LevelRecord("a", 0, 0, "0", (7,), None, "u1", 0),
        LevelRecord("b", 0, 0, "0", (7,), None, "u1", 2),
        LevelRecord("c", 0, 0, "0", (0,), None, "u1", 3),
        LevelRecord("d", 0, 0, "0", (7,), None, "u1", 4),
        LevelRecord("e", 0, 0, "0", None, None, None, None),
    ]
    found = extents("file:///d/a", systems, edges, images, levels)
    reasons = dict(zip(names, [extent.reason for extent in found], strict=True))
    assert reasons["a"] is None
    assert "no inverse" in (reasons["b"] or "")
    assert "no voxels" in (reasons["c"] or "")
    assert "not finite" in (reasons["d"] or "")
    assert "whose shape is known" in (reasons["e"] or "")
    assert [extent.low is None for extent in found] == [False, True, True, True, True]
    assert found[4].reference is None


def test_the_finest_array_that_is_there_is_placed() -> None:
    systems = systems_of(
        ("a", "", "array", 0, 1), ("a", "", "array", 0, 1), ("", "world", "declared", None, 1)
    )
    image = ImageRecord("a", 0, None, "x", None, "u1", 2, None, None)
    levels = [
        LevelRecord("a", 0, 0, "0", None, None, None, 0),
        LevelRecord("a", 0, 1, "1", (4,), None, "u1", 1),
    ]
    [extent] = extents("file:///d/a", systems, joined((0, 2), (1, 2)), [image], levels)
    assert (extent.system, extent.shape) == (1, (4,))
    assert (extent.low, extent.high) == ((-0.5,), (3.5,))


def write_field(place: Path, bend: float) -> None:
    """Write displacements that bend what goes through them, over 0 to 40 along both axes."""
    y, x = np.meshgrid(np.arange(0, 41, 2.0), np.arange(0, 41, 2.0), indexing="ij")
    values = np.stack([bend * np.sin(x / 4), bend * np.cos(y / 3)], axis=-1)
    axes = [*AXES, {"name": "d", "type": "displacement"}]
    ome = {
        "version": "0.6",
        "multiscales": [
            {
                "coordinateSystems": [{"name": "field", "axes": axes}],
                "datasets": [
                    {
                        "path": "0",
                        "coordinateTransformations": [
                            {
                                "type": "scale",
                                "scale": [2.0, 2.0, 1.0],
                                "input": {"path": "0"},
                                "output": {"name": "field"},
                            }
                        ],
                    }
                ],
            }
        ],
    }
    zarr.create_group(place, attributes={"ome": ome}, zarr_format=3)
    array = zarr.create_array(place / "0", shape=values.shape, dtype="f8")
    array[:] = values


def bent_scene(root: Path, path: str = "warp") -> ExtentRecord:
    url = write_scene(
        root,
        [
            to_world(0, {"type": "displacements", "path": path}),
            to_world(1, {"type": "translation", "translation": [1.0, 1.0]}),
        ],
        images=2,
    )
    write_field(root / "warp", 2.5)
    found = {extent.group: extent for extent in crawled(url).extents}
    assert (found["t1"].approximate, found["t1"].reason) == (False, None)
    return found["t0"]


def test_behind_a_field_the_box_is_widened_and_said_to_be_approximate(tmp_path: Path) -> None:
    extent = bent_scene(tmp_path / "s")
    assert (extent.approximate, extent.affine, extent.reason) == (True, None, None)
    path = open_hierarchy(str(tmp_path / "s")).path("t0/0#", "world")
    dense = np.array(
        list(itertools.product(np.linspace(0.0, 19.5, 200), np.linspace(0.0, 9.5, 100)))
    )
    points = path.transform(dense)
    assert extent.low is not None
    assert extent.high is not None
    assert (points >= extent.low).all()
    assert (points <= extent.high).all()
    # Widened, but not without measure.
    size = np.ptp(points, axis=0)
    assert (np.subtract(extent.high, extent.low) < 1.6 * size + 2.0).all()


def test_a_field_that_is_not_there_leaves_the_image_without_a_place(tmp_path: Path) -> None:
    extent = bent_scene(tmp_path / "s", path="missing")
    assert extent.low is None
    assert "missing" in (extent.reason or "")
