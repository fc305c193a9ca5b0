import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import zarr

from catalog.crawl.records import Failed, HierarchyRecord, Ignored, Unchanged
from catalog.crawl.work import crawl_hierarchy
from catalog.stores.url import normalise


def crawl(folder, known=None, boundary=None):
    url = normalise(str(folder))
    if known is None:
        return crawl_hierarchy(url, boundary=boundary)
    return crawl_hierarchy(url, known.manifest, known.digest, boundary)


def errors(record):
    return [problem for problem in record.problems if problem.severity == "error"]


def address(record, index):
    system = record.systems[index]
    return "/".join(filter(None, (system.group, system.array_path))) + "#" + system.name


def test_a_scene_becomes_records(tmp_path, collection):
    collection.write_scene(tmp_path / "s.zarr", index=3, images=2, levels=2)
    record = crawl(tmp_path / "s.zarr")
    assert isinstance(record, HierarchyRecord)
    assert record.url == f"file://{tmp_path}/s.zarr"
    assert errors(record) == []
    assert [(g.path, g.parent, g.kind, g.name) for g in record.groups] == [
        ("", None, "scene", "s.zarr"),
        ("tile_0", "", "image", "tile_0"),
        ("tile_1", "", "image", "tile_1"),
    ]
    text = (tmp_path / "s.zarr" / "tile_1" / "zarr.json").read_text()
    assert json.loads(record.groups[2].attributes) == json.loads(text)["attributes"]
    assert record.groups[2].size == len(text)
    assert [tuple(member) for member in record.members] == [
        ("", "tile_0", True),
        ("", "tile_1", True),
    ]
    image = record.images[1]
    assert (image.group, image.index, image.name, image.axes) == ("tile_1", 0, "tile 1", "zyx")
    assert (image.shape, image.dtype) == ((16, 1024, 1024), "uint16")
    assert image.pixel_sizes == (2.0, 0.5, 0.5)
    assert address(record, image.intrinsic) == "tile_1#physical"
    level = record.levels[3]
    assert (level.group, level.level, level.path, level.shape) == (
        *("tile_1", 1, "1"),
        (16, 512, 512),
    )
    assert address(record, level.system) == "tile_1/1#"
    kinds = {address(record, i): s.kind for i, s in enumerate(record.systems)}
    assert kinds["#world"] == "declared"
    assert kinds["tile_0/0#"] == "array"
    assert len(kinds) == 7
    edge = next(edge for edge in record.transformations if edge.name == "tile 1 to world")
    assert (edge.group, edge.pointer) == ("", "/ome/scene/coordinateTransformations/1")
    assert (edge.type, edge.origin, edge.invertibility) == ("translation", "scene", "closed")
    assert edge.affine == ((1, 0, 0, 0), (0, 1, 0, 3), (0, 0, 1, 460))
    assert address(record, edge.input) == "tile_1#physical"
    assert address(record, edge.output) == "#world"
    assert json.loads(edge.parameters)["translation"] == [0, 3, 460]


def test_an_outcome_can_be_sent_to_another_process(tmp_path, collection):
    collection.write_scene(tmp_path)
    record = crawl(tmp_path)
    assert pickle.loads(pickle.dumps(record)) == record


def test_what_has_not_changed_is_not_read(tmp_path, collection, settle):
    collection.write_scene(tmp_path)
    settle(tmp_path)
    record = crawl(tmp_path)
    assert crawl(tmp_path, record) == Unchanged(record.url)


def test_new_times_alone_are_told_apart_from_new_documents(tmp_path, collection, settle):
    collection.write_scene(tmp_path)
    record = crawl(tmp_path)
    settle(tmp_path)
    outcome = crawl(tmp_path, record)
    assert isinstance(outcome, Unchanged)
    assert outcome.manifest not in (None, record.manifest)


def test_zarr_without_ome_zarr_is_ignored(tmp_path, collection):
    zarr.create_array(tmp_path / "array", shape=(2, 2), dtype="u1")
    zarr.open_group(tmp_path / "group", mode="w").create_array("a", shape=(2, 2), dtype="u1")
    zarr.open_group(tmp_path / "old", mode="w", zarr_format=2)
    array, group, old = (crawl(tmp_path / name) for name in ("array", "group", "old"))
    assert isinstance(array, Ignored)
    assert "single Zarr array" in array.message
    assert isinstance(group, Ignored)
    assert "without OME-Zarr metadata" in group.message
    assert isinstance(old, Ignored)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('{"zarr_format": 3, "node_type": "gr', "invalid-document", "cut off"),
        ("", "invalid-document", "empty"),
        ("[1]", "invalid-document", "object"),
        ('{"a": 1}', "invalid-document", "node_type"),
    ],
)
def test_a_root_that_cannot_be_understood_is_a_failure_in_words(tmp_path, text, code, words):
    (tmp_path / "zarr.json").write_text(text)
    outcome = crawl(tmp_path)
    assert isinstance(outcome, Failed)
    assert outcome.problem.code == code
    assert words in outcome.problem.message
    assert outcome.problem.severity == "error"


def test_the_root_of_a_hierarchy_is_recorded_without_metadata_of_its_own(tmp_path, collection, put):
    put(tmp_path / "zarr.json", collection.group({"title": "mine"}))
    put(tmp_path / "a" / "zarr.json", collection.group({}))
    put(tmp_path / "a" / "b" / "zarr.json", collection.image(0, levels=1))
    record = crawl(tmp_path)
    assert [(g.path, g.parent, g.kind) for g in record.groups] == [
        ("", None, "collection"),
        ("a/b", "", "image"),
    ]


def test_ends_that_do_not_exist_have_an_address_below_a_recorded_group(tmp_path, collection, put):
    scene = collection.scene(0, 3)
    ends = scene["attributes"]["ome"]["scene"]["coordinateTransformations"]
    ends[1]["input"] = {"path": "gone/deep", "name": "physical"}
    ends[2]["input"] = {"path": "../other.zarr", "name": "physical"}
    put(tmp_path / "zarr.json", scene)
    put(tmp_path / "tile_0" / "zarr.json", collection.image(0, levels=1))
    record = crawl(tmp_path)
    undeclared = [s for s in record.systems if s.kind == "undeclared"]
    assert sorted((s.group, s.array_path, s.name) for s in undeclared) == [
        ("", "../other.zarr", "physical"),
        ("", "gone/deep", "physical"),
    ]
    assert {"missing-image", "outside-hierarchy"} <= {p.code for p in record.problems}


def test_stored_parameters_are_resolved_and_their_change_is_seen(tmp_path, collection, put, settle):
    scene = collection.scene(0, 1)
    edge = scene["attributes"]["ome"]["scene"]["coordinateTransformations"][0]
    edge.pop("translation")
    edge.update(type="affine", path="matrices/m")
    put(tmp_path / "zarr.json", scene)
    put(tmp_path / "tile_0" / "zarr.json", collection.image(0, levels=1))
    matrix = np.array([[1.0, 0, 0, 5], [0, 2, 0, 6], [0, 0, 4, 7]])
    array = zarr.create_array(tmp_path / "matrices" / "m", data=matrix)
    settle(tmp_path)
    record = crawl(tmp_path)
    (stored,) = [edge for edge in record.transformations if edge.origin == "scene"]
    assert stored.affine == tuple(map(tuple, matrix.tolist()))
    assert crawl(tmp_path, record) == Unchanged(record.url)
    array[0, 3] = 9.0
    again = crawl(tmp_path, record)
    assert isinstance(again, HierarchyRecord)
    (stored,) = [edge for edge in again.transformations if edge.origin == "scene"]
    assert stored.affine[0] == (1, 0, 0, 9)


def test_stored_parameters_that_are_missing_are_a_problem(tmp_path, collection, put):
    scene = collection.scene(0, 2)
    edges = scene["attributes"]["ome"]["scene"]["coordinateTransformations"]
    for edge, path in zip(edges, ("gone", "../../outside"), strict=True):
        edge.pop("translation")
        edge.update(type="affine", path=path)
    put(tmp_path / "zarr.json", scene)
    for tile in range(2):
        put(tmp_path / f"tile_{tile}" / "zarr.json", collection.image(tile, levels=1))
    record = crawl(tmp_path)
    assert isinstance(record, HierarchyRecord), record
    pointers = {p.pointer for p in record.problems if p.code == "unreadable-parameters"}
    assert pointers == {f"/ome/scene/coordinateTransformations/{i}" for i in range(2)}
    assert [edge.affine for edge in record.transformations if edge.origin == "scene"] == [None] * 2


def test_what_cannot_be_read_any_more_keeps_its_record(tmp_path, collection, too_deep):
    collection.write_scene(tmp_path, images=1, levels=1)
    record = crawl(tmp_path)
    too_deep(tmp_path)
    outcome = crawl(tmp_path, record)
    assert isinstance(outcome, Failed)
    assert outcome.kept
    assert outcome.problem.code == "partly-unreadable"
    # Met for the first time, what can be read is recorded; and then it is unchanged.
    partial = crawl(tmp_path)
    assert isinstance(partial, HierarchyRecord)
    assert {p.code[:11] for p in errors(partial)} == {"unreadable-"}
    assert crawl(tmp_path, partial) == Unchanged(partial.url)
    # A part that was never read cannot be lost by another change.
    (tmp_path / "zarr.json").write_text((tmp_path / "zarr.json").read_text() + "\n")
    assert isinstance(crawl(tmp_path, partial), HierarchyRecord)


def test_odd_content_of_documents_is_no_failure(tmp_path, put, collection):
    document = json.dumps(collection.image(0, levels=1))
    document = document.replace('"tile 0"', '"a\\u0000b\\ud800 \\u00e9", "x": NaN, "y": 1e400')
    put(tmp_path / "zarr.json", document)
    record = crawl(tmp_path)
    assert isinstance(record, HierarchyRecord)
    assert "NaN" in record.groups[0].attributes
    record.groups[0].attributes.encode()


def test_a_plate_with_wells_labels_and_channels(tmp_path, put, collection):
    image = collection.image(0, levels=1)
    image["attributes"]["ome"]["omero"] = {
        "channels": [{"label": "DAPI", "color": "0000FF"}, {"label": 7}]
    }
    label = collection.image(1, levels=1)
    label["attributes"]["ome"]["image-label"] = {"source": {"image": "../../"}}
    plate = {
        "version": "0.5",
        "plate": {
            "name": "screen",
            "rows": [{"name": "A"}, {"name": "B"}],
            "columns": [{"name": "1"}],
            "wells": [{"path": "B/1", "rowIndex": 1, "columnIndex": 0}],
            "field_count": 1,
            "acquisitions": [{"id": 1}],
        },
    }
    field = tmp_path / "B" / "1" / "0"
    put(tmp_path / "zarr.json", collection.group({"ome": plate}))
    well = {"version": "0.5", "well": {"images": [{"path": "0"}]}}
    put(field.parent / "zarr.json", collection.group({"ome": well}))
    put(field / "zarr.json", image)
    labels = {"version": "0.5", "labels": ["cells"]}
    put(field / "labels" / "zarr.json", collection.group({"ome": labels}))
    put(field / "labels" / "cells" / "zarr.json", label)
    record = crawl(tmp_path)
    assert [(g.path, g.parent, g.kind) for g in record.groups] == [
        ("", None, "plate"),
        ("B/1", "", "well"),
        ("B/1/0", "B/1", "image"),
        ("B/1/0/labels", "B/1/0", "labels"),
        ("B/1/0/labels/cells", "B/1/0/labels", "image"),
    ]
    assert [tuple(plate) for plate in record.plates] == [("", "screen", 2, 1, 1, 1, 1)]
    assert [tuple(well) for well in record.wells] == [("B/1", "", "B", "1", 1)]
    assert [(i.group, i.label_of) for i in record.images] == [
        ("B/1/0", None),
        ("B/1/0/labels/cells", "B/1/0"),
    ]
    assert [(c.index, c.label, c.color) for c in record.channels] == [
        (0, "DAPI", "0000FF"),
        (1, "7", None),
    ]
    implied = [edge for edge in record.transformations if edge.origin == "implied"]
    assert [address(record, edge.input) for edge in implied] == ["B/1/0/labels/cells#physical"]


def test_a_worker_loads_no_database(tmp_path, collection):
    collection.write_scene(tmp_path)
    code = (
        "import sys; from catalog.crawl.work import crawl_hierarchy; "
        f"print(type(crawl_hierarchy({normalise(str(tmp_path))!r})).__name__, "
        "[m for m in ('sqlalchemy', 'zarr', 'scipy', 'networkx', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "HierarchyRecord []\n"
