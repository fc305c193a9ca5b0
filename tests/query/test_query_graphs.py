"""A part of the catalog as a graph: what `open_hierarchy` reads, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import Catalog
from catalog.errors import UnknownAddressError
from catalog.scene import open_hierarchy

Json = dict[str, object]
AXES = [{"name": name, "type": "space", "unit": "micrometer"} for name in "yx"]


def write(folder: Path, document: Json) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "zarr.json").write_text(json.dumps(document))


def group(folder: Path, ome: Json) -> None:
    attributes = {"ome": {"version": "0.6", **ome}}
    write(folder, {"zarr_format": 3, "node_type": "group", "attributes": attributes})


def image(folder: Path) -> None:
    scale = {"type": "scale", "scale": [0.5, 0.5]}
    dataset = {**scale, "input": {"path": "0"}, "output": {"name": "physical"}}
    multiscale = {
        "coordinateSystems": [{"name": "physical", "axes": AXES}],
        "datasets": [{"path": "0", "coordinateTransformations": [dataset]}],
    }
    group(folder, {"multiscales": [multiscale]})
    array: Json = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [8, 8],
        "data_type": "uint8",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [8, 8]}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes"}],
        "attributes": {},
    }
    write(folder / "0", array)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """Two tiles and a third that nothing leads to, in `data/scene #1.zarr`."""
    folder = tmp_path / "data" / "scene #1.zarr"
    edges = [
        {
            "type": "affine",
            "affine": [[1, 0, 3 * number], [0, 1, 0.1]],
            "input": {"path": f"t{number}", "name": "physical"},
            "output": {"name": "world"},
            "name": f"stitch {number}",
        }
        for number in range(2)
    ]
    systems = [{"name": "world", "axes": AXES}]
    group(folder, {"scene": {"coordinateSystems": systems, "coordinateTransformations": edges}})
    for name in ("t0", "t1", "t2"):
        image(folder / name)
    return folder


@pytest.fixture
def catalog(database_url: str, scene: Path) -> Iterator[Catalog]:
    """The scene, indexed."""
    with Catalog(database_url) as made:
        made.index(scene.parent)
        yield made


def facts(graph, prefix: str = "") -> tuple[list[object], list[object]]:
    """Give systems and edges with addresses below a prefix, which is taken off."""

    def short(address: str) -> str:
        address = address.removeprefix(f"{prefix}/") if prefix else address
        return address.removeprefix(f"{prefix}#") if prefix else address

    systems = [
        (short(system.address), system.kind, system.ndim, [axis.name for axis in system.axes])
        for system in graph.systems.values()
    ]
    edges = [
        (
            short(edge.source),
            short(edge.target),
            edge.type,
            edge.name,
            edge.origin,
            edge.pointer,
            edge.mapping.rows,
        )
        for edge in graph.edges
    ]
    return sorted(systems), sorted(edges)


def test_a_scene_is_the_graph_that_its_documents_make(catalog: Catalog, scene: Path) -> None:
    prefix = scene.as_uri().replace("%20", " ")
    found = catalog.graph(str(scene))
    assert prefix.endswith("scene %231.zarr")
    assert facts(found, prefix) == facts(open_hierarchy(scene))
    moved = found.transform([[2, 4]], f"{prefix}/t1/0#", "world")
    assert moved.tolist() == [[4.0, 2.1]]


def test_a_tile_comes_with_where_it_leads(catalog: Catalog, scene: Path) -> None:
    found = catalog.graph(str(scene / "t1"))
    assert sorted(address.rpartition("/")[2] for address in found.systems) == [
        "0#",
        "scene %231.zarr#world",
        "t1#physical",
    ]
    assert {edge.name for edge in found.edges} == {None, "stitch 1"}


def test_a_folder_above_is_all_that_is_below(catalog: Catalog, scene: Path) -> None:
    assert len(catalog.graph(str(scene.parent))) == len(catalog.graph(str(scene))) == 7


def test_a_drawing_is_the_same_from_disk_and_from_the_database(
    catalog: Catalog, scene: Path
) -> None:
    stored = catalog.graph(str(scene)).to_mermaid(title="s")
    assert stored == open_hierarchy(scene).to_mermaid(title="s")


def test_what_is_not_there_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(UnknownAddressError):
        catalog.graph("nowhere.zarr")


def test_a_path_is_exported_with_what_the_catalog_knows_of_its_ends(
    catalog: Catalog, scene: Path
) -> None:
    path = catalog.path("t1/0#", "world")
    exported = catalog.export(path, "neuroglancer")
    assert json.loads(exported.text)["inputDimensions"] == {"y": [5e-7, "m"], "x": [5e-7, "m"]}
    assert "half a voxel" in exported.notes[0]
    stated = json.loads(catalog.export(catalog.path("t1#physical", "world"), "ome-zarr").text)
    assert stated["input"] == {"path": "t1", "name": "physical"}
    assert stated["output"] == {"name": "world"}
