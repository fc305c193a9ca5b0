"""Questions to the database: what is where, and how to get from here to there.

Functions take a connection; who opens and closes it is the `database` package's matter.
"""
