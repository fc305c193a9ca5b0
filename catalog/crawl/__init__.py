"""Where hierarchies are, what is in them, and what has not changed since.

`discover` finds hierarchies below a root, `read` reads one into nodes, `interpret` makes
records of the nodes, `work` does both for one hierarchy, in any process. No database here.
"""
