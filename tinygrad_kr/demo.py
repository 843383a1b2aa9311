"""The documents' figures, a few lines each: what ``tinygrad-kr demo`` draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import Drawing, Value

__all__ = ["Figure", "figures", "payment"]


class Figure(NamedTuple):
    """A figure of the documents: its title in Korean and English, and the function that draws it."""

    ko: str
    en: str
    draw: Callable[[], Drawing]


def figures() -> dict[str, Figure]:
    """The figures by the name of their file, in the documents' order.

    >>> figures()["candy.svg"].en
    'The candy shop'
    """
    return {
        "fig-5-01-apple-folded.svg": Figure(
            "그림 5-1: 사과 2개 값", "Figure 5-1: the price of two apples", apple_folded
        ),
        "fig-5-02-apple-forward.svg": Figure(
            "그림 5-2: 개수와 소비세도 변수", "Figure 5-2: count and tax as variables", apple_forward
        ),
        "fig-5-03-fruit-forward.svg": Figure("그림 5-3: 사과와 귤", "Figure 5-3: apples and oranges", fruit_forward),
        "fig-5-05-apple-price.svg": Figure(
            "그림 5-5: 사과 값에 대한 미분", "Figure 5-5: the derivative for the apple's price", apple_price
        ),
        "fig-5-11-add.svg": Figure("그림 5-11: 덧셈 노드", "Figure 5-11: an addition", addition),
        "fig-5-13-multiply.svg": Figure("그림 5-13: 곱셈 노드", "Figure 5-13: a multiplication", multiplication),
        "fig-5-14-16-apple.svg": Figure(
            "그림 5-14, 5-16: 사과 쇼핑의 역전파",
            "Figures 5-14 and 5-16: every derivative of the apples",
            apple_derivatives,
        ),
        "fig-5-17-fruit.svg": Figure(
            "그림 5-17: 사과와 귤의 역전파", "Figure 5-17: every derivative of apples and oranges", fruit_derivatives
        ),
        "candy.svg": Figure("사탕 가게", "The candy shop", candy_shop),
    }


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


def apple_folded() -> Drawing:
    """Numbers that never change are part of the operator: × 2, × 1.1."""
    apple = Value(100, "사과")
    price = apple * 2 * 1.1
    price.name = "지불 금액"
    return price.draw(direction="forward", constants="folded")


def apple_forward() -> Drawing:
    """The same with count and tax as variables."""
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    price = apple * count * tax
    price.name = "지불 금액"
    return price.draw(direction="forward")


def fruit_forward() -> Drawing:
    """Two branches meet in an addition."""
    apples, apple = Value(2, "사과의 개수"), Value(100, "사과")
    orange, oranges = Value(150, "귤"), Value(3, "귤의 개수")
    price = (apples * apple + orange * oranges) * Value(1.1, "소비세")
    price.name = "지불 금액"
    return price.draw(direction="forward")


def apple_price() -> Drawing:
    """By how much the payment grows when an apple costs 1 more: 2.2."""
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    price = apple * count * tax
    price.name = "지불 금액"
    price.backward()
    return price.draw(wrt=[apple])


def addition() -> Drawing:
    """An addition hands the derivative on as it is."""
    z = Value(10) + Value(5)
    z.backward(seed=1.3)
    return z.draw()


def multiplication() -> Drawing:
    """A multiplication hands it on times the other operand."""
    z = Value(10) * Value(5)
    z.backward(seed=1.3)
    return z.draw()


def apple_derivatives() -> Drawing:
    """Every derivative of the apples."""
    apple, count, tax = Value(100, "사과"), Value(2, "사과의 개수"), Value(1.1, "소비세")
    price = apple * count * tax
    price.name = "지불 금액"
    price.backward()
    return price.draw()


def fruit_derivatives() -> Drawing:
    """Every derivative of the apples and oranges."""
    apples, apple = Value(2, "사과의 개수"), Value(100, "사과")
    orange, oranges = Value(150, "귤"), Value(3, "귤의 개수")
    price = (apples * apple + orange * oranges) * Value(1.1, "소비세")
    price.name = "지불 금액"
    price.backward()
    return price.draw()


def candy_shop() -> Drawing:
    """Five candies of 200 and a tax of a tenth."""
    candy, count, tax = Value(200, "사탕"), Value(5, "사탕의 개수"), Value(1.1, "소비세")
    price = candy * count * tax
    price.name = "지불 금액"
    price.backward()
    return price.draw()
