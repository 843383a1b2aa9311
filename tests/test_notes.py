"""The numbers of the notes that this package grew from: the shop, the chain rule, the layers.

Every expected number stands in the notes, or follows from a formula that does.
"""

from math import exp

import pytest

import tinygrad_kr as tg
from tinygrad_kr import Value, constant

about = pytest.approx


def grads(*values):
    return [value.grad for value in values]


# ── The shop ──────────────────────────────────────────────────────────────────────────────────────────


def test_two_apples_with_tax_cost_220():
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    apples = apple * count
    price = apples * tax
    assert (apples.data, price.data) == about((200, 220))
    price.backward()
    assert grads(price, apples, apple, count, tax) == about([1, 1.1, 2.2, 110, 200])


def test_two_apples_and_three_oranges_with_tax_cost_715():
    apple, apple_count = Value(100, "사과"), Value(2, "사과의 개수")
    orange, orange_count = Value(150, "귤"), Value(3, "귤의 개수")
    tax = Value(1.1, "소비세")
    apples, oranges = apple * apple_count, orange * orange_count
    both = apples + oranges
    price = both * tax
    assert [v.data for v in (apples, oranges, both, price)] == about([200, 450, 650, 715])
    price.backward()
    assert grads(apple_count, apple, orange, orange_count, tax) == about([110, 2.2, 3.3, 165, 650])
    assert grads(both, apples, oranges) == about([1.1, 1.1, 1.1])


def test_five_candies_with_tax_cost_1100():
    candy, count, tax = Value(200, "사탕"), Value(5, "사탕의 개수"), Value(1.1, "소비세")
    price = candy * count * tax
    price.backward()
    assert price.data == about(1100)
    assert grads(candy, count, tax) == about([5.5, 220, 1000])


def test_what_else_was_bought_does_not_matter_to_the_apples():
    apple, count, others = Value(100, "사과"), Value(2, "사과의 개수"), Value(4000, "복잡한 계산")
    total = others + apple * count
    total.backward()
    assert total.data == 4200
    assert grads(others, apple, count) == [1, 2, 100]


# ── The chain rule ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("x", "y"), [(3.0, 4.0), (-1.5, 0.25), (2.0, -2.0)])
def test_the_square_of_a_sum_has_the_derivative_2_t(x, y):
    x, y = Value(x, "x"), Value(y, "y")
    t = x + y
    z = t**2
    z.backward()
    assert z.data == t.data**2
    assert grads(z, t, x, y) == [1, 2 * t.data, 2 * t.data, 2 * t.data]


def test_the_root_of_a_sum_multiplies_local_derivatives_along_every_path():
    a, b, c = Value(2.0, "a"), Value(3.0, "b"), Value(4.0, "c")
    w = a + b + c
    r = tg.sqrt(w)
    r.backward()
    assert r.data == 3.0
    assert grads(r, w, a, b, c) == [1, 1 / 6, 1 / 6, 1 / 6, 1 / 6]


def test_an_addition_passes_the_upstream_derivative_on():
    x, y = Value(10.0), Value(5.0)
    z = x + y
    z.backward(1.3)
    assert z.data == 15
    assert z.contributions() == (1.3, 1.3)


def test_a_multiplication_swaps_its_inputs():
    x, y = Value(10.0), Value(5.0)
    z = x * y
    z.backward(1.3)
    assert z.data == 50
    assert z.contributions() == (6.5, 13)


# ── The layers ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("number", "upstream", "passed"), [(2.0, 1.3, 1.3), (-2.0, 1.3, 0.0), (0.0, 1.3, 0.0)])
def test_relu_passes_what_is_above_zero(number, upstream, passed):
    x = Value(number, "x")
    y = tg.relu(x)
    y.backward(upstream)
    assert y.data == max(number, 0.0)
    assert x.grad == passed


@pytest.mark.parametrize("number", [0.7, -2.0, 0.0, 5.0])
@pytest.mark.parametrize("upstream", [1.0, 0.3])
def test_sigmoid_in_its_four_steps(number, upstream):
    x = Value(number, "x")
    negative = x * -1
    power = tg.exp(negative)
    below = power + 1
    out = 1 / below
    out.backward(upstream)
    y = 1 / (1 + exp(-number))
    assert out.data == about(y)
    assert below.grad == about(upstream * -(y**2))
    assert power.grad == about(upstream * -(y**2))
    assert negative.grad == about(upstream * -(y**2) * exp(-number))
    assert x.grad == about(upstream * y**2 * exp(-number))
    assert x.grad == about(upstream * y * (1 - y))


def test_sigmoid_as_one_node_needs_its_output_alone():
    x = Value(0.7, "x")
    out = tg.sigmoid(x)
    out.backward(0.3)
    y = 1 / (1 + exp(-0.7))
    assert out.parents == (x,)
    assert (out.data, x.grad) == about((y, 0.3 * y * (1 - y)))


@pytest.mark.parametrize(
    ("probabilities", "labels", "expected"),
    [((0.3, 0.2, 0.5), (0, 1, 0), (0.3, -0.8, 0.5)), ((0.01, 0.98, 0.01), (0, 1, 0), (0.01, -0.02, 0.01))],
)
def test_softmax_with_cross_entropy_gives_the_difference(probabilities, labels, expected):
    scores = [Value(tg.log(p), f"a{k}") for k, p in enumerate(probabilities)]
    out = tg.softmax(scores)
    loss = tg.cross_entropy(out, [constant(t, "t") for t in labels])
    loss.backward()
    assert [y.data for y in out] == about(probabilities)
    assert loss.data == about(-tg.log(probabilities[1]))
    assert grads(*scores) == about(expected)


def test_softmax_with_cross_entropy_taken_apart_gives_the_same():
    scores, labels = [Value(a) for a in (0.3, 2.9, 4.0)], (0, 1, 0)
    powers = [tg.exp(a) for a in scores]
    whole = tg.sum(powers)
    out = [power / whole for power in powers]
    loss = tg.sum([t * tg.log(y) for t, y in zip(labels, out)]) * -1
    loss.backward()
    assert grads(*scores) == about([y.data - t for y, t in zip(out, labels)])


def test_an_affine_layer_multiplies_by_the_transposed_weights():
    x = Value.array([1.0, 2.0], name="X")
    weights = Value.array([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]], name="W")
    bias = Value.array([10.0, 20.0, 30.0], name="B")
    out = x @ weights + bias
    tg.backward(out, [0.1, 0.2, 0.3])
    assert [y.data for y in out] == [15, 31, 47]
    assert grads(*x) == about([0.1 + 0.6 + 1.5, 0.2 + 0.8 + 1.8])
    assert grads(*weights.flat) == about([0.1, 0.2, 0.3, 0.2, 0.4, 0.6])
    assert grads(*bias) == about([0.1, 0.2, 0.3])
