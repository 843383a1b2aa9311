"""Graphs that have to come out readable, for the tests that draw."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import tinygrad_kr as tg
from tinygrad_kr import Drawing, Value, block, constant

HOSTILE = [
    "<script>alert(1)</script>", "\\N", "a:b", '"', "'", "&amp;", "]]>", "<!--", "\x00\x01\x1b[31m", "a\nb\tc",
    "\u202eevil\u202c", "\u200f", "\ud800", "\ufffe", "{a|b}", "<b>x</b>", "--", "a->b", "x" * 10_000, "사과\u0301",
    "👩‍👩‍👧‍👦", "😀", "", " ", "\\", "%s", "url(#x)", "javascript:alert(1)", "\\l\\n\\G", "𝒙",
]  # fmt: skip


def apple() -> Value:
    """The documents' apples: figures 5-2, 5-5, 5-14."""
    price = Value(100, "사과") * Value(2, "사과의 개수") * Value(1.1, "소비세")
    price.name = "지불 금액"
    price.backward()
    return price


def apples_and_oranges() -> Value:
    """Figures 5-3 and 5-17."""
    count, apple = Value(2, "사과의 개수"), Value(100, "사과")
    orange, oranges, tax = Value(150, "귤"), Value(3, "귤의 개수"), Value(1.1, "소비세")
    price = (count * apple + orange * oranges) * tax
    price.name = "지불 금액"
    price.backward()
    return price


def softmax_from_parts() -> Value:
    """Three classes, Softmax and cross-entropy error from exp, /, ×, log and + (figure 5-29)."""
    scores = [Value(0.3, "a₁"), Value(2.9, "a₂"), Value(4.0, "a₃")]
    labels = [constant(t, f"t{k}") for k, t in enumerate((0, 1, 0))]
    powers = [tg.exp(score) for score in scores]
    share = 1 / (powers[0] + powers[1] + powers[2])
    terms = [label * tg.log(power * share) for label, power in zip(labels, powers)]
    loss = (terms[0] + terms[1] + terms[2]) * -1
    loss.name = "L"
    loss.backward()
    return loss


def softmax_rows() -> Value:
    """The same from the table's own rows, which take many wires each."""
    loss = tg.cross_entropy(
        tg.softmax([Value(0.3, "a"), Value(2.9, "b"), Value(4.0, "c")]), [constant(k, f"t{k}") for k in (0, 1, 2)]
    )
    loss.backward()
    return loss


def used_often() -> Value:
    """One leaf in ten places."""
    x = Value(2.0, "x")
    total = tg.sum([tg.exp(x * k) for k in range(1, 11)])
    total.backward()
    return total


def three_hundred_operators() -> Value:
    """A random graph of about 300 operators with shared nodes."""
    dice = random.Random(1)
    values = [Value(dice.random() + 0.5, f"x{k}") for k in range(8)]
    for _ in range(330):
        a, b = dice.choice(values[-20:]), dice.choice(values[-20:])
        values.append(dice.choice([lambda a=a, b=b: a + b, lambda a=a, b=b: a * b * 0.3, lambda a=a: tg.tanh(a)])())
    total = tg.sum(values[-10:])
    total.backward()
    return total


def neuron() -> Value:
    """Weights, constants, a bias, long numbers."""
    y = tg.sigmoid(tg.dot(Value.array([0.1, -0.2, 0.3, 0.4], "w"), [1.5, 2.5, 1 / 3, 4]) + Value(1, "편향"))
    y.backward()
    return y


def sigmoid_in_steps() -> Value:
    """Figure 5-19, with constants as inputs."""
    y = 1 / (tg.exp(Value(0.5, "x") * -1) + 1)
    y.backward(1.3)
    return y


def named_all_over() -> Value:
    """Long names on leaves and on inner values."""
    x = Value(12345.678, "아주 길고 긴 이름의 변수 하나, 그리고 조금 더 길게 이어지는 이름")
    inner = x * x
    inner.name = "이름이 있는 중간값"
    y = inner + inner * Value(-1e-7, "😀 emoji")
    y.name = "최종 출력의 이름"
    y.backward()
    return y


def hostile_names() -> Value:
    """Every hostile name at once, on leaves and on the output."""
    total = tg.sum([Value(k, name) for k, name in enumerate(HOSTILE)])
    total.name = HOSTILE[0]
    total.backward()
    return total


def shared_inner() -> Value:
    """Inner values that are used several times, at several distances."""
    x, y = Value(1.5, "x"), Value(-0.5, "y")
    a = x * y
    b = a + x
    c = tg.max(a, b) * a
    z = c + b * b + tg.prod([a, b, c, x])
    z.backward()
    return z


def softmax_in_blocks() -> Value:
    """Figure 5-29: Softmax and Cross Entropy Error as blocks."""

    @block("Softmax")
    def softmax(scores: list[Value]) -> list[Value]:
        powers = [tg.exp(score) for score in scores]
        total = tg.sum(powers)
        total.name = "S"
        share = 1 / total
        return [power * share for power in powers]

    @block("Cross Entropy Error")
    def cross_entropy(ys: list[Value], ts: list[Value]) -> Value:
        return tg.sum([t * tg.log(y) for t, y in zip(ts, ys)]) * -1

    ys = softmax([Value(a, f"a_{k}") for k, a in enumerate((0.3, 2.9, 4.0), 1)])
    for k, y in enumerate(ys, 1):
        y.name = f"y_{k}"
    loss = cross_entropy(ys, [constant(t, f"t_{k}") for k, t in enumerate((0, 1, 0), 1)])
    loss.name = "L"
    loss.backward()
    return loss


def array(name: str, *shape: int) -> Any:
    """An array of leaves."""
    return Value.array(np.linspace(-1, 1, math.prod(shape)).reshape(shape), name)


def affine(*batch: int) -> Any:
    """Y = X·W + B: figures 5-24, 5-25 and, for a batch, 5-27."""
    return tg.dot(array("X", *batch, 2), array("W", 2, 3)) + array("B", 3)


def net() -> Value:
    """Two layers, Softmax and cross-entropy, on a batch of data."""
    hidden = tg.relu(np.eye(4)[:, :2] @ array("W_1", 2, 3) + array("b_1", 3))
    scores = hidden @ array("W_2", 3, 2) + array("b_2", 2)
    return tg.mean([tg.cross_entropy(tg.softmax(row), [0, 1]) for row in scores])


def branches() -> Any:
    """An array that is used three times, weights by rows, a scale, a long name."""
    weights = array("가중치", 2, 3)
    y = np.array([[tg.dot(w, x) for w in weights] for x in array("X", 4, 3)])
    return tg.exp(y) * tg.sigmoid(y) / 2 - y * Value(3, "아주 긴 이름의 배율")


def _named(value: Value, name: str) -> Value:
    value.name = name
    return value


def _around() -> Drawing:
    loss = softmax_in_blocks()
    return loss.draw(around=loss.parents[0], depth=2)


DRAWN: dict[str, Callable[[], Drawing]] = {
    "apple": lambda: apple().draw(),
    "apple-forward": lambda: apple().draw(direction="forward"),
    "apple-backward": lambda: apple().draw(direction="backward"),
    "apple-folded": lambda: (Value(100, "사과") * 2 * 1.1).draw(constants="folded", direction="forward"),
    "apples-and-oranges": lambda: apples_and_oranges().draw(),
    "square": lambda: (lambda x: x * x)(Value(3.0, "x")).draw(),
    "one-leaf": lambda: Value(3.0, "x").draw(),
    "softmax-from-parts": lambda: softmax_from_parts().draw(),
    "softmax-rows": lambda: softmax_rows().draw(),
    "used-often": lambda: used_often().draw(),
    "three-hundred-operators": lambda: three_hundred_operators().draw(),
    "neuron": lambda: neuron().draw(digits=12),
    "sigmoid-in-steps": lambda: sigmoid_in_steps().draw(),
    "named-all-over": lambda: named_all_over().draw(),
    "hostile-names": lambda: hostile_names().draw(),
    "shared-inner": lambda: shared_inner().draw(),
    "symbols-sigmoid": lambda: _named(sigmoid_in_steps(), "y").draw(labels="symbols"),
    "symbols-softmax": lambda: softmax_from_parts().draw(labels="symbols"),
    "symbols-neuron": lambda: neuron().draw(labels="symbols"),
    "fractions": lambda: _named((Value(1.0, "x") + Value(2.0, "y")) ** 2, "z").draw(labels="fractions"),
    "fractions-shared": lambda: shared_inner().draw(labels="fractions"),
    "both": lambda: apples_and_oranges().draw(labels="both"),
    "quiz": lambda: apples_and_oranges().draw(quiz=True),
    "blocks-expanded": lambda: softmax_in_blocks().draw(),
    "blocks-symbols": lambda: softmax_in_blocks().draw(labels="symbols"),
    "blocks-collapsed": lambda: softmax_in_blocks().draw(blocks="collapsed"),
    "blocks-half": lambda: softmax_in_blocks().draw(blocks={"Softmax": "cloud"}),
    "around": _around,
    "arrays": lambda: tg.draw(affine(), arrays=True),
    "arrays-batch": lambda: tg.draw(affine(4), arrays="numbered"),
    "arrays-net": lambda: net().draw(arrays=True),
    "arrays-net-numbered": lambda: net().draw(arrays="numbered", theme="colour"),
    "arrays-branches": lambda: tg.draw(branches(), arrays=True),
}
DRAWN |= {name: cache(draw) for name, draw in DRAWN.items()}  # each is laid out once for all who look at it


GAP, GAP_AT_A_SIGN, OVERLAP = 6.0, 12.5, 2.0
"""In pixels, within a formula of 16 px: what may be free between two parts, beside + or =, and what two may share."""


def assert_tight(parts: list[tuple[float, float, float, float, str]], owner: str) -> None:
    """Of a formula's letters and lines (left, top, right, bottom, text), none overlap and no gap is between them."""
    parts = sorted(parts)
    reached, last = parts[0][2], ""
    for place, (left, top, right, bottom, text) in enumerate(parts):
        is_beside_a_sign = last[-1:] in SIGNS or text[:1] in SIGNS
        assert left - reached <= (GAP_AT_A_SIGN if is_beside_a_sign else GAP), (owner, parts)
        if right > reached:
            reached, last = right, text
        for start, high, end, low, _ in parts[:place]:
            if min(bottom, low) - max(top, high) > 0.5:  # long ones may share a little more in the widest face
                assert end - left <= max(OVERLAP, 0.03 * min(end - start, right - left)), (owner, parts)


SIGNS = tuple("+−=·∘ ")
