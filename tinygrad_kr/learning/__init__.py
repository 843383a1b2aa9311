"""Networks that learn: networks, training, data, scores, plots, parameters in files."""
