"""Hypothesis strategies for numbers, expressions and gradients."""

from .checking.strategies import (
    Domain,
    expressions,
    functions,
    gradient_property,
    numbers,
    profile,
    values,
)

__all__ = ["Domain", "expressions", "functions", "gradient_property", "numbers", "profile", "values"]
