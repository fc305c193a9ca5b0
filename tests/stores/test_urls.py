import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import StoreError
from catalog.stores.url import (
    is_archive_name,
    is_plain,
    join,
    name,
    normalise,
    parent,
    relative,
    split,
    to_path,
)

PARTS = st.text(min_size=1, max_size=8).filter(
    lambda part: part not in (".", "..") and "/" not in part and "\0" not in part
)
BYTES = st.binary(min_size=1, max_size=8).filter(
    lambda part: part not in (b".", b"..") and b"/" not in part and b"\0" not in part
)


@pytest.mark.parametrize(
    "text",
    [
        "/data/brain.zarr",
        "/data/brain.zarr/",
        "/data//brain.zarr",
        "/data/./brain.zarr/.",
        "/data/other/../brain.zarr",
        "file:///data/brain.zarr",
        "FILE:///data/brain.zarr/",
        "file://localhost/data/brain.zarr",
        "file:/data/brain.zarr",
        "file:///data/brain%2Ezarr",
    ],
)
def test_every_way_of_writing_a_place_has_one_spelling(text):
    assert normalise(text) == "file:///data/brain.zarr"


def test_a_relative_path_counts_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert normalise("a.zarr") == f"file://{tmp_path}/a.zarr"
    assert normalise(".") == f"file://{tmp_path}"


def test_what_would_change_a_url_is_percent_encoded():
    assert normalise("/data/a#b?c%20d") == "file:///data/a%23b%3Fc%2520d"
    assert normalise("/data/my scène") == "file:///data/my scène"


def test_a_link_is_kept_in_the_spelling_but_its_parent_is_where_it_leads(tmp_path):
    (tmp_path / "far" / "target").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "target")
    assert normalise(f"{tmp_path}/link") == f"file://{tmp_path}/link"
    assert normalise(f"{tmp_path}/link/../x") == f"file://{tmp_path}/far/x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("s3://", "no name of a bucket"),
        ("s3://my bucket/a", "no name of a bucket"),
        ("https:///a.zarr", "no host"),
        ("https://host:99999/a.zarr", "no port 99999"),
        ("https://host:/a%2Fb", "encoded slash"),
        ("nobody://knows/this", "nobody:// names no place"),
        ("local:///etc", "names no place"),
        ("zip::https://host/a.zip", "give the URL of the archive"),
        ("file://server/share", "'server'"),
        ("a\0b", "NUL"),
    ],
)
def test_what_cannot_be_opened_is_said_in_words(text, words):
    with pytest.raises(StoreError, match=words) as caught:
        normalise(text)
    assert caught.value.url == text


@given(st.lists(PARTS, max_size=4))
def test_a_path_and_its_url_lead_to_each_other(parts):
    path = "/" + "/".join(parts)
    path = os.fsdecode(path.encode("utf-8", "replace"))
    url = normalise(path)
    assert to_path(url) == path
    assert normalise(url) == url
    assert "#" not in url


@given(st.lists(BYTES, min_size=1, max_size=3))
def test_names_that_are_no_text_survive(parts):
    path = "/" + "/".join(os.fsdecode(part) for part in parts)
    url = normalise(path)
    url.encode()
    assert to_path(url) == path
    name(url).encode()


@given(st.lists(PARTS, min_size=1, max_size=3))
def test_what_is_joined_is_found_again_from_its_base(parts):
    path = "/".join(part.encode("utf-8", "replace").decode() for part in parts)
    base = "file:///data/a%23b"
    assert relative(join(base, path), base) == path


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ("s3://bucket", "s3://bucket"),
        ("S3://bucket/", "s3://bucket"),
        ("s3a://bucket//a/./b/../c/", "s3://bucket/a/c"),
        ("s3://Bucket.name/a b", "s3://Bucket.name/a b"),
        ("s3://bucket/a%20b%23c", "s3://bucket/a b%23c"),
        ("s3://bucket/a#b?c", "s3://bucket/a%23b%3Fc"),
        ("gcs://bucket/a", "gs://bucket/a"),
        ("abfs://container/a", "az://container/a"),
        ("http://Host.Example:80/A/", "http://host.example/A"),
        ("HTTPS://host:443", "https://host"),
        ("https://host:8443/", "https://host:8443"),
        ("http://host:0080/", "http://host"),
        ("http://host:443/", "http://host:443"),
        ("https://[::1]:8000/a", "https://[::1]:8000/a"),
        ("https://h/a%20b/sch%C3%B6n", "https://h/a b/sch\u00f6n"),
        ("https://h/a b/sch\u00f6n", "https://h/a b/sch\u00f6n"),
        ("https://h/a%23b%3fc%2520", "https://h/a%23b%3Fc%2520"),
        ("https://h/a/../../b//c", "https://h/b/c"),
        ("https://b\u00fccher.example/a", "https://xn--bcher-kva.example/a"),
        ("memory://a/b", "memory:///a/b"),
        ("memory:///a/b/", "memory:///a/b"),
        ("memory://", "memory:///"),
        ("ftp://Host/a/", "ftp://Host/a"),
        ("sftp://me@host/a", "sftp://me@host/a"),
    ],
)
def test_places_elsewhere_have_one_spelling(text, spelling):
    assert normalise(text) == spelling
    assert normalise(spelling) == spelling


@pytest.mark.parametrize(
    "text",
    [
        "https://me:secret@host/a",
        "https://secret@host/a",
        "s3://key:secret@bucket/a",
        "ftp://me:secret@host/a",
        "https://host/a?token=secret",
        "https://host?sig=secret/a",
        "https://host/a#secret",
    ],
)
def test_what_may_be_secret_is_refused_and_not_repeated(text):
    with pytest.raises(StoreError) as caught:
        normalise(text)
    assert "secret" not in str(caught.value)
    assert "secret" not in caught.value.url
    assert "host" in str(caught.value) or "bucket" in str(caught.value)


@pytest.mark.parametrize("base", ["s3://bucket", "https://host:8443/x", "memory:///", "file:///d"])
@given(st.lists(PARTS, min_size=1, max_size=3))
def test_below_every_place_paths_and_urls_lead_to_each_other(base, parts):
    parts = [part.encode("utf-8", "replace").decode() for part in parts]
    path = "/".join(parts)
    url = join(base, path)
    assert relative(url, base) == path
    assert normalise(url) == url
    assert parent(url) == join(base, "/".join(parts[:-1]))
    assert name(url) == parts[-1]
    assert split(url)[2] == "/".join(filter(None, [split(base)[2], path]))


def test_the_topmost_has_nothing_above():
    assert parent("s3://bucket/a") == "s3://bucket"
    assert parent("s3://bucket") is None
    assert parent("https://host/a/b") == "https://host/a"
    assert parent("memory:///a") == "memory:///"
    assert parent("memory:///") is None
    assert name("s3://bucket") == "bucket"
    assert relative("s3://bucket/a/b%23c", "s3://bucket") == "a/b#c"
    assert relative("s3://bucket2/a", "s3://bucket") is None


def test_archives_are_told_by_their_names():
    assert is_archive_name("a.ozx")
    assert is_archive_name("A.ZIP")
    assert not is_archive_name("zip")
    assert not is_archive_name("a.zip.zarr")


def test_below_and_above():
    assert join("file:///", "a") == "file:///a"
    assert join("file:///a", "") == "file:///a"
    assert parent("file:///a/b") == "file:///a"
    assert parent("file:///a") == "file:///"
    assert parent("file:///") is None
    assert relative("file:///a", "file:///a") == ""
    assert relative("file:///ab", "file:///a") is None
    assert relative("file:///a/b%23c", "file:///") == "a/b#c"
    assert name("file:///a/b%23c") == "b#c"
    assert is_plain("a/b")
    assert not is_plain("a/../b")
    assert not is_plain("a//b")
