"""Hypothesis strategies for numbers, expressions and gradients."""

from .checking.properties import gradient_property
from .checking.strategies import Domain, expressions, functions, numbers, profile, values

__all__ = ["Domain", "expressions", "functions", "gradient_property", "numbers", "profile", "values"]
