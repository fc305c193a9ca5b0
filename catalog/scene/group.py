"""What scenes and images share: a Zarr group with OME-Zarr 0.6 metadata and its members."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, Union, cast

from pydantic import PrivateAttr, ValidationError, model_validator
from pydantic_zarr.v3 import ArraySpec, GroupSpec

from catalog.errors import DocumentError, StoreError
from catalog.metadata.arrays import read_array
from catalog.metadata.assembly import assemble
from catalog.metadata.base import Model
from catalog.metadata.nodes import GroupNode, Node
from catalog.metadata.read import read_group
from catalog.scene.documents import Document, read_documents
from catalog.scene.fields import fields_in
from catalog.scene.normal_form import in_normal_form, with_explicit_ends
from catalog.scene.parameters import parameters_in
from catalog.scene.specs import AnyGroup, AnySpec, array_node, array_spec, flattened, nested, plain
from catalog.scene.writing import write_group

if TYPE_CHECKING:
    import zarr
    from zarr.abc.store import Store
    from zarr.storage import StoreLike

    from catalog.graph import TransformGraph

Attributes = TypeVar("Attributes", bound=Model)


class _Source:
    """The group that a model was read from; models are equal wherever they came from."""

    __slots__ = ("group",)

    def __init__(self, group: zarr.Group | None = None) -> None:
        self.group = group

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source)

    def __hash__(self) -> int:
        return hash(_Source)


# Without parameters, so that members of members are read as specifications too.
class OmeGroup(
    GroupSpec[Attributes, Union["GroupSpec", "ArraySpec"]],  # type: ignore[type-arg]
    Generic[Attributes],
):
    """A Zarr group that OME-Zarr metadata describe, with all groups and arrays below it.

    Whatever version it was read from, the model holds OME-Zarr 0.6 in Zarr v3.
    """

    what: ClassVar[str] = "group"

    _source: _Source = PrivateAttr(default_factory=_Source)

    @model_validator(mode="before")
    @classmethod
    def _from_any_dialect(cls, value: object) -> object:
        if isinstance(value, dict):
            attributes = value.get("attributes")
            if isinstance(attributes, dict):
                node = read_group(attributes, zarr_format=3)
                cls._expect(node)
                assert node is not None
                return {**value, "attributes": in_normal_form(attributes, node)}
        return value

    @classmethod
    def _expect(cls, node: GroupNode | None) -> None:
        """Raise ValueError when the metadata describe something else."""

    @classmethod
    def from_zarr(cls, group: zarr.Group) -> Self:  # type: ignore[override]
        """Read a group and everything below it.

        Metadata documents are read, array data is not. Parameters that transformations
        keep in Zarr arrays are read from `group` when they are needed.

        Parameters
        ----------
        group
            Of any OME-Zarr version that the catalog reads; Zarr v2 is described as v3.

        Raises
        ------
        DocumentError
            The metadata is of something else, or cannot be read whole.
        StoreError
            The store cannot be read.
        """
        documents = read_documents(group)
        url = str(group.store_path)
        nodes = {place: node for place, d in documents.items() if (node := _node(d)) is not None}
        assembly = assemble(nodes)

        def spec(location: str, document: Document) -> AnySpec:
            if document.node_type == "array":
                return array_spec(document, f"{url}/{location}")
            attributes = document.attributes
            node = nodes.get(location)
            if isinstance(node, GroupNode):
                # What cannot be read whole below stays as it stood.
                with suppress(ValueError):
                    explicit = with_explicit_ends(node, location, assembly)
                    attributes = in_normal_form(attributes, explicit)
            return GroupSpec(attributes=attributes, members={})

        try:
            node = nodes.get("")
            cls._expect(node if isinstance(node, GroupNode) else None)
            assert isinstance(node, GroupNode)
            explicit = with_explicit_ends(node, "", assembly)
            attributes = in_normal_form(documents.pop("").attributes, explicit)
            members = nested({place: spec(place, found) for place, found in documents.items()})
            model = cls.model_validate({"attributes": attributes, "members": members})
        except ValidationError as error:
            raise DocumentError(f"{url} is not a valid {cls.what}: {error}", url) from error
        except ValueError as error:
            raise DocumentError(f"{url}: {error}", url) from error
        model._source.group = group
        return model

    def to_zarr(
        self, store: StoreLike, path: str = "", *, overwrite: bool = False, **kwargs: Any
    ) -> zarr.Group:
        """Write the metadata documents of this group and of all below it.

        Arrays are created and hold their fill value: their data is written afterwards.

        Parameters
        ----------
        store
            A Zarr store, or the path of a folder.
        path
            Where in the store.
        overwrite
            Whether what is there may be replaced.

        Raises
        ------
        StoreError
            Something else is there, or the store cannot be written.
        """
        from zarr.errors import ContainsArrayError, ContainsGroupError
        from zarr.storage import LocalStore

        opened = LocalStore(Path(store)) if isinstance(store, str | os.PathLike) else store
        # As plain JSON, since what is compared with what is there is the dumped attributes.
        spec: AnyGroup = GroupSpec(attributes=plain(self.attributes), members=self.members)
        try:
            return write_group(spec, cast("Store", opened), path, overwrite=overwrite, **kwargs)
        except (ContainsArrayError, ContainsGroupError) as error:
            place = f"{opened}/{path}".rstrip("/")
            raise StoreError(
                f"There is another group or array at {place}; overwrite=True replaces it", place
            ) from error
        except OSError as error:
            raise StoreError(f"{opened} cannot be written: {error}", str(opened)) from error

    def transform_graph(self) -> TransformGraph:
        """Join the coordinate systems of this group and of all below it into one graph.

        Systems are named by their location: ``world``, ``tiles/t0#physical``, and
        ``tiles/t0/0#`` for an array's own. Nothing needs to have been written, except
        parameters and fields that are stored as arrays.
        """
        from catalog.graph import TransformGraph

        return TransformGraph.from_assembly(
            assemble(self._nodes()),
            lambda location: parameters_in(self._source.group, location),
            fields_for=fields_in(self._source.group),
        )

    def _nodes(self) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        for location, spec in {"": self, **flattened(self.members)}.items():
            if isinstance(spec, ArraySpec):
                nodes[location] = array_node(spec)
            elif (node := read_group(plain(spec.attributes), zarr_format=3)) is not None:
                nodes[location] = node
        return nodes


def _node(document: Document) -> Node | None:
    if document.node_type == "array":
        return read_array(document.body, document.zarr_format, document.attributes)
    return read_group(document.attributes, zarr_format=document.zarr_format)
