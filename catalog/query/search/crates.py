"""Fields of what an RO-Crate says of a hierarchy, and so of all that lies in it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from catalog.database.crates import label_words
from catalog.database.schema import crate, crate_term, zarr_group
from catalog.database.texts import indexable
from catalog.metadata.crate import TermKind, identifier_of
from catalog.query.search.fields import Field, Many


def _terms(kind: TermKind) -> sa.Subquery:
    columns = (crate_term.c.hierarchy_id, crate_term.c.identifier, crate_term.c.label)
    # Said as it is: of a parameter a planner would not know how much it leaves.
    said = sa.literal_column(f"'{kind}'", sa.Text)
    return sa.select(*columns).where(crate_term.c.kind == said).subquery(f"crate_{kind}")


def _field(
    name: str, source: sa.FromClause, column: sa.ColumnElement[Any], words: str, example: str
) -> Field:
    many = Many(zarr_group.c.hierarchy_id, source.c.hierarchy_id, column, source, few=False)
    return Field(name, "text", words, example, many=many, indexed=not name.endswith("_name"))


_organisms, _modalities = _terms("organism"), _terms("modality")

CRATE = (
    _field(
        *("organism", _organisms, _organisms.c.identifier),
        *("Organisms that its RO-Crate names: taxa of NCBI", "organism = 'NCBITaxon:10090'"),
    ),
    _field(
        *("organism_name", _organisms, _organisms.c.label),
        *("Names of these organisms, as written", "organism_name = 'Mus musculus'"),
    ),
    _field(
        *("modality", _modalities, _modalities.c.identifier),
        *("Imaging methods that its RO-Crate names: terms of FBbi", "modality = 'FBbi:00000251'"),
    ),
    _field(
        *("modality_name", _modalities, _modalities.c.label),
        *("Names of these methods, as written", "modality_name LIKE '%microscopy'"),
    ),
    _field(
        *("license", crate, crate.c.license, "License that its RO-Crate names: its URL"),
        "license LIKE 'https://creativecommons.org/%'",
    ),
)


def terms_named(connection: sa.Connection, kind: TermKind, text: str) -> list[str]:
    """Give the identifiers that a text means: one itself, or those with this name.

    A name means a term in all crates, if one crate has it: most give identifiers alone.
    """
    identifier = indexable(identifier_of(text, kind) or text)
    words = label_words(text)
    c = crate_term.c
    found = sa.select(c.identifier).where(c.kind == kind, c.label_words == words).distinct()
    named = connection.execute(found).scalars() if words else ()
    return sorted({identifier, *named})
