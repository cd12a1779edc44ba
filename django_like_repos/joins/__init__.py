"""Where rows come from: the tree of joins, its aliases in one SELECT, what joined rows fill."""
