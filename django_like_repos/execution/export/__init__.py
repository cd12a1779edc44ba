"""Rows that leave for other programs: as columns of Apache Arrow, and as the text of COPY.

What each column is, is read of the query, and never guessed of its rows: ``kinds``. pyarrow, pandas and
polars are imported where somebody asks for what they make.
"""
