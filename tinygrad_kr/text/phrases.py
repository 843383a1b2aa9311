"""What explanations and tables say, in Korean and in English."""

from __future__ import annotations

from decimal import Decimal

from .options import Language

__all__ = ["say", "tally"]

# Korean particles change with the sound before them, so a name is followed only by those that don't (에, 에서,
# 까지, 의, 만큼) or by the word 값.
_SENTENCES = {
    "ko": {
        "operation": "연산", "equation": "식", "local": "국소적 미분", "start": "시작",
        "name": "이름", "value": "값", "derivative": "미분", "leaf": "입력", "constant leaf": "상수",
        "seed": " (시작 {number})",
        "left out": "{count}줄 생략",
        "title": "{x}에 대한 {y}의 미분입니다.",
        "one": "{y}에서 {x}까지 경로는 하나입니다: ",
        "multiply": "경로를 따라 국소적 미분을 곱합니다.",
        "many": "{y}에서 {x}까지 경로는 {count}개입니다.",
        "add": "경로마다 국소적 미분을 곱하고, 그 곱을 모두 더합니다.",
        "marks": ": 같은 값의 서로 다른 쓰임입니다.",
        "path": "경로 {number}: ",
        "product": "곱: ",
        "where": "여기서 ",
        "gap": "… {count}단계 …",
        "rest": "나머지 경로 {count}개는 적지 않았지만 아래의 합에 들어 있습니다.",
        "about": "약 {number}",
        "kink": "{equation}: 꺾이는 점이라 미분이 정해지지 않습니다. 약속에 따라 {number}.",
        "nan": "nan: 0 × ∞, ∞ - ∞처럼 값이 정해지지 않는 계산이 들어 있습니다.",
        "closed": "0 × ∞: 미분이 언제나 0인 연산은 무엇이 들어와도 0을 보냅니다. 그래서 이 곱은 0입니다.",
        "same": "어떤 값이든 자기 자신에 대한 미분은 1입니다.",
        "constant": "상수 {x}에는 미분이 흐르지 않습니다. 그래서 0으로 봅니다.",
        "apart": "{y} 값은 {x} 값과 관계없이 계산됩니다. {x} 값이 변해도 {y} 값은 그대로이므로 미분은 0입니다.",
        "reversed": "거꾸로 {x} 값은 {y} 값에서 계산됩니다. {y}에 대한 {x}의 미분을 알고 싶다면 둘을 바꿔 보세요.",
        "up": "{x} 값이 아주 조금 오르면 {y} 값은 그 {times}배만큼 오릅니다.",
        "down": "{x} 값이 아주 조금 오르면 {y} 값은 그 {times}배만큼 내립니다.",
        "up once": "{x} 값이 아주 조금 오르면 {y} 값도 그만큼 오릅니다.",
        "down once": "{x} 값이 아주 조금 오르면 {y} 값은 그만큼 내립니다.",
        "flat": "{x} 값이 아주 조금 변해도 {y} 값은 거의 변하지 않습니다.",
        "uncertainty": "표준불확도", "sensitivity": "감도계수", "contribution": "기여", "share": "비중",
        "graph": "그래프", "nodes": "노드", "leaves": "입력", "constants": "상수", "operations": "연산",
        "depth": "깊이", "paths": "경로", "memory": "메모리 (바이트)",
    },
    "en": {
        "operation": "operation", "equation": "equation", "local": "local derivative", "start": "start",
        "name": "name", "value": "value", "derivative": "derivative", "leaf": "leaf", "constant leaf": "constant",
        "seed": " (from {number})",
        "left out": "{count} rows left out",
        "title": "This is the derivative of {y} with respect to {x}.",
        "one": "There is one path from {y} back to {x}: ",
        "multiply": "Multiply the local derivatives along it.",
        "many": "There are {count} paths from {y} back to {x}.",
        "add": "Multiply the local derivatives along each, then add the products.",
        "marks": ": different uses of the same value.",
        "path": "Path {number}: ",
        "product": "product: ",
        "where": "where ",
        "gap": "… {count} steps …",
        "rest": "Not listed: {count} more. They are in the sum below.",
        "about": "about {number}",
        "kink": "{equation}: this is a kink, where there is no derivative; by convention it is {number}.",
        "nan": "nan: something without a value has come in, such as 0 × ∞ or ∞ - ∞.",
        "closed": "0 × ∞: what has the derivative 0 everywhere passes 0 on, whatever arrives. So the product is 0.",
        "same": "The derivative of any value with respect to itself is 1.",
        "constant": "No derivative flows to the constant {x}; it counts as 0.",
        "apart": "{y} is computed without {x}. Whatever {x} does, {y} stays as it is: the derivative is 0.",
        "reversed": "It is the other way round: {x} is computed from {y}. "
                    "For the derivative of {x} with respect to {y}, swap the two.",
        "up": "If {x} rises a little, {y} rises {times} times as much.",
        "down": "If {x} rises a little, {y} falls {times} times as much.",
        "up once": "If {x} rises a little, {y} rises just as much.",
        "down once": "If {x} rises a little, {y} falls just as much.",
        "flat": "If {x} changes a little, {y} hardly changes.",
        "uncertainty": "uncertainty", "sensitivity": "sensitivity", "contribution": "contribution", "share": "share",
        "graph": "graph", "nodes": "nodes", "leaves": "leaves", "constants": "constants", "operations": "operations",
        "depth": "depth", "paths": "paths", "memory": "memory (bytes)",
    },
}  # fmt: skip


def say(language: Language, what: str, **filling: str) -> str:
    """A phrase in a language.

    >>> say("ko", "path", number="1"), say("en", "path", number="1")
    ('경로 1: ', 'Path 1: ')
    """
    sentence = _SENTENCES[language][what].format(**filling)
    return sentence.replace("값 값", "값") if language == "ko" else sentence  # of a name that ends in 값


def tally(count: int, language: Language) -> str:
    """How many: exactly, while that can be read.

    >>> tally(1024, "ko"), tally(2**100, "ko"), tally(2**100, "en")
    ('1,024', '약 1.27 × 10³⁰', 'about 1.27 × 10³⁰')
    """
    if count < 10**12:
        return f"{count:,}"
    mantissa, exponent = f"{Decimal(count):.2e}".split("e+")
    power = exponent.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return say(language, "about", number=f"{mantissa} × 10{power}")
