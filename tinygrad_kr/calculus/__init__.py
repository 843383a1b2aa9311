"""What derivatives of functions are made of: sweeps over a graph, power series, nested arguments."""
