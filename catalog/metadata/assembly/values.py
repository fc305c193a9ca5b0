"""What assembling makes: coordinate systems and the edges between them.

Named tuples, because a crawl makes millions of them and a frozen dataclass takes three
times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from catalog.metadata.axes import Axis
from catalog.metadata.problems import Problem
from catalog.metadata.transformations import AnyTransform

SystemKind = Literal["declared", "array", "implied", "undeclared"]
Origin = Literal["dataset", "multiscale", "scene", "implied", "link"]


class SystemKey(NamedTuple):
    """What names a coordinate system inside a hierarchy.

    `location` is the path of the group (or, for an array's own system, of the array)
    from the root of the hierarchy, without slashes at its ends; `name` is empty for an
    array's own system. As a relative address: ``name``, ``sub/group#name``,
    ``sub/group/0#``.
    """

    location: str
    name: str

    def __str__(self) -> str:
        if self.name and not self.location:
            return self.name
        return f"{self.location}#{self.name}"


class System(NamedTuple):
    """A coordinate system of a hierarchy.

    Attributes
    ----------
    group
        Path of the group whose document declares it (an array's: its image's group).
    image
        Index of the `multiscales` entry it belongs to; None for a scene's.
    axes
        None when nothing tells them (a system that is referred to and not declared).
    ndim
        Number of dimensions where known.
    """

    key: SystemKey
    kind: SystemKind
    group: str
    image: int | None
    axes: tuple[Axis, ...] | None
    ndim: int | None


class Edge(NamedTuple):
    """A transformation between two coordinate systems, in its declared direction.

    Attributes
    ----------
    group, pointer
        Where it is declared: the group's path, and the JSON pointer into the
        attributes as they stood. Locations inside the transformation (`path` of
        parameters and fields) count from that group; after a leading ``/`` from the
        root of the hierarchy.
    image
        Index of the `multiscales` entry that declares it; None for a scene's.
    """

    group: str
    pointer: str
    name: str | None
    input: SystemKey
    output: SystemKey
    transformation: AnyTransform
    origin: Origin
    image: int | None = None


class Level(NamedTuple):
    """What a resolution level is in the graph.

    Attributes
    ----------
    array
        The own system of its array; None when its path leads out of the hierarchy.
    edges
        One for each of its transformations; None for one that leads nowhere.
    """

    array: SystemKey | None
    edges: tuple[Edge | None, ...]


@dataclass(frozen=True, slots=True)
class Assembly:
    """The coordinate systems, edges and problems of a whole hierarchy.

    Attributes
    ----------
    members
        The images that each scene refers to or holds: (scene's path, image group's path,
        referred to?).
    levels
        For each group with images, for each of these, its resolution levels.
    """

    systems: Mapping[SystemKey, System]
    edges: tuple[Edge, ...]
    problems: tuple[Problem, ...]
    members: tuple[tuple[str, str, bool], ...] = ()
    levels: Mapping[str, Sequence[Sequence[Level]]] = field(default_factory=dict)
