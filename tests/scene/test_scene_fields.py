"""Fields as they are stored: every dialect, any codec, from disk and from other stores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

from catalog import Scene
from catalog.errors import CatalogError, DocumentError, FieldError, StoreError
from catalog.graph import TransformGraph
from catalog.scene import open_hierarchy

SPACE = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]
VECTOR = {"name": "d", "type": "displacement", "discrete": True}
SHAPE = (12, 10)


def values() -> np.ndarray:
    """Displace by the place itself: y/10, -x/10, at each voxel."""
    rows, columns = np.meshgrid(*map(np.arange, SHAPE), indexing="ij")
    return np.stack([rows * 0.1, columns * -0.1], axis=-1)


def scene_of(field: dict[str, Any], **more: Any) -> dict[str, Any]:
    """State one transformation from `a` to `b`."""
    systems = [{"name": name, "axes": SPACE} for name in "ab"]
    ends = {"input": {"name": "a"}, "output": {"name": "b"}}
    return {
        "version": "0.6",
        "scene": {"coordinateSystems": systems, "coordinateTransformations": [{**field, **ends}]},
        **more,
    }


def write_scene(store: Any, field: dict[str, Any]) -> zarr.Group:
    group: zarr.Group = zarr.open_group(store, mode="a")
    group.update_attributes({"ome": scene_of(field)})
    return group


def multiscale(axes: list[dict[str, Any]], placed: dict[str, Any]) -> dict[str, Any]:
    ends = {"input": {"path": "0"}, "output": {"name": "physical"}}
    return {
        "version": "0.6",
        "multiscales": [
            {
                "coordinateSystems": [{"name": "physical", "axes": axes}],
                "datasets": [{"path": "0", "coordinateTransformations": [{**placed, **ends}]}],
            }
        ],
    }


STATED = {"type": "displacements", "path": "warp"}
POINTS = [[4.0, 6.0], [5.0, 17.0]]
# The voxels are 0.5 x 2 units, the first at (1, 1).
EXPECTED = [[4.6, 5.75], [5.8, 16.2]]


def placed(*, vector_first: bool) -> dict[str, Any]:
    scale, shift = [0.5, 2.0], [1.0, 1.0]
    scale, shift = (
        ([1.0, *scale], [0.0, *shift]) if vector_first else ([*scale, 1.0], [*shift, 0.0])
    )
    members = [
        {"type": "scale", "scale": scale},
        {"type": "translation", "translation": shift},
    ]
    return {"type": "sequence", "transformations": members}


def write_group(scene: zarr.Group, *, vector_first: bool = False, **how: Any) -> None:
    """Write a field as 0.6 has it: a multiscale group."""
    axes = [VECTOR, *SPACE] if vector_first else [*SPACE, VECTOR]
    field = scene.create_group("warp")
    field.update_attributes({"ome": multiscale(axes, placed(vector_first=vector_first))})
    data = np.moveaxis(values(), -1, 0) if vector_first else values()
    how.setdefault("chunks", (1, 4, 4) if vector_first else (4, 4, 2))
    array = field.create_array("0", shape=data.shape, dtype=how.pop("dtype", "float32"), **how)
    array[...] = data.astype(array.dtype)


def check(graph: TransformGraph) -> None:
    """Go there and back."""
    there = graph.move(POINTS, "a", "b")
    np.testing.assert_allclose(there.coordinates, EXPECTED, atol=1e-6)
    assert there.notes == ()
    back = graph.move(there.coordinates, "b", "a")
    np.testing.assert_allclose(back.coordinates, POINTS, atol=1e-6)
    assert back.unconverged == 0
    assert back.residual is not None
    assert back.residual < 1e-6
    assert "numeric inverse" in back.notes[0]
    with pytest.raises(FieldError, match="outside"):
        graph.transform([[50.0, 0.0]], "a", "b")


@pytest.mark.parametrize("vector_first", [True, False])
def test_a_multiscale_group(tmp_path: Path, vector_first: bool) -> None:
    scene = write_scene(tmp_path / "s.zarr", STATED)
    write_group(scene, vector_first=vector_first)
    check(open_hierarchy(tmp_path / "s.zarr"))
    check(Scene.from_zarr(scene).transform_graph())


def test_in_another_store() -> None:
    scene = write_scene(MemoryStore(), STATED)
    write_group(scene)
    check(Scene.from_zarr(scene).transform_graph())


@pytest.mark.parametrize(
    "how",
    [
        {"dtype": "float64", "compressors": None},
        {"dtype": ">f4"},
        {"dtype": "float32", "shards": (8, 8, 2)},
        {"dtype": "float32", "compressors": zarr.codecs.BloscCodec(cname="zlib")},
    ],
    ids=["plain", "big-endian", "shards", "blosc"],
)
@pytest.mark.filterwarnings("ignore::zarr.errors.ZarrUserWarning")
def test_any_codec(tmp_path: Path, how: dict[str, Any]) -> None:
    write_group(write_scene(tmp_path / "s.zarr", STATED), **how)
    check(open_hierarchy(tmp_path / "s.zarr"))


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("alone", [True, False], ids=["dict", "list"])
def test_an_annotated_array(tmp_path: Path, zarr_format: Any, alone: bool) -> None:
    write_scene(tmp_path / "s.zarr", {**STATED, "path": "./transforms/warp/"})
    system = {"name": "in", "axes": [*SPACE, VECTOR]}
    transformation = {**placed(vector_first=False), "input": "warp", "output": "in"}
    array = zarr.create_array(
        tmp_path / "s.zarr/transforms/warp",
        data=values().astype("float32"),
        chunks=(5, 5, 1),
        zarr_format=zarr_format,
        attributes={
            "ome": {
                "coordinateSystems": system if alone else [system],
                "coordinateTransformations": [transformation],
            }
        },
    )
    assert array.metadata.zarr_format == zarr_format
    check(open_hierarchy(tmp_path / "s.zarr"))


def test_axes_in_another_order_on_disk(tmp_path: Path) -> None:
    """The annotation says which axis of the array is which, whatever their order."""
    write_scene(tmp_path / "s.zarr", STATED)
    # On disk: x, vector, y.
    turned = {"type": "mapAxis", "mapAxis": [2, 0, 1], "output": "in"}
    scene = zarr.create_array(
        tmp_path / "s.zarr/warp",
        data=np.transpose(values(), (1, 2, 0)).astype("float32"),
        attributes={
            "ome": {
                "coordinateSystems": [{"name": "in", "axes": [*SPACE, VECTOR]}],
                "coordinateTransformations": [turned],
            }
        },
    )
    assert scene.shape == (10, 2, 12)
    graph = open_hierarchy(tmp_path / "s.zarr")
    np.testing.assert_allclose(graph.transform([[4.0, 6.0]], "a", "b"), [[4.4, 5.4]], atol=1e-6)


@pytest.mark.parametrize("fill", [0.0, 1.5])
def test_chunks_that_are_absent_are_the_fill_value(tmp_path: Path, fill: float) -> None:
    scene = write_scene(tmp_path / "s.zarr", STATED)
    scene.create_array("warp", shape=(*SHAPE, 2), chunks=(4, 4, 2), dtype="f4", fill_value=fill)
    graph = open_hierarchy(tmp_path / "s.zarr")
    found = graph.move([[1.0, 2.0]], "a", "b")
    assert found.coordinates.tolist() == [[1.0 + fill, 2.0 + fill]]
    # Without an annotation there is no vector axis by type; that it is the last is said.
    assert "no axis of the type 'displacement'" in found.notes[0]


def test_an_array_of_a_group_is_placed_by_the_group(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "s.zarr", {**STATED, "path": "warp/0"})
    write_group(scene, vector_first=True)
    check(open_hierarchy(tmp_path / "s.zarr"))


def test_only_the_chunks_that_points_need_are_decoded(tmp_path: Path) -> None:
    write_group(write_scene(tmp_path / "s.zarr", STATED))
    for chunk in (tmp_path / "s.zarr/warp/0/c").glob("*/*/*"):
        if chunk.parent.parent.name != "0":
            chunk.write_bytes(b"not a chunk")
    graph = open_hierarchy(tmp_path / "s.zarr")
    assert graph.transform([[2.0, 6.0]], "a", "b") == pytest.approx(np.array([[2.2, 5.75]]))
    with pytest.raises(DocumentError, match="cannot be decoded"):
        graph.transform([[5.0, 6.0]], "a", "b")


def test_coordinates(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "s.zarr", {"type": "coordinates", "path": "/where"})
    rows, columns = np.meshgrid(np.arange(5.0), np.arange(6.0), indexing="ij")
    system = {"name": "in", "axes": [*SPACE, {"name": "c", "type": "coordinate"}]}
    scene.create_array(
        "where",
        data=np.stack([columns * 3.0 + 100.0, rows + columns * 0.5], axis=-1),
        attributes={
            "ome": {
                "coordinateSystems": [system],
                "coordinateTransformations": [{"type": "identity", "output": "in"}],
            }
        },
    )
    graph = open_hierarchy(tmp_path / "s.zarr")
    assert graph.transform([[1.5, 2.0]], "a", "b").tolist() == [[106.0, 2.5]]
    back = graph.move([[106.0, 2.5]], "b", "a")
    np.testing.assert_allclose(back.coordinates, [[1.5, 2.0]], atol=1e-6)


def test_fields_inside_a_sequence_beside_other_axes(tmp_path: Path) -> None:
    inner = {"type": "displacements", "path": "line", "interpolation": "nearest"}
    items = [
        {"transformation": inner, "inputAxes": [1], "outputAxes": [0]},
        {"transformation": {"type": "identity"}, "inputAxes": [0], "outputAxes": [1]},
    ]
    half = {"type": "scale", "scale": [0.5, 0.5]}
    stated = {"type": "byDimension", "transformations": items}
    scene = write_scene(
        tmp_path / "s.zarr", {"type": "sequence", "transformations": [half, stated]}
    )
    scene.create_array(
        "line",
        data=np.array([[1.0], [2.0], [3.0]]),
        attributes={
            "ome": {
                "coordinateSystems": [{"name": "f", "axes": [SPACE[0], VECTOR]}],
                "coordinateTransformations": [{"type": "identity", "output": "f"}],
            }
        },
    )
    graph = open_hierarchy(tmp_path / "s.zarr")
    assert graph.transform([[10.0, 3.0]], "a", "b").tolist() == [[4.5, 5.0]]
    assert graph.path("a", "b").needs == ("line",)


def test_a_stated_inverse_is_preferred(tmp_path: Path) -> None:
    stated = {
        "type": "bijection",
        "forward": STATED,
        "inverse": {"type": "translation", "translation": [7.0, 7.0]},
    }
    write_group(write_scene(tmp_path / "s.zarr", stated))
    graph = open_hierarchy(tmp_path / "s.zarr")
    back = graph.move([[0.0, 0.0]], "b", "a")
    assert back.coordinates.tolist() == [[7.0, 7.0]]
    assert (back.residual, back.notes) == (None, ())


def broken(tmp_path: Path, what: str) -> None:
    scene = write_scene(tmp_path / "s.zarr", {**STATED, "path": "w"})
    annotated = {
        "coordinateSystems": [{"name": "f", "axes": [*SPACE, VECTOR]}],
        "coordinateTransformations": [{"type": "identity", "output": "f"}],
    }
    if what == "group":
        scene.create_group("w")
    elif what == "no dataset":
        field = scene.create_group("w")
        field.update_attributes({"ome": multiscale([*SPACE, VECTOR], {"type": "identity"})})
    elif what == "codec":
        write_scene(tmp_path / "s.zarr", STATED)
        write_group(scene)
        document = tmp_path / "s.zarr/warp/0/zarr.json"
        document.write_text(document.read_text().replace('"zstd"', '"squeeze"'))
    elif what == "mixed":
        rows = [[1.0, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
        annotated["coordinateTransformations"] = [{"type": "affine", "affine": rows, "output": "f"}]
    elif what == "flat":
        flat = {"type": "scale", "scale": [1.0, 0.0, 1.0], "output": "f"}
        annotated["coordinateTransformations"] = [flat]
    if what in ("text", "mixed", "flat", "dimensions"):
        shape = (3, 2) if what == "dimensions" else (3, 3, 2)
        dtype = "bool" if what == "text" else "f4"
        scene.create_array("w", shape=shape, dtype=dtype, attributes={"ome": annotated})


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ("nothing", StoreError, r"no field at file://.*s\.zarr/w"),
        ("group", FieldError, "is no field: it has no usable 'multiscales'"),
        ("no dataset", StoreError, r"w/0"),
        ("codec", DocumentError, "cannot be opened"),
        ("text", FieldError, "holds bool; expected numbers"),
        ("mixed", FieldError, "mixes its vector axis with others"),
        ("flat", FieldError, "cannot be placed: .*singular"),
        ("dimensions", FieldError, "has 2 dimensions; its coordinate system has more"),
    ],
)
def test_what_is_no_field(tmp_path: Path, what: str, error: type[CatalogError], words: str) -> None:
    broken(tmp_path, what)
    graph = open_hierarchy(tmp_path / "s.zarr")
    with pytest.raises(error, match=words):
        graph.transform([[1.0, 1.0]], "a", "b")


@pytest.mark.parametrize("path", ["../w", "/../w", "https://elsewhere.org/w"])
def test_fields_outside_the_hierarchy_are_not_read(tmp_path: Path, path: str) -> None:
    scene = write_scene(tmp_path / "s.zarr", {**STATED, "path": path})
    for graph in (open_hierarchy(tmp_path / "s.zarr"), Scene.from_zarr(scene).transform_graph()):
        with pytest.raises(FieldError, match="outside the hierarchy"):
            graph.transform([[1.0, 1.0]], "a", "b")


def test_a_link_out_of_the_hierarchy_is_not_followed(tmp_path: Path) -> None:
    write_scene(tmp_path / "s.zarr", STATED)
    zarr.create_array(tmp_path / "secret", data=np.zeros((3, 3, 2)))
    (tmp_path / "s.zarr/warp").symlink_to(tmp_path / "secret")
    with pytest.raises(StoreError, match="outside"):
        open_hierarchy(tmp_path / "s.zarr").transform([[1.0, 1.0]], "a", "b")


def test_a_scene_made_in_memory_has_no_field_yet() -> None:
    scene = Scene.model_validate({"attributes": {"ome": scene_of(STATED)}, "members": {}})
    with pytest.raises(FieldError, match="made in memory"):
        scene.transform_graph().transform([[1.0, 1.0]], "a", "b")


def test_nothing_is_opened_before_points_come(tmp_path: Path) -> None:
    write_scene(tmp_path / "s.zarr", STATED)
    graph = open_hierarchy(tmp_path / "s.zarr")
    path = graph.path("a", "b")
    assert path.needs == ("warp",)
    assert json.dumps(path.to_dict())
