"""The statement of a search is made once for all that differ in their values alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from catalog import Catalog
from catalog.query.search import statements

ALIKE: list[list[dict[str, Any]]] = [
    [{"where": f"size_x > {n} AND name LIKE 'tile {n}%'"} for n in range(4)],
    [{"text": text} for text in ("tile -2", "d -b", "i01 -zzz")],
    [{"text": text} for text in ('"tile 1"', '"100 u"', '"d b"')],
    [{"dtype": [name], "has_labels": False} for name in ("uint16", "uint8", "none")],
    [{"root": [f"file:///d/{name}"]} for name in "ab"],
]


def made() -> int:
    """Count the statements that were made so far."""
    kept = (statements.page, statements.total, statements.by_value)
    return sum(each.cache_info().misses for each in kept)


@pytest.mark.parametrize("asked", ALIKE, ids=str)
def test_other_values_make_no_other_statement(
    catalog: Catalog, collection: Any, asked: list[dict[str, Any]]
) -> None:
    def ask(one: dict[str, Any]) -> list[Any]:
        page = [image.url for image in catalog.search(limit=50, **one)]
        assert len(page) == catalog.count(**one)
        assert sum(value.count for value in catalog.facet("dtype", **one)) == len(page)
        return page

    answers = [ask(asked[0])]
    before = made()
    answers += [ask(one) for one in asked[1:]]
    assert made() == before
    assert len({str(answer) for answer in answers}) > 1


def test_another_shape_is_another_statement(catalog: Catalog, collection: Any) -> None:
    def shapes() -> Iterator[dict[str, Any]]:
        yield {"where": "has_labels"}
        yield {"where": "NOT has_labels"}
        yield {"where": "size_x IN (1, 2)"}
        yield {"where": "size_x IN (1, 2, 3)"}
        yield {"where": "name LIKE 'a%'"}
        yield {"where": "name LIKE 'a%b'"}
        yield {"text": "tile*", "sort": ["name"]}
        yield {"text": "tile", "sort": ["-name"]}

    written = {catalog.search_sql(limit=3, **asked) for asked in shapes()}
    assert len(written) == 8
