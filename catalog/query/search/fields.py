"""What a field is, and a subject: a kind of thing that can be searched for by its fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Literal, get_type_hints

import sqlalchemy as sa

from catalog.database import facets
from catalog.database.schema import axis, hierarchy, zarr_group
from catalog.errors import UsageError
from catalog.query.search.found import Found

FieldType = Literal["text", "integer", "number", "boolean", "time"]


@dataclass(frozen=True, eq=False)
class Many:
    """Values in another table, any number for each thing: a filter asks if some value fits.

    Attributes
    ----------
    key, link
        Column of the thing, and the column of the other table that is equal to it.
    source
        Where `link` and `value` come from.
    """

    key: sa.ColumnElement[Any]
    link: sa.ColumnElement[Any]
    value: sa.ColumnElement[Any]
    source: sa.FromClause
    few: bool = True


@dataclass(frozen=True, eq=False)
class Field:
    """Something to filter, sort and count by.

    Attributes
    ----------
    column
        None for one whose values stand in another table.
    indexed
        Whether a selective filter need not look at everything.
    """

    name: str
    type: FieldType
    meaning: str
    example: str
    column: sa.ColumnElement[Any] | None = None
    many: Many | None = None
    nullable: bool = False
    indexed: bool = False


@dataclass(frozen=True, eq=False)
class Subject:
    """A kind of thing that can be searched for.

    Attributes
    ----------
    key
        Column that tells one from another; the order of pages where no other is asked for.
    present
        That what is marked as removed is left out.
    columns
        What a row of the answer is made of, in the order that `found` takes it.
    details
        Further tables for these columns alone; none of them adds or drops a row.
    """

    name: str
    one: str
    table: sa.Table
    key: sa.Column[int]
    source: sa.FromClause
    present: sa.ColumnElement[bool]
    fields: Sequence[Field]
    columns: Sequence[sa.ColumnElement[Any]]
    found: Callable[[Sequence[Any]], Found]
    row: type[Found]
    details: Sequence[tuple[sa.FromClause, sa.ColumnElement[bool]]] = ()

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {each.name: each for each in self.fields}

    def field(self, name: str) -> Field:
        """Find a field.

        Raises
        ------
        UsageError
            With the nearest name, when there is none.
        """
        found = self._by_name.get(name)
        if found is not None:
            return found
        near = get_close_matches(name.lower(), self._by_name, n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageError(
            f"{self.name} have no field {name!r}.{hint} 'catalog fields {self.name}' lists them."
        )

    @cached_property
    def hints(self) -> dict[str, object]:
        """Types of the values of a row, by name."""
        return get_type_hints(self.row)

    @property
    def names(self) -> list[str]:
        """Names for the columns: those of the answer, where it holds the columns as they are."""
        fields = self.row._fields
        if len(fields) == len(self.columns):
            return list(fields)
        return [f"column_{number}" for number in range(1, len(self.columns) + 1)]

    @property
    def kept(self) -> frozenset[str]:
        """Fields whose values are counted while writing."""
        return frozenset(facets.FIELDS[self.name])


_hierarchies = Many(zarr_group.c.hierarchy_id, hierarchy.c.id, hierarchy.c.url, hierarchy)
_indexed_at = Many(zarr_group.c.hierarchy_id, hierarchy.c.id, hierarchy.c.indexed_at, hierarchy)
THERE = zarr_group.c.removed_at.is_(None)

PLACE = (
    Field(
        *("url", "text", "Location of its group", "url LIKE 'file:///data/%'"),
        column=zarr_group.c.url,
        indexed=True,
    ),
    Field(
        *("hierarchy", "text", "Location of the hierarchy that it lies in"),
        "hierarchy = 'file:///data/brain7.zarr'",
        many=_hierarchies,
        indexed=True,
    ),
    Field(
        *("indexed_at", "time", "When its hierarchy was last written"),
        "indexed_at > TIMESTAMP('2026-01-01T00:00:00Z')",
        many=_indexed_at,
    ),
)


def axis_fields(layout: sa.ColumnElement[Any]) -> tuple[Field, ...]:
    """Make the fields of axes, which a layout holds for many things at once."""

    def one(column: sa.Column[str], *words: str) -> Field:
        name, meaning, example = words
        many = Many(layout, axis.c.axis_layout_id, column, axis)
        return Field(name, "text", meaning, example, many=many, indexed=True)

    return (
        one(axis.c.name, "axis", "Names of its axes, one by one", "axis = 'c'"),
        one(axis.c.type, "axis_type", "Types of its axes", "axis_type = 'time'"),
        one(axis.c.unit, "unit", "Units of its axes, as written", "unit = 'micrometer'"),
    )
