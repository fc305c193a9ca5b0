"""`catalog search` by place, and what `show` says of where images lie."""

from __future__ import annotations

import json
from typing import Any

import pytest

WORLD = "tiles.zarr#world"


def names(ran: Any) -> list[str]:
    assert ran.status == 0, ran.err
    return [json.loads(line)["name"] for line in ran.out.splitlines()]


def test_a_box_and_a_point_find_images(indexed: Any) -> None:
    box = ("--in", WORLD, "--box", "x=10:20,y=5:9")
    assert names(indexed("search", *box, "--nl")) == ["t00"]
    assert names(indexed("search", *box, "--labels", "--nl")) == ["cells"]
    assert indexed("search", "--in", WORLD, "--point", "x=30,y=30", "--count").out == "4\n"
    assert names(indexed("search", *box, "--name", "t01", "--nl")) == []
    facet = json.loads(indexed("search", *box, "--facet", "dtype", "--json").out)
    assert [(row["value"], row["count"]) for row in facet] == [("uint16", 1)]


def test_the_unit_belongs_to_the_numbers(indexed: Any) -> None:
    box = ("--in", WORLD, "--box", "x=10000:20000,y=5000:9000", "--unit", "nanometer")
    assert names(indexed("search", *box, "--nl")) == ["t00"]
    ran = indexed("search", *box, "--unit", "meter")
    assert ran.status == 2
    assert "give one" in ran.err


def test_rows_say_whether_they_are_certain(indexed: Any) -> None:
    ran = indexed("search", "--in", WORLD, "--box", "x=10:20", "--json")
    assert [row["approximate"] for row in json.loads(ran.out)] == [False, False]
    table = indexed("search", "--in", WORLD, "--box", "x=10:20").out.splitlines()
    assert table[0].split()[-2:] == ["approximate", "url"]
    exported = indexed("export", "--in", WORLD, "--box", "x=10:20").out.splitlines()
    assert exported[0].endswith(",approximate")
    assert len(exported) == 3


def test_an_image_may_be_the_place(indexed: Any) -> None:
    assert names(indexed("search", "--overlaps", "t11", "--nl")) == ["t00", "t01", "t10"]
    assert names(indexed("search", "--within", "t00", "--labels", "--nl")) == ["cells"]


def test_other_worlds_and_mistakes_are_said(indexed: Any) -> None:
    ran = indexed("search", "--in", "broken.zarr#world", "--box", "x=1:2")
    assert ran.status == 0
    assert "worlds of their own" in ran.err
    ran = indexed("search", "--in", WORLD, "--box", "q=1:2")
    assert ran.status == 2
    assert "its axes are z, y, x" in ran.err
    assert indexed("search", "--box", "x=1:2").status == 2


@pytest.mark.parametrize("what", ["t01", "tiles.zarr", WORLD])
def test_show_names_the_reference_system(indexed: Any, what: str) -> None:
    out = indexed("show", what).out
    assert {
        "t01": "lies in   file:///",
        "tiles.zarr": "placed in file:///",
        WORLD: "placed in this one",
    }[what] in out
    if what == "t01":
        assert "z=-1:7,y=0.05:32.05,x=28.55:60.55" in out
        shown = json.loads(indexed("show", what, "--json").out)
        assert shown["images"][0]["extent"]["low"] == pytest.approx([-1.0, 0.05, 28.55])
