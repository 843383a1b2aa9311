"""What checks are made of: numerical derivatives, kinks and nans in a graph, reports, random programs."""
