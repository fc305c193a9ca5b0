import os
import shutil
import tempfile
from pathlib import Path

import pytest

from catalog.errors import DocumentError, StoreError
from catalog.stores import LARGEST_DOCUMENT, Stat, open_store
from catalog.stores.url import normalise


@pytest.fixture
def opened(tmp_path):
    return open_store(normalise(str(tmp_path)))


def test_a_folder_is_listed_by_name_with_its_time(tmp_path, opened):
    for name in ("b", "a", "c/d"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "zarr.json").write_text("{}")
    listing = opened.list_folder("")
    assert listing.folders == ["a", "b", "c"]
    assert listing.files == ["zarr.json"]
    assert listing.mtime_ns == tmp_path.stat().st_mtime_ns
    assert opened.list_folder("c").folders == ["d"]


def test_a_document_comes_with_its_time_and_size(tmp_path, opened):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "zarr.json").write_bytes(b'{"a": 1}')
    document = opened.get("a/zarr.json")
    assert document.data == b'{"a": 1}'
    found = (tmp_path / "a" / "zarr.json").stat()
    assert (document.mtime_ns, document.size) == (found.st_mtime_ns, 8)
    assert opened.stat("a/zarr.json") == Stat(found.st_mtime_ns, 8)
    assert opened.stat("") == Stat(tmp_path.stat().st_mtime_ns, tmp_path.stat().st_size)


def test_what_is_not_a_document_is_none(tmp_path, opened):
    (tmp_path / "zarr.json").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / ".zattrs")
    (tmp_path / ".zgroup").symlink_to(tmp_path / "gone")
    for path in ("zarr.json", ".zattrs", ".zgroup", "absent", "file/zarr.json"):
        assert opened.get(path) is None
    assert opened.stat("absent") is None


def test_a_document_that_is_too_large_is_refused(tmp_path, opened):
    with (tmp_path / "zarr.json").open("wb") as file:
        file.truncate(LARGEST_DOCUMENT + 1)
    with pytest.raises(DocumentError, match="16,777,217 bytes"):
        opened.get("zarr.json")


@pytest.mark.parametrize("name", ["absent", "file"])
def test_a_folder_that_is_none_cannot_be_listed(tmp_path, opened, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=f"{name} cannot be listed: not? ?.*directory"):
        opened.list_folder(name)


def test_links_are_followed_inside_the_boundary_alone(tmp_path):
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    inside = root / "store"
    for folder in (outside, inside, root / "other"):
        folder.mkdir(parents=True)
    (outside / "secret.json").write_text("{}")
    (root / "shared.json").write_text('{"shared": 1}')
    (inside / "out").symlink_to(outside)
    (inside / "in").symlink_to(root / "other")
    (inside / "up").symlink_to(root)
    (inside / "zarr.json").symlink_to(outside / "secret.json")
    (inside / ".zattrs").symlink_to(root / "shared.json")
    store = open_store(normalise(str(inside)), normalise(str(root)))
    listing = store.list_folder("")
    assert listing.folders == ["in"]
    assert listing.links == {"in"}
    assert [refusal.name for refusal in listing.refused] == ["out", "up"]
    assert "outside" in listing.refused[0].message
    assert "lies in" in listing.refused[1].message
    assert store.get(".zattrs").data == b'{"shared": 1}'
    with pytest.raises(StoreError, match="outside of what is indexed"):
        store.get("zarr.json")


def test_a_root_that_is_a_link_is_its_own_boundary(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.json").write_text("1")
    (tmp_path / "real" / "zarr.json").symlink_to("a.json")
    (tmp_path / "link").symlink_to("real")
    assert open_store(normalise(str(tmp_path / "link"))).get("zarr.json").data == b"1"


@pytest.fixture
def as_nobody():
    """Make a folder that everybody may enter, and stop being root, who may read everything."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    was = os.geteuid()

    def drop() -> None:
        if was == 0:
            os.seteuid(65534)

    yield folder, drop
    os.seteuid(was)
    for place in folder.iterdir():
        place.chmod(0o700)
    shutil.rmtree(folder)


def test_what_must_not_be_read_says_so(as_nobody):
    folder, drop = as_nobody
    (folder / "locked").mkdir(mode=0)
    (folder / "zarr.json").write_text("{}")
    (folder / "zarr.json").chmod(0)
    drop()
    store = open_store(normalise(str(folder)))
    with pytest.raises(StoreError, match=r"zarr\.json cannot be read: permission denied"):
        store.get("zarr.json")
    with pytest.raises(StoreError, match="locked cannot be listed: permission denied"):
        store.list_folder("locked")
