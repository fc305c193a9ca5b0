"""RO-Crates: what was imaged and how, from the document beside the root of a hierarchy.

None was looked for before, so that all hierarchies are read again by the next `catalog index`,
as if something in them had changed.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

VIEW = "RO-Crates (ro-crate-metadata.json) of the hierarchies that are there"


def upgrade() -> None:
    op.create_table(
        "crate",
        sa.Column(
            "hierarchy_id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="That it lies in, and is about",
        ),
        sa.Column("name", TEXT, comment="As written"),
        sa.Column("description", TEXT, comment="As written"),
        sa.Column("license", TEXT, comment="Its URL, else as written"),
        sa.Column("document", TEXT, nullable=False, comment="JSON, as it stood"),
        sa.PrimaryKeyConstraint("hierarchy_id", name=op.f("pk_crate")),
        sa.ForeignKeyConstraint(
            ["hierarchy_id"], ["hierarchy.id"], name=op.f("fk_crate_hierarchy_id")
        ),
        comment="The RO-Crate (ro-crate-metadata.json) beside the root of a hierarchy",
    )
    op.create_index(op.f("ix_crate_license_hierarchy_id"), "crate", ["license", "hierarchy_id"])
    op.create_table(
        "crate_term",
        sa.Column("hierarchy_id", ID, nullable=False, comment="Of the crate that names it"),
        sa.Column("kind", TEXT, nullable=False, comment="organism or modality"),
        sa.Column(
            "identifier",
            TEXT,
            nullable=False,
            comment="Such as NCBITaxon:9606 or FBbi:00000246, however written; else URL or name",
        ),
        sa.Column("label", TEXT, comment="Its name, as written; null if the crate names none"),
        sa.Column(
            "label_words",
            TEXT,
            nullable=False,
            comment="Words of its name, without case and accents",
        ),
        sa.CheckConstraint("kind IN ('organism', 'modality')", name=op.f("ck_crate_term_kind")),
        sa.PrimaryKeyConstraint("hierarchy_id", "kind", "identifier", name=op.f("pk_crate_term")),
        sa.ForeignKeyConstraint(
            ["hierarchy_id"], ["crate.hierarchy_id"], name=op.f("fk_crate_term_hierarchy_id")
        ),
        comment="An organism or an imaging modality that an RO-Crate names",
    )
    op.create_index(
        op.f("ix_crate_term_kind_identifier_hierarchy_id"),
        "crate_term",
        ["kind", "identifier", "hierarchy_id"],
    )
    op.create_index(
        op.f("ix_crate_term_kind_label_words_identifier"),
        "crate_term",
        ["kind", "label_words", "identifier"],
    )
    show_crates()
    op.execute("UPDATE hierarchy SET digest = NULL, manifest = NULL")


def downgrade() -> None:
    op.execute("DROP VIEW report_crate")
    op.drop_table("crate_term")
    op.drop_table("crate")


def show_crates() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"

    def terms(kind: str, value: str) -> str:
        values = (
            f"SELECT {value} AS value, t.identifier FROM crate_term AS t "
            f"WHERE t.hierarchy_id = c.hierarchy_id AND t.kind = '{kind}' ORDER BY t.identifier"
        )
        if postgresql:
            joined = "STRING_AGG(v.value, ', ' ORDER BY v.identifier)"
        else:
            joined = "GROUP_CONCAT(v.value, ', ')"
        return f"(SELECT {joined} FROM ({values}) AS v)"

    images = (
        "(SELECT COUNT(*) FROM zarr_group AS g JOIN image AS i ON i.group_id = g.id "
        "WHERE g.hierarchy_id = h.id AND g.removed_at IS NULL)"
    )
    name = "COALESCE(t.label, t.identifier)"
    columns = (
        ("hierarchy", "h.url", "URL of the hierarchy that it is about"),
        ("name", "c.name", "As written"),
        ("description", "c.description", "As written"),
        ("license", "c.license", "Its URL, else as written"),
        ("organisms", terms("organism", name), "Their names, else identifiers"),
        ("organism_ids", terms("organism", "t.identifier"), "Such as NCBITaxon:9606"),
        ("modalities", terms("modality", name), "Their names, else identifiers"),
        ("modality_ids", terms("modality", "t.identifier"), "Such as FBbi:00000246"),
        ("images", images, "How many images the hierarchy has"),
        ("indexed_at", "h.indexed_at", "When its hierarchy was last written, in UTC"),
    )
    listed = ",\n    ".join(f"{taken} AS {name}" for name, taken, _ in columns)
    op.execute(
        f"CREATE VIEW report_crate AS\nSELECT\n    {listed}\nFROM crate AS c\n"
        "JOIN hierarchy AS h ON h.id = c.hierarchy_id\nWHERE h.removed_at IS NULL"
    )
    if postgresql:
        op.execute(f"COMMENT ON VIEW report_crate IS '{VIEW}'")
        for name, _, words in columns:
            op.execute(f"COMMENT ON COLUMN report_crate.{name} IS '{words}'")
