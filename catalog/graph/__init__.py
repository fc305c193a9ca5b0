"""The graph of coordinate systems: edges, paths, the search for the best one."""

from catalog.graph.edges import GraphEdge, GraphSystem
from catalog.graph.path import Moved, Path
from catalog.graph.path import Step as PathStep
from catalog.graph.transform_graph import TransformGraph

__all__ = ["GraphEdge", "GraphSystem", "Moved", "Path", "PathStep", "TransformGraph"]
