"""Parts of images and collections beside the graph: labels, channels, plates and wells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.crawl.records import ChannelRecord, PlateRecord, WellRecord
from catalog.metadata.assembly import join
from catalog.metadata.assembly.labels import label_source, listed_labels
from catalog.metadata.nodes import GroupNode

Groups = Sequence[tuple[str, GroupNode]]


def label_sources(groups: Groups) -> dict[str, str]:
    """Give, for each label image, the path of the image that it annotates.

    A label image whose image is not there keeps the path that its document means.
    """
    listed = listed_labels(groups)
    labels = [
        (path, node)
        for path, node in groups
        if node.images and (node.image_label is not None or path in listed)
    ]
    if not labels:
        return {}
    images = {path for path, node in groups if node.images}
    sources = {}
    for path, node in labels:
        source, _ = label_source(images, path, node, listed.get(path))
        if source is None:
            label = node.image_label
            written = label.source.image if label is not None and label.source else None
            source = join(path, written or "../../")
        sources[path] = source if source is not None else ""
    return sources


def channels(groups: Groups) -> Iterator[ChannelRecord]:
    """Yield the channels of `omero` metadata."""
    for path, node in groups:
        if node.omero is None:
            continue
        for index, channel in enumerate(node.omero.channels):
            label = None if channel.label is None else str(channel.label)
            yield ChannelRecord(path, index, label, channel.color, channel.active)


def plates(groups: Groups) -> Iterator[PlateRecord]:
    """Yield the plates."""
    for path, node in groups:
        plate = node.plate
        if plate is not None:
            yield PlateRecord(
                group=path,
                name=plate.name,
                rows=len(plate.rows),
                columns=len(plate.columns),
                wells=len(plate.wells),
                field_count=plate.field_count,
                acquisitions=len(plate.acquisitions),
            )


def wells(groups: Groups) -> Iterator[WellRecord]:
    """Yield the wells, with the plate, row and column that name them."""
    named: dict[str, tuple[str, str | None, str | None]] = {}
    for path, node in groups:
        plate = node.plate
        if plate is None:
            continue
        rows = [row.name for row in plate.rows]
        columns = [column.name for column in plate.columns]
        for well in plate.wells:
            place = join(path, well.path)
            if place is None:
                continue
            row, _, column = well.path.strip("/").rpartition("/")
            named[place] = (
                path,
                _at(rows, well.rowIndex) or row or None,
                _at(columns, well.columnIndex) or column or None,
            )
    for path, node in groups:
        if node.well is not None:
            above, row_name, column_name = named.get(path, (None, None, None))
            yield WellRecord(path, above, row_name, column_name, len(node.well.images))


def _at(names: Sequence[str], index: int | None) -> str | None:
    return names[index] if index is not None and 0 <= index < len(names) else None
