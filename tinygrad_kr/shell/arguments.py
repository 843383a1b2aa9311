"""What a person typed after a command: its options, an expression, and the numbers of its variables."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterable
from typing import Any

from ..engine.value import Value
from ..text.lettering import clipped, printable
from ..text.numerals import shown
from ..text.terminal import is_korean, say

__all__ = ["EXPRESSION", "JSON", "SEED", "Parser", "number_in", "variables"]

EXPRESSION = "EXPRESSION [NAME=NUMBER]…"
SEED = "출력에 들어오는 미분 (기본 1)", "the derivative that arrives at the output (default 1)"
JSON = "JSON으로", "as JSON"


def _language() -> str:
    return say(
        """
EXPRESSION은 따옴표로 감쌉니다. 수, 이름, + - * / **, 괄호, pi, e, 그리고
함수(tinygrad-kr ops)를 씁니다. 이름마다 NAME=NUMBER로 수를 줍니다: 사과=100 x=1/3.
이름이 없으면 식에 있는 수들이 입력이 됩니다.""",
        """
Quote the EXPRESSION. It is made of numbers, names, + - * / **, parentheses, pi, e
and functions (tinygrad-kr ops). Each name gets a number by NAME=NUMBER: x=0.5 y=1/3.
Without names, the numbers in the expression are the inputs.""",
    )


class Parser(argparse.ArgumentParser):
    """argparse, with help in Korean or English, and expressions that may begin with a minus."""

    def __init__(self, command: str, words: str, ko: str, en: str, example: str) -> None:
        super().__init__(
            prog=f"tinygrad-kr {command}",
            usage=f"tinygrad-kr {command} {words}".rstrip(),
            description=say(ko, en) + (_language() if words.startswith(EXPRESSION) else ""),
            epilog=f"{say('예', 'example')}: {example}",
            formatter_class=_HelpFormatter,
            add_help=False,
            allow_abbrev=False,
        )
        self.options = self.add_argument_group(say("옵션", "options"))
        self.option("-h", "--help", "이 도움말", "this help", action="help")

    def option(self, *names_ko_en: str, **settings: Any) -> None:
        """Add an option: its names, then its help in Korean and in English."""
        *names, ko, en = names_ko_en
        self.options.add_argument(*names, help=say(ko, en), **settings)

    def error(self, message: str) -> Any:
        """Say what is wrong in one line; the usage is a --help away."""
        message = _argparse_in_korean(message) if is_korean() else message
        words = " ".join(clipped(word, 60) for word in printable(message).split())  # of what was typed, its beginning
        hint = say(f". 도움말: {self.prog} --help", f"; see {self.prog} --help")
        self.exit(2, f"tinygrad-kr: {words}{hint}\n")

    def read(self, words: list[str]) -> tuple[argparse.Namespace, str, dict[str, Value]]:
        """The options, the expression and its variables."""
        self.add_argument("words", nargs="*", help=argparse.SUPPRESS)
        options = self.parse_intermixed_args(_with_expressions(words))
        if not options.words:
            self.error(
                say(
                    "식이 없습니다. 'x * y' x=3 y=2처럼 따옴표로 감싼 식을 쓰세요",
                    "the expression is missing; expected one in quotes, such as 'x * y' x=3 y=2",
                )
            )
        expression, *numbers = options.words
        return options, expression.strip(), variables(numbers)


_ARGPARSE = {
    r"unrecognized arguments: (.*)": "{}: 그런 옵션이나 인수는 없습니다",
    r"argument (\S+): expected one argument": "{}: 뒤에 값을 쓰세요",
    r"argument (\S+): invalid float value: (.*)": "{}: {}: 수가 아닙니다. 0.5처럼 쓰세요",
    r"argument (\S+): invalid int value: (.*)": "{}: {}: 정수가 아닙니다. 3처럼 쓰세요",
    r"argument (\S+): invalid choice: (.*) \(choose from (.*)\)": "{}: {}: 고를 수 없습니다. {} 가운데 하나를 쓰세요",
    r"argument (\S+): ignored explicit argument (.*)": "{}: 값을 받지 않는 옵션입니다({})",
}
"""What argparse says, and the same in Korean."""


def _argparse_in_korean(message: str) -> str:
    for english, korean in _ARGPARSE.items():
        if found := re.fullmatch(english, message, re.DOTALL):
            return korean.format(*found.groups())
    return message


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """The usage line in the person's language."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or say("사용법: ", "usage: "))


def _with_expressions(words: list[str]) -> list[str]:
    """Set a space before words such as ``-x**2``, so that argparse takes none of them for an option."""
    end = words.index("--") if "--" in words else len(words)
    before = [f" {word}" if re.match(r"-(?!-|o|h$)", word) else word for word in words[:end]]
    return before + [f" {word}" for word in words[end + 1 :]]


def variables(words: Iterable[str]) -> dict[str, Value]:
    """The leaves that ``name=number`` words make.

    Raises:
        ValueError: if a word is none, or a name is given twice.

    >>> variables(["x=1/4"])
    {'x': Value(0.25, name='x')}
    """
    from .expression import variable

    leaves: dict[str, Value] = {}
    for word in words:
        given, equals, number = word.strip().partition("=")
        if not equals:
            sentence = say(
                f"{shown(given)}: 이름=수가 아닙니다. x=0.5처럼 쓰세요(식은 전체를 따옴표로 감쌉니다)",
                f"{shown(given)} is not name=number; expected such as x=0.5 (and the whole expression in quotes)",
            )
            raise ValueError(sentence)
        name = variable(given)
        if name in leaves:
            sentence = say(
                f"{shown(word)}: 변수 {name}의 수를 두 번 주었습니다. 한 번만 주세요",
                f"{shown(word)}: {name} is given twice; expected one number for it",
            )
            raise ValueError(sentence)
        leaves[name] = Value(number_in(number, word), name)
    return leaves


def number_in(text: str, word: str) -> float:
    """The number that a text such as 3, -0.5, 1e-3, 1/3, inf or nan stands for.

    Args:
        text: the number.
        word: what it is part of, for the message.

    Raises:
        ValueError: if it is not a number.

    >>> number_in("1/4", "x=1/4")
    0.25
    """
    numerator, slash, denominator = text.partition("/")
    try:
        number = float(numerator) / (float(denominator) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        sentence = say(
            f"{shown(word)}: {shown(text)}: 수가 아닙니다. 단위 없이 3, -0.5, 1e-3, 1/3처럼 쓰세요",
            f"{shown(word)}: {shown(text)} is not a number; expected such as 3, -0.5, 1e-3 or 1/3, without a unit",
        )
        raise ValueError(sentence) from None
    if math.isinf(number) and "inf" not in text.lower():
        sentence = say(
            f"{shown(word)}: {shown(text)}: 너무 큽니다. 1.8e308보다 작은 수나 inf를 쓰세요",
            f"{shown(word)}: {shown(text)} is too large; expected a number below 1.8e308, or inf",
        )
        raise ValueError(sentence)
    return number
