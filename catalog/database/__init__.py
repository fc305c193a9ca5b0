"""The database: its schema, the one writer, and who opens, commits and rolls back.

`catalog.database.engine.Database` gives connections to the layers that ask;
`catalog.database.writer.Writer` writes what a crawl found; `catalog.database.migration`
builds the schema and says which version a database has.
"""
