"""DOT, for Graphviz and whatever reads its language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.graph.drawing.sketch import FOLD, sketch
from catalog.graph.drawing.values import Cluster, Line, Node

if TYPE_CHECKING:
    from catalog.graph.drawing.values import Drawable

_SHAPES = {
    "declared": "shape=box, style=rounded",
    "array": "shape=box, style=filled, fillcolor=gray94, color=gray50",
    "implied": 'shape=box, style="rounded,dashed"',
    "undeclared": 'shape=box, style="rounded,dashed", color=firebrick',
}
_COLOURS = {"explicit": "seagreen", "numeric": "darkorchid", "no": "firebrick"}


def to_dot(graph: Drawable, *, title: str = "", fold: int | None = FOLD) -> str:
    """Describe a graph in DOT: groups are clusters; render with ``dot -Tsvg``.

    Parameters
    ----------
    title, fold
        As for `to_svg`.
    """
    drawn = sketch(graph, title=title, fold=fold)
    lines = [
        "digraph {",
        "  rankdir=LR;",
        '  graph [fontname="Helvetica", fontsize=12];',
        '  node [fontname="Helvetica", fontsize=12];',
        '  edge [fontname="Helvetica", fontsize=10];',
        *_cluster(drawn.root, "  "),
        *(f"  {_edge(line)}" for line in drawn.lines),
        "}",
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Give a text as a string of DOT; its line breaks are kept."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def _cluster(cluster: Cluster, indent: str) -> Iterator[str]:
    yield f"{indent}subgraph {cluster.key} {{"
    inside = f"{indent}  "
    yield f"{inside}label={quoted(cluster.heading)};"
    yield f"{inside}color=gray70;"
    for node in cluster.nodes:
        yield f"{inside}{_node(node)}"
    for inner in cluster.clusters:
        yield from _cluster(inner, inside)
    yield f"{indent}}}"


def _node(node: Node) -> str:
    more = ", peripheries=2" if node.count > 1 else ""
    label = quoted("\n".join(node.lines))
    tooltip = quoted(node.addresses[0])
    return f"{node.key} [label={label}, tooltip={tooltip}, {_SHAPES[node.kind]}{more}];"


def _edge(line: Line) -> str:
    attributes = [f"label={quoted(line.label)}", f"tooltip={quoted(line.title)}"]
    colour = _COLOURS.get(line.invertibility)
    if colour:
        attributes.append(f"color={colour}")
    if line.invertibility == "explicit":
        attributes.append("dir=both")
    if line.implied:
        attributes.append("style=dashed")
    return f"{line.source} -> {line.target} [{', '.join(attributes)}];"
