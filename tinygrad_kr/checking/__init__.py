"""What gradient checks are made of: numerical derivatives, kinks and nans in a graph, the report."""
