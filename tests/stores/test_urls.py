import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.errors import StoreError
from catalog.stores.url import is_plain, join, name, normalise, parent, relative, to_path

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
        ("s3://bucket/a.zarr", "s3:// is not supported yet"),
        ("https://host/a.zarr", "not supported yet"),
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
