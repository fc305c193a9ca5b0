"""Words find the same in SQLite, in PostgreSQL and in plain Python."""

from __future__ import annotations

import itertools
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import Catalog
from catalog.database.words import MOST, place_words, search_text, words
from catalog.errors import UsageError
from catalog.query.search.text import Term, parse_text

VALUES = [
    *("left lobe", "left-lobe_2", "lobe left", "Größe", "GROSSE", "grosser", "café au lait"),
    *(
        "tile_03",
        "tile 3",
        "tile03",
        "03",
        "naïve/Été.tif",
        "日本 語",
        "日本語",
        "µm",
        "a.b",
        "a b",
    ),
    *("b a", "ab", "x1y2", "1e5", "-5", "foo@bar.com", "it's", "Ødegård", "Łódź", "ﬁbre", "²"),
]
QUERIES = [
    *("left", "lobe left", '"left lobe"', "-lobe", "left -2", '-"left lobe"', "gross*", "größe"),
    *(
        "tile_03",
        "tile*",
        '"tile 3"',
        "tile -03",
        "日本*",
        "日本語",
        "um",
        "μm",
        "a.b",
        '"b a"',
        "a*",
    ),
    *("-a", "1e5", "foo@bar", "-foo lobe", "it's", "odegard", "LODZ", "fi*", "2", "left-lo*"),
    *('-"b a" a', "zzz", "-zzz", "-gross*", "03 tile", '"03"', "cafe AU", "d", "-d"),
]


def plain_words(text: str) -> list[str]:
    """Split a text by other means than the catalog's."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = "".join(c for c in text if unicodedata.category(c)[0] != "M")
    for letter, plain in {"ø": "o", "ł": "l", "đ": "d"}.items():
        text = text.replace(letter, plain)
    return re.findall(r"[^\W_]+", text)


def has(values: list[list[str]], row: list[str], prefix: bool) -> bool:
    """Say whether words stand in a row in one of the values."""

    def fits(at: list[str]) -> bool:
        *head, last = row
        if at[: len(head)] != head or len(at) < len(row):
            return False
        return at[len(head)].startswith(last) if prefix else at[len(head)] == last

    return any(fits(value[i:]) for value in values for i in range(len(value)))


def expected(query: str, values: list[list[str]]) -> bool:
    for no, phrase, bare in re.findall(r'(-?)(?:"([^"]*"\*?)|(\S+))', query):
        said = phrase or bare
        found = has(values, plain_words(said), said.endswith("*"))
        if found == bool(no):
            return False
    return True


@pytest.fixture
def texts(write: Any, image_record: Any) -> dict[str, list[list[str]]]:
    """Images whose names, channels and free metadata are known, as words by URL."""
    records = {}
    for i, value in enumerate(VALUES):
        other, third = VALUES[(i * 7 + 3) % len(VALUES)], VALUES[(i * 5 + 1) % len(VALUES)]
        record = image_record(f"file:///d/i{i}", name=value, channels=(other,), texts=(third,))
        listed = [f"d i{i}", value, other, third]
        records[record] = [plain_words(text) for text in listed]
    write(*records)
    return {record.url: listed for record, listed in records.items()}


def test_words_find_what_plain_python_finds(catalog: Catalog, texts: Any) -> None:
    for query in QUERIES:
        wanted = [url for url, values in texts.items() if expected(query, values)]
        assert [image.url for image in catalog.search(query)] == wanted, query
        assert [image.url for image in catalog.search(query, limit=4)] == wanted[:4], query
        assert catalog.count(query) == len(wanted), query


def test_any_text_finds_what_plain_python_finds(catalog: Catalog, texts: Any) -> None:
    word = st.sampled_from(sorted({word for value in VALUES for word in value.split()}))
    bare = st.tuples(st.sampled_from(["", "-"]), word, st.sampled_from(["", "*"]))
    phrase = st.tuples(
        st.sampled_from(['"', '-"']),
        st.lists(word, min_size=1, max_size=3).map(" ".join),
        st.sampled_from(['"', '"*']),
    )
    queries = st.lists(st.one_of(bare, phrase).map("".join), min_size=1, max_size=4).map(" ".join)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(queries)
    def check(query: str) -> None:
        wanted = [url for url, values in texts.items() if expected(query, values)]
        assert [image.url for image in catalog.search(query)] == wanted
        assert catalog.count(query) == len(wanted)

    # "-5" typed bare is "not 5", which the reference reads likewise.
    check()


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("Tile_03 — Größe, café.tif", ["tile", "03", "grosse", "cafe", "tif"]),
        ("\u0130stanbul \u0133 \u017f", ["istanbul", "ij", "s"]),
        ("東京/データ", ["東京", "テータ"]),
        ("…", []),
        ("a" * 100, ["a" * 64]),
    ],
)
def test_words_are_folded_and_split(text: str, split: list[str]) -> None:
    assert words(text) == split


@given(st.text())
def test_words_are_letters_and_digits_and_stay_so(text: str) -> None:
    found = words(text)
    assert all(word.isalnum() for word in found)
    assert words(" ".join(found)) == [word[:64] for word in words(" ".join(found))]


@given(st.lists(st.sampled_from(["a", "b%20c", "Ü", "d_e", ""]), max_size=5))
def test_words_of_a_place_are_those_of_its_parts(parts: list[str]) -> None:
    url = "file:///" + "/".join(parts)
    split = [part.replace("%20", " ") for part in parts]
    assert place_words(url).split() == list(itertools.chain(*map(words, split)))


def test_a_text_without_end_is_cut() -> None:
    text = search_text("d", [" ".join(f"w{i}" for i in range(10_000))])
    assert len(text.split(" ")) == MOST


def test_no_phrase_reaches_from_one_value_into_the_next(
    catalog: Catalog, write: Any, image_record: Any
) -> None:
    write(image_record("file:///d/one", name="two", channels=("three", None, "")))
    for phrase, found in (('"d one"', 1), ('"one two"', 0), ('"two three"', 0)):
        assert catalog.count(phrase) == found


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        (None, ()),
        ("  ", ()),
        ("Ab", (Term(("ab",)),)),
        ("-a b*", (Term(("a",), unwanted=True), Term(("b",), prefix=True))),
        ('-"a b"*', (Term(("a", "b"), prefix=True, unwanted=True),)),
        ("a-b", (Term(("a", "b")),)),
        ("--a", (Term(("a",), unwanted=True),)),
    ],
)
def test_the_grammar(text: str | None, terms: tuple[Term, ...]) -> None:
    assert parse_text(text) == terms


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"a', "quotation marks come in pairs"),
        ('a"b"', "quotation marks come in pairs"),
        ("a -", "neither letters nor digits"),
        ("*", "neither letters nor digits"),
        ('""', "neither letters nor digits"),
        ("a " * 200, "more than 100 words"),
    ],
)
def test_a_text_that_cannot_be_read_says_why(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_text(text)


def test_other_things_are_found_by_words(catalog: Catalog, write: Any, image_record: Any) -> None:
    write(
        image_record("file:///d/brain", scene="Left lobe", labels=1),
        image_record("file:///d/heart", scene="Right"),
    )
    assert [scene.name for scene in catalog.search("lobe", of="scenes")] == ["Left lobe"]
    assert [label.url for label in catalog.search("brain", of="labels")] == [
        "file:///d/brain/labels/l0"
    ]
    systems = [system.address for system in catalog.search("heart world", of="systems")]
    assert systems == ["file:///d/heart#world"]
    edges = [edge.output for edge in catalog.search("translation -heart", of="transformations")]
    assert edges == ["file:///d/brain#world"]
