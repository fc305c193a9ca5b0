"""What `catalog.export` writes, read back by the programs that it is written for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from pydantic import TypeAdapter

from catalog.export import End, export, to_napari, to_neuroglancer, to_ome_zarr
from catalog.geometry.steps import Mapping
from catalog.graph import GraphEdge, GraphSystem, TransformGraph
from catalog.graph import Path as GraphPath
from catalog.metadata.axes import Axis

# Peers warn on their own account; that is not what is tested.
pytestmark = pytest.mark.filterwarnings("ignore")

Peer = Callable[[str], ModuleType]

RIGID = ((0.8, -0.6, 0.0, 10.0), (0.6, 0.8, 0.0, -20.5), (0.0, 0.0, 2.5, 1 / 3))
POINTS = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [-7.5, 100.0, 0.25]])
ZYX = tuple(Axis(name=name, type="space", unit="micrometer") for name in "zyx")
VOXELS = End(tuple(Axis(name=name, type="array") for name in "zyx"), "array")
SPACE = End(ZYX)


@pytest.fixture
def path() -> GraphPath:
    """A path of an affine and a shift that is walked backwards."""
    graph = TransformGraph()
    for address in ("img/0#", "img#physical", "atlas"):
        graph.add_system(GraphSystem(address, ZYX, 3))
    shift = tuple((*row, 4.0) for row in np.eye(3).tolist())
    for key, source, target, rows in (
        ("a", "img/0#", "img#physical", RIGID),
        ("b", "atlas", "img#physical", shift),
    ):
        made = Mapping.from_rows(rows)
        graph.add_edge(
            GraphEdge(
                key,
                source,
                target,
                "affine",
                None,
                "scene",
                "closed",
                "",
                "",
                lambda made=made: made,
            )
        )
    return graph.path("img/0#", "atlas")


def test_simpleitk_reads_the_transform_file(peer: Peer, path: GraphPath, tmp_path: Path) -> None:
    itk = peer("SimpleITK")
    file = tmp_path / "img_to_atlas.tfm"
    file.write_text(export(path, "itk", VOXELS, SPACE).text)
    transform = itk.ReadTransform(str(file))
    assert (transform.GetDimension(), transform.IsLinear()) == (3, True)
    assert transform.GetFixedParameters() == (0.0, 0.0, 0.0)
    for point, expected in zip(POINTS, path.transform(POINTS), strict=True):
        moved = transform.TransformPoint(point[::-1].tolist())
        np.testing.assert_allclose(moved[::-1], expected, rtol=1e-12)


def test_simpleitk_resamples_with_it(peer: Peer, tmp_path: Path) -> None:
    itk = peer("SimpleITK")
    graph = TransformGraph()
    for address in ("fixed", "moving"):
        graph.add_system(GraphSystem(address, ZYX[1:], 2))
    made = Mapping.from_rows(((1.0, 0.0, 3.0), (0.0, 1.0, 5.0)))  # y + 3, x + 5
    graph.add_edge(
        GraphEdge("a", "fixed", "moving", "affine", None, "scene", "closed", "", "", lambda: made)
    )
    end = End(ZYX[1:])
    file = tmp_path / "fixed_to_moving.tfm"
    file.write_text(export(graph.path("fixed", "moving"), "itk", end, end).text)
    data = np.arange(400, dtype="float32").reshape(20, 20)
    moving = itk.GetImageFromArray(data)
    result = itk.Resample(moving, moving, itk.ReadTransform(str(file)), itk.sitkNearestNeighbor)
    np.testing.assert_array_equal(itk.GetArrayFromImage(result)[:10, :10], data[3:13, 5:15])


def test_napari_takes_the_matrix(peer: Peer, path: GraphPath) -> None:
    affine = peer("napari.utils.transforms").Affine(affine_matrix=to_napari(path))
    for point, expected in zip(POINTS, path.transform(POINTS), strict=True):
        np.testing.assert_allclose(affine(point), expected, rtol=1e-12, atol=1e-12)
    printed = json.loads(export(path, "napari", VOXELS, SPACE).text)
    layer = peer("napari.layers").Image(np.zeros((2, 3, 4)), affine=printed)
    np.testing.assert_allclose(layer.data_to_world((1, 2, 3)), path.transform([[1, 2, 3]])[0])


def test_neuroglancer_takes_the_transform(peer: Peer, path: GraphPath) -> None:
    neuroglancer = peer("neuroglancer")
    value = json.loads(export(path, "neuroglancer", VOXELS, SPACE).text)
    assert value == to_neuroglancer(path, VOXELS, SPACE)
    read = neuroglancer.CoordinateSpaceTransform(value)
    assert read.to_json() == value
    assert read.outputDimensions.names == ("z", "y", "x")
    assert read.outputDimensions.units == ("m", "m", "m")
    into, out = read.inputDimensions.scales, read.outputDimensions.scales
    for point, expected in zip(POINTS, path.transform(POINTS), strict=True):
        lengths = read.matrix[:, :-1] @ ((point + 0.5) * into) / out + read.matrix[:, -1]
        np.testing.assert_allclose(lengths, expected, rtol=1e-9, atol=1e-9)
    state = neuroglancer.ViewerState()
    source = {"url": "zarr://https://example.org/img/0", "transform": value}
    state.layers["img"] = neuroglancer.ImageLayer(source=source)
    assert state.layers["img"].source[0].transform.to_json() == value


def test_ome_zarr_models_reads_the_transformation(peer: Peer, path: GraphPath) -> None:
    transforms = peer("ome_zarr_models.v06.coordinate_transforms")
    back = GraphPath("img#physical", path.target, path.steps[1:], 0, 3, 3)
    document = to_ome_zarr(back, SPACE, SPACE).transformation
    read = TypeAdapter(transforms.AnyTransform).validate_python(document)
    assert read.input.name == "physical"
    assert read.input.path == "img"
    assert read.output.name == "atlas"
    assert read.type == "affine"
    np.testing.assert_array_equal(read.affine, back.matrix)
    for point, expected in zip(POINTS, back.transform(POINTS), strict=True):
        np.testing.assert_allclose(read.transform_point(point.tolist()), expected)
