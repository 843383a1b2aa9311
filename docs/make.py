"""Make what is made in docs/: the page of operations from the table, the figures from the code on the pages.

    python docs/make.py            write what has changed
    python docs/make.py --check    write nothing; name what is stale, and end with status 1 if anything is

operations.md and operations.en.md are a section a row of ``tinygrad_kr/engine/ops.py``, conventions.md and
conventions.en.md
its edge cases beside what other libraries give there, gallery.md and gallery.en.md a section a function of
``tinygrad_kr/shell/gallery.py``. The figures are what the Python blocks of the pages save: what a reader sees beside a
picture is what made it.
"""

from __future__ import annotations

import argparse
import inspect
import math
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import measure_conventions

from tinygrad_kr.engine import elementary
from tinygrad_kr.engine.formula import to_text
from tinygrad_kr.engine.names import FUNCTIONS, METHODS, NAMES, PUBLIC, ROWS, SIGNS
from tinygrad_kr.engine.ops import OPS, TABLE, Edge, Op
from tinygrad_kr.shell import gallery
from tinygrad_kr.shell.demo import figures as figures_of_the_documents
from tinygrad_kr.targets import c
from tinygrad_kr.text.numerals import numeral
from tinygrad_kr.words.mathtext import Word, latex
from tinygrad_kr.words.operations import written
from tinygrad_kr.words.prose import fraction

DOCS = Path(__file__).resolve().parent
STUB = Path(elementary.__file__).with_name("functions.pyi")
METHODS_STUB = STUB.with_name("methods.pyi")
CORE = STUB.with_name("core")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages and figures, or check them; the result is the exit status."""
    parser = argparse.ArgumentParser(description="Make the page of operations and the figures.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if anything is stale")
    check = parser.parse_args(arguments).check

    made = {DOCS / f"operations{words.suffix}.md": operations(words) for words in (KOREAN, ENGLISH)}
    made |= {DOCS / f"conventions{words.suffix}.md": conventions(words) for words in (KOREAN, ENGLISH)}
    made |= {DOCS / f"gallery{'' if korean else '.en'}.md": gallery_page(korean) for korean in (True, False)}
    made |= {STUB: stub(), METHODS_STUB: methods_stub()}
    made |= {CORE / "rows.h": c.rows(), CORE / "methods.h": c.methods()}
    for page in sorted({*DOCS.glob("*.md"), *made}):
        if page.suffix == ".md" and ".en" not in page.suffixes:  # both languages have the same code
            text = made.get(page) or page.read_text("utf-8")
            made |= {DOCS / "figures" / name: svg for name, svg in figures(text, page.name).items()}
    stale = [path for path, text in made.items() if not path.exists() or not is_same(path.read_text("utf-8"), text)]
    left_over = [path for path in sorted((DOCS / "figures").glob("*")) if path not in made]
    for path in stale + left_over:
        print(f"{'stale' if check else 'removed' if path in left_over else 'written'}: {path.relative_to(DOCS.parent)}")
    if check:
        return 1 if stale or left_over else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(made[path], "utf-8")
    for path in left_over:
        path.unlink()
    return 0


NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def methods_stub() -> str:
    """The types of a Value's operators and methods."""
    lines = ['"""The types of what a Value can do by the table: written by docs/make.py."""', ""]
    lines += ["from typing import Generic, TypeVar", "", '_V = TypeVar("_V")', '_N = TypeVar("_N")', ""]
    lines += ["class Methods(Generic[_V, _N]):", "    def __class_getitem__(cls, types: object) -> type: ..."]
    for sign in SIGNS.values():
        lines += [f"    def __{name}__(self, other: _N) -> _V: ..." for name in (sign, f"r{sign}")]
    lines += [f"    def {name}(self) -> _V: ..." for name in ("__neg__", "__abs__", "fabs")]
    for op in METHODS:
        other = "" if len(op.inputs) == 1 else ", other: _N"
        lines += [f"    def {name}(self{other}) -> _V: ..." for name in dict.fromkeys((op.name, op.numpy or op.name))]
    return "\n".join([*lines, ""])


def stub() -> str:
    """The types of the table's functions, for editors and checkers of types."""
    by_hand = [name for name in NAMES if name in vars(elementary)]
    rows = {name: TABLE[ROWS.get(name, name)] for name in NAMES if name not in by_hand}
    lines = ['"""The types of the table\'s functions: written by docs/make.py."""', "", "from typing import Any", ""]
    lines += [f"from .elementary import {kind} as {kind}" for kind in ("Binary", "Pair", "Unary")]
    lines += [f"from .elementary import {name} as {name}" for name in by_hand]
    lines += ["", "__all__ = [", *(f'    "{name}",' for name in NAMES), "]", ""]
    typed_lines = [typed(name, op) for name, op in rows.items()]
    lines += [line for line in typed_lines if not line.startswith("def ")]
    return "\n".join([*lines, "", *(line for line in typed_lines if line.startswith("def "))]) + "\n"


def typed(name: str, op: Op) -> str:
    """The line of the stub for a function that is made from its row."""
    if not op.keywords and not op.choice:
        return f"{name}: {'Pair' if op.variadic else ('Unary', 'Binary')[len(op.inputs) - 1]}"
    inputs = [f"{x}: Any" for x in op.inputs[: len(op.inputs) - len(op.keywords)]]
    inputs += [f"{keyword}: Any = ..." for keyword, _ in op.keywords]
    inputs += [f"{op.choice[0]}: str = ..."] if op.choice else []
    return f"def {name}({', '.join(inputs)}) -> Any: ..."


def is_same(old: str, new: str) -> bool:
    """Whether two texts are the same, but for a hair: another processor rounds the last digit in its own way.

    >>> is_same("x=1.99 y", "x=2 y"), is_same("x=1.8", "x=2")
    (True, False)
    """
    if old == new:
        return True
    numbers = zip(NUMBER.findall(old), NUMBER.findall(new))
    return NUMBER.split(old) == NUMBER.split(new) and all(abs(float(a) - float(b)) < 0.05 for a, b in numbers)


# ── Figures ───────────────────────────────────────────────────────────────────────────────────────────


def figures(page: str, name: str) -> dict[str, str]:
    """The SVG files that the Python blocks of a page save; blocks that save none are not run, but for imports."""
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    blocks = [block for block in blocks if re.search(r'\.save\(".*\.svg"\)', block) or is_imports(block)]
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            namespace: dict[str, object] = {}
            for block in blocks:
                exec(compile(block, name, "exec"), namespace)
            return {file.name: file.read_text("utf-8") for file in sorted(Path().glob("*.svg"))}
        finally:
            os.chdir(here)


def is_imports(block: str) -> bool:
    """Whether a block only imports.

    >>> is_imports("import os\\nfrom re import sub\\n"), is_imports("x = 1\\n")
    (True, False)
    """
    return all(line.startswith(("import ", "from ")) for line in block.splitlines() if line)


# ── The gallery ───────────────────────────────────────────────────────────────────────────────────────


def gallery_page(korean: bool) -> str:
    """The figures of the textbook with the lines that make them, in one language."""
    head = GALLERY_KOREAN if korean else GALLERY_ENGLISH
    sources: list[str] = []
    for name, figure in figures_of_the_documents().items():
        title = figure.ko if korean else figure.en
        step = re.fullmatch(r"fig-5-20-sigmoid-step-(\d)\.svg", name)
        function = gallery.sigmoid_steps if step else figure.draw
        call = f'{function.__name__}(){f"[{int(step[1]) - 1}]" if step else ""}.save("{name}")'
        names = function.__code__.co_names
        helpers = [
            each for each in (gallery.sigmoid, gallery.softmax_with_loss, gallery.batch_norm) if each.__name__ in names
        ]
        code = "\n\n\n".join([*map(source, helpers), source(function), call])
        if step and step[1] != "1":
            code = call
        sources.append(f"## {title}\n\n![{title}](figures/{name})\n\n```python\n{code}\n```")
    return "\n\n".join([head, *sources]) + "\n"


def source(function: Callable[..., object]) -> str:
    """The lines of a function, without its docstring."""
    text = inspect.getsource(function)
    return re.sub(r'\n    """.*?"""\n+', "\n", text, count=1, flags=re.DOTALL).rstrip()


GALLERY_IMPORTS = """\
```python
import tinygrad_kr as tg
from tinygrad_kr import Drawing, Panels, Value, block, panels
from tinygrad_kr.shell.gallery import named
```"""

GALLERY_KOREAN = f"""\
# 갤러리

[English](gallery.en.md)

교재의 그림들과 그것을 그리는 코드입니다. 이 문서는 `tinygrad_kr/shell/gallery.py`에서 만들어집니다
(`python docs/make.py`). `tinygrad-kr demo`가 같은 그림들을 파일로 써 줍니다.

{GALLERY_IMPORTS}"""

GALLERY_ENGLISH = f"""\
# Gallery

[한국어](gallery.md)

The textbook's figures, and the code that draws them. This page is made from `tinygrad_kr/shell/gallery.py`
(`python docs/make.py`). `tinygrad-kr demo` writes the same pictures into files.

{GALLERY_IMPORTS}"""


# ── The page of operations ────────────────────────────────────────────────────────────────────────────


class Words(NamedTuple):
    """What the page says in one language."""

    suffix: str
    head: str
    columns: tuple[str, str, str, str]  # of the overview
    symbol: str
    usage: str
    domain: str
    kinks: str
    edges: str
    nothing: str

    def name(self, op: Op) -> str:
        """What a row is called."""
        return op.en if self.suffix else op.ko


KOREAN = Words(
    suffix="",
    head="""\
# 연산

[English](operations.en.md)

연산 하나는 표([ops.py](../tinygrad_kr/engine/ops.py))의 한 줄입니다. 이 문서는 그 표에서 만들어집니다
(`python docs/make.py`). 터미널에서는 `tinygrad-kr ops`가 같은 표를 보여 줍니다.

읽는 법:

- `x`, `y`는 입력, `z`는 출력입니다. 편미분에 `z`가 있으면 순전파의 결과를 다시 쓴다는 뜻입니다.
- 입력의 개수가 자유로운 연산에서는 `xᵢ`가 i번째 입력, `n`이 개수입니다. `softmax`와 `log_softmax`는 `k`번째 출력입니다.
- **약속**은 정의역의 끝이나 꺾이는 점처럼 답이 하나로 정해지지 않는 곳에서 이 패키지가 주는 값입니다.
  그대로 테스트이기도 합니다.""",
    columns=("이름", "기호", "뜻", "식"),
    symbol="기호",
    usage="파이썬",
    domain="정의역",
    kinks="꺾이는 곳",
    edges="약속",
    nothing="없음",
)

ENGLISH = Words(
    suffix=".en",
    head="""\
# Operations

[한국어](operations.md)

An operation is one row of the table ([ops.py](../tinygrad_kr/engine/ops.py)). This page is made from it
(`python docs/make.py`). In a terminal, `tinygrad-kr ops` prints the same table.

How to read it:

- `x` and `y` are the inputs, `z` is the output. A partial with `z` in it uses the result of the forward pass again.
- In an operation of any number of inputs, `xᵢ` is the i-th of `n`. The output is the `k`-th for `softmax` and
  `log_softmax`.
- A **convention** is what this package gives where mathematics leaves the answer open, such as at the end of a
  domain or at a kink. It is a test as well.""",
    columns=("name", "symbol", "meaning", "formula"),
    symbol="symbol",
    usage="Python",
    domain="Domain",
    kinks="Kinks",
    edges="Conventions",
    nothing="none",
)


def operations(words: Words) -> str:
    """The page in one language."""
    overview = [
        (f"[{op.name}](#{op.name})", code(op.symbol), words.name(op), code(to_text(op.forward, families(op))))
        for op in OPS
    ]
    parts = [words.head, table(words.columns, overview), *(section(op, words) for op in OPS)]
    return "\n\n".join(parts) + "\n"


def section(op: Op, words: Words) -> str:
    """A row of the table, whole."""
    facts = f"{words.symbol} {code(op.symbol)} · {words.usage} {', '.join(map(code, usages(op)))}"
    parts = [f"## {op.name}", f"**{words.name(op)}** · {facts}", formulas(op)]
    places = []
    if op.domain:
        places.append(f"- {words.domain}: {code(to_text(op.domain, families(op)))}")
    if op.kinks:
        kinks = ", ".join(code(f"{to_text(kink, families(op))} = 0") for kink in op.kinks)
        places.append(f"- {words.kinks}: {kinks}")
    if places:
        parts.append("\n".join(places))
    if op.edges:
        head = [*op.variables, "z", *map(derivative, inputs(op))]
        parts += [f"{words.edges}:", table(head, (edge_row(op, edge, words) for edge in op.edges))]
    return "\n\n".join(parts)


def formulas(op: Op) -> str:
    """The value and the partials: as text, and in LaTeX."""
    names = ["z", *map(derivative, inputs(op))]
    texts = [f"{name} = {to_text(text, families(op))}" for name, text in zip(names, (op.forward, *op.partials))]
    slopes = [fraction(Word("z"), written(x, families(op)).box) for x in op.variables]
    sides = zip((Word("z"), *slopes), (op.forward, *op.partials))
    rows = " \\\\[4pt]\n".join(f"{latex(left)} &= {latex(written(text, families(op)).box)}" for left, text in sides)
    return "\n".join(
        ["```text", *texts, "```", "", "```math", r"\begin{aligned}", rows, r"\end{aligned}", "```"],
    )


def usages(op: Op) -> Iterator[str]:
    """How the operation is written in Python."""
    if op.infix:
        yield op.infix.format(*op.variables)
    elif op.variadic:
        yield f"{op.name}({', '.join(f'{x}s' for x in op.variables)})"
    else:
        first = op.inputs[: len(op.inputs) - len(op.keywords)]
        keywords = [f"{keyword}={numeral(default)}" for keyword, default in op.keywords]
        yield f"{PUBLIC.get(op.name, op.name)}({', '.join([*first, *keywords])})"
    if op.choice:
        yield from (f'{op.name}({op.inputs[0]}, {op.choice[0]}="{word}")' for word in op.choice[1])
    if op.name in PUBLIC:
        yield f"{op.name}(x, y, …)"
    if op.infix and op.name in FUNCTIONS:
        yield f"{op.name}({', '.join(op.variables)})"


def place(x: float) -> str:
    """An operand of an edge case; which zero it is may matter there.

    >>> place(-0.0), place(0.5)
    ('-0', '0.5')
    """
    return str(x)[:2] if x == 0 and str(x)[0] == "-" else numeral(x, digits=6)


def edge_row(op: Op, edge: Edge, words: Words) -> Iterator[str]:
    """The cells of a convention: operands, value, partials."""

    def cells(numbers: Sequence[float]) -> Iterator[str]:
        size = len(numbers) // len(op.inputs)
        for k in range(len(op.inputs)):
            yield ", ".join(place(x) for x in numbers[k * size : (k + 1) * size]) or words.nothing

    yield from cells(edge.inputs)
    yield numeral(edge.value, digits=6)
    yield from cells(edge.partials)


# ── The page of conventions ───────────────────────────────────────────────────────────────────────────


class Group(NamedTuple):
    """Rows that stand together, from the first one on: their title, and why the conventions are what they are."""

    first: str
    ko: tuple[str, str]
    en: tuple[str, str]


GROUPS = (
    Group(
        "add",
        (
            "사칙연산과 거듭제곱",
            "계산은 IEEE 754를 따릅니다. 0으로 나누면 ∞이고, `0 × ∞`와 `∞ − ∞`는 답을 정할 수 없어 nan입니다. 국소적\n"
            "미분은 식에 수를 그대로 넣은 값이라서, 값이 nan인 곳에서도 수일 수 있습니다. `0 ** 0`은 1이고, 그\n"
            "미분은 두 입력 모두 0입니다.",
        ),
        (
            "Arithmetic and powers",
            "Results are IEEE 754's. A division by 0 is ∞; `0 × ∞` and `∞ − ∞` could be anything and are nan. A\n"
            "local derivative is its formula with the numbers put in, so it can be a number where the value is nan.\n"
            "`0 ** 0` is 1, and both of its derivatives are 0.",
        ),
    ),
    Group(
        "exp",
        (
            "지수, 로그, 근",
            "정의역의 끝에서는 극한을 줍니다. `log(0)`은 −∞이고 `sqrt`의 그래프는 0에서 수직이라 미분이 ∞입니다.\n"
            "정의역 밖의 값은 nan이고, 미분은 식이 주는 대로입니다. `log`의 `1 / x`는 −1에서도 수입니다.",
        ),
        (
            "Exponentials, logarithms, roots",
            "At the end of a domain there is the limit: `log(0)` is −∞, and the graph of `sqrt` is vertical at 0,\n"
            "so its derivative is ∞. Outside, the value is nan and the derivative is what the formula gives: the `1\n"
            "/ x` of `log` is a number at −1 too.",
        ),
    ),
    Group(
        "abs",
        (
            "꺾이는 함수와 활성화 함수",
            "꺾이는 점에는 미분이 없고, 왼쪽과 오른쪽 기울기 사이의 어느 값이든 고를 수 있습니다. PyTorch를 따라\n"
            "`relu`와 `abs`는 0에서 0을 고릅니다. `relu`는 0에서도 꺼져 있고, `abs`의 0은 두 기울기 −1과 1의\n"
            "가운데입니다. `elu`는 0에서 왼쪽 기울기를 씁니다. `alpha`, `delta`, `slope`에 대해서는 PyTorch가\n"
            "미분하지 않습니다.",
        ),
        (
            "Kinks and activations",
            "At a kink there is no derivative; any number between the slopes of the two sides will do. As in\n"
            "PyTorch, `relu` and `abs` take 0 at 0: `relu` is off there, and for `abs` 0 is the middle of its\n"
            "slopes −1 and 1. `elu` has the slope of its left side. PyTorch does not differentiate by `alpha`,\n"
            "`delta` and `slope`.",
        ),
    ),
    Group(
        "sin",
        (
            "삼각함수와 쌍곡선함수",
            "∞의 사인은 어떤 수에도 다가가지 않으므로 nan입니다. 원점에는 방향이 없습니다. `atan2`는 그곳에서\n"
            "PyTorch처럼 0을 줍니다.",
        ),
        (
            "Trigonometric and hyperbolic functions",
            "The sine of ∞ approaches no number, so it is nan. The origin has no direction: `atan2` has 0 there, as\n"
            "in PyTorch.",
        ),
    ),
    Group(
        "hypot",
        (
            "두 입력, 선택, 계단",
            "`min`과 `max`의 입력이 같으면 미분을 ½씩 나눕니다. 둘을 맞바꾸어도 결과가 같고, 합하면 1이 됩니다.\n"
            "`where`의 미분은 고른 쪽으로만 흐릅니다. 계단 함수는 어디서나 미분이 0입니다. `hypot`은 원점이\n"
            "뾰족해서, 미분이 0 / 0, 곧 nan입니다.",
        ),
        (
            "Two inputs, choices, steps",
            "Where the inputs of `min` or `max` tie, each gets ½: exchanging them changes nothing, and together it\n"
            "is 1. The derivative of `where` flows to what was chosen only. Steps have derivative 0 everywhere.\n"
            "`hypot` has a point at the origin, where its derivative is 0 / 0, that is nan.",
        ),
    ),
    Group(
        "sum",
        (
            "입력이 몇 개든",
            "입력이 없는 합은 0, 곱은 1입니다. 곱의 미분은 나머지의 곱이라서, 나눗셈이 없고 0이 있어도 맞습니다.\n"
            "`softmax`와 `logsumexp`는 가장 큰 입력을 먼저 빼서 넘치지 않습니다. 교차 엔트로피에서 레이블이 0인\n"
            "항은 확률이 0이어도 없는 것과 같고, `kl_divergence(p, q)`에서 p가 0인 항도 그렇습니다. 두 인수는\n"
            "SciPy의 `rel_entr`처럼 모두 확률입니다. 이 표의 `cross_entropy`도 확률을 받고, D(p‖q)의 차례 그대로이기\n"
            "때문입니다. PyTorch의 `kl_div`는 log q를 먼저 받습니다. 합, 곱, 내적, 평균은 결과가 유한해도 도중에\n"
            "수의 범위를 넘으면 NumPy와 PyTorch처럼 ∞(또는 nan)입니다. `math.fsum`은 거기서 예외를 냅니다.",
        ),
        (
            "Any number of inputs",
            "A sum of nothing is 0, a product of nothing 1. The derivative of a product is the product of the\n"
            "others: no division, so zeros do no harm. `softmax` and `logsumexp` take the largest input off first\n"
            "and do not overflow. In the cross-entropy, a label of 0 leaves its term out even where the probability\n"
            "is 0, and so does a p of 0 in `kl_divergence(p, q)`. Both are probabilities, as in SciPy's `rel_entr`:\n"
            "so they are in the table's `cross_entropy`, and it is the order of D(p‖q). PyTorch's `kl_div` takes\n"
            "log q, and takes it first. A sum, product, dot product or mean that leaves the range on the way is ∞\n"
            "(or nan) though the result would be finite, as in NumPy and PyTorch; `math.fsum` raises there.",
        ),
    ),
)

CONVENTIONS_KOREAN = """\
# 약속

[English](conventions.en.md)

정의역의 끝, 꺾이는 점, ∞처럼 답이 하나로 정해지지 않는 곳에서는 약속이 필요합니다. 이 문서는 연산의 표
([ops.py](../tinygrad_kr/engine/ops.py))에 있는 약속을 PyTorch {PyTorch}, JAX {JAX}와 나란히 보여 줍니다.

한 칸에는 값이, `;` 뒤에는 입력마다의 편미분이 있습니다. tinygrad_kr과 다른 수는 굵게 썼고, `—`는 그 라이브러리에 그
함수나 미분이 없다는 뜻입니다. 값에서는 IEEE 754를, 꺾이는 점에서는 PyTorch를 따릅니다. 여기 없는 특수한 값(−0, 가장
작은 수와 큰 수, nan)은 `tests/test_torch.py`가 PyTorch와 비교하고, 값이 다른 곳은 까닭과 함께 적어 둡니다.

```python
from tinygrad_kr import Value, maximum

x, y = Value(2.0, "x"), Value(2.0, "y")
maximum(x, y).backward()
x.grad, y.grad  # → (0.5, 0.5)
```

수는 `docs/measure_conventions.py`가 두 라이브러리를 실제로 돌려서(float64) 얻었습니다. 다시 재려면 둘을 설치하고
`python docs/measure_conventions.py`를 돌린 다음 `python docs/make.py`를 돌립니다."""

CONVENTIONS_ENGLISH = """\
# Conventions

[한국어](conventions.md)

At the end of a domain, at a kink or at ∞, mathematics leaves the answer open, and there has to be a convention. This
page shows those of the table of operations ([ops.py](../tinygrad_kr/engine/ops.py)) beside PyTorch {PyTorch} and
JAX {JAX}.

A cell has the value, and after the `;` the partial derivative for each input. Other numbers are bold; `—` means that
the library has no such function or derivative. Values follow IEEE 754, kinks follow PyTorch. Special values that are
not here (−0, the smallest and largest numbers, nan) are compared with PyTorch in `tests/test_torch.py`, which lists
the differences with their reasons.

```python
from tinygrad_kr import Value, maximum

x, y = Value(2.0, "x"), Value(2.0, "y")
maximum(x, y).backward()
x.grad, y.grad  # → (0.5, 0.5)
```

The numbers come from running both libraries (in float64) with `docs/measure_conventions.py`. To measure again, install
them, run `python docs/measure_conventions.py`, and then `python docs/make.py`."""


def conventions(words: Words) -> str:
    """The page in one language."""
    libraries = measure_conventions.stored()
    head = CONVENTIONS_ENGLISH if words.suffix else CONVENTIONS_KOREAN
    parts = [head.format(**{name: library["version"] for name, library in libraries.items()})]
    for group in GROUPS:
        title, why = group.en if words.suffix else group.ko
        rows = [conventions_row(op, edge, libraries) for op in grouped(group) for edge in op.edges]
        parts += [f"## {title}", why, table(["", "tinygrad_kr", *libraries], rows)]
    return "\n\n".join(parts) + "\n"


def grouped(group: Group) -> Iterator[Op]:
    """The rows of a group: from its first one to the next group's."""
    others = {other.first for other in GROUPS} - {group.first}
    names = [op.name for op in OPS]
    for op in OPS[names.index(group.first) :]:
        if op.name in others:
            return
        yield op


def conventions_row(op: Op, edge: Edge, libraries: dict[str, dict[str, Any]]) -> list[str]:
    """The cells of an edge case: where it is, what is here, and what each library gives."""
    mine = [edge.value, *edge.partials]
    numbers = ", ".join(map(place, edge.inputs))
    cells = [code(f"{op.name}({numbers})"), answer([numeral(x, digits=6) for x in mine])]
    for library in libraries.values():
        given = library["edges"].get(measure_conventions.key(op, edge))  # a new row is not measured yet
        texts = [
            "—" if b is None else numeral(b, digits=6) if is_close(a, b) else f"**{numeral(b, digits=6)}**"
            for a, b in zip(mine, given or ())
        ]
        cells.append(answer(texts) if given else "—")
    return cells


def answer(texts: Sequence[str]) -> str:
    """A value and its partials as a cell.

    >>> answer(["6", "3", "2"])
    '6; 3, 2'
    """
    return "; ".join(filter(None, (texts[0], ", ".join(texts[1:]))))


def is_close(a: float, b: float) -> bool:
    """Whether two numbers are the same but for the last digits; nan is nan.

    >>> is_close(0.5, 0.5000000000000001), is_close(math.nan, math.nan), is_close(math.inf, 0.0)
    (True, True, False)
    """
    return (a != a and b != b) or math.isclose(a, b, rel_tol=1e-12)


def families(op: Op) -> tuple[str, ...]:
    """The inputs that stand for any number of operands."""
    return op.variables if op.variadic else ()


def inputs(op: Op) -> list[str]:
    """The inputs as text: x, or xᵢ for any number of them."""
    return [to_text(x, families(op)) for x in op.variables]


def derivative(x: str) -> str:
    """The symbol of the partial derivative with respect to an input."""
    return f"∂z/∂{x}"


def code(text: str) -> str:
    """Text in the page's fixed-width type."""
    return f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar within a cell stays within it."""
    cells = [list(head), ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in cells)


if __name__ == "__main__":
    sys.exit(main())
