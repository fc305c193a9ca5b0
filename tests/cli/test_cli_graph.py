"""`catalog graph`: scenes as pictures."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest


def test_a_scene_on_disk_needs_no_database(run, scenes: Path, tmp_path: Path) -> None:
    ran = run("graph", scenes / "tiles.zarr", "-o", "tiles.svg")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == "tiles.svg: 16 coordinate systems, 15 transformations\n"
    svg = (tmp_path / "tiles.svg").read_text(encoding="utf-8")
    texts = {element.text for element in ET.fromstring(svg).iter() if element.text}
    assert {"tiles.zarr", "world", "labels/cells", "tiles/t11", "translation"} <= texts
    assert not (tmp_path / "catalog.db").exists()


def test_a_scene_of_the_database_by_the_end_of_its_address(indexed) -> None:
    ran = indexed("graph", "--as", "dot", "registration.zarr")
    assert ran.status == 0
    assert ran.out.startswith("digraph {\n")
    assert 'label="registration.zarr"' in ran.out
    assert '"moving"' in ran.out


def test_a_tile_is_drawn_in_its_scene(indexed) -> None:
    ran = indexed("graph", "tiles/t11", "--as", "dot")
    assert 'label="tiles.zarr"' in ran.out
    assert 'label="tiles/t11"' in ran.out
    assert "t10" not in ran.out


def test_both_draw_the_same(indexed, scenes: Path) -> None:
    stored = indexed("graph", "tiles.zarr", "--as", "svg").out
    assert stored.count("<rect") == indexed(
        "graph", scenes / "tiles.zarr", "--as", "svg"
    ).out.count("<rect")


def test_mermaid_is_printed_when_nothing_is_asked(run, scenes: Path) -> None:
    ran = run("graph", scenes / "tiles.zarr")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("flowchart LR\n")
    assert "2 levels" in ran.out


def test_everything_by_itself(run, scenes: Path) -> None:
    ran = run("graph", scenes / "tiles.zarr", "--no-fold")
    assert ran.out.count("->") == 15
    assert "2 levels" not in ran.out


@pytest.mark.parametrize("suffix", [".svg", ".dot", ".gv", ".mmd", ".mermaid"])
def test_the_suffix_decides(run, scenes: Path, tmp_path: Path, suffix: str) -> None:
    begins = {".svg": "<svg", ".dot": "digraph", ".gv": "digraph"}
    assert run("graph", scenes / "registration.zarr", "-o", f"a{suffix}").status == 0
    text = (tmp_path / f"a{suffix}").read_text(encoding="utf-8")
    assert text.startswith(begins.get(suffix, "flowchart"))


def test_png(run, scenes: Path, tmp_path: Path) -> None:
    pytest.importorskip("resvg_py", reason="the extra 'png' is not installed")
    assert run("graph", scenes / "tiles.zarr", "-o", "tiles.png").status == 0
    assert (tmp_path / "tiles.png").read_bytes().startswith(b"\x89PNG")


def test_another_suffix_is_a_usage_error(run, scenes: Path) -> None:
    ran = run("graph", scenes / "tiles.zarr", "-o", "tiles.pdf")
    assert ran.status == 2
    assert ".svg, .png, .dot" in ran.err
    assert run("graph", scenes / "tiles.zarr", "-o", "tiles.pdf", "--as", "dot").status == 0


def test_a_broken_scene_is_drawn_as_far_as_it_is_known(run, scenes: Path) -> None:
    ran = run("graph", scenes / "broken.zarr")
    assert ran.status == 0
    assert "undeclared" in ran.out


def test_a_folder_of_the_database_is_the_whole_collection(indexed, scenes: Path) -> None:
    ran = indexed("graph", scenes)
    assert ran.status == 0
    assert "registration.zarr" in ran.out
    assert "tiles.zarr" in ran.out


def test_nothing_there(run, indexed) -> None:
    assert indexed("graph", "nowhere").status == 1
    assert run("-d", "none.db", "graph", "nowhere").status == 3
