"""From the nodes of a hierarchy to the record that is written of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from catalog.crawl.checking import check_reading
from catalog.crawl.edges import scale_of, transformation_record
from catalog.crawl.free_text import free_text
from catalog.crawl.parameters import Parameters
from catalog.crawl.parts import channels, label_sources, plates, wells
from catalog.crawl.read import GroupDocument, Reading
from catalog.crawl.records import (
    AxisRecord,
    GroupRecord,
    HierarchyRecord,
    ImageRecord,
    LevelRecord,
    ProblemRecord,
    SceneMemberRecord,
    SceneRecord,
    SystemRecord,
    TransformationRecord,
)
from catalog.metadata.assembly import System, SystemKey, assemble, join
from catalog.metadata.axes import Axis
from catalog.metadata.nodes import ArrayNode, GroupNode
from catalog.stores.url import name as last_part

_NO_METADATA = GroupNode(version="", zarr_format=3, kind="collection")
_NO_DOCUMENT = GroupDocument(None, None, b"")


def has_metadata(reading: Reading) -> bool:
    """Tell whether OME-Zarr metadata was met, or may be where something could not be read."""
    if any(isinstance(node, GroupNode) for node in reading.nodes.values()):
        return True
    return any(problem.severity == "error" for problem in reading.problems)


def is_array(reading: Reading) -> bool:
    """Tell whether the root is an array, in which no OME-Zarr metadata lies."""
    return isinstance(reading.nodes.get(""), ArrayNode)


def interpret(reading: Reading) -> tuple[HierarchyRecord, tuple[str, ...]]:
    """Make the record of one hierarchy.

    Returns
    -------
    record, paths
        `paths` are those of the arrays whose values went into the record (parameters).
    """
    draft = _Interpretation(reading)
    return draft.record(), draft.parameters.read


class _Interpretation:
    """One hierarchy on its way from nodes to records."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._nodes = reading.nodes
        self._groups: list[tuple[str, GroupNode]] = sorted(
            (path, node) for path, node in reading.nodes.items() if isinstance(node, GroupNode)
        )
        if not self._groups or self._groups[0][0]:
            self._groups.insert(0, ("", _NO_METADATA))
        self._paths = {path for path, _ in self._groups}
        self._assembly = assemble(reading.nodes)
        self._positions = {key: index for index, key in enumerate(self._assembly.systems)}
        self.parameters = Parameters(reading.url)

    def record(self) -> HierarchyRecord:
        transformations = self._transformations()
        images, levels = self._images(transformations)
        problems = check_reading(self._reading, assembly=self._assembly, parameters=self.parameters)
        return HierarchyRecord(
            url=self._reading.url,
            digest=self._reading.digest,
            manifest=self._reading.manifest,
            groups=tuple([self._group(path, node) for path, node in self._groups]),
            scenes=tuple(
                SceneRecord(path, _scene_name(node))
                for path, node in self._groups
                if node.kind == "scene" and node.scene is not None
            ),
            members=tuple(
                SceneMemberRecord(*member)
                for member in self._assembly.members
                if member[1] in self._paths
            ),
            images=tuple(images),
            levels=tuple(levels),
            channels=tuple(channels(self._groups)),
            plates=tuple(plates(self._groups)),
            wells=tuple(wells(self._groups)),
            systems=self._systems(),
            transformations=tuple(transformations),
            problems=tuple(
                ProblemRecord(
                    problem.location,
                    problem.pointer,
                    problem.code,
                    problem.severity,
                    problem.message,
                )
                for problem in problems
            ),
        )

    def _group(self, path: str, node: GroupNode) -> GroupRecord:
        document = self._reading.documents.get(path, _NO_DOCUMENT)
        return GroupRecord(
            path=path,
            parent=self._above(path) if path else None,
            kind=node.kind,
            name=last_part(path or self._reading.url),
            ome_version=node.version,
            zarr_format=node.zarr_format,
            mtime_ns=document.mtime_ns,
            size=document.size,
            digest=document.digest,
            attributes=_json(node.attributes),
            free_text=free_text(node.attributes),
        )

    def _above(self, path: str) -> str:
        """Give the nearest recorded group above."""
        while path:
            path = path.rpartition("/")[0]
            if path in self._paths:
                return path
        return ""

    def _systems(self) -> tuple[SystemRecord, ...]:
        layouts: dict[int, tuple[AxisRecord, ...]] = {}
        records = []
        for key, system in self._assembly.systems.items():
            axes = system.axes
            layout = None
            if axes is not None:
                # Axes are shared by many systems: the same tuple need not be turned twice.
                layout = layouts.get(id(axes))
                if layout is None:
                    layout = layouts[id(axes)] = tuple([_axis(axis) for axis in axes])
            group, array_path = self._place(key, system)
            records.append(
                SystemRecord(
                    group, array_path, key.name, system.kind, system.image, layout, system.ndim
                )
            )
        return tuple(records)

    def _place(self, key: SystemKey, system: System) -> tuple[str, str]:
        """Split a system's location into a recorded group and what is left."""
        location = key.location
        if location in self._paths:
            return location, ""
        group = system.group
        if group not in self._paths or not _is_below(location, group):
            if location.startswith("..") or ":/" in location:  # outside, and never followed
                return (group if group in self._paths else self._above(group)), location
            group = self._above(location)
        return group, location[len(group) + 1 :] if group else location

    def _transformations(self) -> list[TransformationRecord]:
        systems = self._assembly.systems
        records = []
        for edge in self._assembly.edges:
            record = transformation_record(edge, systems, self._positions, self.parameters)
            if record.group not in self._paths:
                record = record._replace(group=self._above(record.group))
            records.append(record)
        return records

    def _images(
        self, transformations: Sequence[TransformationRecord]
    ) -> tuple[list[ImageRecord], list[LevelRecord]]:
        datasets: dict[tuple[str, int | None, int], TransformationRecord] = {}
        for edge, record in zip(self._assembly.edges, transformations, strict=True):
            if edge.origin == "dataset":
                datasets.setdefault((edge.group, edge.image, record.input), record)
        sources = label_sources(self._groups)
        keys = list(self._assembly.systems)
        images: list[ImageRecord] = []
        levels: list[LevelRecord] = []
        for path, node in self._groups:
            for index, image in enumerate(node.images):
                first: LevelRecord | None = None
                leads: TransformationRecord | None = None
                for number, dataset in enumerate(image.datasets):
                    level = self._level(path, index, number, dataset.path)
                    levels.append(level)
                    if level.system is not None and leads is None:
                        leads = datasets.get((path, index, level.system))
                    first = first or level
                intrinsic = None if leads is None else leads.output
                axes: tuple[Axis, ...] | None = None
                if intrinsic is not None:
                    axes = self._assembly.systems[keys[intrinsic]].axes
                elif image.coordinateSystems:
                    axes = image.coordinateSystems[0].axes
                is_first = leads is not None and first is not None and leads.input == first.system
                images.append(
                    ImageRecord(
                        group=path,
                        index=index,
                        name=image.name,
                        axes=_axes_text(axes),
                        shape=first.shape if first else None,
                        dtype=first.dtype if first else None,
                        intrinsic=intrinsic,
                        pixel_sizes=scale_of(leads.affine) if is_first and leads else None,
                        label_of=sources.get(path),
                    )
                )
        return images, levels

    def _level(self, group: str, image: int, number: int, path: str) -> LevelRecord:
        place = join(group, path)
        node = None if place is None else self._nodes.get(place)
        array = node if isinstance(node, ArrayNode) else None
        return LevelRecord(
            group=group,
            image=image,
            level=number,
            path=place[len(group) + 1 if group else 0 :]
            if place is not None and _is_below(place, group)
            else path,
            shape=array.shape if array else None,
            chunks=array.chunks if array else None,
            dtype=array.dtype if array else None,
            system=None if place is None else self._positions.get(SystemKey(place, "")),
        )


def _scene_name(node: GroupNode) -> str | None:
    extra = None if node.scene is None else node.scene.model_extra
    name = (extra or {}).get("name")
    return name if isinstance(name, str) else None


def _json(attributes: dict[str, Any]) -> str:
    try:
        return to_json(attributes, inf_nan_mode="constants").decode()
    except PydanticSerializationError:  # half of a surrogate pair, which no text holds
        return json.dumps(attributes, separators=(",", ":"))


def _axis(axis: Axis) -> AxisRecord:
    return AxisRecord(axis.name, axis.type, axis.unit, axis.discrete, axis.longName)


def _axes_text(axes: tuple[Axis, ...] | None) -> str:
    names = [axis.name for axis in axes or ()]
    return ("" if all(len(name) == 1 for name in names) else ",").join(names)


def _is_below(location: str, group: str) -> bool:
    return not group or location == group or location.startswith(group + "/")
