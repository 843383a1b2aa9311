"""What type checkers know of the public functions. It is checked, not run: ``mypy --strict tests/typed.py``."""

from typing import Any, assert_type

import numpy as np

from tinygrad_kr import Value, derivative, grad, gradients, hessian, hvp, propagate, summary, taylor, value_and_grad

x = Value(2.0)
row = np.ones(3)
Row = np.ndarray[tuple[int], np.dtype[np.float64]]


def square(x: Value) -> Value:
    """A function of one Value."""
    return x * x


# A gradient is built as the argument is, whatever is known of the function.
assert_type(grad(square)(2.0), float)
assert_type(grad(square)(x), Value)
assert_type(grad(grad(square))(2.0), float)
assert_type(grad(lambda p: p[0] * p[1])([1, 2]), list[float])
assert_type(grad(lambda p: p["a"] * p["b"])({"a": 1.0, "b": 2.0}), dict[str, float])
assert_type(grad(lambda p: p @ p)(row), Row)
assert_type(grad(lambda x, y: x * y, (0, 1))(1.0, 2.0), tuple[Any, ...])
assert_type(value_and_grad(square)(2.0), tuple[float, float])
assert_type(value_and_grad(lambda p: p @ p)(row), tuple[float, Row])
assert_type(hvp(lambda p: p[0] * p[1])([1.0, 2.0], [3.0, 4.0]), list[float])
assert_type(hessian(square)(2.0), float)
assert_type(derivative(square, 2)(2.0), float)
assert_type(taylor(square, 2.0, 3), list[float])
assert_type(gradients(x * x, x), float)
assert_type(gradients(x * x, [x]), list[float])
assert_type(gradients(x * x, x, create_graph=True), Value)

# An argument may be named, and a second result may stand beside the first.
assert_type(grad(lambda x, y: x * y, ("x", "y"))(1.0, 2.0), tuple[Any, ...])
assert_type(value_and_grad(square, "x")(2.0), tuple[Any, Any])
assert_type(value_and_grad(square, has_aux=True)(2.0), tuple[tuple[Any, Any], Any])

# What is said of a graph.
assert_type(propagate(x * x, {x: 0.1}).std_dev, float)
assert_type(propagate(x * x, {x: 0.1}).rows[0].share, float)
assert_type(summary(x * x).operations, dict[str, int])
