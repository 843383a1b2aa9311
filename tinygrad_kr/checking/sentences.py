"""What is said of a student's ``backward()``, in Korean and English, and the code that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..engine.formula import ATOM, Piece
from ..engine.ops import Op
from ..text.bilingual import told
from ..text.options import Language
from ..text.signs import plain
from .diagnosis import Kind, short
from .gradients import true_gradient
from .programs import Expression, Style, literal
from .student import Student

__all__ = ["explanation", "written"]

_WORDS: dict[Language, dict[Kind, str]] = {
    "ko": {
        "right": "맞습니다. 무작위 식 {examples}개에서 기울기가 모두 맞았습니다. 쓴 연산: {operations}.",
        "accumulation": "기울기를 더하지 않았습니다. {name}에는 쓰인 곳마다 기여가 오므로 모두 더해야 하는데, "
        "하나만 남았습니다. grad = …로 덮어쓰지 말고 grad += …로 더하세요.",
        "order": "지나는 순서가 틀렸습니다. {name}에서 기울기를 다 받기 전에 앞으로 넘겼습니다(또는 여러 번 "
        "넘겼습니다). 위상 정렬의 역순으로, 한 노드를 쓴 곳을 모두 지난 뒤에 그 노드를 한 번만 지나세요.",
        "upstream": "{op}에서 결과의 grad를 곱하지 않았습니다. 국소적 미분만 더하지 말고, 국소적 미분에 결과의 grad를 "
        "곱해서 더하세요(연쇄법칙).",
        "swapped": "{op}에서 두 입력이 바뀌었습니다. x에 갈 것이 y에, y에 갈 것이 x에 갔습니다. {partials}.",
        "sign": "{op}에서 {name}에 대한 미분의 부호가 틀렸습니다. {partials}.",
        "kink": "{op}에서 꺾이는 점({point})만 다릅니다. 그곳의 미분은 약속으로 정합니다: 맞는 것은 {want}, 나온 "
        "것은 {got}. 부등호에 등호가 들어가는지 보세요.",
        "partial": "{op}에서 {name}에 대한 국소적 미분이 틀렸습니다({point}). {partials}.",
        "value": "{op}의 값부터 틀렸습니다: 맞는 것은 {want}, 나온 것은 {got}. 순전파를 먼저 보세요.",
        "nothing": "기울기가 어디에도 오지 않았습니다. backward()는 출력 자신의 grad를 1로 놓고 시작합니다.",
        "error": "오류가 났습니다. {error}",
        "other": "이 식의 기울기가 틀렸습니다. 연산은 하나씩 보면 모두 맞고, 흔한 실수로 설명되지 않습니다. "
        "backward()가 그래프를 지나는 순서를 보세요.",
    },
    "en": {
        "right": "Right: all gradients of {examples} random expressions agree. They were made of {operations}.",
        "accumulation": "Gradients are not accumulated: {name} is used several times, and its contributions must "
        "be added up, but only one is left. Write grad += …, not grad = ….",
        "order": "The order is wrong: {name} passes its gradient on before all of it has arrived (or several "
        "times). Visit the nodes in reverse topological order, each one once, after everything that uses it.",
        "upstream": "{op} does not multiply by the grad of its result. By the chain rule, add the local derivative "
        "times the grad of the result, not the local derivative alone.",
        "swapped": "The two inputs of {op} are swapped: x gets what belongs to y, and y what belongs to x. {partials}.",
        "sign": "The derivative of {op} with respect to {name} has the wrong sign. {partials}.",
        "kink": "{op} differs only at its kink ({point}): there the derivative is {want} by convention, and "
        "yours is {got}. See whether the comparison should include equality.",
        "partial": "The local derivative of {op} with respect to {name} is wrong (at {point}). {partials}.",
        "value": "The value of {op} is wrong already: it should be {want} and is {got}. Look at the forward pass "
        "first.",
        "nothing": "No gradient arrives anywhere: backward() starts by setting the grad of the output itself to 1.",
        "error": "There is an error. {error}",
        "other": "The gradient of this expression is wrong. Each operation is right by itself, and none of the "
        "usual mistakes explains it. Look at how backward() walks through the graph.",
    },
}

_BESIDE: dict[Language, str] = {"ko": "맞는 것은 {want}, 나온 것은 {got}", "en": "should be {want}, is {got}"}


def explanation(kind: Kind, words: Mapping[str, Any], language: Language) -> str:
    """A kind of mistake, explained.

    Args:
        kind: the kind, or ``"right"``.
        words: what the sentences of this kind name; a dict has it in each language.
        language: Korean (``"ko"``) or English (``"en"``).

    >>> explanation("error", {"error": "NameError: y"}, "en")
    'There is an error. NameError: y'
    """
    said = {name: word[language] if isinstance(word, dict) else told(word, language) for name, word in words.items()}
    return plain(_WORDS[language][kind].format(**said))


def written(expression: Expression, student: Student, language: Language) -> str:
    """An expression that goes wrong, in the student's own words, and what is wrong beside it.

    >>> from tinygrad_kr import Value
    >>> from tinygrad_kr.checking.single import one_step
    >>> from tinygrad_kr.engine.ops import TABLE
    >>> student = Student(Value, {"exp": lambda x: x.exp() * 2})
    >>> print(written(one_step(TABLE["exp"], (0.0,), (True,)), student, "en"))
    x = Value(0.0)
    f = exp(x)
    f.backward()
    f.data  # should be 1, is 2
    """
    lines = [*expression.statements(_StudentStyle(student.name, student.functions)), "f.backward()"]
    if not student.error(expression):
        result, wanted = student.result(expression), true_gradient(expression)
        wrong = [
            (f"{expression.variables[k]}.grad", wanted[k], result.gradient[k]) for k in student.wrong_leaves(expression)
        ]
        if student.wrong_value(expression):  # the gradient of another function is no news
            wrong = [("f.data", expression(), result.value)]
        beside = _BESIDE[language]
        lines += [f"{what}  # {beside.format(want=short(want), got=short(got))}" for what, want, got in wrong]
    return "\n".join(lines)


class _StudentStyle(Style):
    """Programs as the student writes them: methods, and the class's own name."""

    def __init__(self, kind: str, functions: Mapping[str, Any]) -> None:
        super().__init__()
        self.kind, self.functions = kind, functions

    def leaf(self, name: str, number: float) -> str:
        return f"{self.kind}({literal(number).text})"

    def operation(self, op: Op, operands: Sequence[Piece]) -> Piece:
        if op.infix and op.name not in self.functions:
            return super().operation(op, operands)
        first, *rest = operands
        texts = [piece.text for piece in rest]
        if op.name in self.functions:
            return Piece(f"{op.name}({', '.join([first.text, *texts])})")
        return Piece(f"{self.group(first, ATOM)}.{op.name}({', '.join(texts)})")
