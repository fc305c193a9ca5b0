"""What is said of hierarchies beside OME-Zarr, and how much there is of everything."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema.columns import Id, Text, metadata, one_of

crate = sa.Table(
    "crate",
    metadata,
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("hierarchy.id"),
        primary_key=True,
        autoincrement=False,
        comment="That it lies in, and is about",
    ),
    sa.Column("name", Text, comment="As written"),
    sa.Column("description", Text, comment="As written"),
    sa.Column("license", Text, comment="Its URL, else as written"),
    sa.Column("document", Text, nullable=False, comment="JSON, as it stood"),
    sa.Index(None, "license", "hierarchy_id"),
    comment="The RO-Crate (ro-crate-metadata.json) beside the root of a hierarchy",
)

crate_term = sa.Table(
    "crate_term",
    metadata,
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("crate.hierarchy_id"),
        primary_key=True,
        comment="Of the crate that names it",
    ),
    sa.Column("kind", Text, primary_key=True, comment="organism or modality"),
    sa.Column(
        "identifier",
        Text,
        primary_key=True,
        comment="Such as NCBITaxon:9606 or FBbi:00000246, however written; else URL or name",
    ),
    sa.Column("label", Text, comment="Its name, as written; null if the crate names none"),
    sa.Column(
        "label_words",
        Text,
        nullable=False,
        comment="Words of its name, without case and accents",
    ),
    one_of("kind", "organism", "modality"),
    sa.Index(None, "kind", "identifier", "hierarchy_id"),
    sa.Index(None, "kind", "label_words", "identifier"),
    comment="An organism or an imaging modality that an RO-Crate names",
)

facet_count = sa.Table(
    "facet_count",
    metadata,
    sa.Column("subject", Text, primary_key=True, comment="images, labels, systems, …"),
    sa.Column("field", Text, primary_key=True, comment="Field of a search; empty for all there is"),
    sa.Column("value", Text, primary_key=True, comment="Value of the field, as text"),
    sa.Column("count", sa.BigInteger, nullable=False, comment="How many have it, and are there"),
    comment="How many have each value, kept while writing; what has no value is not counted",
)
