"""Pages hold each row once, in order, whatever is missing, equal, or added meanwhile."""

from __future__ import annotations

import base64
import json
from functools import cmp_to_key
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import Catalog
from catalog.errors import UsageError

FIELDS = ["name", "url", "dtype", "axes", "version", "size_x", "size_t", "voxel_size_x", "labels"]
sorts = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.booleans()), max_size=3, unique_by=lambda key: key[0]
)


def in_order(known: list[Any], sort: list[tuple[str, bool]]) -> list[str]:
    """Sort by hand: no value comes last, and what is equal comes as it was written."""
    position = {each.url: number for number, each in enumerate(known)}

    def compare(one: Any, other: Any) -> int:
        for field, descending in sort:
            a, b = one.fields[field], other.fields[field]
            if a == b:
                continue
            if a is None or b is None:
                return 1 if a is None else -1
            return (-1 if a < b else 1) * (-1 if descending else 1)
        turned = bool(sort) and sort[-1][1]
        return (position[one.url] - position[other.url]) * (-1 if turned else 1)

    return [each.url for each in sorted(known, key=cmp_to_key(compare))]


def walk(catalog: Catalog, limit: int, **asked: Any) -> list[str]:
    urls: list[str] = []
    after = None
    while True:
        page = catalog.search(limit=limit, after=after, **asked)
        found = [image.url for image in page]
        assert len(found) <= limit
        urls += found
        after = page.after
        if after is None:
            return urls
        assert len(found) == limit


def test_pages_are_the_whole_in_order(catalog: Catalog, collection) -> None:
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(sorts, st.integers(1, 40), st.sampled_from([None, "labels = 0 OR size_x > 5"]))
    def check(sort: list[tuple[str, bool]], limit: int, where: str | None) -> None:
        known = collection
        if where is not None:
            known = [k for k in known if not k.fields["labels"] or (k.fields["size_x"] or 0) > 5]
        names = [f"-{field}" if descending else field for field, descending in sort]
        expected = in_order(known, sort)
        assert walk(catalog, limit, sort=names, where=where) == expected
        assert [image.url for image in catalog.search(sort=names, where=where)] == expected

    check()


@pytest.mark.parametrize("sort", [(), ("-voxel_size_x",), ("dtype", "-name"), ("size_t", "axes")])
def test_rows_that_are_added_shift_nothing(
    catalog: Catalog, collection, write, image_record, sort: tuple[str, ...]
) -> None:
    urls: list[str] = []
    after = None
    for turn in range(100):
        page = catalog.search(limit=3, sort=sort, after=after)
        urls += [image.url for image in page]
        after = page.after
        if after is None:
            break
        dtype, steps = (None, "uint16")[turn % 2], (None, (1.0, 0.1, 0.1))[turn % 2]
        if turn < 10:
            write(image_record(f"file:///d/new/{turn}", name="aaa", dtype=dtype, steps=steps))
    there = [url for url in urls if "/new/" not in url]
    assert sorted(there) == sorted(known.url for known in collection)
    assert len(set(urls)) == len(urls)


def test_words_and_pages_go_together(catalog: Catalog, collection) -> None:
    found = walk(catalog, 2, text="d", sort=["-size_x"])
    assert sorted(found) == sorted(known.url for known in collection)
    assert walk(catalog, 3, text="tile -2") == [image.url for image in catalog.search("tile -2")]


def token(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_a_token_of_another_search_is_an_error(catalog: Catalog, collection) -> None:
    page = catalog.search(limit=2, sort=["name"])
    list(page)
    assert page.after is not None
    list(catalog.search(limit=5, sort=["name"], after=page.after))
    for other in (
        {"sort": ["-name"]},
        {"sort": ["name", "axes"]},
        {"sort": ["name"], "where": "ndim = 3"},
        {"sort": ["name"], "text": "tile"},
        {},
    ):
        with pytest.raises(UsageError, match="another search"):
            catalog.search(limit=2, after=page.after, **other)
    with pytest.raises(UsageError, match="another search"):
        catalog.search(limit=2, after=page.after, sort=["name"], of="scenes")


@pytest.mark.parametrize("bad", ["", "x", "é", "!!!!", "W10", token(), token(1), "A" * 500])
def test_what_is_no_token_is_an_error(catalog: Catalog, collection, bad: str) -> None:
    with pytest.raises(UsageError, match="--after"):
        catalog.search(limit=2, after=bad)


def test_a_token_with_other_values_is_an_error(catalog: Catalog, collection) -> None:
    page = catalog.search(limit=2, sort=["size_x"])
    list(page)
    assert page.after is not None
    digest = json.loads(base64.urlsafe_b64decode(page.after + "=="))[0]
    for values in (("1", 2), (1,), (1, 2, 3), (True, 2), (1, "x"), (2**70, 1), (1, 2.5), (1, [])):
        with pytest.raises(UsageError, match="no token"):
            catalog.search(limit=2, sort=["size_x"], after=token(digest, *values))


def test_an_order_that_cannot_be_is_an_error(catalog: Catalog, collection) -> None:
    for sort, message in (
        (["nme"], "Did you mean name"),
        (["channel"], "gives no order"),
        (["has_labels"], "gives no order"),
        (["name", "-name"], "twice"),
        (["name", "axes", "dtype", "ndim"], "at most 3"),
    ):
        with pytest.raises(UsageError, match=message):
            catalog.search(sort=sort)
    with pytest.raises(UsageError, match="at least one row"):
        catalog.search(limit=0)


def test_who_stops_half_way_keeps_no_connection(catalog: Catalog, collection) -> None:
    engine = catalog._database._reader
    everything = catalog.search()
    next(everything)
    assert engine.pool.checkedout() == 1  # type: ignore[attr-defined]
    everything.close()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    with catalog.search() as results:
        next(results)
    page = catalog.search(limit=5)
    next(page)
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert page.after is not None
