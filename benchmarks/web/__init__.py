"""A filtered page of 20 through a whole FastAPI application: a file a library."""
