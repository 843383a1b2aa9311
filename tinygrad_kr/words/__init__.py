"""Words and symbols: what explanations say, and how expressions are collected, written and set."""
