import pytest

from catalog.crawl.discover import FolderProblem, Found, discover
from catalog.errors import StoreError
from catalog.stores import open_store
from catalog.stores.url import normalise, relative


def met(root):
    """Discover below a root: paths found, and (path, code) of problems."""
    url = normalise(str(root))
    items = list(discover(open_store(url)))
    found = [relative(item.url, url) for item in items if isinstance(item, Found)]
    problems = [(relative(p.url, url), p.code) for p in items if isinstance(p, FolderProblem)]
    return found, problems


def touch(path, text="{}"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_hierarchies_lie_side_by_side_and_deep(tmp_path):
    touch(tmp_path / "b.zarr" / "zarr.json")
    touch(tmp_path / "a" / "deep" / "c.zarr" / ".zgroup")
    touch(tmp_path / "a" / "d" / ".zattrs")
    touch(tmp_path / "a" / "notes.txt")
    found, problems = met(tmp_path)
    assert sorted(found) == ["a/d", "a/deep/c.zarr", "b.zarr"]
    assert problems == []


def test_what_lies_in_a_hierarchy_is_not_looked_at(tmp_path):
    touch(tmp_path / "a" / "zarr.json")
    touch(tmp_path / "a" / "inner" / "zarr.json")
    touch(tmp_path / "b" / ".zgroup")
    touch(tmp_path / "b" / "inner" / ".zgroup")
    assert met(tmp_path)[0] == ["a", "b"]


def test_the_root_itself_may_be_one(tmp_path):
    touch(tmp_path / "zarr.json")
    assert met(tmp_path)[0] == [""]


def test_an_empty_folder_holds_nothing(tmp_path):
    assert met(tmp_path) == ([], [])


def test_an_empty_folder_named_like_a_store_is_remarked(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "b.zarr" / "scenes").mkdir(parents=True)
    assert met(tmp_path) == ([], [("a.zarr", "empty-store")])


@pytest.mark.parametrize(("name", "words"), [("absent", "no such file"), ("file", "not a dir")])
def test_a_root_that_is_no_folder_is_an_error(tmp_path, name, words):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=words):
        met(tmp_path / name)


def test_links_do_not_make_second_names_and_do_not_lead_out(tmp_path):
    touch(tmp_path / "root" / "a.zarr" / "zarr.json")
    touch(tmp_path / "elsewhere" / "b.zarr" / "zarr.json")
    (tmp_path / "root" / "latest").symlink_to("a.zarr")
    (tmp_path / "root" / "loop").symlink_to(".")
    (tmp_path / "root" / "out").symlink_to(tmp_path / "elsewhere")
    found, problems = met(tmp_path / "root")
    assert found == ["a.zarr"]
    assert problems == [("loop", "link-not-followed"), ("out", "link-not-followed")]


def test_a_name_that_is_no_text_has_a_url(tmp_path):
    (tmp_path / "caf\udce9#1").mkdir()
    (tmp_path / "caf\udce9#1" / "zarr.json").write_text("{}")
    items = list(discover(open_store(normalise(str(tmp_path)))))
    assert items == [Found(f"file://{tmp_path}/caf%E9%231")]


def test_a_folder_that_cannot_be_listed_is_reported_and_the_rest_is_found(tmp_path, too_deep):
    touch(tmp_path / "z.zarr" / "zarr.json")
    too_deep(tmp_path)
    items = list(discover(open_store(normalise(str(tmp_path)))))
    assert [item.url for item in items if isinstance(item, Found)] == [f"file://{tmp_path}/z.zarr"]
    (problem,) = [item for item in items if isinstance(item, FolderProblem)]
    assert problem.unlisted
    assert problem.code == "unreadable-folder"
    assert "name too long" in problem.message
