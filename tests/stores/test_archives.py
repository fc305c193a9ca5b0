import io
import os
import struct
import zipfile
import zlib

import pytest

from catalog.errors import DocumentError, StoreError
from catalog.stores import StoreOptions, archive_directory, open_store
from catalog.stores.traffic import traffic
from catalog.stores.url import normalise


@pytest.fixture
def archive(tmp_path):
    """Write an archive of these members and open it; bytes are written as they are."""

    def write(members, comment=b"", name="a.ozx", method=zipfile.ZIP_DEFLATED, **options):
        path = tmp_path / name
        if isinstance(members, bytes):
            path.write_bytes(members)
        else:
            path.write_bytes(packed(members, comment, method))
        return open_store(normalise(str(path)), None, StoreOptions(**options))

    return write


def packed(members, comment=b"", method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.comment = comment
        for name, data in members:
            file.writestr(name, data)
    return buffer.getvalue()


def test_an_archive_is_a_folder_of_its_members(archive):
    store = archive([("zarr.json", "{}"), ("a/", ""), ("a/0/zarr.json", "[]"), ("b/c", "x")])
    assert store.near
    assert store.lists
    assert store.list_folder("").folders == ["a", "b"]
    assert store.list_folder("").files == ["zarr.json"]
    assert store.list_folder("a").folders == ["0"]
    assert store.list_folder("a").files == []
    assert store.get("a/0/zarr.json").data == b"[]"
    assert open_store(f"{store.url}/a/0").get("zarr.json").data == b"[]"


def test_folders_change_when_the_archive_does(archive):
    store = archive([("a/zarr.json", "{}")])
    before = store.stat("a")
    listing = store.list_folder("a")
    assert (listing.mtime_ns, listing.size) == before[:2]
    assert store.stat("absent") is None
    again = archive([("a/zarr.json", "[12345]")])
    assert again.stat("a") != before
    assert again.get("a/zarr.json").data == b"[12345]"


def test_an_opened_archive_is_read_on_when_it_is_replaced(archive, tmp_path):
    store = archive([("zarr.json", "old")])
    (tmp_path / "new").write_bytes(packed([("zarr.json", "new one")]))
    (tmp_path / "new").replace(tmp_path / "a.ozx")
    assert store.get("zarr.json").data == b"old"
    assert open_store(store.url).get("zarr.json").data == b"new one"


@pytest.mark.parametrize("end", [b"", b"\0"])
def test_the_comment_of_rfc_9_is_read(archive, end):
    assert archive([("zarr.json", "{}")], b'{"ome": {"version": "0.6"}}' + end).ome == {
        "version": "0.6"
    }
    assert archive([("zarr.json", "{}")], b"made by hand", "b.zip").ome is None
    assert archive([("zarr.json", "{}")], b"[1]", "c.zip").ome is None


def test_an_archive_of_many_members_has_its_sizes_in_64_bits(archive, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.ozx", "w") as file:
        for number in range(70_000):
            file.writestr(f"0/c/{number}", "")
        with file.open("zarr.json", "w", force_zip64=True) as member:
            member.write(b"{}")
    store = open_store(normalise(str(tmp_path / "a.ozx")))
    assert store.list_folder("") == (["0"], ["zarr.json"], *store.stat("")[:2], frozenset(), ())
    assert store.get("zarr.json").data == b"{}"
    assert len(store.list_folder("0/c").files) == 70_000


def test_what_stands_before_an_archive_does_not_matter(archive):
    assert archive(b"#!/bin/sh\n" + packed([("zarr.json", "{}")])).get("zarr.json").data == b"{}"


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive at all" * 100])
def test_what_is_no_archive_says_so(archive, data):
    with pytest.raises(StoreError, match="no zip archive that can be read"):
        archive(data)


def test_an_archive_that_ends_early_says_so(archive):
    whole = packed([(f"{number}/zarr.json", "{}") for number in range(100)])
    for length in (len(whole) - 1, len(whole) - 30, len(whole) // 2):
        with pytest.raises(StoreError, match="ends early"):
            archive(whole[:length])


def test_damage_anywhere_is_an_error_or_without_effect(archive):
    """No byte of an archive makes anything else than an answer or an error of ours."""
    whole = packed([("zarr.json", '{"a": 1}'), ("a/zarr.json", "{}" * 50)])
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        try:
            store = archive(bytes(damaged))
            for folder in ("", *store.list_folder("").folders):
                store.list_folder(folder)
            for path, data in (("zarr.json", b'{"a": 1}'), ("a/zarr.json", b"{}" * 50)):
                document = store.get(path)
                assert document is None or document.data == data
        except (StoreError, DocumentError):
            pass


def changed(data, sign, offset, form, *values):
    """Overwrite fields of the first header with this sign."""
    at = data.index(sign) + offset
    return data[:at] + struct.pack(form, *values) + data[at + struct.calcsize(form) :]


def test_a_bomb_that_tells_its_size_is_refused_unread(archive):
    store = archive([("zarr.json", "0" * 3_000_000)], largest_document=1_000_000)
    with pytest.raises(DocumentError, match=r"has 3,000,000 bytes; more than 1,000,000"):
        store.get("zarr.json")


def test_a_bomb_that_lies_about_its_size_is_cut_off(archive):
    data = packed([("zarr.json", "0" * 3_000_000)])
    lying = changed(data, b"PK\x01\x02", 24, "<L", 100)
    with pytest.raises(DocumentError, match="holds more than the 100 bytes that it says"):
        archive(lying).get("zarr.json")


def test_a_size_that_cannot_be_is_refused(archive):
    data = packed([("zarr.json", "{}")])
    lying = changed(data, b"PK\x01\x02", 24, "<L", 10_000_000)
    with pytest.raises(DocumentError, match="bytes hold 10,000,000"):
        archive(lying).get("zarr.json")


def test_encrypted_members_are_refused(archive):
    data = changed(packed([("zarr.json", "{}")]), b"PK\x01\x02", 8, "<H", 1)
    with pytest.raises(DocumentError, match="is encrypted"):
        archive(data).get("zarr.json")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_packed_in_other_ways_are_refused(archive, method):
    with pytest.raises(DocumentError, match=f"compressed by method {method}"):
        archive([("zarr.json", "{}")], method=method).get("zarr.json")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(archive):
    store = archive([("zarr.json", "{}"), ("zarr.json", "[]"), ("a/zarr.json", "{}")])
    with pytest.raises(DocumentError, match="there more than once"):
        store.get("zarr.json")
    assert store.get("a/zarr.json").data == b"{}"
    assert store.list_folder("").files == ["zarr.json"]


BAD = ["../out.json", "/etc/passwd", "a/../../out.json", "a\\zarr.json", "a//b", "./a", "C:\\x"]


@pytest.mark.parametrize("bad", BAD)
def test_names_that_are_no_plain_paths_are_not_there(archive, bad):
    data = packed([("zarr.json", "{}"), ("X" * len(bad), "{}")])
    store = archive(data.replace(b"X" * len(bad), bad.encode()))
    listing = store.list_folder("")
    assert (listing.folders, listing.files) == ([], ["zarr.json"])
    assert [refusal.name for refusal in listing.refused] == [bad]
    assert store.get("out.json") is None


def test_a_member_whose_header_has_another_name_is_refused(archive):
    data = packed([("zarr.json", "{}")])
    with pytest.raises(DocumentError, match="another name"):
        archive(data.replace(b"zarr.json", b"other.txt", 1)).get("zarr.json")


def test_a_checksum_is_checked(archive):
    data = packed([("zarr.json", '{"a": 1}')], method=zipfile.ZIP_STORED)
    with pytest.raises(DocumentError, match="checksum"):
        archive(data.replace(b'{"a": 1}', b'{"a": 2}')).get("zarr.json")


def test_a_directory_that_is_too_large_is_refused(archive, monkeypatch):
    monkeypatch.setattr(archive_directory, "LARGEST_DIRECTORY", 1000)
    with pytest.raises(StoreError, match="100 members; more than 1,000 bytes are not read"):
        archive([(f"{number}", "") for number in range(100)])


def test_a_part_of_several_is_refused(archive):
    data = changed(packed([("zarr.json", "{}")]), b"PK\x05\x06", 4, "<HH", 1, 1)
    with pytest.raises(StoreError, match="one of several parts"):
        archive(data)


def test_a_folder_may_be_named_as_archives_are(tmp_path):
    (tmp_path / "a.zip").mkdir()
    (tmp_path / "a.zip" / "zarr.json").write_text("{}")
    assert open_store(normalise(str(tmp_path / "a.zip"))).get("zarr.json").data == b"{}"


def test_an_archive_that_is_not_there(tmp_path):
    store = open_store(normalise(str(tmp_path / "a.zip")))
    assert store.get("zarr.json") is None
    with pytest.raises(StoreError, match="no such file"):
        store.list_folder("")


def test_a_link_to_an_archive_outside_is_not_followed(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "a.zip").write_bytes(packed([("zarr.json", "{}")]))
    (tmp_path / "root" / "a.zip").symlink_to(tmp_path / "a.zip")
    url = normalise(str(tmp_path / "root" / "a.zip"))
    with pytest.raises(StoreError, match="leads outside"):
        open_store(url, normalise(str(tmp_path / "root")))
    assert open_store(url).get("zarr.json").data == b"{}"


def test_an_archive_on_a_server_is_read_by_parts(tmp_path, web_server):
    members = [("zarr.json", "{}")]
    members += [(f"{number}/zarr.json", f'{{"n": {number}}}') for number in range(50)]
    chunks = [(f"{number}/0/c/0", os.urandom(100_000)) for number in range(50)]
    (tmp_path / "a.ozx").write_bytes(packed(members + chunks, method=zipfile.ZIP_STORED))
    server = web_server(tmp_path)
    before = traffic()
    store = open_store(f"{server.url}/a.ozx")
    for path, data in members:
        assert store.get(path).data == data.encode()
    counted = traffic().since(before)
    assert counted.bytes < 1_000_000
    assert len(server.requests) == counted.requests <= 5
    assert store.read("7/0/c/0") == chunks[7][1]
    assert not store.near


def test_a_server_without_parts_gives_small_archives_whole(tmp_path, web_server):
    (tmp_path / "a.zip").write_bytes(packed([("zarr.json", "{}")]))

    def whole(handler):
        del handler.headers["Range"]
        return False

    url = web_server(tmp_path, instead=whole).url
    assert open_store(f"{url}/a.zip").get("zarr.json").data == b"{}"


def test_names_in_the_old_encoding_are_read(archive):
    name = "sch\u00f6n.json"
    data = packed([("schXn.json", "{}")]).replace(b"schXn", "sch\u00f6n".encode("cp437"))
    assert archive(data).get(name).data == b"{}"
    assert archive([(name, "{}")], name="b.zip").get(name).data == b"{}"


def test_a_stored_member_is_read_in_part(archive):
    store = archive([("c", bytes(range(256)))], method=zipfile.ZIP_STORED)
    assert store.read("c", 3, 6) == b"\3\4\5"
    assert store.read("c", -1) == b"\xff"
    assert store.stat("c").etag == f"{zlib.crc32(bytes(range(256))):08x}-100"
