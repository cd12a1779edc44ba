"""Rows to be selected: what is asked of a tree, as a SELECT that passes rewrite."""
