"""Points in and out, as text."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from catalog.cli.points import PointsForm, read_points, write_points
from catalog.errors import PointsError

finite = st.floats(allow_nan=False, allow_infinity=False)


def same(points: NDArray[np.float64] | list[list[object]]) -> NDArray[np.float64]:
    rows = points if isinstance(points, list) else points.tolist()
    width = len(rows[0]) if rows else 0
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)


def through(
    text: str,
    axes: str | None = "xy",
    target: str | None = "xy",
    form: PointsForm | None = None,
) -> str:
    out = io.StringIO()
    points = read_points(io.StringIO(text), axes, form)
    write_points(points, same, out, target)
    return out.getvalue()


@given(st.lists(st.tuples(finite, finite), max_size=30))
def test_numbers_are_read_again_as_the_same(points: list[tuple[float, float]]) -> None:
    text = json.dumps(points)
    assert json.loads(through(text)) == [list(point) for point in points]
    lines = "".join(f"{x!r},{y!r}\n" for x, y in points)
    read = [tuple(map(float, line.split(","))) for line in through(lines, form="csv").splitlines()]
    assert read == points
    lines = "".join(json.dumps(point) + "\n" for point in points)
    read = [tuple(json.loads(line)) for line in through(lines, form="ndjson").splitlines()]
    assert read == points


@given(
    st.lists(st.lists(st.integers(-5, 5), min_size=1, max_size=3), max_size=20),
    st.sampled_from([None, 0, 1, 2]),
    st.integers(1, 9),
)
def test_json_may_be_cut_anywhere(points: list[list[int]], indent: int | None, piece: int) -> None:
    class Slow(io.StringIO):
        def read(self, size: int | None = -1, /) -> str:
            return super().read(piece)

    read = read_points(Slow(json.dumps(points, indent=indent)), None, "json")
    assert [row for block in read.blocks for row in block.points] == points


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("[[1, 2]]", "json"),
        ("\ufeff [ [1, 2] ]", "json"),
        ("[]", "json"),
        ('{"coordinates": [[1, 2]]}', "json"),
        ("[1, 2]\n[3, 4]\n", "ndjson"),
        ('{"x": 1, "y": 2}\n', "ndjson"),
        ("1,2\n", "csv"),
        ("x,y\n1,2\n", "csv"),
        ("1\t2\n", "tsv"),
        ("", "csv"),
    ],
)
def test_the_form_is_recognised(text: str, form: str) -> None:
    assert read_points(io.StringIO(text), "xy").form == form


def test_columns_are_taken_by_name_and_others_go_along() -> None:
    out = through("id,y,x\ncell 1,2,1\n", "xy", "uv")
    assert out == "id,u,v\ncell 1,1.0,2.0\n"
    out = through('{"y": 2, "x": 1, "label": "é"}\n', "xy", "uv")
    assert out == '{"u": 1.0, "v": 2.0, "label": "é"}\n'


def test_a_column_named_like_an_axis_over_there_is_kept_apart() -> None:
    assert through("u,x,y\n7,1,2\n", "xy", "uv") == "u_in,u,v\n7,1.0,2.0\n"


def test_without_known_axes_columns_are_taken_as_they_come() -> None:
    assert through("a,b\n1,2\n", None, None) == "a,b\n1.0,2.0\n"


def test_a_header_alone_stays_a_header() -> None:
    assert through("y,x\n", "xy", "uv") == "u,v\n"
    assert through("", "xy", "uv") == ""
    assert through("[]") == "[]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[1, 2], 3]", "each point is an array"),
        ("[[1, 2]", "not valid JSON"),
        ("[[1, 2]] x", "not valid JSON"),
        ("[1, 2", "line 1 of the points is not valid JSON"),
        ("[1, 2]\n3\n", "each point is an array"),
        ('{"x": 1, "y": 2}\n{"x": 1}\n', "a point has no y"),
        ("x,z\n1,2\n", "none named y"),
        ("x,y,x\n1,2,3\n", "names a column twice"),
        ("x,y\n1\n", "line 2 of the points has 1 values"),
        ("x,y\n1,a\n", "line 2 of the points: 'a' is not a number"),
        ("1,2\n1,a\n", "line 2 of the points: 'a' is not a number"),
    ],
)
def test_what_is_not_points_is_said_where(text: str, message: str) -> None:
    with pytest.raises(PointsError, match=message):
        through(text)


def test_an_error_says_how_many_points_went_before() -> None:
    def move(points: NDArray[np.float64] | list[list[object]]) -> NDArray[np.float64]:
        if "bad" in points[-1]:
            raise PointsError("Point 0 is bad.")
        return np.zeros((len(points), 1))

    lines = "[1]\n" * 10_000 + '["bad"]\n'
    points = read_points(io.StringIO(lines), None, size=10_000)
    with pytest.raises(PointsError, match="After the first 10,000 points: Point 0"):
        write_points(points, move, io.StringIO(), None)


class Endless(io.TextIOBase):
    """Many points, made while they are read."""

    def __init__(self, count: int, form: str) -> None:
        self._lines = self._made(count, form)

    @staticmethod
    def _made(count: int, form: str) -> Iterator[str]:
        if form == "json":
            yield "[[0, 0]"
            for _ in range(count // 100):
                yield ", [1, 2.5]" * 100
            yield "]"
        else:
            for _ in range(count):
                yield "1,2.5\n"

    def read(self, size: int | None = -1, /) -> str:
        return next(self._lines, "")

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        return next(self._lines, "")


class Counting(io.TextIOBase):
    """Counts what is written."""

    size = 0

    def write(self, text: str, /) -> int:
        self.size += len(text)
        return len(text)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_many_points_need_no_more_memory_than_few(form: str) -> None:
    def peak(count: int) -> int:
        points = read_points(Endless(count, form), None, form)  # type: ignore[arg-type]
        out = Counting()
        tracemalloc.start()
        try:
            write_points(points, same, out, None)  # type: ignore[arg-type]
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(80_000) < peak(20_000) + 1_000_000
