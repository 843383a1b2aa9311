"""The textbook's figures, each made by a few lines of the public interface.

``tinygrad-kr demo`` draws them, and ``docs/gallery.md`` shows the lines beside the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_kr as tg

from .. import Panels, Value, block, panels
from ..engine.display import Picture


def named(value: Value, name: str) -> Value:
    """A value with a name.

    >>> named(Value(1.0) + 1, "y")
    Value(2, name='y')
    """
    value.name = name
    return value


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────


def apple_folded() -> Picture:
    """Numbers that never change are part of the operator: × 2, × 1.1."""
    apple = Value(100, "🍎")
    price = named(apple * 2 * 1.1, "💰")
    return price.draw(direction="forward", constants="folded")


def apple_forward() -> Picture:
    """The same with count and tax as variables."""
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    price = named(apple * count * tax, "지불 금액")
    return price.draw(direction="forward")


def fruit_forward() -> Picture:
    """Two branches meet in an addition."""
    apples, apple = Value(2, "사과의 개수"), Value(100, "사과")
    orange, oranges = Value(150, "귤"), Value(3, "귤의 개수")
    price = named((apples * apple + orange * oranges) * Value(1.1, "소비세"), "지불 금액")
    return price.draw(direction="forward")


def apple_price() -> Picture:
    """By how much the payment grows when an apple costs 1 more: 2.2."""
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    price = named(apple * count * tax, "지불 금액")
    price.backward()
    return price.draw(wrt=[apple])


def addition() -> Picture:
    """An addition hands the derivative on as it is."""
    z = Value(10) + Value(5)
    z.backward(seed=1.3)
    return z.draw()


def multiplication() -> Picture:
    """A multiplication hands it on times the other operand."""
    z = Value(10) * Value(5)
    z.backward(seed=1.3)
    return z.draw()


def apple_derivatives() -> Picture:
    """Every derivative of the apples."""
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    price = named(apple * count * tax, "지불 금액")
    price.backward()
    return price.draw()


def fruit_derivatives() -> Picture:
    """Every derivative of the apples and oranges."""
    apples, apple = Value(2, "사과의 개수"), Value(100, "사과")
    orange, oranges = Value(150, "귤"), Value(3, "귤의 개수")
    price = named((apples * apple + orange * oranges) * Value(1.1, "소비세"), "지불 금액")
    price.backward()
    return price.draw()


def candy_shop() -> Picture:
    """Five candies of 200 and a tax of a tenth."""
    candy, count, tax = Value(200, "사탕"), Value(5, "사탕의 개수"), Value(1.1, "소비세")
    price = named(candy * count * tax, "지불 금액")
    price.backward()
    return price.draw()


# ── Symbols, panels, clouds, steps, blocks, layers ────────────────────────────────────────────────────


def complex_cloud() -> Picture:
    """However complex it was before: 4,000 and 200 make 4,200."""

    @block("복잡한 계산")
    def shopping(basket: Value) -> Value:
        return basket * 30 + 1000

    price = named((shopping(Value(100)) + Value(200)) * Value(1.1), "지불 금액")
    return price.draw(direction="forward", blocks="cloud", grouping=True)


def signal_through_f() -> Picture:
    """What flows back through f: the signal E times the local derivative."""

    @block("f")
    def f(x: Value) -> Value:
        return x**2

    y = named(f(Value(3.0, "x")), "y")
    return y.draw(labels="fractions", seed="E", blocks="collapsed")


def square_in_fractions() -> Picture:
    """The chain rule unreduced: ∂z/∂z · ∂z/∂t · ∂t/∂x."""
    x = Value(1.0, "x")
    z = named((x + Value(2.0, "y")) ** 2, "z")
    return z.draw(labels="fractions", wrt=[x])


def square_in_symbols() -> Picture:
    """The same with the local derivatives worked out."""
    x = Value(1.0, "x")
    z = named((x + Value(2.0, "y")) ** 2, "z")
    return z.draw(labels="products", seed="1", wrt=[x])


def adding_panels() -> Panels:
    """An addition forward and backward."""
    z = named(Value(10.0, "x") + Value(5.0, "y"), "z")
    return panels(z.draw(labels="symbols", direction="forward"), z.draw(labels="products", direction="backward"))


def clouds_around() -> Picture:
    """An addition in the middle of anything."""

    @block("임의의 계산 1")
    def before(a: Value) -> tuple[Value, Value]:
        return named(a * 2, "x"), named(a * 3, "y")

    @block("임의의 계산 2")
    def after(z: Value) -> Value:
        return named(z**2, "L")

    x, y = before(Value(1.0))
    return after(named(x + y, "z")).draw(labels="fractions", blocks="cloud")


def multiplying_panels() -> Panels:
    """A multiplication swaps its operands on the way back."""
    z = named(Value(10.0, "x") * Value(5.0, "y"), "z")
    return panels(z.draw(labels="symbols", direction="forward"), z.draw(labels="symbols", direction="backward"))


def fruit_quiz() -> Picture:
    """Apples and oranges with the derivatives left out: the answers are in ``drawing.answers``."""
    apples, apple = Value(2, "사과의 개수"), Value(100, "사과")
    orange, oranges = Value(150, "귤"), Value(3, "귤의 개수")
    price = named((apples * apple + orange * oranges) * Value(1.1, "소비세"), "지불 금액")
    price.backward()
    return price.draw(quiz=True)


def relu_panels() -> Panels:
    """ReLU passes the derivative on where x > 0, and stops it where it isn't."""
    open_gate, shut_gate = (named(tg.relu(Value(x, "x")), "y") for x in (2.0, -2.0))
    return panels(open_gate.draw(labels="symbols"), shut_gate.draw(labels="symbols"), titles=["x > 0", "x ≤ 0"])


def sigmoid(x: Value) -> Value:
    """Sigmoid in its four steps, as the textbook writes it.

    >>> sigmoid(Value(0.0))
    Value(0.5, name='y')
    """
    return named(tg.reciprocal(1 + tg.exp(x * -1)), "y")


def sigmoid_forward() -> Picture:
    """Sigmoid, forward."""
    return sigmoid(Value(0.5, "x")).draw(labels="symbols", direction="forward")


def sigmoid_steps() -> Sequence[Picture]:
    """Sigmoid, backward, one operator at a time."""
    return sigmoid(Value(0.5, "x")).draw(labels="symbols").steps()[-4:]


def sigmoid_closed() -> Picture:
    """The four operators as one."""
    y = block("sigmoid")(sigmoid)(Value(0.5, "x"))
    return y.draw(labels="symbols", blocks="collapsed")


def sigmoid_closed_form() -> Picture:
    """The same with the derivative that only needs y."""
    y = block("sigmoid", derivative="y * (1 - y)")(sigmoid)(Value(0.5, "x"))
    return y.draw(labels="symbols", blocks="collapsed")


def shapes_forward() -> Picture:
    """In a product the lengths that meet are the same."""
    X, W = Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W")
    product = [named(value, f"O[{k}]") for k, value in enumerate(tg.dot(X, W))]
    return tg.draw(product, arrays="shapes", direction="forward")


def affine_forward() -> Picture:
    """An Affine layer: one wire for each array, with its shape."""
    X, W, B = Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W"), Value.array([0, 0, 0], "B")
    return tg.draw(tg.dot(X, W) + B, arrays=True, direction="forward")


def affine_backward() -> Picture:
    """The same backward; the formulas stand at the side."""
    X, W, B = Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W"), Value.array([0, 0, 0], "B")
    return tg.draw(tg.dot(X, W) + B, arrays="numbered")


def shapes_backward() -> Picture:
    """On the way back the transposed matrix fits."""
    X, W = Value.array([1, 2], "X"), Value.array([[1, 2, 3], [4, 5, 6]], "W")
    return tg.draw(tg.dot(X, W), arrays="shapes", direction="backward", wrt=[*X])


def affine_batch() -> Picture:
    """The same for four samples at once: what goes back to the bias is summed over them."""
    X = Value.array([[1, 2], [3, 4], [5, 6], [7, 8]], "X")
    W, B = Value.array([[1, 2, 3], [4, 5, 6]], "W"), Value.array([0, 0, 0], "B")
    return tg.draw(tg.dot(X, W) + B, arrays="numbered")


def layers() -> Picture:
    """A network as a row of layers: scores become probabilities."""
    first = tg.Affine(W=[[3, -2, 1], [1, 4, 1]], b=[0.1, 0, 1])
    second = tg.Affine(W=[[1, 2, 0.1], [2, -1, 1], [0.5, 1, 2]], b=[0, 0.3, -1])
    return tg.Sequential([first, tg.ReLU(), second]).draw([Value(0.2, "x_1"), Value(0.7, "x_2")], digits=3)


def softmax_with_loss() -> Value:
    """Softmax and Cross Entropy Error for three classes, as blocks.

    >>> softmax_with_loss().name
    'L'
    """
    scores = [Value(a, f"a_{k}") for k, a in enumerate((0.3, 2.9, 4.0), 1)]
    loss: Value = tg.SoftmaxWithLoss().forward(scores, [0, 1, 0])
    return loss


def softmax_open() -> Picture:
    """Every branch carries its own contribution, and it all ends in y − t."""
    return softmax_with_loss().draw(labels="symbols")


def softmax_closed() -> Picture:
    """The same as two boxes."""
    return softmax_with_loss().draw(labels="symbols", blocks="collapsed")


def batch_norm() -> Sequence[Value]:
    """Batch normalization of one input in a batch of two: mean, variance, quotient, scale and shift.

    >>> [y.name for y in batch_norm()]
    ['y_1', 'y_2']
    """
    layer = tg.BatchNorm([Value(2, "γ")], [Value(1, "β")], eps=1e-12)
    y = layer.forward([[Value(1, "x_1")], [Value(7, "x_2")]])
    return [named(value, f"y_{k}") for k, value in enumerate(y.flat, 1)]


def batch_norm_open() -> Picture:
    """Each output hangs on the whole batch, by its mean and its variance."""
    return tg.draw(batch_norm(), direction="forward", digits=3)


def batch_norm_closed() -> Picture:
    """The same as one box."""
    return tg.draw(batch_norm(), direction="forward", digits=3, blocks="collapsed")


def root_of_a_sum() -> Picture:
    """R = √w where w is a sum."""
    w = named(Value(9.0, "a") + Value(16.0, "b"), "w")
    return named(tg.sqrt(w), "R").draw(labels="fractions")
