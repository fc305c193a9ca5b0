from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.crawl.records import ManifestEntry
from catalog.database.manifest import decode_manifest, encode_manifest

INT64 = st.integers(-(2**63), 2**63 - 1)
PATHS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
UNDECODABLE = st.binary().map(
    lambda name: name.replace(b"\0", b"").decode("utf-8", "surrogateescape")
)


@given(st.lists(st.builds(ManifestEntry, PATHS | UNDECODABLE, INT64, INT64)))
def test_a_manifest_is_read_as_it_was_written(entries: list[ManifestEntry]) -> None:
    assert decode_manifest(encode_manifest(entries)) == tuple(entries)


def test_a_long_manifest_is_compressed() -> None:
    entries = tuple(ManifestEntry(f"tile_{i}/0/zarr.json", i, 100) for i in range(10_000))
    blob = encode_manifest(entries)
    assert len(blob) < 10_000 * 16
    assert decode_manifest(blob) == entries


def test_what_is_not_known_is_an_empty_manifest() -> None:
    for blob in (None, b"", b"\x63whatever"):
        assert decode_manifest(blob) == ()
