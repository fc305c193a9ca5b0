"""All that is recorded about one thing: a group, a coordinate system, a transformation."""

from __future__ import annotations

import json

import sqlalchemy as sa

from catalog.database.schema import (
    channel,
    coordinate_system,
    hierarchy,
    image,
    label_image,
    plate,
    resolution_level,
    scene,
    scene_image,
    transformation,
    well,
    zarr_group,
)
from catalog.errors import AmbiguousAddressError, UnknownAddressError
from catalog.query.addresses import (
    GroupRow,
    Normalise,
    SystemRow,
    address,
    find_groups,
    group_by_id,
    groups_of_images_named,
    kind_and_id,
    one_group,
    resolve_group,
    resolve_system,
    system_by_id,
    systems_named,
)
from catalog.query.listings import axis_layouts, integers, numbers, problems_of
from catalog.query.show_crate import crate_shown
from catalog.query.show_extent import extent_shown, reference_of, references_of
from catalog.query.shown import (
    ChannelShown,
    ChildShown,
    GroupShown,
    ImageShown,
    LevelShown,
    Matrix,
    MemberShown,
    PlateShown,
    SceneShown,
    Shown,
    SystemBrief,
    SystemShown,
    TransformationBrief,
    TransformationShown,
    WellShown,
)

_input = coordinate_system.alias("input_system")
_output = coordinate_system.alias("output_system")
_input_group = zarr_group.alias("input_group")
_output_group = zarr_group.alias("output_group")
_EDGES = (
    sa.select(
        transformation.c.id,
        transformation.c.name,
        transformation.c.type,
        _input_group.c.url,
        _input.c.array_path,
        _input.c.name,
        _output_group.c.url,
        _output.c.array_path,
        _output.c.name,
        transformation.c.origin,
        transformation.c.invertibility,
    )
    .join(_input, transformation.c.input_id == _input.c.id)
    .join(_input_group, _input.c.group_id == _input_group.c.id)
    .join(_output, transformation.c.output_id == _output.c.id)
    .join(_output_group, _output.c.group_id == _output_group.c.id)
    .order_by(transformation.c.pointer, transformation.c.id)
)


_present = zarr_group.c.removed_at.is_(None)


def show(connection: sa.Connection, text: str, normalise: Normalise | None = None) -> Shown:
    """Return all that is recorded about what a text means.

    Parameters
    ----------
    text
        A group (URL, path, the end of a URL, or the name of its image), the address of a
        coordinate system, ``GROUP#/pointer`` of a transformation, or an id; where several
        things have that id, with what it is of: ``system:17``, ``transformation:17``,
        ``image:17``, ``group:17``.

    Raises
    ------
    UnknownAddressError, AmbiguousAddressError
        If it means nothing, or several things.
    """
    numbered = kind_and_id(text)
    if numbered is not None:
        by_id = _by_id(connection, text, *numbered)
        if by_id is not None:
            return by_id
    if "#" in text:
        place, _, name = text.partition("#")
        if name.startswith("/"):
            declared = _declared_at(connection, place, name, normalise)
            if declared is not None:
                return declared
        return _system(connection, resolve_system(connection, text, normalise))
    groups = find_groups(connection, text, normalise) or groups_of_images_named(connection, text)
    if groups:
        return _group(connection, one_group(text, groups))
    if systems_named(connection, text):
        return _system(connection, resolve_system(connection, text))
    try:
        # The path of an array means its own system.
        return _system(connection, resolve_system(connection, f"{text}#", normalise))
    except UnknownAddressError:
        if numbered is not None:
            raise UnknownAddressError(
                f"Nothing has the id {numbered[1]} (any more).", text
            ) from None
        return _group(connection, resolve_group(connection, text, normalise))


def _by_id(connection: sa.Connection, text: str, kind: str | None, id_: int) -> Shown | None:
    found: list[tuple[str, GroupRow | SystemRow | int]] = []
    if kind in {None, "system"} and (system := system_by_id(connection, id_)) is not None:
        found.append(("system", system))
    if kind in {None, "transformation"} and (
        connection.execute(sa.select(transformation.c.id).where(transformation.c.id == id_)).first()
    ):
        found.append(("transformation", id_))
    if kind in {None, "group"} and (group := group_by_id(connection, id_)) is not None:
        found.append(("group", group))
    if kind in {None, "image"}:
        query = sa.select(image.c.group_id).where(image.c.id == id_)
        group_id = connection.execute(query).scalar()
        if group_id is not None and (group := group_by_id(connection, group_id)) is not None:
            found.append(("image", group))
    if not found:
        return None
    if len(found) > 1:
        spelled = [f"{kind}:{id_}" for kind, _ in found]
        raise AmbiguousAddressError(
            f"{text!r} is the id of several things; write one of {', '.join(spelled)}",
            text,
            spelled,
        )
    thing = found[0][1]
    if isinstance(thing, GroupRow):
        return _group(connection, thing)
    if isinstance(thing, SystemRow):
        return _system(connection, thing)
    return _transformation(connection, thing)


def _declared_at(
    connection: sa.Connection, place: str, pointer: str, normalise: Normalise | None
) -> TransformationShown | None:
    groups = find_groups(connection, place, normalise)
    query = sa.select(transformation.c.id).where(
        transformation.c.group_id.in_([group.id for group in groups]),
        transformation.c.pointer == pointer,
    )
    ids = connection.execute(query).scalars().all()
    return _transformation(connection, ids[0]) if len(ids) == 1 else None


def _group(connection: sa.Connection, row: GroupRow) -> GroupShown:
    hierarchy_url, indexed_at = connection.execute(
        sa.select(hierarchy.c.url, hierarchy.c.indexed_at).where(hierarchy.c.id == row.hierarchy_id)
    ).one()
    own = transformation.c.group_id == row.id
    children = (
        sa.select(zarr_group.c.url, zarr_group.c.kind)
        .where(zarr_group.c.parent_id == row.id, _present)
        .order_by(zarr_group.c.url)
    )
    channels = (
        sa.select(channel.c.label, channel.c.color)
        .where(channel.c.group_id == row.id)
        .order_by(channel.c.position)
    )
    labels = (
        sa.select(zarr_group.c.url)
        .join(image, image.c.group_id == zarr_group.c.id)
        .join(label_image, label_image.c.image_id == image.c.id)
        .where(label_image.c.source_group_id == row.id, _present)
        .distinct()
        .order_by(zarr_group.c.url)
    )
    return GroupShown(
        id=row.id,
        url=row.url,
        kind=row.kind,
        ome_version=row.ome_version,
        zarr_format=row.zarr_format,
        hierarchy=hierarchy_url,
        indexed_at=indexed_at,
        scene=_scene(connection, row.id),
        images=_images(connection, row),
        channels=tuple(ChannelShown._make(r) for r in connection.execute(channels)),
        scenes=_scenes_of(connection, row.id),
        labels=tuple(connection.execute(labels).scalars()),
        plate=_plate(connection, row.id),
        well=_well(connection, row.id),
        children=tuple(ChildShown._make(r) for r in connection.execute(children)),
        systems=_systems(connection, row),
        transformations=_edges(connection, own),
        problems=problems_of(connection, row.url),
        crate=crate_shown(connection, row.hierarchy_id),
    )


def _scene(connection: sa.Connection, group_id: int) -> SceneShown | None:
    found = connection.execute(sa.select(scene.c.name).where(scene.c.group_id == group_id)).first()
    if found is None:
        return None
    members = (
        sa.select(zarr_group.c.url, _image_name(), scene_image.c.referenced)
        .join(zarr_group, scene_image.c.image_group_id == zarr_group.c.id)
        .where(scene_image.c.scene_id == group_id, _present)
        .order_by(scene_image.c.referenced.desc(), zarr_group.c.url)
    )
    images = tuple(map(MemberShown._make, connection.execute(members)))
    return SceneShown(found.name, images, references_of(connection, group_id))


def _image_name() -> sa.ScalarSelect[str | None]:
    first = sa.select(image.c.name).where(image.c.group_id == zarr_group.c.id)
    return first.order_by(image.c.entry).limit(1).scalar_subquery()


def _scenes_of(connection: sa.Connection, group_id: int) -> tuple[MemberShown, ...]:
    query = (
        sa.select(zarr_group.c.url, scene.c.name, scene_image.c.referenced)
        .join(scene, scene_image.c.scene_id == scene.c.group_id)
        .join(zarr_group, scene.c.group_id == zarr_group.c.id)
        .where(scene_image.c.image_group_id == group_id, _present)
        .order_by(zarr_group.c.url)
    )
    return tuple(map(MemberShown._make, connection.execute(query)))


def _images(connection: sa.Connection, row: GroupRow) -> tuple[ImageShown, ...]:
    source = zarr_group.alias("source")
    query = (
        sa.select(
            image.c.id,
            image.c.entry,
            image.c.name,
            image.c.axes,
            image.c.shape,
            image.c.dtype,
            image.c.pixel_sizes,
            coordinate_system.c.array_path,
            coordinate_system.c.name.label("system_name"),
            source.c.url.label("label_of"),
        )
        .outerjoin(coordinate_system, image.c.intrinsic_system_id == coordinate_system.c.id)
        .outerjoin(label_image, label_image.c.image_id == image.c.id)
        .outerjoin(source, label_image.c.source_group_id == source.c.id)
        .where(image.c.group_id == row.id)
        .order_by(image.c.entry)
    )
    return tuple(
        ImageShown(
            id=found.id,
            entry=found.entry,
            name=found.name,
            axes=found.axes,
            shape=integers(found.shape),
            dtype=found.dtype,
            pixel_sizes=numbers(found.pixel_sizes),
            intrinsic_system=None
            if found.system_name is None
            else address(row.url, found.array_path, found.system_name),
            label_of=found.label_of,
            levels=_levels(connection, row.url, found.id),
            extent=extent_shown(connection, found.id),
        )
        for found in connection.execute(query).all()
    )


def _levels(connection: sa.Connection, url: str, image_id: int) -> tuple[LevelShown, ...]:
    query = (
        sa.select(
            resolution_level.c.level,
            resolution_level.c.path,
            resolution_level.c.shape,
            resolution_level.c.chunks,
            resolution_level.c.dtype,
            resolution_level.c.system_id,
        )
        .where(resolution_level.c.image_id == image_id)
        .order_by(resolution_level.c.level)
    )
    return tuple(
        LevelShown(
            level,
            path,
            integers(shape),
            integers(chunks),
            dtype,
            None if system_id is None else address(url, path, ""),
        )
        for level, path, shape, chunks, dtype, system_id in connection.execute(query)
    )


def _plate(connection: sa.Connection, group_id: int) -> PlateShown | None:
    columns = (
        plate.c.name,
        plate.c.rows,
        plate.c.columns,
        plate.c.wells,
        plate.c.field_count,
        plate.c.acquisitions,
    )
    found = connection.execute(sa.select(*columns).where(plate.c.group_id == group_id)).first()
    return None if found is None else PlateShown(*found)


def _well(connection: sa.Connection, group_id: int) -> WellShown | None:
    found = connection.execute(
        sa.select(zarr_group.c.url, well.c.row, well.c.column, well.c.fields)
        .select_from(well)
        .outerjoin(zarr_group, well.c.plate_id == zarr_group.c.id)
        .where(well.c.group_id == group_id)
    ).first()
    return None if found is None else WellShown(*found)


def _systems(connection: sa.Connection, row: GroupRow) -> tuple[SystemBrief, ...]:
    layouts = axis_layouts(connection)
    query = (
        sa.select(
            coordinate_system.c.id,
            coordinate_system.c.array_path,
            coordinate_system.c.name,
            coordinate_system.c.axis_layout_id,
            coordinate_system.c.kind,
        )
        .where(coordinate_system.c.group_id == row.id)
        .order_by(coordinate_system.c.array_path, coordinate_system.c.name)
    )
    return tuple(
        SystemBrief(
            id_,
            address(row.url, array_path, name),
            tuple(axis.name for axis in layouts.get(layout, ())),
            kind,
        )
        for id_, array_path, name, layout, kind in connection.execute(query)
    )


def _edges(
    connection: sa.Connection, where: sa.ColumnElement[bool]
) -> tuple[TransformationBrief, ...]:
    return tuple(
        TransformationBrief(
            id_, name, type_, address(*ends[:3]), address(*ends[3:]), origin, invertibility
        )
        for id_, name, type_, *ends, origin, invertibility in connection.execute(
            _EDGES.where(where)
        )
    )


def _system(connection: sa.Connection, row: SystemRow) -> SystemShown:
    layouts = axis_layouts(connection)
    name = connection.execute(
        sa.select(image.c.name)
        .where(image.c.group_id == row.group_id, image.c.intrinsic_system_id == row.id)
        .order_by(image.c.entry)
    ).scalar()
    touching = sa.or_(transformation.c.input_id == row.id, transformation.c.output_id == row.id)
    return SystemShown(
        id=row.id,
        address=row.address,
        kind=row.kind,
        group=row.url,
        axes=None if row.axis_layout_id is None else layouts.get(row.axis_layout_id),
        ndim=row.ndim,
        component=row.component_id,
        component_systems=row.component_systems,
        image=name,
        transformations=_edges(connection, touching),
        reference=reference_of(connection, row.component_id),
    )


def _transformation(connection: sa.Connection, id_: int) -> TransformationShown:
    brief = _edges(connection, transformation.c.id == id_)[0]
    found = connection.execute(
        sa.select(
            zarr_group.c.url,
            transformation.c.pointer,
            transformation.c.component_id,
            transformation.c.parameters,
            transformation.c.affine,
            transformation.c.inverse_affine,
        )
        .join(zarr_group, transformation.c.group_id == zarr_group.c.id)
        .where(transformation.c.id == id_)
    ).one()
    return TransformationShown(
        *brief,
        declared_in=found.url,
        pointer=found.pointer,
        component=found.component_id,
        parameters=json.loads(found.parameters),
        affine=_matrix(found.affine),
        inverse_affine=_matrix(found.inverse_affine),
    )


def _matrix(text: str | None) -> Matrix | None:
    return None if text is None else tuple(tuple(row) for row in json.loads(text))
