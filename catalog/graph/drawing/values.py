"""What a drawing shows, before anything has a place: nodes in nested clusters, and lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from catalog.graph.drawing.text import TIMES

if TYPE_CHECKING:
    from catalog.graph.edges import GraphEdge, GraphSystem


class Drawable(Protocol):
    """What is drawn: a `TransformGraph`, or what has as much of it."""

    @property
    def systems(self) -> Mapping[str, GraphSystem]:
        """The coordinate systems by address."""

    @property
    def edges(self) -> Sequence[GraphEdge]:
        """The transformations."""


@dataclass(frozen=True, slots=True)
class Node:
    """A coordinate system, or several alike drawn as one.

    Attributes
    ----------
    axes
        Names and units in short, such as ``zyx · µm``; empty when unknown.
    kind
        declared, array, implied or undeclared.
    count
        How many systems it stands for in one group of its cluster.
    addresses
        Of all systems that it stands for.
    """

    key: str
    title: str
    axes: str
    kind: str
    count: int
    addresses: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """What is written in it, line by line."""
        noun = "levels" if self.kind == "array" else "systems"
        counted = f"{self.count} {noun}" if self.count > 1 else ""
        said = "undeclared" if self.kind == "undeclared" else self.axes
        second = " · ".join(text for text in (counted, said) if text)
        return (self.title, second) if second else (self.title,)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A group and what is below it, or several alike drawn as one.

    Attributes
    ----------
    count
        How many groups it stands for in one group of the cluster around it.
    """

    key: str
    title: str
    count: int
    nodes: tuple[Node, ...]
    clusters: tuple[Cluster, ...]

    @property
    def heading(self) -> str:
        """Its title with its count."""
        return f"{self.title}  {TIMES}{self.count}" if self.count > 1 else self.title

    def walk(self) -> Iterator[Cluster]:
        """Give this cluster and all below it."""
        yield self
        for inner in self.clusters:
            yield from inner.walk()


@dataclass(frozen=True, slots=True)
class Line:
    """A transformation, or several alike, from one node to another (keys).

    Attributes
    ----------
    label
        Type and count, such as ``translation, 300 times``.
    title
        What a reader who points at it is told.
    invertibility
        closed, explicit, numeric or no.
    """

    key: str
    source: str
    target: str
    label: str
    title: str
    implied: bool
    invertibility: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """All of a drawing."""

    root: Cluster
    lines: tuple[Line, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, cluster by cluster."""
        return tuple(node for cluster in self.root.walk() for node in cluster.nodes)
