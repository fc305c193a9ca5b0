"""Crawls: of what kind, what they left out, and how much they asked of servers.

A list of URLs and what a watch reads again are crawls too, and no collections.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LARGEST = 9223372036854775807

FOLDER = "CASE WHEN r.root LIKE '%/' THEN r.root ELSE r.root || '/' END"


def upgrade() -> None:
    # Written out, for the check to belong to the column: SQLite so needs no copy of the
    # table, which views look at.
    op.execute(
        "ALTER TABLE crawl ADD COLUMN kind TEXT NOT NULL DEFAULT 'root' "
        "CONSTRAINT ck_crawl_kind CHECK (kind IN ('root', 'list', 'watch'))"
        if sqlite()
        else "ALTER TABLE crawl ADD COLUMN kind TEXT COLLATE \"C\" NOT NULL DEFAULT 'root' "
        "CONSTRAINT ck_crawl_kind CHECK (kind IN ('root', 'list', 'watch'))"
    )
    for name, kind, comment in (
        ("ignored", sa.Integer(), "Zarr groups and arrays without OME-Zarr metadata"),
        ("requests", sa.BigInteger(), "Sent to servers"),
        ("retries", sa.BigInteger(), "Of these, sent because an earlier one had failed"),
    ):
        op.add_column(
            "crawl", sa.Column(name, kind, nullable=False, server_default="0", comment=comment)
        )
    if not sqlite():
        op.execute(
            "COMMENT ON COLUMN crawl.kind IS "
            "'root: a place; list: URLs of a list; watch: what changed below a watched root'"
        )
        op.execute("COMMENT ON TABLE crawl IS 'One run of `catalog index` over one root or list'")
    show_collections("WHERE kind = 'root' ")


def downgrade() -> None:
    show_collections("")
    for name in ("retries", "requests", "ignored", "kind"):
        op.drop_column("crawl", name)
    if not sqlite():
        op.execute("COMMENT ON TABLE crawl IS 'One run of `catalog index` over one root'")


def sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def show_collections(which: str) -> None:
    """Make the view of 0002 anew, over some crawls alone; its columns stay."""
    if sqlite():
        op.execute("DROP VIEW report_collection")
        bytes_ = "CAST(TOTAL(x.bytes) AS BIGINT)"
    else:
        bytes_ = f"CAST(LEAST(COALESCE(SUM(x.bytes), 0), {LARGEST}) AS BIGINT)"
    problems = "JOIN problem AS p ON p.hierarchy_id = x.id "
    columns = {
        "root": "r.root",
        "hierarchies": hierarchies("", ""),
        "scenes": groups("COUNT(*)", "scene"),
        "images": groups("COUNT(*)", "image"),
        "label_images": groups("COUNT(*)", "image", "JOIN label_image AS k ON k.image_id = x.id "),
        "plates": groups("COUNT(*)", "plate"),
        "transformations": groups("COUNT(*)", "transformation"),
        "bytes": groups(bytes_, "image"),
        "errors": hierarchies(problems, " AND p.severity = 'error'"),
        "warnings": hierarchies(problems, " AND p.severity = 'warning'"),
        "crawls": "r.crawls",
        "last_crawl_id": "c.id",
        "last_crawl_at": "c.started_at",
        "last_outcome": "c.outcome",
    }
    listed = ",\n    ".join(f"{what} AS {name}" for name, what in columns.items())
    # On PostgreSQL a view that is replaced keeps its comments.
    op.execute(
        f"CREATE {'' if sqlite() else 'OR REPLACE '}VIEW report_collection AS\n"
        f"SELECT\n    {listed}\n"
        f"FROM (SELECT root, COUNT(*) AS crawls, MAX(id) AS last_id FROM crawl {which}"
        "GROUP BY root) AS r\n"
        "JOIN crawl AS c ON c.id = r.last_id"
    )


def groups(count: str, table: str, more: str = "") -> str:
    return (
        f"(SELECT {count} FROM zarr_group AS t JOIN {table} AS x ON x.group_id = t.id {more}"
        f"WHERE t.removed_at IS NULL AND {at_or_below('t.url')})"
    )


def hierarchies(more: str, where: str) -> str:
    return (
        f"(SELECT COUNT(*) FROM hierarchy AS x {more}"
        f"WHERE x.removed_at IS NULL AND {at_or_below('x.url')}{where})"
    )


def at_or_below(url: str) -> str:
    end = f"SUBSTR({FOLDER}, 1, LENGTH({FOLDER}) - 1) || '0'"
    return f"({url} = r.root OR ({url} > {FOLDER} AND {url} < {end}))"
