"""What an operator passes back, as a sentence: the rule that a partial derivative of the table states."""

from __future__ import annotations

from ..engine.kernels import kernel
from ..engine.ops import Op
from ..words.rules import in_words

__all__ = ["hints"]


_PLAIN = {
    "1": ("상류의 미분을 그대로 하류로 보냅니다.", "It passes the upstream derivative on as it is."),
    "-1": ("상류의 미분을 부호만 바꿔 보냅니다.", "It passes the upstream derivative on with its sign turned."),
    "0": ("하류로 0을 보냅니다. 여기서는 입력이 조금 변해도 출력이 변하지 않습니다.",
          "It passes 0 on: a small change here changes nothing."),
    "y": ("상류의 미분에 다른 쪽 입력을 곱해 보냅니다.", "It passes the other input times the upstream derivative."),
    "z": ("상류의 미분에 순전파의 출력 z를 곱해 보냅니다.",
          "It passes its own output z times the upstream derivative."),
}  # fmt: skip
"""What a partial that is a plain number or a variable means; ``y`` stands for the other input of two."""


def hints(op: Op) -> tuple[dict[str, str], ...]:
    """The rule by which a row passes a derivative back, for each of its inputs.

    Args:
        op: the row.

    Returns:
        Per input a sentence in Korean (``ko``) and one in English (``en``).

    >>> from tinygrad_kr.engine.ops import TABLE
    >>> hints(TABLE["mul"])[0]["en"]
    'It passes the other input times the upstream derivative. ∂z/∂x = y (x, y: inputs, z: output)'
    >>> hints(TABLE["relu"])[0]["ko"]
    '상류의 미분에 국소적 미분을 곱해 보냅니다. ∂z/∂x = x ≤ 0이면 0, 아니면 1 (x: 입력, z: 출력)'
    """
    found: tuple[dict[str, str], ...] = kernel(op).once(
        "hints", lambda whole: lambda k: tuple(_hint(op, place) for place in range(len(op.inputs)))
    )
    return found


def _hint(op: Op, place: int) -> dict[str, str]:
    partial, variable = op.partials[place], op.variables[place]
    others = set(op.variables) - {variable}
    ko, en = _PLAIN.get("y" if {partial} == others else partial) or (
        "상류의 미분에 국소적 미분을 곱해 보냅니다.",
        "It passes the upstream derivative times its local derivative.",
    )
    families = op.variables if op.variadic else ()
    local = f"∂z/∂{variable}{'ᵢ' if families else ''} = "
    names = ", ".join(op.variables)
    return {
        "ko": f"{ko} {local}{in_words(partial, 'ko', families)} ({names}: 입력, z: 출력)",
        "en": f"{en} {local}{in_words(partial, 'en', families)} ({names}: input{'s'[: len(op.inputs) > 1]}, z: output)",
    }
