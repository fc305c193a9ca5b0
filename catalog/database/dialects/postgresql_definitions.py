"""What a PostgreSQL catalog was made of, written from the server's own tables."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from catalog.database.dialects import Definition

_RELATIONS = """
    SELECT oid, relname, relkind = 'v' AS is_view FROM pg_class
    WHERE relnamespace = CAST(CURRENT_SCHEMA() AS regnamespace) AND relkind IN ('r', 'v')
    ORDER BY relkind, oid
"""
_RANGES = """
    SELECT t.typname, format('CREATE TYPE %I AS RANGE (subtype = %s, subtype_diff = %s);',
        t.typname, format_type(r.rngsubtype, NULL), CAST(r.rngsubdiff AS regproc))
    FROM pg_range AS r JOIN pg_type AS t ON t.oid = r.rngtypid
    WHERE t.typnamespace = CAST(CURRENT_SCHEMA() AS regnamespace) ORDER BY t.oid
"""
_COLUMNS = """
    SELECT format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod))
        || CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
            THEN format(' COLLATE %I', c.collname) ELSE '' END
        || CASE WHEN a.attgenerated = 's'
            THEN ' GENERATED ALWAYS AS (' || pg_get_expr(d.adbin, d.adrelid) || ') STORED'
            WHEN d.adbin IS NOT NULL THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
            ELSE '' END
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_collation AS c ON c.oid = a.attcollation
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = :oid AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
# Those for not-null stand beside the columns already.
_CONSTRAINTS = """
    SELECT format('CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE conrelid = :oid AND contype IN ('p', 'u', 'c') ORDER BY contype, conname
"""
_KEYS = """
    SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s;',
        CAST(conrelid AS regclass), conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = :oid AND contype = 'f' ORDER BY conname
"""
_INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid) || ';' FROM pg_index AS i
    WHERE i.indrelid = :oid
    AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
    ORDER BY i.indexrelid
"""
_COMMENTS = """
    SELECT CASE WHEN d.objsubid = 0
        THEN format('COMMENT ON %s %I IS %L;', CAST(:kind AS text), CAST(:name AS text),
            d.description)
        ELSE format('COMMENT ON COLUMN %I.%I IS %L;', CAST(:name AS text), a.attname,
            d.description) END
    FROM pg_description AS d
    LEFT JOIN pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
    WHERE d.objoid = :oid AND d.classoid = CAST('pg_class' AS regclass) ORDER BY d.objsubid
"""


def definitions(connection: sa.Connection) -> Iterator[Definition]:
    """Yield the statements that would make the tables, indexes, views and comments.

    Foreign keys come after the tables, since they need both of theirs.
    """
    relations = connection.execute(sa.text(_RELATIONS)).all()

    def told(query: str, oid: int, **more: str) -> list[str]:
        return list(connection.scalars(sa.text(query), {"oid": oid, **more}))

    for name, sql in connection.execute(sa.text(_RANGES)):
        yield Definition(name, sql)  # before the indexes that need it
    for oid, name, is_view in relations:
        if is_view:
            continue
        inside = ",\n    ".join([*told(_COLUMNS, oid), *told(_CONSTRAINTS, oid)])
        yield Definition(name, f'CREATE TABLE "{name}" (\n    {inside}\n);')
        for sql in (*told(_INDEXES, oid), *told(_COMMENTS, oid, kind="TABLE", name=name)):
            yield Definition(name, sql)
    for oid, name, is_view in relations:
        if not is_view:
            for sql in told(_KEYS, oid):
                yield Definition(name, sql)
    for oid, name, is_view in relations:
        if is_view:
            [sql] = told("SELECT pg_get_viewdef(CAST(:oid AS oid))", oid)
            yield Definition(name, f'CREATE VIEW "{name}" AS\n{sql}')
            for words in told(_COMMENTS, oid, kind="VIEW", name=name):
                yield Definition(name, words)
