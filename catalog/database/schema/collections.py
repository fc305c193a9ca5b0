"""Where things were found, and by which crawl; what is wrong with them."""

from __future__ import annotations

import sqlalchemy as sa

from catalog.database.schema.columns import Id, Text, Time, metadata, one_of

id_counter = sa.Table(
    "id_counter",
    metadata,
    sa.Column("name", Text, primary_key=True, comment="Table whose ids are counted"),
    sa.Column("next_id", Id, nullable=False, comment="First id not yet handed out"),
    comment="Ids are handed out in blocks and never used twice, so a printed id stays true",
)

crawl = sa.Table(
    "crawl",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="Never used twice"),
    sa.Column("root", Text, nullable=False, comment="URL that was crawled"),
    sa.Column("started_at", Time, nullable=False, comment="In UTC"),
    sa.Column("finished_at", Time, comment="Null while it runs, and when it was killed"),
    sa.Column(
        "outcome", Text, nullable=False, comment="running, done, partial, failed or interrupted"
    ),
    sa.Column("seen", sa.Integer, nullable=False, comment="Hierarchies met"),
    sa.Column("written", sa.Integer, nullable=False, comment="Hierarchies new or changed"),
    sa.Column(
        "unchanged", sa.Integer, nullable=False, comment="Hierarchies that nothing has changed in"
    ),
    sa.Column("failed", sa.Integer, nullable=False, comment="Hierarchies that cannot be read"),
    sa.Column("removed", sa.Integer, nullable=False, comment="Hierarchies marked as removed"),
    sa.Column("problems", sa.Integer, nullable=False, comment="Problem rows written"),
    sa.Column("message", Text, comment="Why it ended early, or why nothing was removed"),
    sa.Column(
        "kind",
        Text,
        nullable=False,
        server_default="root",
        comment="root: a place; list: URLs of a list; watch: what changed below a watched root",
    ),
    sa.Column(
        "ignored",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="Zarr groups and arrays without OME-Zarr metadata",
    ),
    sa.Column(
        "requests", sa.BigInteger, nullable=False, server_default="0", comment="Sent to servers"
    ),
    sa.Column(
        "retries",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        comment="Of these, sent because an earlier one had failed",
    ),
    one_of("kind", "root", "list", "watch"),
    one_of("outcome", "running", "done", "partial", "failed", "interrupted"),
    sa.Index(None, "root"),
    comment="One run of `catalog index` over one root or list",
)

hierarchy = sa.Table(
    "hierarchy",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; stays while the URL does",
    ),
    sa.Column("url", Text, nullable=False, comment="URL of its root group"),
    sa.Column("digest", sa.LargeBinary, comment="Of all documents read; null if never readable"),
    sa.Column(
        "manifest", sa.LargeBinary, comment="What was looked at and its times, to see what changed"
    ),
    sa.Column("crawl_id", Id, sa.ForeignKey("crawl.id"), nullable=False, comment="Last that wrote"),
    sa.Column("indexed_at", Time, nullable=False, comment="When it was last written"),
    sa.Column("removed_at", Time, comment="When it was found to be gone; null while it is there"),
    sa.UniqueConstraint("url"),
    sa.Index(None, "crawl_id"),
    comment="A top-most Zarr group of a store with everything below it",
)

zarr_group = sa.Table(
    "zarr_group",
    metadata,
    sa.Column(
        "id",
        Id,
        primary_key=True,
        autoincrement=False,
        comment="Never used twice; stays while the URL does",
    ),
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("hierarchy.id"),
        nullable=False,
        comment="That it is a part of",
    ),
    sa.Column(
        "parent_id", Id, sa.ForeignKey("zarr_group.id"), comment="Nearest recorded group above"
    ),
    sa.Column("url", Text, nullable=False, comment="One spelling for each group"),
    sa.Column("path", Text, nullable=False, comment="From the root of the hierarchy"),
    sa.Column("name", Text, nullable=False, comment="Last part of the URL"),
    sa.Column("kind", Text, nullable=False, comment="What it is first of all"),
    sa.Column("ome_version", Text, nullable=False, comment="As claimed; empty if it claims none"),
    sa.Column("zarr_format", sa.SmallInteger, nullable=False, comment="2 or 3"),
    sa.Column("mtime_ns", sa.BigInteger, comment="Modification time of its document"),
    sa.Column("size", sa.BigInteger, comment="Bytes of its document"),
    sa.Column("digest", sa.LargeBinary, comment="Of its document"),
    sa.Column("attributes", Text, nullable=False, comment="JSON, as it stood"),
    sa.Column("removed_at", Time, comment="When it was found to be gone; null while it is there"),
    sa.UniqueConstraint("url"),
    one_of("kind", "scene", "image", "plate", "well", "labels", "collection"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "parent_id"),
    sa.Index(None, "name"),
    comment="An OME-Zarr group",
)

problem = sa.Table(
    "problem",
    metadata,
    sa.Column("id", Id, primary_key=True, autoincrement=False, comment="Never used twice"),
    sa.Column("crawl_id", Id, sa.ForeignKey("crawl.id"), nullable=False, comment="That found it"),
    sa.Column(
        "hierarchy_id",
        Id,
        sa.ForeignKey("hierarchy.id"),
        comment="Null for a folder of no hierarchy",
    ),
    sa.Column("url", Text, nullable=False, comment="URL of the group, array or folder"),
    sa.Column("pointer", Text, nullable=False, comment="JSON pointer into the attributes"),
    sa.Column("code", Text, nullable=False, comment="Name of the rule"),
    sa.Column(
        "severity",
        Text,
        nullable=False,
        comment="error: breaks a rule; warning: somebody should look",
    ),
    sa.Column("message", Text, nullable=False, comment="What is wrong, in words"),
    one_of("severity", "error", "warning"),
    sa.Index(None, "hierarchy_id"),
    sa.Index(None, "crawl_id"),
    sa.Index(None, "code"),
    comment="Something wrong with a document or a place",
)
