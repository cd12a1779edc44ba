"""Many rows at a time: how they reach the database, and what the session knows of them afterwards.

``feeds`` puts rows of Python's into FROM, for whatever statement is made of it.
"""
