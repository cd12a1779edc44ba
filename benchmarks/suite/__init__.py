"""Whole small operations by several libraries: a file a library, each on the tables of `schema.py`."""
