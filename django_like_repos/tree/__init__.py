"""From a shape to what a statement is made of."""
