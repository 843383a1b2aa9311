"""The style sheet of a picture: the textbook's quiet greyscale, and other looks.

Every rule is scoped to the picture's own element, so that a picture in a page changes nothing else there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["THEMES", "style_sheet"]

BASE = """
text { font: 14px Pretendard, "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo", NanumGothic,
  sans-serif, "DejaVu Sans"; text-anchor: middle;
  fill: #000; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; paint-order: stroke; }
.paper { fill: #fff; }
.group rect { fill: none; stroke: #b3b3b3; stroke-width: 1.2; }
.operator path, .block path, .cloud path { fill: #fff; stroke: #b3b3b3; stroke-width: 1.5; }
.operator text, .block text, .cloud text { stroke: none; }
.junction rect { fill: #b3b3b3; }
.forward path { fill: none; stroke: #b3b3b3; }
.forward .head { fill: #fff; }
.backward path { fill: none; stroke: #666; }
.backward .head { fill: #666; stroke: none; }
.derivative, .derivative text { fill: #666; }
.symbol, .upright, .bold { font-family: "STIX Two Text", "Times New Roman", "Liberation Serif", "DejaVu Serif",
  "Noto Serif", serif, NanumMyeongjo, "Noto Serif CJK KR", NanumGothic, "DejaVu Sans"; }
.symbol { font-style: italic; }
.bold { font-weight: bold; }
.start { text-anchor: start; }
.end { text-anchor: end; }
.rule { fill: none; stroke: #000; stroke-width: 1; }
.derivative .rule { stroke: #666; }
.blank { fill: #fff; stroke: #999; stroke-width: 1.2; }
.badge rect { fill: #ccc; }
.badge rect + text { fill: #000; stroke: none; }
.shapes { text-anchor: start; fill: #666; }
.pending path { stroke: #aaa; stroke-dasharray: 5 4; }
.pending .head { fill: #aaa; }
.pending-derivative { fill: #aaa; }
"""

EXTRAS = {
    "moment": """
.current path { stroke: #000; stroke-width: 2.5; }
.ahead path { stroke: #ddd; }
""",
    "choice": """
.idle path { stroke-dasharray: 5 4; }
.idle .head { stroke-dasharray: none; }
""",
    "quiz": """
.number-of-blank { font-size: 11px; text-anchor: start; fill: #666; }
""",
    "marks": """
.marked path { stroke: #c00; stroke-width: 3; }
.marked text, text.marked { fill: #c00; font-weight: bold; }
""",
}
"""What only some pictures need."""

THEMES = {
    "documents": "",
    # Okabe and Ito's colours, which stay apart for colour-blind readers; a negative derivative is dashed too.
    "colour": """
.value, .value text, .forward .symbol { fill: #0072b2; }
.forward path { stroke: #0072b2; }
.derivative, .derivative text { fill: #b34700; }
.backward path { stroke: #d55e00; }
.backward .head { fill: #d55e00; }
.backward.negative path { stroke: #aa4499; stroke-dasharray: 7 3; }
.backward.negative .head { fill: #aa4499; }
.backward.zero path { stroke: #999; }
.backward.zero .head { fill: #999; }
.derivative .rule { stroke: #b34700; }
.value .rule { stroke: #0072b2; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #16181c; }
  text { fill: #eee; stroke: #16181c; }
  .operator path, .block path, .cloud path { fill: #16181c; stroke: #888; }
  .forward .head { fill: #16181c; }
  .value, .value text { fill: #56b4e9; }
  .forward path { stroke: #56b4e9; }
  .derivative, .derivative text { fill: #f0a35c; }
}
""",
}
"""Looks, as additions to the base."""


def style_sheet(theme: str, extras: Iterable[str] = ()) -> str:
    """The rules for a picture.

    Args:
        theme: one of :data:`THEMES`.
        extras: those of :data:`EXTRAS` that the picture needs.

    >>> ".tinygrad-kr.colour .forward path" in style_sheet("colour")
    True
    """
    base = _scoped(BASE + "".join(EXTRAS[extra] for extra in extras), ".tinygrad-kr")
    return base + _scoped(THEMES[theme], f".tinygrad-kr.{theme}")


def _scoped(rules: str, scope: str) -> str:
    """The rules with every selector behind the scope."""

    def behind(found: re.Match[str]) -> str:
        selectors = ", ".join(f"{scope} {selector.strip()}" for selector in found[2].split(","))
        return f"{found[1]}{selectors} {{"

    return re.sub(r"(^\s*)([^@{}\n]+?)\s*\{", behind, rules, flags=re.MULTILINE)
