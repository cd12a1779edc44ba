"""The SQL of the functions of floor 1, one file a family; importing the package makes them known."""
