"""A hierarchy while it is assembled: the systems that its documents declare or imply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from catalog.metadata.assembly.locations import ancestors, join
from catalog.metadata.assembly.values import Edge, Level, System, SystemKey, SystemKind
from catalog.metadata.axes import Axis
from catalog.metadata.image import Dataset, Multiscale
from catalog.metadata.nodes import ArrayNode, GroupNode, Node
from catalog.metadata.problems import Problem
from catalog.metadata.rules.registry import problem

Axes = tuple[Axis, ...]


@lru_cache(maxsize=4096)
def array_axes(names: tuple[str, ...]) -> Axes:
    """Give the axes of an array's own system: typed ``array``, without units."""
    return tuple(Axis(name=name, type="array", discrete=True) for name in names)


@lru_cache(maxsize=4096)
def _named_axes(names: tuple[str | None, ...], ndim: int) -> Axes | None:
    """Give the axes that an array's names of its dimensions make; None where they do not."""
    known = [name for name in names if name is not None]
    return array_axes(tuple(known)) if len(known) == len(names) == len(set(names)) == ndim else None


class Draft:
    """The systems and edges of a hierarchy while it is assembled, and the names of systems.

    Attributes
    ----------
    by_key
        All systems.
    named
        (group's location, name) → the system that the group's document means by it.
    entries
        For each image group, for each `multiscales` entry, name → system.
    intrinsic
        For each image group, the intrinsic system of each entry (None: not known).
    grids
        For each image group, for each entry, the own systems of its levels' arrays (None:
        outside of the hierarchy).
    levels
        For each image group, for each entry, its resolution levels, once they have edges.
    scenes
        For each scene, the systems that it declares.
    arrays
        Locations of the arrays that are resolution levels, with the image's location.
    """

    def __init__(self, nodes: Mapping[str, Node], groups: Sequence[tuple[str, GroupNode]]) -> None:
        self.nodes = nodes
        self.by_key: dict[SystemKey, System] = {}
        self.named: dict[tuple[str, str], SystemKey] = {}
        self.entries: dict[str, list[dict[str, SystemKey]]] = {}
        self.intrinsic: dict[str, list[SystemKey | None]] = {}
        self.grids: dict[str, list[list[SystemKey | None]]] = {}
        self.levels: dict[str, list[list[Level]]] = {}
        self.scenes: dict[str, list[SystemKey]] = {}
        self.arrays: dict[str, str] = {}
        self.edges: list[Edge] = []
        self.problems: list[Problem] = []
        self._by_name: dict[str, list[SystemKey]] | None = None
        self.containers = {location for location, node in groups if node.spatialdata}

    def declare(self, location: str, node: GroupNode) -> None:
        """Take over the systems that one group's document declares or implies."""
        if node.scene is not None:
            self._declare_scene(location, node)
        if node.images:
            self.entries[location] = []
            self.intrinsic[location] = []
            self.grids[location] = []
            self.levels[location] = []
            for index, image in enumerate(node.images):
                self._declare_image(location, node, index, image)

    def _declare_scene(self, location: str, node: GroupNode) -> None:
        assert node.scene is not None
        self.scenes[location] = declared = []
        container = self._container(location)
        shared = () if container is None else node.shared_systems
        for index, system in enumerate(node.scene.coordinateSystems or ()):
            if (location, system.name) in self.named:
                self.problems.append(
                    problem(
                        "duplicate-system",
                        node.pointer("scene", "coordinateSystems", index),
                        f"the coordinate system {system.name!r} is declared twice in this scene; "
                        "the first one counts",
                        location,
                    )
                )
                continue
            if container is None or system.name not in shared:
                key = SystemKey(location, system.name)
                self.by_key[key] = System(
                    key, "declared", location, None, system.axes, len(system.axes)
                )
            else:
                key = self.share(container, system.name, system.axes)
            self.named[location, system.name] = key
            declared.append(key)

    def _declare_image(self, location: str, node: GroupNode, index: int, image: Multiscale) -> None:
        names: dict[str, SystemKey] = {}
        self.entries[location].append(names)
        implied = node.implied_systems[index] if index < len(node.implied_systems) else ()
        container = self._container(location) if self.containers else None
        shared = () if container is None else node.shared_systems
        for position, system in enumerate(image.coordinateSystems):
            name = system.name
            if name in names:
                self.problems.append(
                    problem(
                        "duplicate-system",
                        node.pointer("multiscales", index, "coordinateSystems", position),
                        f"the coordinate system {name!r} is declared twice in this image; "
                        "the first one counts",
                        location,
                    )
                )
                continue
            if container is not None and name in shared:
                names[name] = self.share(container, name, system.axes)
                self.named.setdefault((location, name), names[name])
                continue
            kind: SystemKind = "implied" if name in implied else "declared"
            key = SystemKey(location, name)
            if key in self.by_key:
                key = self._second(location, node, index, position, implied=name in implied)
            if key not in self.by_key:
                self.by_key[key] = System(key, kind, location, index, system.axes, len(system.axes))
            names[name] = key
            self.named.setdefault((location, key.name), key)
        intrinsic = self._intrinsic(location, node, image, names)
        self.intrinsic[location].append(intrinsic)
        known = None if intrinsic is None else self.by_key.get(intrinsic)
        axes = None if known is None else known.axes
        self.grids[location].append(self._declare_arrays(location, index, image.datasets, axes))

    def _second(
        self,
        location: str,
        node: GroupNode,
        index: int,
        position: int,
        *,
        implied: bool,
    ) -> SystemKey:
        """Name a system whose name another entry of the group has already taken."""
        system = node.images[index].coordinateSystems[position]
        key = SystemKey(location, system.name)
        if not implied and self.by_key[key].axes == system.axes:
            return key
        key = SystemKey(location, f"{node.images[index].name or index}/{system.name}")
        while key in self.by_key:
            key = SystemKey(location, f"{key.name}'")
        if not implied:
            self.problems.append(
                problem(
                    "conflicting-system",
                    node.pointer("multiscales", index, "coordinateSystems", position),
                    f"another image or scene of this group declares {system.name!r} with other "
                    f"axes; this one is addressed as {key.name!r}",
                    location,
                )
            )
        return key

    def _declare_arrays(
        self, location: str, index: int, datasets: Sequence[Dataset], axes: Axes | None
    ) -> list[SystemKey | None]:
        keys: list[SystemKey | None] = []
        for dataset in datasets:
            place = join(location, dataset.path)
            if place is None:
                keys.append(None)
                continue
            self.arrays.setdefault(place, location)
            key = SystemKey(place, "")
            if key not in self.by_key:
                self.add_array(key, location, index, axes)
            keys.append(key)
        return keys

    def add_array(self, key: SystemKey, group: str, index: int | None, axes: Axes | None) -> None:
        """Add an array's own system: named by its dimensions, else as the image's axes."""
        node = self.nodes.get(key.location)
        found: Axes | None = None
        if isinstance(node, ArrayNode):
            ndim: int | None = len(node.shape)
            if node.dimension_names is not None:
                found = _named_axes(node.dimension_names, ndim)
        else:
            ndim = len(axes) if axes is not None else None
        if found is None and ndim is not None:
            if axes is not None and len(axes) == ndim:
                found = array_axes(tuple([axis.name for axis in axes]))
            else:
                found = array_axes(tuple([f"dim_{i}" for i in range(ndim)]))
        self.by_key[key] = System(key, "array", group, index, found, ndim)

    def _intrinsic(
        self, location: str, node: GroupNode, image: Multiscale, names: dict[str, SystemKey]
    ) -> SystemKey | None:
        """Find the system that the datasets lead to (never by position since 0.6.dev3)."""
        for dataset in image.datasets:
            for transformation in dataset.coordinateTransformations:
                output = transformation.output
                if output is not None and output.name and not output.path:
                    return names.get(output.name) or SystemKey(location, output.name)
        if not names:
            return None
        if len(names) == 1 or node.version in ("0.6.dev2", "0.6dev2"):
            return next(iter(names.values()))
        if node.version in ("0.6.dev1", "0.6dev1"):
            return names.get("physical") or list(names.values())[-1]
        return None

    def share(self, container: str, name: str, axes: Axes) -> SystemKey:
        """Give a spatialdata container's one system of this name, widened by new axes."""
        key = SystemKey(container, name)
        known = self.by_key.get(key)
        if known is not None and known.axes is not None:
            axes = _widened(known.axes, axes)
        if known is None or known.axes != axes:
            self.by_key[key] = System(key, "declared", container, None, axes, len(axes))
        return key

    def _container(self, location: str) -> str | None:
        if not self.containers:
            return None
        for place in (location, *ancestors(location)):
            if place in self.containers:
                return place
        return None

    def below(self, location: str, name: str) -> list[SystemKey]:
        """Find the systems of a name that documents below a location declare."""
        if self._by_name is None:
            self._by_name = {}
            for (_, declared), key in self.named.items():
                self._by_name.setdefault(declared, []).append(key)
        above = f"{location}/" if location else ""
        found = self._by_name.get(name, ())
        return sorted(key for key in found if key.location.startswith(above) and key.location)

    def names(self, location: str) -> list[str]:
        """Give the names that the document at a location declares."""
        entries = self.entries.get(location, ())
        scene = [key.name for key in self.scenes.get(location, ())]
        return sorted({*scene, *(name for names in entries for name in names)})

    def undeclared(self, key: SystemKey, group: str) -> SystemKey:
        """Keep an end, also one that nothing declares."""
        if key not in self.by_key:
            self.by_key[key] = System(key, "undeclared", group, None, None, None)
        return key


_ORDER = {"time": 0, "channel": 1, "space": 3}


def _widened(known: Axes, axes: Axes) -> Axes:
    """Add the axes that are not known yet, time before channels before space."""
    names = {axis.name for axis in known}
    added = [axis for axis in axes if axis.name not in names]
    if not added:
        return known
    both = [*known, *added]
    return tuple(sorted(both, key=lambda axis: _ORDER.get(axis.type or "", 2)))
