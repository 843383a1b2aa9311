"""Mathematics as boxes: words in a row, fractions, scripts. What formulas become text, LaTeX or a drawing from.

A box knows how it reads in a line of text and in LaTeX; how large it is and where its letters stand is
the drawing's business (``drawing/typeset.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias
from unicodedata import normalize

from ..text.lettering import printable

__all__ = [
    "SIGNS", "SPECIAL", "Both", "Box", "Cases", "Fence", "Fit", "Over", "Root", "Row", "Script", "Stack", "Word",
    "flat", "is_tall", "joined", "latex", "lettered", "name", "row", "shape", "text", "upright",
]  # fmt: skip

Style = Literal["symbol", "name", "number", "bold", "function", "value"]


@dataclass(frozen=True)
class Word:
    """Letters of one style.

    Of a ``symbol`` single letters are italic; ``number``, ``function`` and ``bold``, an array, are upright. A ``name``
    and a ``value``, the number that stands for itself at a wire, are in the face of texts.
    """

    text: str
    style: Style = "symbol"


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    parts: tuple[Box, ...]


@dataclass(frozen=True)
class Over:
    """A stacked fraction."""

    top: Box
    bottom: Box


@dataclass(frozen=True)
class Script:
    """A box with something below or above its shoulder."""

    base: Box
    below: Box | None = None
    above: Box | None = None


@dataclass(frozen=True)
class Stack:
    """A box with a small one right over it: an array's name and its shape."""

    base: Box
    over: Box


@dataclass(frozen=True)
class Fence:
    """A box between two signs that are as tall as it is."""

    left: str
    inside: Box
    right: str


@dataclass(frozen=True)
class Root:
    """A root with its bar; a square root has no degree."""

    inside: Box
    degree: str = ""


@dataclass(frozen=True)
class Cases:
    """A choice: ``then`` where the condition holds. ``otherwise`` may be a further one."""

    then: Box
    condition: Box
    otherwise: Box


@dataclass(frozen=True)
class Both:
    """What a line of text writes in another way than a page sets it: x / y and a stacked fraction."""

    line: Box
    page: Box


@dataclass(frozen=True)
class Fit:
    """A product of two arrays and what it makes, over their shapes: lengths that must agree are joined."""

    left: Shaped
    right: Shaped
    result: Shaped

    @property
    def links(self) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """The lengths that must agree, each by its term and its axis: first those that the product takes away.

        >>> Fit((Word("X"), (2,)), (Word("W"), (2, 3)), (Word("O"), (3,))).links
        [((0, 0), (1, 0)), ((1, 1), (2, 0))]
        """
        last, first = len(self.left[1]) - 1, max(len(self.right[1]) - 2, 0)
        kept = [(0, axis) for axis in range(last)] + [(1, a) for a in range(len(self.right[1])) if a != first]
        return [((0, last), (1, first)), *((end, (2, axis)) for axis, end in enumerate(kept))]


Box: TypeAlias = Word | Row | Over | Script | Stack | Fence | Root | Cases | Both | Fit
Shaped: TypeAlias = tuple[Box, tuple[int, ...]]
"""An array and its shape."""


def row(*parts: Box | str) -> Row:
    """Boxes side by side; plain text becomes a word of symbols.

    >>> text(row("2", name("x"), "+1"))
    '2x+1'
    """
    return Row(tuple(Word(part) if isinstance(part, str) else part for part in parts))


def name(label: str, style: Style | None = None) -> Box:
    r"""How a value's name is set: a letter in italics with its index below it, a word upright.

    Args:
        label: the name. x1, x_1 and x₁ are one; TeX's x_{ij}, W^{(1)}_{23}, \theta and \hat{y} are understood.
        style: of all but the index; by what it is where left out.

    >>> latex(name("a_1")), latex(name("사과")), latex(name("x")), text(name("a12"))
    ('{a}_{1}', '\\text{사과}', 'x', 'a₁₂')
    >>> text(name("W^{(1)}_{23}")), text(name(r"\theta_0")), text(name("loss_train")), text(name("a_b_c"))
    ('W₂₃⁽¹⁾', 'θ₀', 'loss_train', 'a_b_c')
    """
    if label[-1:] in _MARKS:
        return Row((name(label[:-1], style), Word(label[-1], "name"))) if label[:-1] else Word(label, "name")
    found = _NAME.fullmatch(_ACCENTED.sub(_accented, label))
    if found is None:
        return Word(label, style or "name")
    base, digits, *scripts = found.groups(default="")
    sign = _GREEK_NAMES.get(base, base)
    letter = normalize("NFD", sign.rstrip("'′")).rstrip(_OVER)
    is_letter = len(letter) == 1 and letter.isalpha() and _is_latin(letter)
    written = {script[0]: script[1:] for script in scripts if script}
    if digits and (not is_letter or "_" in written):
        sign, is_letter = base + digits, False  # h264 is a word
    elif digits:
        written["_"] = digits
    if len(written) < sum(map(bool, scripts)) or sign.startswith("\\"):
        return Word(label, style or "name")
    word = Word(sign, style or ("symbol" if is_letter else "name"))
    below, above = (_index(written[sign]) if sign in written else None for sign in "_^")
    return Script(word, below, above) if written else word


_INDEX = r"\{[0-9A-Za-zα-ωΑ-Ω,+\-−()'′]+\}|[0-9A-Za-z]+"
_NAME = re.compile(rf"(\\[A-Za-z]+|[^\\^_{{}}]+?)([0-9]+|[₀-₉]+)?([_^](?:{_INDEX}))?([_^](?:{_INDEX}))?")

_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_ACCENT_OF = {mark: accent for accent, mark in _ACCENTS.items()}
_OVER = "".join(_ACCENT_OF)
_ACCENTED = re.compile(rf"\\({'|'.join(_ACCENTS)}) *(?:\{{(\\[a-z]+|[^\W\d_])\}}|(\\[a-z]+)|(?<= )([^\W\d_]))")


def _accented(found: re.Match[str]) -> str:
    """What TeX writes as an accent, as one letter."""
    accent, *letters = found.groups(default="")
    letter = "".join(letters)
    return normalize("NFC", _GREEK_NAMES.get(letter, letter) + _ACCENTS[accent])


def _index(written: str) -> Box:
    """What stands below a name or above it: numbers and letters as such, a word upright."""
    inside = written.strip("{}").translate(_DIGITS)
    if inside == written and len(inside) > LONGEST_INDEX and inside.isalpha():
        return Word(inside, "name")
    runs = [Word(run, "number" if run[0].isdigit() else "symbol") for run in re.findall(r"\d+|\D", inside)]
    return runs[0] if len(runs) == 1 else Row(tuple(runs))


LONGEST_INDEX = 2
"""Letters that are an index each, as in x_ij; what is longer and not in braces is a word."""


def _is_latin(label: str) -> bool:
    return label[0].isascii() or "α" <= label[0].lower() <= "ω"


_SUBSCRIPTS = str.maketrans("0123456789+-−()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_SUPERSCRIPTS = str.maketrans("0123456789+-−()nixyT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿⁱˣʸᵀ")


def flat(box: Fence | Root | Cases | Both) -> Box:
    """What a box is on one line.

    >>> text(flat(Cases(Word("x"), row("x > 0"), Word("0"))))
    'x if x > 0 else 0'
    """
    match box:
        case Both(line=line):
            return line
        case Fence(left, inside, right):
            return row(left, inside, right)
        case Root(inside, degree):
            return row({"": "√", "3": "∛"}[degree], Fence("(", inside, ")"))
        case Cases(then, condition, otherwise):
            return row(then, " if ", condition, " else ", otherwise)


def text(box: Box) -> str:
    """The box in one line of plain text.

    >>> text(row(Over(row("∂L"), row("∂y")), Script(Word("y"), above=Word("2", "number"))))
    '∂L/∂y·y²'
    """
    match box:
        case Word(letters):
            return letters
        case Over(top, bottom):
            return f"{_grouped(top)}/{_grouped(bottom)}"
        case Script(base, below, above):
            return text(base) + _raised(below, _SUBSCRIPTS, "_") + _raised(above, _SUPERSCRIPTS, "^")
        case Stack(base, over):
            return f"{text(base)} {text(over)}"
        case Row(parts):
            return "".join(
                text(part)
                + ("·" if isinstance(part, Over) and place + 1 < len(parts) and _opens(parts[place + 1]) else "")
                for place, part in enumerate(parts)
            )
        case Fit():
            terms = (text(term) + shape(lengths) for term, lengths in (box.left, box.right, box.result))
            return "{}·{} = {}".format(*terms)
        case Fence() | Root() | Cases() | Both():
            return text(flat(box))


def shape(lengths: tuple[int, ...]) -> str:
    """A shape as the figures write it.

    >>> shape((2,)), shape((2, 3))
    ('(2,)', '(2,3)')
    """
    return f"({','.join(map(str, lengths))}{',' * (len(lengths) == 1)})"


def _opens(box: Box) -> bool:
    """Whether a box begins with a factor, which must not run into a fraction before it."""
    start = text(box)[:1]
    return start.isalnum() or start in "∂(√"


def _grouped(box: Box) -> str:
    inside = text(box)
    bare = inside.removeprefix("∂")
    return inside if re.fullmatch(r"\w+", bare) or _is_fenced(bare) else f"({inside})"


def _is_fenced(line: str) -> bool:
    """Whether a line stands in one pair of parentheses: (sin(x)), and not (x)(y)."""
    depth = 0
    for place, letter in enumerate(line):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return letter == ")" and place == len(line) - 1
    return False


def _raised(box: Box | None, alphabet: dict[int, int], sign: str) -> str:
    if box is None:
        return ""
    inside = text(box)
    if isinstance(box, Word) and box.style == "name" and inside.isalnum():
        return sign + inside
    moved = inside.translate(alphabet)
    return moved if not set(moved) & set(inside) else f"{sign}({inside})" if len(inside) > 1 else sign + inside


# ── LaTeX: fit for a paper, for a picture, and for a cell of a Markdown table in a notebook ───────────

_GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "o", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
]  # fmt: skip

SIGNS = {
    **{chr(0x3B1 + place): f"\\{name}" if len(name) > 1 else name for place, name in enumerate(_GREEK)},
    **{letter: f"\\{_GREEK[ord(letter) - 0x391].title()}" for letter in "ΓΔΘΛΞΠΣΥΦΨΩ"},
    **{letter: rf"\mathrm{{{latin}}}" for letter, latin in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX")},
    **{sign: sign for sign in "*<>"},
    **{chr(low): f"{{}}_{{{chr(plain)}}}" for plain, low in _SUBSCRIPTS.items() if plain < 0x80},
    **{chr(high): f"{{}}^{{{chr(plain)}}}" for plain, high in _SUPERSCRIPTS.items() if plain < 0x80},
    "×": r"\times", "÷": r"\div", "·": r"\cdot", "−": "-", "±": r"\pm", "√": r"\surd", "∛": r"\sqrt[3]{\,}",
    "∂": r"\partial", "∞": r"\infty", "∑": r"\sum", "∏": r"\prod", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq",
    "|": r"\vert", "∘": r"\circ", "′": "'", "→": r"\to", "…": r"\ldots", "⋯": r"\cdots",
    "≈": r"\approx", "∝": r"\propto", "∈": r"\in", "∇": r"\nabla", "∫": r"\int", "⊙": r"\odot", "⊗": r"\otimes",
    "⊕": r"\oplus", "←": r"\leftarrow", "↔": r"\leftrightarrow", "⇒": r"\Rightarrow", "ℓ": r"\ell", "‖": r"\Vert",
    "∧": r"\land", "∨": r"\lor", "¬": r"\lnot", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil",
}  # fmt: skip
"""Letters and signs that LaTeX has in mathematics, whatever the engine and the fonts."""

SPECIAL = {"{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_"}
"""Signs that LaTeX reads as its own, in words and in mathematics."""

# Commands of LaTeX's mathematics that MathJax and KaTeX know too; none leaves a sign that Markdown or HTML reads.
_IN_WORDS = SIGNS | SPECIAL | {
    "\\": r"\backslash", "^": r"\wedge", "~": r"\sim", "<": r"\langle", ">": r"\rangle", "*": r"\ast",
    "`": r"\text{‘}", "\ufffd": r"\boxed{?}",  # to LuaTeX, a byte that is no letter
}  # fmt: skip
_IN_SYMBOLS = _IN_WORDS | {sign: sign for sign in "*<>"}

_FUNCTIONS = {name: f"\\{name}" for name in ("exp", "log", "tanh", "sin", "cos", "tan", "sinh", "cosh", "min", "max")}
_FUNCTIONS |= {"asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "log2": r"\log_{2}", "log10": r"\log_{10}"}
_FUNCTIONS["mod"] = r"\bmod "

_NEW_LINE = r" \\ "

_LIMITS = {"∑": r"\sum", "∏": r"\prod", "max": r"\max"}
"""What has its index right below it."""

_MARKS = {chr(0x2460 + k): k + 1 for k in range(20)}
"""①, ② … at the end of a name: which use of the value is meant."""

_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

_GREEK_NAMES = {command: sign for sign, command in SIGNS.items() if sign.isalpha() and command.startswith("\\")}


def latex(box: Box) -> str:
    r"""The box in LaTeX's mathematics (amsmath), without any sign that Markdown or HTML would read.

    >>> latex(Over(row("∂L"), row("∂y")))
    '\\dfrac{\\partial L}{\\partial y}'
    >>> latex(name("<a|b>")), latex(name("w_12"))
    ('\\langle \\text{a}\\vert \\text{b}\\rangle ', '{w}_{12}')
    """
    match box:
        case Word(letters, "name"):
            return upright(letters) if letters not in _MARKS else f"{{}}^{{({_MARKS[letters]})}}"
        case Word(letters, "function"):
            return _function(letters)
        case Word(letters, "bold"):
            return rf"\mathbf{{{_signs(letters)}}}" if _is_mathematics(letters) else upright(letters, "textbf")
        case Word(letters):
            return _signs(letters)
        case Over(top, bottom):
            return rf"\dfrac{{{latex(top)}}}{{{latex(bottom)}}}"
        case Script(Word(sign, "function"), Word() | Row() as below, None) if sign in _LIMITS:
            return f"{_LIMITS[sign]}_{{{latex(below)}}} "
        case Script(base, below, above):
            low = "" if below is None else f"_{{{latex(_in_line(below))}}}"
            high = "" if above is None else f"^{{{latex(_in_line(above))}}}"
            return f"{{{latex(base)}}}{low}{high}"
        case Stack(base, over):
            return rf"\overset{{{latex(over)}}}{{{latex(base)}}}"
        case Row(parts):
            return "".join(map(latex, parts))
        case Fence(left, inside, right):
            if left == "(" and not is_tall(inside):
                return f"({latex(inside)})"
            return rf"\left{_command(left)}{latex(inside)}\right{_command(right)}"
        case Root(inside, degree):
            return rf"\sqrt{degree and f'[{degree}]'}{{{latex(inside)}}}"
        case Cases():
            return _cases(box)
        case Both(page=page):
            return latex(page)
        case Fit():
            terms = (box.left, box.right, box.result)
            return r"{} \cdot {} = {}".format(*(rf"\underset{{{shape(s)}}}{{{latex(term)}}}" for term, s in terms))


def _in_line(box: Box) -> Box:
    """A box with slashes for its fractions: beside a shoulder these would be as large as what has it."""
    match box:
        case Root(inside, degree) | Both(page=Root(inside, degree)):
            return Root(_in_line(inside), degree)
        case Both(line=line):
            return _in_line(line)
        case Over(top, bottom):
            return row(_in_line(top), "/", _in_line(bottom))
        case Row(parts):
            return Row(tuple(map(_in_line, parts)))
        case Fence(left, inside, right):
            return Fence(left, _in_line(inside), right)
    return box


def is_tall(box: Box) -> bool:
    """Whether a page sets a box higher than a line of letters.

    >>> is_tall(Over(Word("x"), Word("y"))), is_tall(Script(Word("x"), above=Word("2")))
    (True, False)
    """
    match box:
        case Over() | Stack() | Cases() | Root() | Fit():
            return True
        case Both(page=page):
            return is_tall(page)
        case Fence(inside=inside):
            return is_tall(inside)
        case Script(base=base):
            return is_tall(base)
        case Row(parts):
            return any(map(is_tall, parts))
    return False


def _cases(choice: Cases) -> str:
    """A choice, and those in its last case, as the lines of one brace."""
    rest: Box = choice
    lines = []
    while isinstance(rest, Cases):
        lines.append(f"{latex(rest.then)} & {latex(rest.condition)}")
        rest = rest.otherwise
    lines.append(rf"{latex(rest)} & \text{{otherwise}}")
    return rf"\begin{{cases}} {_NEW_LINE.join(lines)} \end{{cases}}"


def _is_mathematics(letters: str) -> bool:
    """Whether the fonts of mathematics have all these letters."""
    return all(x in SIGNS or x in _OVER or (x.isascii() and x.isalnum()) for x in normalize("NFD", letters))


def _function(letters: str) -> str:
    plain = letters.replace("_", "")
    word = letters.replace("_", SPECIAL["_"]) if plain.isascii() and plain.isalnum() else upright(letters)
    return _FUNCTIONS.get(letters) or rf"\operatorname{{{word}}}"


def upright(letters: str, face: str = "text") -> str:
    r"""Words in LaTeX's mathematics; what the fonts of texts may lack is a sign of mathematics.

    >>> upright("길 1_a"), upright("θ̂ → Wₒ")
    ('\\text{길 1}\\_\\text{a}', '\\hat{\\theta }\\text{ }\\to \\text{ W}{}_{o}')
    """
    runs = _BETWEEN_WORDS.split(normalize("NFC", printable(letters.replace("\n", " "))))
    return "".join(
        _command(run, _IN_WORDS) if place % 2 else rf"\{face}{{{run}}}" for place, run in enumerate(runs) if run
    )


_BETWEEN_WORDS = re.compile(rf"([^\W\d_][{_OVER}]|[{re.escape(''.join(_IN_WORDS))}])")


def _signs(letters: str) -> str:
    """Mathematics in LaTeX: numbers, signs, and the names of functions upright, as in exp(."""
    if found := re.fullmatch(r"(-?[\d.]+)e(-?\d+)", letters):
        return rf"{found[1]} \times 10^{{{found[2]}}}"
    letters = re.sub("([×→]) ", r"\1", letters)
    return "".join(
        f"_{{{index.translate(_DIGITS)}}}" if index else _function(called) if called else _command(letter)
        for index, called, letter in _SIGNS.findall(printable(letters))
    )


_SIGNS = re.compile(rf"([₀-₉]+)|\b([a-z]\w+)(?=\(|$)|([^\W\d_][{_OVER}]?|.)", re.DOTALL)


def lettered(letters: str) -> Iterator[tuple[str, bool]]:
    """The runs of a word of symbols, and whether they are italic: single letters are, words and signs are not.

    >>> list(lettered("∂L-exp(x"))
    [('∂L', True), ('-exp(', False), ('x', True)]
    """
    runs = re.findall(rf"[^\W\d_]{{2,}}|{_ITALIC}|[^∂\W]|\W", letters)
    for is_italic, group in groupby(runs, lambda run: re.fullmatch(_ITALIC, run) is not None):
        yield "".join(group), is_italic


_ITALIC = rf"∂?[^\W\d_][{_OVER}]*|∂"


def _command(letter: str, known: Mapping[str, str] = _IN_SYMBOLS) -> str:
    """A letter of mathematics, with the mark over it; one that has no command is a word."""
    base, mark = normalize("NFD", letter)[:1], normalize("NFD", letter)[1:]
    if accent := _ACCENT_OF.get(mark):
        return rf"\{accent}{{{_command(base)}}}"
    command = known.get(letter) or (letter if letter.isascii() else rf"\text{{{letter}}}")
    return f"{command} " if command.startswith("\\") and command[-1].isalpha() else command


def joined(boxes: Iterable[Box], between: str) -> Row:
    """Boxes with a word between them.

    >>> text(joined([Word("a"), Word("b")], " × "))
    'a × b'
    """
    parts: list[Box] = []
    for box in boxes:
        if parts:
            parts.append(Word(between))
        parts.append(box)
    return Row(tuple(parts))
