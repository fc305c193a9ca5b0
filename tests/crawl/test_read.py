import pytest

from catalog.crawl.manifest import UNREADABLE, is_unchanged
from catalog.crawl.read import read_hierarchy
from catalog.errors import DocumentError, StoreError
from catalog.metadata.nodes import ArrayNode, GroupNode
from catalog.stores import open_store
from catalog.stores.url import normalise

AXES = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
IMAGE_04 = {
    "multiscales": [
        {
            "version": "0.4",
            "axes": AXES,
            "datasets": [
                {
                    "path": "0",
                    "coordinateTransformations": [{"type": "scale", "scale": [0.5, 0.5]}],
                }
            ],
        }
    ]
}
ARRAY_V2 = {"zarr_format": 2, "shape": [4, 4], "chunks": [2, 2], "dtype": "<u2"}


def read(folder, boundary=None):
    url = normalise(str(folder))
    return read_hierarchy(url, boundary and normalise(str(boundary)))


def paths(reading):
    return sorted(entry.path for entry in reading.manifest)


def codes(reading):
    return sorted((problem.location, problem.code) for problem in reading.problems)


def unchanged(reading):
    return is_unchanged(open_store(reading.url), reading.manifest)


def test_a_scene_is_read_with_one_look_at_each_place(tmp_path, collection):
    collection.write_scene(tmp_path, images=2, levels=2)
    reading = read(tmp_path)
    assert sorted(reading.nodes) == [
        *["", "tile_0", "tile_0/0", "tile_0/1", "tile_1", "tile_1/0", "tile_1/1"]
    ]
    assert reading.nodes[""].kind == "scene"
    assert reading.nodes["tile_0/1"] == ArrayNode(
        (16, 512, 512), "uint16", (1, 256, 256), ("z", "y", "x")
    )
    assert sorted(reading.documents) == ["", "tile_0", "tile_1"]
    assert reading.whole
    assert not reading.problems
    # Groups are listed, arrays are not.
    folders = ["", "tile_0", "tile_1"]
    documents = [f"{path}/zarr.json".lstrip("/") for path in reading.nodes]
    assert paths(reading) == sorted(folders + documents)


def test_chunks_are_never_looked_at(tmp_path, collection, put, settle):
    collection.write_scene(tmp_path, images=1, levels=1)
    put(tmp_path / "tile_0" / "0" / "c" / "0" / "0" / "0", "chunk")
    settle(tmp_path)
    before = read(tmp_path)
    assert not any("/c" in path for path in paths(before))
    put(tmp_path / "tile_0" / "0" / "c" / "0" / "0" / "1", "another")
    assert unchanged(before)


@pytest.mark.parametrize(
    "change",
    [
        "tile_0/zarr.json",
        "tile_0/0/zarr.json",
        "tile_1/new/zarr.json",
        "new/zarr.json",
    ],
)
def test_every_change_of_documents_shows(tmp_path, collection, put, settle, change):
    collection.write_scene(tmp_path, images=2, levels=1)
    settle(tmp_path)
    before = read(tmp_path)
    assert unchanged(before)
    put(tmp_path / change, collection.image(9))
    assert not unchanged(before)
    assert read(tmp_path).digest != before.digest


def test_what_is_removed_shows(tmp_path, collection, settle):
    collection.write_scene(tmp_path, images=2, levels=1)
    settle(tmp_path)
    before = read(tmp_path)
    (tmp_path / "tile_1" / "0" / "zarr.json").unlink()
    assert not unchanged(before)


def test_touching_changes_times_and_not_the_digest(tmp_path, collection, settle):
    collection.write_scene(tmp_path)
    settle(tmp_path)
    before = read(tmp_path)
    (tmp_path / "zarr.json").touch()
    assert not unchanged(before)
    assert read(tmp_path).digest == before.digest


def test_what_was_changed_just_now_is_looked_at_again(tmp_path, collection):
    collection.write_scene(tmp_path, images=1, levels=1)
    (tmp_path / "zarr.json").touch()
    reading = read(tmp_path)
    assert not unchanged(reading)
    assert {entry.path: entry.mtime_ns for entry in reading.manifest}["zarr.json"] == 0


def test_zarr_v2_is_read_with_its_three_documents(tmp_path, put):
    put(tmp_path / ".zgroup", {"zarr_format": 2})
    put(tmp_path / "image" / ".zgroup", {"zarr_format": 2})
    put(tmp_path / "image" / ".zattrs", IMAGE_04)
    put(tmp_path / "image" / "0" / ".zarray", ARRAY_V2)
    put(tmp_path / "image" / "0" / "0.0", "chunk")
    reading = read(tmp_path)
    assert sorted(reading.nodes) == ["image", "image/0"]
    node = reading.nodes["image"]
    assert isinstance(node, GroupNode)
    assert (node.zarr_format, node.version, len(node.images)) == (2, "0.4", 1)
    assert reading.nodes["image/0"] == ArrayNode((4, 4), "uint16", (2, 2), None, 2)
    assert paths(reading) == ["", "image", "image/.zattrs", "image/0/.zarray"]


def test_zarr_json_wins_over_zattrs(tmp_path, put, collection):
    put(tmp_path / "zarr.json", collection.image(3))
    put(tmp_path / ".zgroup", {"zarr_format": 2})
    put(tmp_path / ".zattrs", IMAGE_04)
    reading = read(tmp_path)
    assert reading.nodes[""].zarr_format == 3
    assert reading.nodes[""].images[0].name == "tile 3"


def test_folders_without_metadata_are_gone_through(tmp_path, put, collection):
    put(tmp_path / "zarr.json", collection.group({}))
    put(tmp_path / "plain" / "deeper" / "zarr.json", collection.image(0))
    reading = read(tmp_path)
    assert sorted(reading.nodes) == ["plain/deeper"]
    assert "plain" in paths(reading)


@pytest.mark.parametrize("chunk", ["c/0/0", "0/0/0"])
def test_chunks_of_an_array_without_its_document_are_left_alone(tmp_path, put, collection, chunk):
    put(tmp_path / "zarr.json", collection.image(0, levels=1))
    put(tmp_path / "0" / chunk, "chunk")
    assert paths(read(tmp_path)) == ["", "0", "zarr.json"]


def test_a_well_below_a_numbered_folder_without_metadata_is_found(tmp_path, put, collection):
    put(tmp_path / "zarr.json", collection.group({}))
    put(tmp_path / "1" / "2" / "zarr.json", collection.image(0))
    assert sorted(read(tmp_path).nodes) == ["1/2"]


def test_a_broken_document_below_hides_nothing_else(tmp_path, put, collection):
    collection.write_scene(tmp_path, images=2, levels=2)
    put(tmp_path / "tile_0" / "zarr.json", '{"zarr_format": 3, "node')
    put(tmp_path / "tile_1" / "0" / "zarr.json", '{"zarr_format": 3, "node_type": "array"}')
    reading = read(tmp_path)
    assert codes(reading) == [("tile_0", "invalid-document"), ("tile_1/0", "invalid-document")]
    assert sorted(reading.nodes) == ["", "tile_0/0", "tile_0/1", "tile_1", "tile_1/1"]
    assert "cut off" in reading.problems[0].message
    assert reading.whole


def test_a_broken_root_is_an_error(tmp_path, put):
    put(tmp_path / "zarr.json", '{"zarr_format": 3, "node_ty')
    with pytest.raises(DocumentError, match="cut off"):
        read(tmp_path)
    put(tmp_path / "zarr.json", '{"name": "no zarr"}')
    with pytest.raises(DocumentError, match="node_type"):
        read(tmp_path)


def test_no_metadata_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="there is no Zarr metadata"):
        read(tmp_path)
    with pytest.raises(StoreError, match="no such file"):
        read(tmp_path / "absent")


def test_a_document_larger_than_metadata_should_be_is_a_problem(tmp_path, collection):
    collection.write_scene(tmp_path, images=2, levels=1)
    with (tmp_path / "tile_1" / "zarr.json").open("ab") as file:
        file.truncate(17 * 1024 * 1024)
    reading = read(tmp_path)
    assert codes(reading) == [("tile_1", "invalid-document")]
    assert "17,825,792 bytes" in reading.problems[0].message


def test_a_folder_that_cannot_be_listed_is_tried_again_each_time(tmp_path, collection, too_deep):
    collection.write_scene(tmp_path, images=1, levels=1)
    too_deep(tmp_path)
    reading = read(tmp_path)
    assert not reading.whole
    # Of the folder, and of the document that could be in it or in the one above.
    assert {problem.code[:11] for problem in reading.problems} == {"unreadable-"}
    assert UNREADABLE in {entry.mtime_ns for entry in reading.manifest}
    assert not unchanged(reading)
    assert read(tmp_path).digest == reading.digest
    assert "tile_0" in reading.nodes


def test_links_lead_to_images_of_the_same_root_and_end(tmp_path, collection, put):
    put(tmp_path / "a" / "zarr.json", collection.scene(0, 1))
    put(tmp_path / "b" / "zarr.json", collection.image(0, levels=1))
    (tmp_path / "a" / "tile_0").symlink_to(tmp_path / "b")
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "b" / "back").symlink_to(tmp_path / "a")
    reading = read(tmp_path / "a", tmp_path)
    assert sorted(reading.nodes) == ["", "tile_0"]
    assert codes(reading) == [("self", "link-not-followed")]
    alone = read(tmp_path / "a")
    assert sorted(alone.nodes) == [""]
    assert codes(alone) == [("self", "link-not-followed"), ("tile_0", "link-not-followed")]


def test_a_name_that_is_no_text_is_a_problem(tmp_path, collection):
    collection.write_scene(tmp_path, images=1, levels=1)
    (tmp_path / "caf\udce9").mkdir()
    reading = read(tmp_path)
    assert codes(reading) == [("", "invalid-name")]
    assert "caf\\udce9" in reading.problems[0].message
    reading.problems[0].message.encode()


def test_consolidated_copies_stand_in_for_what_cannot_be_read(tmp_path, collection, put):
    collection.write_scene(tmp_path, images=3, levels=1)
    root = collection.scene(0, 3)
    copies = {f"tile_{i}": collection.image(7, 1) for i in range(3)}
    copies["tile_1/0"] = collection.array([1, 2, 3])
    copies["gone"] = collection.image(9)
    copies["../outside"] = collection.image(9)
    root["consolidated_metadata"] = {"kind": "inline", "metadata": copies}
    put(tmp_path / "zarr.json", root)
    put(tmp_path / "tile_1" / "zarr.json", "{")
    reading = read(tmp_path)
    names = {
        path: node.images[0].name
        for path, node in reading.nodes.items()
        if "tile" in path and isinstance(node, GroupNode)
    }
    # Children win where they were read; what is not there and could be read is stale.
    assert names == {"tile_0": "tile 0", "tile_1": "tile 7", "tile_2": "tile 2"}
    assert reading.nodes["tile_1/0"].shape == (16, 1024, 1024)
    assert "gone" not in reading.nodes
    assert codes(reading) == [("tile_1", "consolidated-copy"), ("tile_1", "invalid-document")]


def test_zmetadata_alone_makes_a_hierarchy(tmp_path, put):
    put(
        tmp_path / ".zmetadata",
        {
            "zarr_consolidated_format": 1,
            "metadata": {
                ".zgroup": {"zarr_format": 2},
                ".zattrs": IMAGE_04,
                "0/.zarray": ARRAY_V2,
                "0/.zattrs": {},
            },
        },
    )
    reading = read(tmp_path)
    assert sorted(reading.nodes) == ["", "0"]
    assert reading.nodes[""].version == "0.4"
    assert ".zmetadata" in paths(reading)


def test_a_thousand_groups_and_deep_ones(tmp_path, put, collection):
    put(tmp_path / "zarr.json", collection.group({}))
    for index in range(1000):
        put(tmp_path / f"g{index}" / "zarr.json", collection.group({}))
    deep = tmp_path.joinpath(*["d"] * 300)
    put(deep / "zarr.json", collection.image(0))
    reading = read(tmp_path)
    assert sorted(reading.nodes) == ["/".join(["d"] * 300)]
