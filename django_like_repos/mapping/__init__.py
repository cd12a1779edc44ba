"""What names mean: the fields, relations and keys of a model, and the paths through them."""
