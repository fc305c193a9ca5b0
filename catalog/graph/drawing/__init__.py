"""Drawings of a graph: DOT, Mermaid, SVG and PNG, without any other program."""

from catalog.graph.drawing.dot import to_dot
from catalog.graph.drawing.mermaid import to_mermaid
from catalog.graph.drawing.png import to_png
from catalog.graph.drawing.sketch import FOLD, sketch
from catalog.graph.drawing.svg import to_svg
from catalog.graph.drawing.values import Cluster, Drawable, Line, Node, Sketch

__all__ = [
    "FOLD",
    "Cluster",
    "Drawable",
    "Line",
    "Node",
    "Sketch",
    "sketch",
    "to_dot",
    "to_mermaid",
    "to_png",
    "to_svg",
]
