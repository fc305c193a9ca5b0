from __future__ import annotations

import math

import pytest

from catalog.errors import DocumentError
from catalog.metadata.document import group_attributes, parse_json


def test_an_object_is_parsed() -> None:
    assert parse_json(b'{"ome": {"version": "0.6"}}', "u") == {"ome": {"version": "0.6"}}


@pytest.mark.parametrize(
    "data",
    [
        b'\xef\xbb\xbf{"a": "b"}',
        '{"a": "b"}'.encode("utf-16"),
        '{"a": "b"}'.encode("utf-32"),
        b'  {"a": "b"}\n\n',
    ],
)
def test_marks_and_encodings_are_accepted(data: bytes) -> None:
    assert parse_json(data, "u") == {"a": "b"}


def test_control_characters_in_text_are_accepted() -> None:
    assert parse_json(b'{"name": "a\nb\x01\tc"}', "u") == {"name": "a\nb\x01\tc"}


def test_a_byte_that_is_not_utf8_costs_one_character() -> None:
    assert parse_json(b'{"unit": "\xb5m", "n": 1}', "u") == {"unit": "\ufffdm", "n": 1}


def test_literals_that_json_does_not_have() -> None:
    parsed = parse_json(b'{"a": NaN, "b": Infinity, "c": -Infinity}', "u")
    assert math.isnan(parsed["a"])
    assert (parsed["b"], parsed["c"]) == (math.inf, -math.inf)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"ome": {"version": "0.6"', "cut off"),
        (b'{"ome": {"version": "0.', "cut off"),
        (b'{"ome": [1, 2', "cut off"),
        (b'{"a": }', "line 1, column 7"),
        (b"[1, 2]", "not a list"),
        (b"null", "not null"),
        (b'"text"', "not text"),
        (b"3", "not a number"),
        (b"true", "not true"),
        (b"\x00\x01\x02\x03", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, words: str) -> None:
    with pytest.raises(DocumentError, match=words) as caught:
        parse_json(data, "file:///a/zarr.json")
    assert caught.value.url == "file:///a/zarr.json"
    assert "file:///a/zarr.json" in caught.value.message


@pytest.mark.parametrize("attributes", [None, [], "text"])
def test_attributes_that_are_none(attributes: object) -> None:
    assert group_attributes({"attributes": attributes}) == {}
    assert group_attributes({}) == {}


def test_attributes() -> None:
    assert group_attributes({"attributes": {"ome": {}}}) == {"ome": {}}
