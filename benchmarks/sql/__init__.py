"""What databases make of statements: ours, Django's and an expert's, on a shop's large tables."""
