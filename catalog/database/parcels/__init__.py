"""What hierarchies become on their way into the tables, wherever they are read.

A parcel holds the rows of some hierarchies, which refer to each other by their numbers
within it. It is made by whoever reads, in another process or on another machine, and the
one writer only has to give its rows their ids. Nothing here needs a connection to the
catalog's database, nor loads SQLAlchemy.
"""
