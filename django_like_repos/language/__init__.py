"""What can be said: lookups, transforms, functions and expressions, a file a kind."""
