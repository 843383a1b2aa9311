"""Gradients in tests: ``assert_gradients``."""

from .checking.testing import (
    Gradient,
    assert_gradients,
)

__all__ = ["Gradient", "assert_gradients"]
