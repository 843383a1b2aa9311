"""Make what is made in docs/: the page of operations from the table, the figures from the code on the pages.

    python docs/make.py            write what has changed
    python docs/make.py --check    write nothing; name what is stale, and end with status 1 if anything is

operations.md and operations.en.md are a section a row of ``tinygrad_kr/ops.py``, gallery.md and gallery.en.md
a section a function of ``tinygrad_kr/gallery.py``. The figures are what the
Python blocks of the pages save: what a reader sees beside a picture is what made it.
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tinygrad_kr import gallery
from tinygrad_kr.demo import figures as figures_of_the_documents
from tinygrad_kr.formula import to_latex, to_text
from tinygrad_kr.functions import FUNCTIONS, PUBLIC
from tinygrad_kr.numerals import numeral
from tinygrad_kr.ops import OPS, Edge, Op

DOCS = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages and figures, or check them; the result is the exit status."""
    parser = argparse.ArgumentParser(description="Make the page of operations and the figures.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if anything is stale")
    check = parser.parse_args(arguments).check

    made = {DOCS / f"operations{words.suffix}.md": operations(words) for words in (KOREAN, ENGLISH)}
    made |= {DOCS / f"gallery{'' if korean else '.en'}.md": gallery_page(korean) for korean in (True, False)}
    for page in sorted({*DOCS.glob("*.md"), *made}):
        if ".en" not in page.suffixes:  # both languages have the same code
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
    """The figures of the documents with the lines that make them, in one language."""
    head = GALLERY_KOREAN if korean else GALLERY_ENGLISH
    sources: list[str] = []
    for name, figure in figures_of_the_documents().items():
        title = figure.ko if korean else figure.en
        step = re.fullmatch(r"fig-5-20-sigmoid-step-(\d)\.svg", name)
        function = gallery.sigmoid_steps if step else figure.draw
        call = f'{function.__name__}(){f"[{int(step[1]) - 1}]" if step else ""}.save("{name}")'
        names = function.__code__.co_names
        helpers = [each for each in (gallery.sigmoid, gallery.softmax_with_loss) if each.__name__ in names]
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
from tinygrad_kr import Affine, Drawing, Panels, ReLU, Sequential, SoftmaxWithLoss, Value, block, panels
from tinygrad_kr.gallery import named
```"""

GALLERY_KOREAN = f"""\
# 갤러리

[English](gallery.en.md)

문서의 그림들과, 그것을 그리는 코드입니다. 이 쪽은 `tinygrad_kr/gallery.py`에서 만들어집니다
(`python docs/make.py`). `tinygrad-kr demo`가 같은 그림들을 파일로 써 줍니다.

{GALLERY_IMPORTS}"""

GALLERY_ENGLISH = f"""\
# Gallery

[한국어](gallery.md)

The documents' figures, and the code that draws them. This page is made from `tinygrad_kr/gallery.py`
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

연산 하나는 표([ops.py](../tinygrad_kr/ops.py))의 한 줄입니다. 이 쪽은 그 표에서 만들어집니다
(`python docs/make.py`). 터미널에서는 `tinygrad-kr ops`가 같은 표를 보여 줍니다.

읽는 법:

- `x`, `y`는 입력, `z`는 출력입니다. 편미분에 `z`가 있으면 순전파의 결과를 다시 쓴다는 뜻입니다.
- 입력의 개수가 자유로운 연산에서는 `xᵢ`가 i번째 입력, `n`이 개수입니다. `softmax`는 `k`번째 출력입니다.
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

An operation is one row of the table ([ops.py](../tinygrad_kr/ops.py)). This page is made from it
(`python docs/make.py`). In a terminal, `tinygrad-kr ops` prints the same table.

How to read it:

- `x` and `y` are the inputs, `z` is the output. A partial with `z` in it uses the result of the forward pass again.
- In an operation of any number of inputs, `xᵢ` is the i-th of `n`. For `softmax`, the output is the `k`-th.
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
    slopes = [rf"\frac{{\partial z}}{{\partial {to_latex(x, families(op))}}}" for x in op.variables]
    lines = [
        f"{left} &= {to_latex(text, families(op))}" for left, text in zip(("z", *slopes), (op.forward, *op.partials))
    ]
    rows = " \\\\[4pt]\n".join(lines)
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
        yield f"{PUBLIC.get(op.name, op.name)}({', '.join(op.variables)})"
    if op.name in PUBLIC:
        yield f"{op.name}(x, y, …)"
    if op.infix and op.name in FUNCTIONS:
        yield f"{op.name}({', '.join(op.variables)})"


def edge_row(op: Op, edge: Edge, words: Words) -> Iterator[str]:
    """The cells of a convention: operands, value, partials."""

    def cells(numbers: Sequence[float]) -> Iterator[str]:
        size = len(numbers) // len(op.inputs)
        for k in range(len(op.inputs)):
            yield ", ".join(numeral(x, digits=6) for x in numbers[k * size : (k + 1) * size]) or words.nothing

    yield from cells(edge.inputs)
    yield numeral(edge.value, digits=6)
    yield from cells(edge.partials)


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
