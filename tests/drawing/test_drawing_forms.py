"""SVG, PNG, DOT, Mermaid, read back by what reads them."""

from __future__ import annotations

import builtins
import re
import struct
import warnings
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import pytest

from catalog.errors import UsageError
from catalog.graph import TransformGraph
from catalog.graph.drawing import sketch

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ('a "quoted" one', "<b>&amp;</b>", "back\\slash", "π 中文", "per%20cent", "end", "a|b]")
CONTROL = "bell\x07 and\nnew line"


@pytest.fixture
def hostile(scene) -> TransformGraph:
    """Names that mean something to a form, and a line of each kind."""
    scene.system("world & <all>")
    for name in HOSTILE:
        scene.edge(scene.image(f"{name}", 1), "world & <all>", name=f"to '{name}'")
    first, second = (f"{name}#physical" for name in HOSTILE[:2])
    scene.edge(first, second, "bijection", invertibility="explicit")
    scene.edge(first, second, "displacements", invertibility="numeric")
    scene.edge(first, "nobody#knows", "projectAxis", invertibility="no")
    scene.edge(second, "implied#one", "identity", origin="implied")
    scene.system("implied#one", "implied")
    return scene.graph


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_svg_is_xml_with_all_names_in_it(hostile) -> None:
    svg = hostile.to_svg(title="a <scene>")
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert [element.text for element in root.findall(f"{SVG}title")] == ["a <scene>"]
    assert set(HOSTILE) | {"a <scene>", "world & <all>", "undeclared"} <= set(texts(svg))
    cards = [g for g in root.iter(f"{SVG}g") if g.get("class") == "system"]
    assert len(cards) == len(hostile)
    assert {g.get("data-kind") for g in cards} == {"declared", "array", "implied", "undeclared"}
    lines = [g for g in root.iter(f"{SVG}g") if g.get("class") == "transformation"]
    assert len(lines) == len(hostile.edges)
    tooltips = [card.findtext(f"{SVG}title") for card in cards]
    assert sorted(map(str, tooltips)) == sorted(hostile.systems)


def test_control_characters_do_not_break_svg(scene) -> None:
    scene.image(CONTROL)
    assert "bell\ufffd and\nnew line" in texts(scene.graph.to_svg())
    assert "\n" not in scene.graph.to_mermaid().split('["', 2)[2].split('"]')[0]


def test_svg_explains_the_lines_that_are_not_plain(hostile, tiles) -> None:
    legend = {"states its inverse", "field: inverse by iteration", "no inverse"}
    assert legend | {"implied by the specification"} <= set(texts(hostile.to_svg()))
    assert not (legend & set(texts(tiles(3).to_svg())))


def test_svg_says_how_many_a_stack_stands_for(tiles) -> None:
    svg = tiles(300).to_svg(title="brain7.zarr")
    assert {"brain7.zarr", "tiles/t000 … t299", "\u00d7300", "translation \u00d7300"} <= set(
        texts(svg)
    )
    assert "1201 coordinate systems, 1200 transformations" in svg
    assert len(svg) < 10_000
    tips = [tip.text or "" for tip in ET.fromstring(svg).iter(f"{SVG}title")]
    assert any("and 280 more" in tip for tip in tips)


def test_svg_is_the_same_each_time(hostile) -> None:
    assert hostile.to_svg() == hostile.to_svg()


def test_an_empty_graph_can_be_drawn() -> None:
    empty = TransformGraph()
    assert ET.fromstring(empty.to_svg()).tag == f"{SVG}svg"
    assert "digraph" in empty.to_dot()
    assert empty.to_mermaid().startswith("flowchart LR\n")


def test_png_is_a_picture_of_the_svg(tiles) -> None:
    pytest.importorskip("resvg_py", reason="the extra 'png' is not installed")
    graph = tiles(3)
    svg = ET.fromstring(graph.to_svg())
    png = graph.to_png(scale=2)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    size = struct.unpack(">II", png[16:24])
    assert size == pytest.approx(
        [2 * float(svg.attrib[side]) for side in ("width", "height")], abs=2
    )
    assert len(png) > 5_000  # an empty one of this size is smaller


def test_a_huge_png_is_reduced(tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py", reason="the extra 'png' is not installed")
    monkeypatch.setattr("catalog.graph.drawing.png._MOST_PIXELS", 250_000)
    png = tiles(3).to_png(scale=200)
    width, height = struct.unpack(">II", png[16:24])
    assert 200_000 < width * height < 260_000


def test_png_without_its_extra_says_what_to_install(tiles, monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def without(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> object:
        if name == "resvg_py":
            raise ImportError(name)
        return really(name, globals, locals, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'ome-scene-catalog\[png\]'"):
        tiles(1).to_png()


def test_dot_is_read_by_a_parser_of_dot(hostile) -> None:
    pydot = pytest.importorskip("pydot", reason="pydot is not installed: pip install --group test")
    # pydot itself calls what pyparsing no longer likes.
    warnings.simplefilter("ignore", DeprecationWarning)
    (graph,) = pydot.graph_from_dot_data(hostile.to_dot(title='the "scene"'))
    nodes, clusters, edges = [], [], []
    waiting = [graph]
    while waiting:
        at = waiting.pop()
        nodes += [
            node for node in at.get_nodes() if node.get_name() not in {"node", "edge", "graph"}
        ]
        clusters += at.get_subgraphs()
        edges += at.get_edges()
        waiting += at.get_subgraphs()
    drawn = sketch(hostile)
    assert {node.get_name() for node in nodes} == {node.key for node in drawn.nodes}
    assert len(edges) == len(drawn.lines)
    labels = {cluster.get_label() for cluster in clusters}
    assert '"the \\"scene\\""' in labels
    assert '"a \\"quoted\\" one"' in labels
    assert '"back\\\\slash"' in labels
    assert {edge.get("dir") for edge in edges} == {None, "both"}


def test_mermaid_has_a_line_for_each_part(hostile) -> None:
    text = hostile.to_mermaid(title="scene")
    drawn = sketch(hostile, title="scene")
    assert text.splitlines()[0] == "flowchart LR"
    assert len(re.findall(r"^ +subgraph cluster\d+ \[\"[^\"]*\"\]$", text, re.MULTILINE)) == len(
        list(drawn.root.walk())
    )
    assert text.count("subgraph ") == len(re.findall(r"^ +end$", text, re.MULTILINE))
    node = r"^ +(node\d+)(?:\(|\[)+\"[^\"]*\"(?:\)|\])+$"
    assert set(re.findall(node, text, re.MULTILINE)) == {node.key for node in drawn.nodes}
    arrow = r"^  (node\d+) (?:-->|-\.->|<-->)\|\"[^\"]*\"\| (node\d+)$"
    found = re.findall(arrow, text, re.MULTILINE)
    assert found == [(line.source, line.target) for line in drawn.lines]
    assert "a #34;quoted#34; one" in text
    assert "class " in text


def test_the_drawings_have_the_same_parts(tiles) -> None:
    graph = tiles(12)
    for text in (graph.to_svg(), graph.to_dot(), graph.to_mermaid()):
        assert "t000 … t011" in text
        assert "translation \u00d712" in text
