"""Lists of URLs: text, CSV, Parquet, stdin."""

from __future__ import annotations

import io
import shutil
import sys

import pyarrow as pa
import pytest
from pyarrow import parquet

from catalog.errors import UsageError
from catalog.indexing.lists import ListedUrl, UrlList, read_list

URLS = ["s3://lab/a.zarr", "/data/b c.zarr", "https://x.org/é.zarr"]


def texts(listed):
    return [text for text, _ in listed]


def test_text_has_a_url_on_each_line(tmp_path):
    file = tmp_path / "list.txt"
    file.write_text("\ufeff# mine\n\n" + "\r\n".join(URLS) + "\n")
    listed = read_list(str(file))
    assert list(listed) == [ListedUrl(url, line) for line, url in enumerate(URLS, 3)]
    assert listed.name == f"file://{file}"


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t")])
def test_a_table_has_a_column(tmp_path, suffix, separator):
    file = tmp_path / f"list{suffix}"
    lines = [
        f'x{separator}URL{separator}"y\nz"',
        *(f'1{separator}"{url}"{separator}' for url in URLS),
    ]
    file.write_text("\n".join(lines) + "\n\n")
    assert texts(read_list(str(file))) == URLS
    assert texts(read_list(str(file), "x")) == ["1", "1", "1"]
    with pytest.raises(UsageError, match="no column 'u'; there are: x, URL"):
        texts(read_list(str(file), "u"))


def test_a_table_whose_columns_say_nothing(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("only\na\nb\n")
    assert texts(read_list(str(file))) == ["a", "b"]
    file.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="--column"):
        texts(read_list(str(file)))


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]
)
def test_parquet_has_a_column(tmp_path, kind):
    file = tmp_path / "list.parquet"
    column = pa.array([*URLS, None, ""]).cast(kind)
    parquet.write_table(pa.table({"n": range(5), "url": column}), file)
    assert list(read_list(str(file))) == [ListedUrl(url, row) for row, url in enumerate(URLS, 1)]
    with pytest.raises(UsageError, match="'n' holds int64"):
        texts(read_list(str(file), "n"))


def test_errors_name_the_line(tmp_path):
    file = tmp_path / "list.csv"
    file.write_bytes(b"n,url\n1,a\n2\n")
    with pytest.raises(UsageError, match="line 3: there are 1 columns"):
        texts(read_list(str(file)))
    file.write_bytes(b'n,url\n1,a\n2,"b\n')
    with pytest.raises(UsageError, match="line 3"):
        texts(read_list(str(file)))
    file.write_bytes(b"url\na\n\xff\n")
    with pytest.raises(UsageError, match="line 3: this is not UTF-8"):
        texts(read_list(str(file)))
    with pytest.raises(UsageError, match="no such file"):
        read_list(str(tmp_path / "absent"))
    (tmp_path / "not.parquet").write_text("url\n")
    with pytest.raises(UsageError, match="cannot be read as Parquet"):
        texts(read_list(str(tmp_path / "not.parquet")))


def test_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\n# no\nb")))
    listed = read_list("-")
    assert (listed.name, texts(listed)) == ("stdin", ["a", "b"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"x,url\n1,a\n")))
    assert texts(read_list("-", "url")) == ["a"]


def listing(*urls):
    return UrlList("list", lambda: [ListedUrl(str(url), line) for line, url in enumerate(urls, 1)])


def test_a_list_is_one_crawl_of_hierarchies_and_folders(scenes, run, rows, tmp_path):
    shutil.copytree(scenes / "s0.zarr", tmp_path / "apart" / "deep" / "a.zarr")
    listed = listing(scenes / "s1.zarr", tmp_path / "apart", scenes / "s1.zarr", scenes / "s2.zarr")
    report = run(listed=listed)
    assert (report.seen, report.written, report.failed) == (3, 3, 0)
    assert rows("SELECT root, outcome, seen FROM crawl") == [("list", "done", 3)]
    again = run(listed=listed)
    assert (again.seen, again.unchanged) == (3, 3)


def test_what_a_list_does_not_name_any_more_stays(scenes, run, rows):
    run(scenes)
    shutil.rmtree(scenes / "s3.zarr")
    report = run(listed=listing(scenes / "s1.zarr"))
    assert (report.unchanged, report.removed) == (1, 0)
    assert rows("SELECT count(*) FROM hierarchy WHERE removed_at IS NULL") == [(6,)]


def test_what_is_wrong_in_a_list_is_said_once_and_stops_nothing(scenes, run, rows):
    listed = listing("file://host/x", scenes / "absent.zarr", scenes / "s1.zarr")
    failures = []
    for _ in range(2):
        failures.clear()
        report = run(listed=listed, failure=failures.append)
        assert (report.seen, report.failed, report.roots[0].outcome) == (2, 1, "partial")
        assert rows("SELECT url, code FROM problem ORDER BY url") == [
            (f"file://{scenes}/absent.zarr", "unreadable-document"),
            ("list", "unreadable-folder"),
        ]
    assert [failure.url for failure in failures] == ["list", f"file://{scenes}/absent.zarr"]
    assert failures[0].message.startswith("line 1 of the list:")
    assert rows("SELECT count(*) FROM hierarchy") == [(1,)]


def test_a_part_of_a_recorded_hierarchy_is_read_with_the_whole(scenes, run, rows):
    run(scenes)
    report = run(listed=listing(scenes / "s1.zarr" / "tile_0", scenes / "s1.zarr" / "tile_1"))
    assert (report.seen, report.unchanged) == (1, 1)
    assert rows("SELECT count(*) FROM hierarchy") == [(6,)]


def test_a_list_of_nothing(run, tmp_path):
    report = run(listed=listing())
    assert "names nothing" in report.roots[0].message
    (tmp_path / "empty").mkdir()
    assert run(listed=listing(tmp_path / "empty")).failed == 1
