"""Mermaid, which GitHub, GitLab and many notebooks draw inside Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.graph.drawing.sketch import FOLD, sketch
from catalog.graph.drawing.text import TIMES
from catalog.graph.drawing.values import Cluster, Line, Node

if TYPE_CHECKING:
    from catalog.graph.drawing.values import Drawable

_SAFE = f" ·…{TIMES}-_./:,'"
_SHAPES = {"array": ("[", "]"), "declared": ("(", ")"), "implied": ("(", ")")}


def to_mermaid(graph: Drawable, *, title: str = "", fold: int | None = FOLD) -> str:
    """Describe a graph as a Mermaid flowchart: groups are subgraphs.

    Parameters
    ----------
    title, fold
        As for `to_svg`.
    """
    drawn = sketch(graph, title=title, fold=fold)
    styled = {
        kind: [node.key for node in drawn.nodes if node.kind == kind]
        for kind in ("implied", "undeclared")
    }
    classes = {"implied": "stroke-dasharray:4", "undeclared": "stroke-dasharray:4,stroke:#c0452c"}
    lines = [
        "flowchart LR",
        *_cluster(drawn.root, "  "),
        *(f"  {_edge(line)}" for line in drawn.lines),
    ]
    for kind, keys in styled.items():
        if keys:
            lines.append(f"  classDef {kind} {classes[kind]}")
            lines.append(f"  class {','.join(keys)} {kind}")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Give a text as a string of Mermaid, with what would end it or mean something as entities."""
    safe = "".join(
        character if character.isalnum() or character in _SAFE else f"#{ord(character)};"
        for character in text
    )
    return f'"{safe}"'


def _cluster(cluster: Cluster, indent: str) -> Iterator[str]:
    yield f"{indent}subgraph {cluster.key} [{quoted(cluster.heading or ' ')}]"
    for node in cluster.nodes:
        yield f"{indent}  {_node(node)}"
    for inner in cluster.clusters:
        yield from _cluster(inner, f"{indent}  ")
    yield f"{indent}end"


def _node(node: Node) -> str:
    begin, end = _SHAPES.get(node.kind, ("(", ")"))
    if node.count > 1:
        begin, end = f"[{begin}", f"{end}]"
        begin, end = ("[[", "]]") if node.kind == "array" else ("([", "])")
    text = "<br/>".join(quoted(line)[1:-1] for line in node.lines)
    return f'{node.key}{begin}"{text}"{end}'


def _edge(line: Line) -> str:
    arrow = "-.->" if line.implied else "<-->" if line.invertibility == "explicit" else "-->"
    return f"{line.source} {arrow}|{quoted(line.label)}| {line.target}"
