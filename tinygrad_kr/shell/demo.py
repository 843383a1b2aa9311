"""What ``tinygrad-kr demo`` shows: the textbook's figures in their order, and the apple example in numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .. import Panels, Value
from ..engine.display import Picture
from . import gallery

__all__ = ["Figure", "figures", "payment"]


class Figure(NamedTuple):
    """A figure of the textbook: its title in Korean and English, and the function that draws it."""

    ko: str
    en: str
    draw: Callable[[], Picture | Panels]


def figures() -> dict[str, Figure]:
    """The figures by the name of their file, in the textbook's order.

    >>> figures()["candy.svg"].en
    'The candy shop'
    """
    made: dict[str, Figure] = {}
    for name, ko, en, draw in _FIGURES:
        made[f"{name}.svg"] = Figure(ko, en, draw)
        if draw is gallery.sigmoid_forward:
            made |= {f"fig-5-20-sigmoid-step-{k + 1}.svg": _step(k) for k in range(4)}
    return made


def _step(k: int) -> Figure:
    """One of the four steps of sigmoid's backward pass."""
    return Figure(
        f"그림 5-19 ({k + 1}), 5-20: 시그모이드의 역전파 {k + 1}단계",
        f"Figures 5-19 ({k + 1}) and 5-20: sigmoid backward, step {k + 1}",
        lambda: gallery.sigmoid_steps()[k],
    )


_FIGURES: tuple[tuple[str, str, str, Callable[[], Picture | Panels]], ...] = (
    ("fig-5-01-apple-folded", "그림 5-1: 사과 2개 값", "Figure 5-1: the price of two apples", gallery.apple_folded),
    ("fig-5-02-apple-forward", "그림 5-2: 개수와 소비세도 변수", "Figure 5-2: count and tax as variables",
     gallery.apple_forward),
    ("fig-5-03-fruit-forward", "그림 5-3: 사과와 귤", "Figure 5-3: apples and oranges", gallery.fruit_forward),
    ("fig-5-04-cloud", "그림 5-4: 복잡한 계산은 구름 속에", "Figure 5-4: what is complex stays in a cloud",
     gallery.complex_cloud),
    ("fig-5-05-apple-price", "그림 5-5: 사과 값에 대한 미분", "Figure 5-5: the derivative for the apple's price",
     gallery.apple_price),
    ("fig-5-06-signal", "그림 5-6: 신호 E와 국소적 미분", "Figure 5-6: a signal E and a local derivative",
     gallery.signal_through_f),
    ("fig-5-07-fractions", "그림 5-7: 연쇄법칙 그대로", "Figure 5-7: the chain rule, unreduced",
     gallery.square_in_fractions),
    ("fig-5-08-symbols", "그림 5-8: 국소적 미분을 넣어서", "Figure 5-8: with the local derivatives",
     gallery.square_in_symbols),
    ("fig-5-09-add-panels", "그림 5-9: 덧셈 노드의 순전파와 역전파", "Figure 5-9: an addition, forward and backward",
     gallery.adding_panels),
    ("fig-5-10-clouds", "그림 5-10: 임의의 계산 사이의 덧셈", "Figure 5-10: an addition amid anything",
     gallery.clouds_around),
    ("fig-5-11-add", "그림 5-11: 덧셈 노드", "Figure 5-11: an addition", gallery.addition),
    ("fig-5-12-multiply-panels", "그림 5-12: 곱셈 노드의 순전파와 역전파",
     "Figure 5-12: a multiplication, forward and backward", gallery.multiplying_panels),
    ("fig-5-13-multiply", "그림 5-13: 곱셈 노드", "Figure 5-13: a multiplication", gallery.multiplication),
    ("fig-5-14-16-apple", "그림 5-14, 5-16: 사과 쇼핑의 역전파",
     "Figures 5-14 and 5-16: every derivative of the apples", gallery.apple_derivatives),
    ("fig-5-15-quiz", "그림 5-15: 빈칸 채우기", "Figure 5-15: fill in the blanks", gallery.fruit_quiz),
    ("fig-5-17-fruit", "그림 5-17: 사과와 귤의 역전파", "Figure 5-17: every derivative of apples and oranges",
     gallery.fruit_derivatives),
    ("fig-5-18-relu", "그림 5-18: ReLU", "Figure 5-18: ReLU", gallery.relu_panels),
    ("fig-5-19-sigmoid", "그림 5-19: 시그모이드의 순전파", "Figure 5-19: sigmoid forward", gallery.sigmoid_forward),
    ("fig-5-21-sigmoid", "그림 5-21: 노드 하나로 묶은 시그모이드", "Figure 5-21: sigmoid as one node",
     gallery.sigmoid_closed),
    ("fig-5-22-sigmoid", "그림 5-22: y만으로 계산하는 역전파", "Figure 5-22: a derivative that only needs y",
     gallery.sigmoid_closed_form),
    ("fig-5-23-shapes", "그림 5-23: 행렬 곱의 형상", "Figure 5-23: the shapes of a matrix product",
     gallery.shapes_forward),
    ("fig-5-24-affine", "그림 5-24: Affine 계층의 순전파", "Figure 5-24: an Affine layer, forward",
     gallery.affine_forward),
    ("fig-5-25-affine", "그림 5-25: Affine 계층의 역전파", "Figure 5-25: an Affine layer, backward",
     gallery.affine_backward),
    ("fig-5-26-shapes", "그림 5-26: 역전파 때의 형상", "Figure 5-26: shapes on the way back", gallery.shapes_backward),
    ("fig-5-27-affine-batch", "그림 5-27: 배치용 Affine 계층", "Figure 5-27: an Affine layer for batches",
     gallery.affine_batch),
    ("fig-5-28-layers", "그림 5-28: 계층의 순전파", "Figure 5-28: layers, forward", gallery.layers),
    ("fig-5-29-softmax", "그림 5-29: Softmax와 Cross Entropy Error", "Figure 5-29: Softmax and Cross Entropy Error",
     gallery.softmax_open),
    ("fig-5-30-softmax", "그림 5-30: 두 상자로 묶어서", "Figure 5-30: the same as two boxes", gallery.softmax_closed),
    ("fig-6-16-batch-norm", "배치 정규화의 계산 그래프", "Batch normalization as a graph", gallery.batch_norm_open),
    ("fig-6-16-batch-norm-closed", "배치 정규화를 한 상자로", "Batch normalization as one box",
     gallery.batch_norm_closed),
    ("root", "R = √w", "R = √w", gallery.root_of_a_sum),
    ("candy", "사탕 가게", "The candy shop", gallery.candy_shop),
)  # fmt: skip


def payment() -> list[Value]:
    """The apple example in numbers: its leaves and the payment, differentiated.

    >>> [(value.name, value.grad) for value in payment()][0]
    ('사과', 2.2)
    """
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    price = apple * count * tax
    price.name = "지불 금액"
    price.backward()
    return [apple, count, tax, price]
