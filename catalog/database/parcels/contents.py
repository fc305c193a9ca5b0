"""Rows of what groups hold: images and their arrays, labels, scenes, plates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from catalog.crawl.records import ImageRecord
from catalog.database.cells import Cell
from catalog.database.measures import measures
from catalog.database.parcels.draft import Draft
from catalog.database.parcels.values import compact_json, name_cell, shape_json, text_cell
from catalog.database.sizes import LARGEST, declared_bytes
from catalog.database.texts import indexable
from catalog.database.words import search_text

_LARGEST_INTEGER = 2**31 - 1

_Tables = Mapping[str, list[tuple[Cell, ...]]]


def fill_contents(
    tables: _Tables,
    draft: Draft,
    group_numbers: Mapping[str, int],
    first_system: int,
    layouts: Mapping[int, int | None],
) -> dict[tuple[str, int], int]:
    """Add the rows of all that groups hold.

    Returns
    -------
    The number of each image, by its group and entry.
    """
    images = _fill_images(tables, draft, group_numbers, first_system, layouts)
    _fill_scenes(tables, draft, group_numbers)
    _fill_plates(tables, draft, group_numbers)
    return images


def _fill_images(
    tables: _Tables,
    draft: Draft,
    group_numbers: Mapping[str, int],
    first_system: int,
    layouts: Mapping[int, int | None],
) -> dict[tuple[str, int], int]:
    record = draft.record
    levels = Counter([(level.group, level.image) for level in record.levels])
    sizes = [declared_bytes(level.shape, level.dtype) for level in record.levels]
    image_bytes: dict[tuple[str, int], int] = {}
    for level, size in zip(record.levels, sizes, strict=True):
        if size is not None:
            of = (level.group, level.image)
            image_bytes[of] = min(image_bytes.get(of, 0) + size, LARGEST)
    channels = Counter([channel.group for channel in record.channels])
    annotated = Counter([image.label_of for image in record.images if image.label_of is not None])
    labels: dict[str, list[str | None]] = {}
    for channel in record.channels:
        labels.setdefault(channel.group, []).append(channel.label)
    listed = tables["image"]
    numbers: dict[tuple[str, int], int] = {}
    for number, image in enumerate(record.images, len(listed)):
        of = (image.group, image.index)
        group = draft.group_at[image.group]
        axes = None if image.intrinsic is None else record.systems[image.intrinsic].axes
        numbers[of] = number
        listed.append(
            (
                *(number, group_numbers[image.group], image.index, name_cell(image.name)),
                *(indexable(image.axes), _ndim(image, draft), shape_json(image.shape)),
                *(name_cell(image.dtype), compact_json(image.pixel_sizes)),
                *(levels[of], channels[image.group]),
                None if image.intrinsic is None else first_system + image.intrinsic,
                image_bytes.get(of),
                *(indexable(image.name or group.name), indexable(group.ome_version)),
                group.zarr_format,
                *measures(axes, image.axes, image.shape, image.pixel_sizes),
                None if axes is None else layouts[id(axes)],
                image.label_of is not None,
                annotated[image.group],
                search_text(
                    draft.place(image.group),
                    (image.name, *labels.get(image.group, ()), *group.free_text),
                ),
            )
        )
        if image.label_of is not None:
            tables["label_image"].append((number, group_numbers.get(image.label_of)))
    tables["resolution_level"] += [
        (
            numbers[group_path, entry],
            number,
            path,
            shape_json(shape),
            shape_json(chunks),
            dtype,
            None if system is None else first_system + system,
            size,
        )
        for (group_path, entry, number, path, shape, chunks, dtype, system), size in zip(
            record.levels, sizes, strict=True
        )
    ]
    tables["channel"].extend(
        (
            *(group_numbers[channel.group], channel.index, name_cell(channel.label)),
            *(text_cell(channel.color), channel.active),
        )
        for channel in record.channels
    )
    return numbers


def _ndim(image: ImageRecord, draft: Draft) -> int:
    if image.intrinsic is not None:
        ndim = draft.record.systems[image.intrinsic].ndim
        if ndim is not None:
            return ndim
    if image.shape is not None:
        return len(image.shape)
    return image.axes.count(",") + 1 if "," in image.axes else len(image.axes)


def _fill_scenes(tables: _Tables, draft: Draft, group_numbers: Mapping[str, int]) -> None:
    record = draft.record
    scene_systems = Counter(
        [
            system.group
            for system in record.systems
            if system.kind == "declared" and system.image is None
        ]
    )
    scene_edges = Counter([edge.group for edge in record.transformations if edge.origin == "scene"])
    members: dict[tuple[int, int], bool] = {}
    for member in record.members:
        # A scene may refer to an image that is not there: a problem, and no row.
        if member.image in group_numbers:
            key = (group_numbers[member.scene], group_numbers[member.image])
            members[key] = members.get(key, False) or member.referenced
    referred = Counter([scene for (scene, _), referenced in members.items() if referenced])
    tables["scene"].extend(
        (
            *(group_numbers[scene.group], text_cell(scene.name)),
            *(referred[group_numbers[scene.group]], scene_systems[scene.group]),
            *(scene_edges[scene.group], *draft.title(scene.group, scene.name)),
        )
        for scene in record.scenes
    )
    tables["scene_image"].extend((*key, referenced) for key, referenced in members.items())


def _fill_plates(tables: _Tables, draft: Draft, group_numbers: Mapping[str, int]) -> None:
    record = draft.record
    plates = {plate.group for plate in record.plates}
    for plate in record.plates:
        fields = plate.field_count
        if fields is not None and not -_LARGEST_INTEGER <= fields <= _LARGEST_INTEGER:
            fields = None  # any integer may stand in JSON; no plate has 2^31 fields
        tables["plate"].append(
            (
                *(group_numbers[plate.group], text_cell(plate.name), plate.rows, plate.columns),
                *(plate.wells, fields, plate.acquisitions),
                *draft.title(plate.group, plate.name),
            )
        )
    tables["well"].extend(
        (
            group_numbers[well.group],
            group_numbers[well.plate] if well.plate is not None and well.plate in plates else None,
            *(text_cell(well.row), text_cell(well.column), well.fields),
        )
        for well in record.wells
    )
