"""Points in each form and out in each other, read back by the programs of each form."""

from __future__ import annotations

import csv
import io
import json
from math import isnan
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from catalog.cli.points import PointsForm, read_points, write_points
from catalog.cli.points.blocks import BINARY
from catalog.cli.points.numbers import texts_of
from catalog.cli.points.separated import read_separated
from catalog.errors import PointsError

FORMS: list[PointsForm] = ["json", "ndjson", "csv", "tsv", "parquet", "npy"]
finite = st.floats(allow_nan=False, allow_infinity=False)


def swapped(points: NDArray[np.float64] | list[list[object]]) -> NDArray[np.float64]:
    """Exchange the two axes."""
    return np.asarray(points, dtype=np.float64).reshape(len(points), 2)[:, ::-1]


def written(values: NDArray[np.float64], form: PointsForm, *, named: bool = False) -> bytes:
    """Write points (n, 2) with the program of the form; named with a column `id` in front."""
    columns = {"id": [f"p{i}" for i in range(len(values))], "x": values[:, 0], "y": values[:, 1]}
    out = io.BytesIO()
    if form == "npy":
        np.save(out, values)
    elif form == "parquet":
        pq.write_table(pa.table(columns), out)
    elif form == "json":
        out.write(json.dumps(values.tolist()).encode())
    elif form == "ndjson":
        rows = values.tolist()
        for i, row in enumerate(rows):
            line = {"id": f"p{i}", "x": row[0], "y": row[1]} if named else row
            out.write(json.dumps(line).encode() + b"\n")
    else:
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t" if form == "tsv" else ",")
        if named:
            writer.writerow(columns)
        writer.writerows([f"p{i}", *row] if named else row for i, row in enumerate(values.tolist()))
        out.write(text.getvalue().encode())
    return out.getvalue()


def moved(data: bytes, form: PointsForm, to: PointsForm, **kwargs: int) -> bytes:
    source: io.BytesIO | io.StringIO = io.BytesIO(data)
    if form not in BINARY:
        source = io.StringIO(data.decode(), newline="")
    points = read_points(source, "xy", form, **kwargs)
    if to in BINARY:
        out = io.BytesIO()
        write_points(points, swapped, out, "uv", ndim=2, form=to)
        return out.getvalue()
    text = io.StringIO()
    write_points(points, swapped, text, "uv", ndim=2, form=to)
    return text.getvalue().encode()


def read(data: bytes, form: PointsForm) -> NDArray[np.float64]:
    """Read points (n, 2) with the program of the form."""
    if form == "npy":
        array: NDArray[np.float64] = np.load(io.BytesIO(data))
        return array
    if form == "parquet":
        table = pq.read_table(io.BytesIO(data))
        return np.stack([table[name].to_numpy() for name in "uv"], axis=1)
    text = data.decode()
    if form == "json":
        rows = json.loads(text)
    elif form == "ndjson":
        rows = [json.loads(line) for line in text.splitlines()]
        rows = [[row["u"], row["v"]] if isinstance(row, dict) else row for row in rows]
    else:
        rows = list(csv.reader(io.StringIO(text), delimiter="\t" if form == "tsv" else ","))
        if rows and "u" in rows[0]:
            at = rows[0].index("u")
            rows = [row[at : at + 2] for row in rows[1:]]
        rows = [[float(value) for value in row] for row in rows]
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


@pytest.mark.parametrize("to", FORMS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("named", [False, True])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_every_form_becomes_every_other(
    form: PointsForm, to: PointsForm, named: bool, data: st.DataObject
) -> None:
    values = data.draw(arrays(float, st.tuples(st.integers(0, 20), st.just(2)), elements=finite))
    if not len(values) and form in {"csv", "tsv", "ndjson"}:
        named = False
    out = moved(written(values, form, named=named), form, to, size=7)
    # 0.0 and -0.0 are told apart too.
    assert read(out, to).tobytes() == np.ascontiguousarray(values[:, ::-1]).tobytes()


@pytest.mark.parametrize("to", ["csv", "tsv", "ndjson", "parquet"])
@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson", "parquet"])
def test_columns_go_along_into_every_form_that_has_names(form: PointsForm, to: PointsForm) -> None:
    values = np.arange(40.0).reshape(20, 2)
    out = moved(written(values, form, named=True), form, to, size=6)
    if to == "parquet":
        rows = pq.read_table(io.BytesIO(out)).to_pylist()
    elif to == "ndjson":
        rows = [json.loads(line) for line in out.decode().splitlines()]
    else:
        text = io.StringIO(out.decode())
        rows = list(csv.DictReader(text, delimiter="\t" if to == "tsv" else ","))
    assert [(row["id"], float(row["u"]), float(row["v"])) for row in rows] == [
        (f"p{i}", y, x) for i, (x, y) in enumerate(values.tolist())
    ]


@given(arrays(float, st.tuples(st.integers(500, 520), st.integers(1, 4)), elements=st.floats()))
@settings(max_examples=30, deadline=None)
def test_many_numbers_at_once_are_written_like_one(values: NDArray[np.float64]) -> None:
    values = np.where(np.isinf(values), 1e-5, values)
    values[:3, 0] = [1e16, 9999999999999998.0, 1e-4]
    expected = [",".join("nan" if isnan(v) else repr(v) for v in row) for row in values.tolist()]
    assert texts_of(values) == expected
    assert texts_of(values, "\t", "null") == [
        text.replace(",", "\t").replace("nan", "null") for text in expected
    ]


# A carriage return is not among them: not every csv module quotes it.
CELLS = st.text(st.sampled_from('ab ,"\n\té1.'), max_size=5)


@given(
    st.lists(st.tuples(CELLS, finite, finite, CELLS), max_size=30),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["csv", "tsv"]),
    st.integers(30, 200),
)
@settings(deadline=None)
def test_separated_values_are_read_as_the_csv_module_reads_them(
    rows: list[tuple[str, float, float, str]],
    ending: str,
    quoting: int,
    form: PointsForm,
    piece: int,
) -> None:
    separator = "\t" if form == "tsv" else ","
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=ending, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["a", "y", "x", "b"])
    writer.writerows(rows)
    whole = text.getvalue()
    # Pieces that end at line ends, as they are read.
    pieces, rest = [], whole
    while rest:
        end = rest.find("\n", piece) + 1 or len(rest)
        pieces.append(rest[:end])
        rest = rest[end:]
    points = read_separated(pieces, ["x", "y"], "tsv" if form == "tsv" else "csv", 10)
    found = [
        (a, *map(float, point), b)
        for block in points.blocks
        for a, point, b in zip(
            block.beside["a"], np.asarray(block.points).tolist(), block.beside["b"], strict=True
        )
    ]
    assert found == [(a, x, y, b) for a, y, x, b in rows]


def test_csv_is_read_again_by_pyarrow() -> None:
    values = (
        np.random.default_rng(1).normal(size=(20_000, 2))
        * 10.0 ** np.arange(-10, 10, 0.001)[:, None]
    )
    out = moved(written(values, "csv", named=True), "csv", "csv")
    table = pyarrow.csv.read_csv(io.BytesIO(out))
    assert (np.stack([table["v"], table["u"]], axis=1) == values).all()
    assert table["id"].to_pylist()[-1] == "p19999"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n" + "1,2\n" * 100 + "1,2,3\n", "line 102 of the points has 3 values"),
        ("x,y\n" + "1,2\n" * 100 + "1,two\n", "line 102 of the points: 'two' is not a number"),
        ("a,x,y\n" + "a,1,2\n" * 100 + "a,1,two\n", "line 102 .* 'two' is not a number"),
        ("a,x,y\n" + "a,1,2\n" * 100 + "1,2\n", "line 102 of the points has 2 values"),
        ("a,x,y\n" + '"\n",1,2\n' * 50 + "a,1,two\n", "line 102 .* 'two' is not a number"),
        ("x,y\n\n\n1,2\n,\n1\n", "line 6 of the points has 1 values"),
        ("1,2\n" * 100 + "1,two\n", "line 101 of the points: 'two' is not a number"),
    ],
)
def test_an_error_says_in_which_line_it_is(text: str, message: str) -> None:
    with pytest.raises(PointsError, match=message):
        moved(text.encode(), "csv", "csv", size=3)


def test_a_column_that_is_taken_twice_over_there_gets_names_of_its_own() -> None:
    out = moved(b"u,u_in,x,y\n1,2,3,4\n", "csv", "csv")
    assert out == b"u_in_in,u_in,u,v\n1,2,4.0,3.0\n"


def test_quotes_stay_where_they_are_needed() -> None:
    text = 'a,x,y,b\n"1,5",1,2,plain\nother,3,4,"""said"""\n'
    assert moved(text.encode(), "csv", "csv").decode() == (
        'a,u,v,b\n"1,5",2.0,1.0,plain\nother,4.0,3.0,"""said"""\n'
    )
    assert moved(b"a,x,y\none\ttab,1,2\n", "csv", "tsv") == b'a\tu\tv\n"one\ttab"\t2.0\t1.0\n'


def test_a_carriage_return_stays_in_its_cell() -> None:
    out = moved(b'a,x,y\n"one\rtwo",1,2\nthree,3,4\n', "csv", "csv").decode()
    assert list(csv.reader(io.StringIO(out, newline="")))[1:] == [
        ["one\rtwo", "2.0", "1.0"],
        ["three", "4.0", "3.0"],
    ]


def test_lines_may_lack_a_key_and_not_add_one_late() -> None:
    out = moved(b'{"x": 1, "y": 2}\n{"x": 3, "y": 4, "k": [1, "%"]}\n', "ndjson", "ndjson")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"u": 2.0, "v": 1.0, "k": None},
        {"u": 4.0, "v": 3.0, "k": [1, "%"]},
    ]
    with pytest.raises(PointsError, match="a point has k, which the first 1 have not"):
        moved(b'{"x": 1, "y": 2}\n{"x": 3, "y": 4, "k": 1}\n', "ndjson", "ndjson", size=1)


def test_what_json_printed_is_read_again() -> None:
    text = b'{"coordinates": [[1, 2], [3, 4]], "message": "Used \\"it\\", [[1], [2]], and more."}'
    assert json.loads(moved(text, "json", "json")) == [[2.0, 1.0], [4.0, 3.0]]
    assert json.loads(moved(text, "json", "json", size=1)) == [[2.0, 1.0], [4.0, 3.0]]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f8", ">f4", "int16", "uint8"])
@pytest.mark.parametrize("shape", [(2,), (0, 2), (9, 2), (3, 4, 2), (2, 3, 0, 2), (2, 3, 4, 2)])
def test_arrays_keep_their_shape(
    tmp_path: Path, shape: tuple[int, ...], dtype: str, order: str
) -> None:
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    file = tmp_path / "points.npy"
    np.save(file, np.asarray(values, order=order))  # type: ignore[call-overload]
    out = io.BytesIO()
    with file.open("rb") as source:
        points = read_points(source, None, "npy", size=5)
        assert write_points(points, swapped, out, None) == np.prod(shape[:-1])
    found = np.load(io.BytesIO(out.getvalue()))
    assert found.dtype == np.float64
    assert np.array_equal(found, values[..., ::-1].astype(float))
    assert found.shape == shape


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array(["a"]), "holds <U1, not numbers"),
        (np.array([[1j, 2j]]), "holds complex128, not numbers"),
        (np.float64(3), "a single number"),
    ],
)
def test_an_array_that_is_no_points(value: NDArray[np.generic], message: str) -> None:
    data = io.BytesIO()
    np.save(data, value)
    with pytest.raises(PointsError, match=message):
        moved(data.getvalue(), "npy", "npy")


def test_a_file_that_is_cut_off() -> None:
    data = written(np.zeros((10, 2)), "npy")
    with pytest.raises(PointsError, match="ends before its header says"):
        moved(data[:-8], "npy", "npy")
    with pytest.raises(PointsError, match="not an array in numpy's format"):
        moved(data[:20], "npy", "npy")
    with pytest.raises(PointsError, match="not Parquet"):
        moved(written(np.zeros((10, 2)), "parquet")[:-9], "parquet", "parquet")


def parquet(table: dict[str, object]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(table), out)
    return out.getvalue()


def test_parquet_keeps_the_types_of_other_columns() -> None:
    table = {
        "cell": pa.array([1, 2, None], pa.uint8()),
        "y": pa.array([1, 2, 3], pa.int32()),
        "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
        "x": pa.array([1.5, 2.5, 3.5], pa.float32()),
        "when": pa.array([0, 1, 2], pa.timestamp("ms", "UTC")),
    }
    found = pq.read_table(io.BytesIO(moved(parquet(table), "parquet", "parquet")))
    assert found.column_names == ["cell", "u", "v", "tags", "when"]
    for name in ("cell", "tags", "when"):
        assert found[name].combine_chunks().equals(pa.chunked_array([table[name]]).combine_chunks())
    assert found["u"].to_pylist() == [1.0, 2.0, 3.0]
    assert found["v"].type == pa.float64()
    empty = {name: column[:0] for name, column in table.items()}
    found = pq.read_table(io.BytesIO(moved(parquet(empty), "parquet", "parquet")))
    assert found.schema.field("when").type == pa.timestamp("ms", "UTC")
    assert moved(parquet(empty), "parquet", "csv") == b"cell,u,v,tags,when\n"
    text = moved(parquet(table), "parquet", "csv").decode()
    assert list(csv.reader(io.StringIO(text)))[1][:4] == ["1", "1.0", "1.5", '["a"]']


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"x": [1.0]}, "none named y"),
        ({"x": [1.0], "y": ["a"]}, "the column y of the points holds string, not numbers"),
        ({"x": [1.0, 2.0], "y": [1.0, None]}, "a point has no y: the column holds 1 null"),
    ],
)
def test_parquet_without_the_points(table: dict[str, object], message: str) -> None:
    with pytest.raises(PointsError, match=message):
        moved(parquet(table), "parquet", "parquet")


def test_a_column_of_several_types_has_no_place_in_parquet() -> None:
    text = b'{"x": 1, "y": 2, "k": 1}\n{"x": 1, "y": 2, "k": "a"}\n'
    with pytest.raises(PointsError, match="k does not hold values of one type"):
        moved(text, "ndjson", "parquet")


def test_text_that_is_not_utf_8() -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"x,y\n1,2\n\xff"), encoding="utf-8")
    with pytest.raises(PointsError, match="not text in UTF-8"):
        read_points(stream, "xy")
