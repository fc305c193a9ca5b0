"""What every store does, whatever kind of place it is."""

import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog.errors import DocumentError, StoreError
from catalog.stores import StoreOptions, access, open_store
from catalog.stores.url import join, normalise

FILES = {
    "top/zarr.json": b'{"zarr_format": 3}',
    "top/a/zarr.json": b"{}",
    "top/a/0/zarr.json": b"[1]",
    "top/a/0/c/0/0": b"chunk",
    "top/b#1 %20?&/zarr.json": b'{"b": 1}',
    "top/sch\u00f6n/zarr.json": b'{"s": 1}',
    "top/.zattrs": b"",
    "top/large.json": b"x" * 2000,
    "top2/zarr.json": b"{}",
}
KINDS = ["local", "s3", "web", "web_without_listing", "zip", "zip_web", "zip_s3", "memory"]
LISTING = [kind for kind in KINDS if kind != "web_without_listing"]


def fill(folder):
    for path, data in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def pack(path):
    with zipfile.ZipFile(path, "w") as archive:
        for place, data in FILES.items():
            deflate = place.endswith(".json")
            archive.writestr(place, data, zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED)


@pytest.fixture
def place(request, tmp_path, bucket, web_server):
    """URL of what holds all the files."""
    kind = request.param
    if kind == "local":
        fill(tmp_path)
        return normalise(str(tmp_path))
    if kind == "s3":
        fill(bucket.folder)
        return bucket.url
    if kind.startswith("web"):
        fill(tmp_path)
        return web_server(tmp_path, kind == "web").url
    if kind == "memory":
        import fsspec

        system = fsspec.filesystem("memory")
        system.store.clear()
        for path, data in FILES.items():
            system.pipe(f"/{path}", data)
        return "memory:///"
    if kind == "zip_s3":
        pack(bucket.folder / "all.zip")
        return f"{bucket.url}/all.zip"
    pack(tmp_path / "all.ozx")
    base = normalise(str(tmp_path)) if kind == "zip" else web_server(tmp_path).url
    return f"{base}/all.ozx"


every_store = pytest.mark.parametrize("place", KINDS, indirect=True)
every_listing_store = pytest.mark.parametrize("place", LISTING, indirect=True)


@every_store
def test_documents_are_read_by_path(place):
    store = open_store(join(place, "top"), place)
    assert store.url == join(place, "top")
    for path, data in FILES.items():
        if path.startswith("top/"):
            document = store.get(path.removeprefix("top/"))
            assert document.data == data
            assert document.size == len(data)


@every_store
def test_what_is_no_document_is_none(place):
    store = open_store(join(place, "top"), place)
    for path in ("absent", "a", "a/0", "absent/zarr.json", "zarr.json/zarr.json"):
        assert store.get(path) is None
    assert store.stat("absent/zarr.json") is None
    assert open_store(join(place, "absent"), place).get("zarr.json") is None


@every_store
def test_a_document_has_the_fingerprint_that_it_was_read_with(place):
    store = open_store(place)
    document = store.get("top/a/0/zarr.json")
    stat = store.stat("top/a/0/zarr.json")
    assert document[1:] == stat
    assert stat.etag or stat.mtime_ns > 0
    assert open_store(place).stat("top/a/0/zarr.json") == stat


@every_listing_store
def test_folders_are_listed_by_name(place):
    store = open_store(place)
    assert store.lists
    assert store.list_folder("").folders == ["top", "top2"]
    listing = store.list_folder("top")
    assert listing.folders == ["a", "b#1 %20?&", "sch\u00f6n"]
    assert listing.files == [".zattrs", "large.json", "zarr.json"]
    assert store.list_folder("top/b#1 %20?&").files == ["zarr.json"]
    assert open_store(join(place, "top/sch\u00f6n"), place).list_folder("").files == ["zarr.json"]


@every_store
def test_a_folder_that_is_none_cannot_be_listed(place):
    for path in ("absent", "top/zarr.json"):
        with pytest.raises(StoreError, match="cannot be listed"):
            open_store(place).list_folder(path)


@pytest.mark.parametrize("place", ["web_without_listing"], indirect=True)
def test_a_server_that_does_not_list_says_so(place):
    store = open_store(place)
    assert not store.lists
    with pytest.raises(StoreError, match="lists no folders"):
        store.list_folder("top")


@every_store
def test_a_document_that_is_too_large_is_refused(place):
    store = open_store(place, None, StoreOptions(largest_document=1999))
    with pytest.raises(DocumentError, match=r"1,999"):
        store.get("top/large.json")
    assert store.get("top/a/zarr.json").data == b"{}"


@pytest.mark.parametrize("place", [kind for kind in KINDS if kind != "local"], indirect=True)
@pytest.mark.parametrize("path", ["../top2/zarr.json", "/etc/passwd", "a//zarr.json", "a/../../b"])
def test_paths_that_lead_out_are_not_read(place, path):
    store = open_store(join(place, "top"), place)
    for question in (store.get, store.stat, store.list_folder, store.read):
        with pytest.raises(StoreError, match="leads out of"):
            question(path)


@pytest.mark.parametrize("place", [kind for kind in KINDS if kind != "local"], indirect=True)
def test_parts_are_read(place):
    store = open_store(place)
    path = "top/a/0/c/0/0"
    assert store.read(path) == b"chunk"
    assert store.read(path, 1, 3) == b"hu"
    assert store.read(path, 3) == b"nk"
    assert store.read(path, -2) == b"nk"
    assert store.read(path, 2, 2) == b""
    assert store.read("absent") is None
    assert store.read("top/large.json", 1990, 1995) == b"xxxxx"


@pytest.mark.parametrize("place", ["s3", "web", "web_without_listing"], indirect=True)
def test_a_glance_reads_what_is_small_and_tells_of_what_is_large(place):
    store = open_store(place, None, StoreOptions(largest_document=1000))
    assert store.glance("top/zarr.json", 100) == store.get("top/zarr.json")
    assert store.glance("top/zarr.json", 17) == store.stat("top/zarr.json")
    assert store.glance("top/large.json", 10_000) == store.stat("top/large.json")
    assert store.glance("top/.zattrs", 0).data == b""
    assert store.glance("top/absent", 100) is None
    assert store.glance("top/a", 100) is None
    with pytest.raises(StoreError, match="leads out"):
        store.glance("../top2/zarr.json", 100)


@pytest.mark.parametrize("place", ["s3", "web", "web_without_listing"], indirect=True)
def test_who_learns_that_folders_are_listed_has_the_first_listing(place, monkeypatch):
    monkeypatch.setattr(access, "_known", {})  # of a server that had the same port, say
    store = open_store(place)
    listing = store.try_listing()
    assert listing == (store.list_folder("") if store.lists else None)
    assert open_store(place).try_listing() is None


@every_store
def test_many_are_asked_at_once(place):
    store = open_store(place)
    assert store.at_once == place.startswith(("s3:", "http:")) or "all." in place
    if not store.at_once:
        return
    with ThreadPoolExecutor(24) as threads:
        documents = list(threads.map(store.get, [path for path in FILES for _ in range(3)]))
        stats = list(threads.map(store.stat, ["top/a/zarr.json"] * 5))
        listings = list(threads.map(store.list_folder, ["top"] * 5)) if store.lists else []
    assert [document.data for document in documents[::3]] == list(FILES.values())
    assert set(stats) == {store.stat("top/a/zarr.json")}
    assert all(listing == store.list_folder("top") for listing in listings)
