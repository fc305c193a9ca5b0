"""Nodes and edges of the graph, as frozen values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from catalog.errors import CatalogError
from catalog.geometry.steps import LinearStep, Mapping
from catalog.graph.addresses import edge_order, full_address
from catalog.graph.cost import forward_cost, inverse_cost

if TYPE_CHECKING:
    from catalog.geometry.field import FieldReader
    from catalog.geometry.mapping import ParameterReader
    from catalog.metadata.assembly import Edge
    from catalog.metadata.axes import Axis
    from catalog.metadata.transformations import AnyTransform


@dataclass(frozen=True, slots=True)
class GraphSystem:
    """A coordinate system. `kind` is declared, array, implied or undeclared."""

    address: str
    axes: tuple[Axis, ...] | None = None
    ndim: int | None = None
    kind: str = "declared"


@dataclass(frozen=True)
class GraphEdge:
    """A transformation from `source` to `target` (addresses), in its declared direction.

    Attributes
    ----------
    key
        Tells edges between the same two systems apart, and orders them: where the edge
        is declared.
    invertibility
        ``closed``, ``explicit``, ``numeric`` or ``no``.
    group, pointer
        Where it is declared: the group (path or URL) and the JSON pointer.
    load, load_inverse
        Make the mapping, when it is needed; `load_inverse` is None where the inverse of
        what `load` makes is the way back.
    """

    key: str
    source: str
    target: str
    type: str
    name: str | None
    origin: str
    invertibility: str
    group: str
    pointer: str
    load: Callable[[], Mapping] = field(repr=False, compare=False)
    load_inverse: Callable[[], Mapping] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_edge(
        cls,
        edge: Edge,
        ndim_in: int | None = None,
        ndim_out: int | None = None,
        parameters: ParameterReader | None = None,
        prefix: str = "",
        *,
        fields: FieldReader | None = None,
    ) -> GraphEdge:
        """Make the edge of an assembled hierarchy.

        Parameters
        ----------
        ndim_in, ndim_out
            Numbers of axes of its ends; None where unknown.
        parameters
            Reads stored parameters, by their path as written in the edge's group.
        prefix
            URL of the hierarchy; without it, addresses are relative to its root.
        fields
            Opens displacement and coordinate fields, by their path as written.
        """
        from catalog.geometry.classify import edge_mapping
        from catalog.geometry.classify import invertibility as judged

        transformation = edge.transformation
        group = edge.group
        if prefix:
            group = f"{prefix}/{edge.group.replace('#', '%23')}" if edge.group else prefix
        place = f"{group}{edge.pointer}"
        try:
            way_back = judged(transformation, ndim_in, ndim_out, parameters)
        except CatalogError:
            # What cannot be read is said to whom it concerns: when points go through it.
            way_back = judged(transformation, ndim_in, ndim_out, None)

        def load() -> Mapping:
            made = edge_mapping(transformation, ndim_in, ndim_out, parameters, place=place)
            return made if fields is None else made.reading(fields)

        return cls(
            key=edge_order(group, edge.pointer),
            source=full_address(prefix, edge.input),
            target=full_address(prefix, edge.output),
            type=transformation.type,
            name=edge.name,
            origin=edge.origin,
            invertibility=way_back,
            group=group,
            pointer=edge.pointer,
            load=load,
        )

    @classmethod
    def from_rows(
        cls,
        *,
        source: str,
        target: str,
        type: str,
        name: str | None,
        origin: str,
        invertibility: str,
        group: str,
        pointer: str,
        ndim_in: int | None = None,
        ndim_out: int | None = None,
        affine: str | None,
        inverse_affine: str | None = None,
        parameters: str | Callable[[], str],
        reader: ParameterReader | None = None,
        key: str | None = None,
    ) -> GraphEdge:
        """Make the edge of what a catalog keeps; nothing is decoded before it is needed.

        Parameters
        ----------
        affine, inverse_affine
            JSON texts: M rows of N+1 numbers.
        parameters
            JSON text of the transformation in normal form, or what fetches it: needed
            only where the matrices do not say all.
        reader
            Reads stored parameters that the catalog has not resolved.
        """
        place = f"{group}{pointer}"

        def whole() -> Mapping:
            # pydantic is loaded for the few edges whose matrices do not say all.
            from catalog.geometry.classify import edge_mapping

            text = parameters if isinstance(parameters, str) else parameters()
            return edge_mapping(_parsed(text), ndim_in, ndim_out, reader, place=place)

        def load() -> Mapping:
            if affine is None:
                return whole()
            return Mapping.from_rows(_rows(affine), place=place)

        def load_inverse() -> Mapping:
            if inverse_affine is not None:
                return Mapping.from_rows(_rows(inverse_affine), place=place)
            if affine is not None and invertibility == "closed":
                rows = _rows(affine)
                if len(rows[0]) == len(rows) + 1:
                    return Mapping(len(rows), len(rows), (LinearStep(rows, place),)).inverse()
            return whole().inverse()

        return cls(
            key=edge_order(group, pointer) if key is None else key,
            source=source,
            target=target,
            type=type,
            name=name,
            origin=origin,
            invertibility=invertibility,
            group=group,
            pointer=pointer,
            load=load,
            load_inverse=load_inverse,
        )

    @cached_property
    def mapping(self) -> Mapping:
        """The mapping from source to target."""
        return self.load()

    @cached_property
    def inverse_mapping(self) -> Mapping:
        """The mapping from target to source.

        Raises
        ------
        NotInvertibleError
            When there is none.
        """
        return self.mapping.inverse() if self.load_inverse is None else self.load_inverse()

    def reading(self, fields: FieldReader) -> GraphEdge:
        """Give the same edge with what opens its displacement and coordinate fields."""
        inverse = self.load_inverse
        return replace(
            self,
            load=lambda: self.load().reading(fields),
            load_inverse=None if inverse is None else lambda: inverse().reading(fields),
        )

    @property
    def forward_cost(self) -> int:
        """Cost of walking it from source to target."""
        return forward_cost(self.type, self.invertibility, self.origin)

    @property
    def inverse_cost(self) -> int | None:
        """Cost of walking it from target to source; None when there is no way back."""
        return inverse_cost(self.type, self.invertibility, self.origin)


def _rows(text: str) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in json.loads(text))


def _parsed(text: str) -> AnyTransform:
    from pydantic import TypeAdapter

    from catalog.metadata.transformations import AnyTransform

    adapter: TypeAdapter[AnyTransform] = TypeAdapter(AnyTransform)
    return adapter.validate_json(text)
