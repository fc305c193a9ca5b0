"""A filter finds the same in SQLite, in PostgreSQL and in plain Python."""

from __future__ import annotations

import fnmatch
import operator
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import Catalog
from catalog.errors import UsageError
from catalog.query.search.cql import parse_filter
from catalog.query.search.images import IMAGES
from catalog.query.search.tree import (
    Among,
    And,
    Compare,
    CompareFields,
    Filter,
    Like,
    Missing,
    Not,
    Or,
    like_pattern,
)

MANY = ("axis", "unit", "channel", "scene")
TEXTS = {
    "name": ["tile 1", "Tile 2", "i04", "i", "100%_ü*?[x]", "", "zzz"],
    "version": ["0.4", "0.6", "0.5"],
    "axes": ["zyx", "yx", "tczyx", "c"],
    "dtype": ["uint16", "uint8", "int"],
    "url": ["file:///d/a/i04", "file:///d/b", "file:///d/b/i01"],
    "axis": ["z", "c", "q"],
    "unit": ["micrometer", "pixel", "mm"],
    "channel": ["DAPI", "b", "C"],
    "scene": ["s 1", "s 3"],
}
NUMBERS = {
    **{f"size_{axis}": [0, 1, 2, 3, 4, 5, 2**62] for axis in "tczyx"},
    **{name: [-1, 0, 1, 2, 3, 5, 100_000] for name in ("ndim", "labels", "channels")},
}
STEPS = {f"voxel_size_{axis}": [0.0005, 0.5, 1.0, 250.0, 3] for axis in "zyx"}
PATTERNS = [
    "%",
    "",
    "tile%",
    "%1",
    "_ile _",
    "100\\%\\_ü*?[x]",
    "%[x]",
    "i0_",
    "%ü%",
    "%\\%%",
    "T%",
    "\\",
]

signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def of(values: dict[str, list[Any]], make: Any) -> st.SearchStrategy[Filter]:
    return st.sampled_from(sorted(values)).flatmap(
        lambda name: make(st.just(name), st.sampled_from(values[name]))
    )


leaves = st.one_of(
    *[of(v, lambda n, x: st.builds(Compare, n, signs, x)) for v in (TEXTS, NUMBERS)],
    of(STEPS, lambda n, x: st.builds(Compare, n, signs, x.map(float))),
    of(
        TEXTS | NUMBERS,
        lambda n, x: st.builds(Among, n, st.lists(x, min_size=1, max_size=3).map(tuple)),
    ),
    st.builds(Like, st.sampled_from(sorted(TEXTS)), st.sampled_from(PATTERNS).map(like_pattern)),
    st.builds(Missing, st.sampled_from(sorted(TEXTS | NUMBERS | STEPS))),
    st.builds(
        CompareFields,
        st.sampled_from(("size_x", "size_y", "labels")),
        signs,
        st.sampled_from(("size_z", "voxel_size_x", "ndim")),
    ),
    st.builds(Compare, st.just("has_labels"), st.sampled_from(["=", "<>"]), st.booleans()),
)
trees: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=3).map(lambda p: And(tuple(p))),
        st.lists(parts, min_size=2, max_size=3).map(lambda p: Or(tuple(p))),
        parts.map(Not),
    ),
    max_leaves=8,
)

OPERATORS = {
    **{"=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le},
    **{">": operator.gt, ">=": operator.ge},
}


def matches(text: str, pattern: tuple[Any, ...]) -> bool:
    expression = "".join(
        re.escape(p) if isinstance(p, str) else ".*" if "any" in p.value else "." for p in pattern
    )
    return re.fullmatch(expression, text, re.DOTALL) is not None


def holds(tree: Filter, fields: dict[str, Any]) -> bool | None:
    """Evaluate a filter in three values, as SQL defines them."""
    match tree:
        case And(parts):
            values = [holds(part, fields) for part in parts]
            return False if False in values else None if None in values else True
        case Or(parts):
            values = [holds(part, fields) for part in parts]
            return True if True in values else None if None in values else False
        case Not(part):
            value = holds(part, fields)
            return None if value is None else not value
        case Missing(name):
            return not fields[name] if name in MANY else fields[name] is None
        case CompareFields(name, sign, other):
            if fields[name] is None or fields[other] is None:
                return None
            return OPERATORS[sign](fields[name], fields[other])
    value = fields[tree.field]
    if tree.field in MANY:
        if isinstance(tree, Compare) and tree.operator == "<>":
            return tree.value not in value
        return any(fits(tree, each) for each in value)
    return None if value is None else fits(tree, value)


def fits(tree: Filter, value: Any) -> bool:
    match tree:
        case Compare(_, sign, wanted):
            return OPERATORS[sign](value, wanted)
        case Among(_, values):
            return value in values
        case Like(_, pattern):
            return matches(value, pattern)
    raise AssertionError(tree)


def literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def cql(tree: Filter) -> str:
    """Write a filter as CQL2 text."""
    match tree:
        case And(parts):
            return " AND ".join(f"({cql(part)})" for part in parts)
        case Or(parts):
            return " OR ".join(f"({cql(part)})" for part in parts)
        case Not(part):
            return f"NOT ({cql(part)})"
        case Missing(name):
            return f"{name} IS NULL"
        case CompareFields(name, sign, other):
            return f"{name} {sign} {other}"
        case Compare(name, sign, value):
            return f"{name} {sign} {literal(value)}"
        case Among(name, values):
            return f"{name} IN ({', '.join(map(literal, values))})"
        case Like(name, pattern):
            text = "".join(
                re.sub(r"[%_\\]", r"\\\g<0>", p)
                if isinstance(p, str)
                else {"any": "%", "one": "_"}[p.value[:3]]
                for p in pattern
            )
            return f"{name} LIKE {literal(text)}"
    raise AssertionError(tree)


def test_any_filter_finds_what_plain_python_finds(catalog: Catalog, collection) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees, st.sampled_from([None, 5]))
    def check(tree: Filter, limit: int | None) -> None:
        expected = [known.url for known in collection if holds(tree, known.fields) is True]
        text = cql(tree)
        found = [image.url for image in catalog.search(where=text, limit=limit)]
        assert found == (expected if limit is None else expected[:limit])
        assert catalog.count(where=text) == len(expected)

    check()


@given(trees)
def test_cql_text_is_read_as_it_was_written(tree: Filter) -> None:
    read = parse_filter(cql(tree), IMAGES)
    for fields in FIELDS:
        assert holds(read, fields) == holds(tree, fields)


FIELDS = [
    {
        **dict.fromkeys((*TEXTS, *NUMBERS, *STEPS)),
        **{name: set(TEXTS[name][:n]) for name in MANY},
        **{"name": "tile 1", "dtype": dtype, "size_x": n, "voxel_size_x": 0.5, "has_labels": n > 0},
    }
    for n, dtype in enumerate((None, "uint16", "uint8"))
]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("ndim = 1 OR ndim = 2 AND labels = 1", "ndim = 1 OR (ndim = 2 AND labels = 1)"),
        ("NOT ndim = 1 AND labels = 1", "(NOT ndim = 1) AND labels = 1"),
        ("ndim BETWEEN 2 AND 3", "ndim >= 2 AND ndim <= 3"),
        ("ndim NOT IN (2, 3)", "NOT (ndim = 2 OR ndim = 3)"),
        ("has_labels", "has_labels = TRUE"),
        ("2 < ndim", "ndim > 2"),
        ("dtype IS NOT NULL", "NOT dtype IS NULL"),
        ("name = 'O''Brien'\n  AND ndim = 2", "name = 'O''Brien' AND ndim = 2"),
    ],
)
def test_the_grammar_is_that_of_cql2(text: str, same: str, catalog: Catalog, collection) -> None:
    found = [image.id for image in catalog.search(where=text)]
    assert found == [image.id for image in catalog.search(where=same)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dtpe = 'uint8'", "no field 'dtpe'. Did you mean dtype?"),
        ("channels = 'DAPI'", "channels is an integer, and 'DAPI' is not. Did you mean channel?"),
        ("size_x = 'big'", "size_x is an integer"),
        ("size_x = 0.5", "size_x is an integer, and 0.5 is not"),
        ("name = 3", "name is a text"),
        ("has_labels = 1", "has_labels is true or false"),
        ("has_labels < TRUE", "compare it with = or <>"),
        ("voxel_size_x LIKE 'a'", "voxel_size_x is a number"),
        ("indexed_at > 'today'", "indexed_at is a time"),
        ("indexed_at > DATE('2026-13-01')", "cannot be read|is not a time"),
        ("name = NULL", "IS NULL"),
        ("casei(name) = casei('a')", "ignores case"),
        ("channel = name", "cannot be compared"),
        ("name = size_x", "cannot be compared"),
        ("size_x + 1 > 2", "cannot stand there"),
        ("dtype = ", "cannot be read as CQL2 text"),
        ("", "cannot be read as CQL2 text"),
        ("size_x = 1e30", "larger than any"),
        ("(" * 5000 + "ndim = 1" + ")" * 5000, "deeper than"),
        ("NOT " * 5000 + "ndim = 1", "longer than|deeper than"),
        ("ndim = " + "-" * 5000 + "1", "deeper than"),
    ],
)
def test_a_filter_that_cannot_be_used_says_why(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_filter(text, IMAGES)


def test_times_compare_as_moments(catalog: Catalog, collection) -> None:
    everything = len(collection)
    assert catalog.count(where="indexed_at > DATE('2020-01-01')") == everything
    assert catalog.count(where="indexed_at < TIMESTAMP('2020-01-01T00:00:00Z')") == 0


def test_options_are_short_forms_of_filters(catalog: Catalog, collection) -> None:
    def urls(**criteria: Any) -> list[str]:
        return [image.url for image in catalog.search(**criteria)]

    def those(condition: Any) -> list[str]:
        return [known.url for known in collection if condition(known.fields)]

    assert urls(name=["tile*", "i0?"]) == those(
        lambda f: fnmatch.fnmatchcase(f["name"], "tile*") or fnmatch.fnmatchcase(f["name"], "i0?")
    )
    assert urls(channel=["DA*"]) == those(lambda f: "DAPI" in f["channel"])
    assert urls(axis=["z", "c"]) == those(lambda f: {"z", "c"} <= f["axis"])
    assert urls(dtype=["uint8", "uint16"], version=["0.4"]) == those(
        lambda f: f["dtype"] is not None and f["version"] == "0.4"
    )
    assert urls(min_size={"x": 4}, max_size={"x": 5}) == those(
        lambda f: f["size_x"] is not None and 4 <= f["size_x"] <= 5
    )
    assert urls(voxel_size={"x": (None, 0.5)}) == those(
        lambda f: f["voxel_size_x"] is not None and f["voxel_size_x"] <= 0.5
    )
    assert urls(has_labels=True) == those(lambda f: f["has_labels"])
    assert urls(root=["file:///d/a"]) == those(lambda f: "/d/a/" in f["url"])
    assert urls(scene=["s 1"]) == those(lambda f: "s 1" in f["scene"])
    assert urls(scene=["file:///d/b/i01"]) == ["file:///d/b/i01"]
    assert urls(unit=["nanometer"], where="ndim = 2") == those(
        lambda f: "nanometer" in f["unit"] and f["ndim"] == 2
    )


def test_an_option_that_the_subject_has_not_is_named(catalog: Catalog, collection) -> None:
    with pytest.raises(UsageError, match="scenes have no field 'dtype'"):
        catalog.search(of="scenes", dtype=["uint8"])
    with pytest.raises(UsageError, match="one of images, labels"):
        catalog.search(of="pictures")
    with pytest.raises(UsageError, match="takes a list"):
        catalog.search(dtype="uint8")  # type: ignore[arg-type]
