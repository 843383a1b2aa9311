"""What the playground runs: a program or one expression, and what is shown of it.

The page knows this module by :func:`run`, :func:`calculate` and :func:`use_engine`. What happens is posted in messages,
each a kind and plain data: ``output``, ``picture``, ``page``, ``table``, ``words`` and ``failure``.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import tinygrad_kr
from tinygrad_kr import Constant, Drawing, Panels, TooLargeError, Value
from tinygrad_kr.drawing import engine
from tinygrad_kr.engine.graph import topological
from tinygrad_kr.page import Page
from tinygrad_kr.shell.expression import ExpressionError, evaluate, variable
from tinygrad_kr.shell.hints import hint, uncalled
from tinygrad_kr.shell.repl import Namespace
from tinygrad_kr.text.bilingual import Bilingual, told
from tinygrad_kr.text.numerals import numeral
from tinygrad_kr.text.options import Language

__all__ = ["calculate", "run", "use_engine"]

Post = Callable[[str, dict[str, Any]], None]

PROGRAM = "<program>"
MOST_OUTPUT = 100_000
"""Characters that a program may print; what is beyond is not shown."""
MOST_WORDS = 8
"""Leaves that the chain rule is told of."""
NO_NUMPY = {
    "ko": "놀이터에는 NumPy가 없습니다. 배열, 계층, 학습은 설치한 파이썬에서 됩니다.",
    "en": "There is no NumPy in the playground; arrays, layers and learning need an installed Python.",
}


class Session(Namespace):
    """The variables of a program: the names of tinygrad_kr are there, each loaded when it is first used."""

    def __missing__(self, name: str) -> Any:
        if name not in tinygrad_kr.__all__:
            raise KeyError(name)
        return getattr(tinygrad_kr, name)


def run(program: str, language: Language, post: Post) -> None:
    """Run a program, and show its last expression; where that is nothing, the last picture or Value it made."""
    with _printing(post, language):
        try:
            result = _run(program)
        except BaseException as error:
            post("failure", _failure(error, language, program))
            return
        _show(result, language, post)


def calculate(text: str, numbers: dict[str, str], language: Language, post: Post) -> None:
    """Compute and differentiate one expression, with a number for each of its names."""
    with _printing(post, language):
        try:
            result = evaluate(text, **{variable(name): _number(name, number) for name, number in numbers.items()})
            result.backward()
        except Exception as error:
            post("failure", _failure(error, language))
            return
        _show(result, language, post)


def use_engine(layout: Callable[[str, float], tuple[str, str]]) -> None:
    """Lay graphs out by a function of the page, which says ``"plain"``, ``"late"`` or ``"failed"`` and a text."""

    def lay_out(source: str, time_limit: float) -> str:
        outcome, text = layout(source, time_limit)
        if outcome == "late":
            raise engine.LayoutTimeoutError(f"viz.js did not finish within {time_limit:g} s")
        if outcome == "failed":
            raise RuntimeError(f"viz.js failed: {text[:200]}")
        return text

    engine.register("viz.js", lay_out)


# ── Running ───────────────────────────────────────────────────────────────────────────────────────────


def _run(program: str) -> Any:
    """What the last expression gives, or else the last thing that can be shown."""
    linecache.cache[PROGRAM] = (len(program), None, program.splitlines(keepends=True), PROGRAM)  # warnings quote it
    module = ast.parse(program, PROGRAM)
    session = Session(__name__="__main__")
    last = module.body.pop() if module.body and isinstance(module.body[-1], ast.Expr) else None
    exec(compile(module, PROGRAM, "exec"), session)
    result = None
    if isinstance(last, ast.Expr):
        code: CodeType = compile(ast.Expression(last.value), PROGRAM, "eval")
        result = eval(code, session)
    return _made_last(module, session) if result is None else result


def _made_last(module: ast.Module, session: Session) -> Any:
    """The last thing to show that a variable was given, in the program's order."""
    nodes = (node for statement in module.body for node in ast.walk(statement))
    names = [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    things = (session.get(name) for name in reversed(names))
    return next((thing for thing in things if isinstance(thing, Value | Drawing | Panels | Page)), None)


def _number(name: str, text: str) -> float:
    """The number that was typed for a name."""
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        en = f"{text!r} is no number for {name}; expected one such as 1.1"
        raise ExpressionError(Bilingual(en, f"{name}: {text!r}: 수가 아닙니다. 1.1처럼 쓰세요")) from None


def _failure(error: BaseException, language: Language, program: str = "") -> dict[str, Any]:
    """An error as the package words it, a word more about it, and the line of the program that it is about."""
    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.lineno for frame in reversed(frames) if frame.filename == PROGRAM), None)
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        line = error.lineno
        text = "".join(traceback.format_exception_only(error)).partition("\n")[2]
    elif isinstance(error, ModuleNotFoundError) and error.name == "numpy":
        text = NO_NUMPY[language]
    elif isinstance(error, ExpressionError):
        return {"text": told(error, language).rstrip(), "line": line}
    else:
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    more = hint(error, program, tinygrad_kr.__all__, language)
    return {"text": f"{text.rstrip()}\n{more}".rstrip(), "line": line}


class _Printed(io.TextIOBase):
    """Posts what is printed, line by line, up to a limit."""

    def __init__(self, post: Post) -> None:
        self._post, self._line, self._left = post, "", MOST_OUTPUT

    def write(self, text: str) -> int:
        self._line += text[: self._left + 1]
        if "\n" in self._line or len(self._line) > 2000:
            self.flush()
        return len(text)

    def flush(self) -> None:
        shown, self._line = self._line[: self._left], ""
        if self._left and len(shown) == self._left:
            shown += "\n…\n"
        self._left = max(0, self._left - len(shown))
        if shown:
            self._post("output", {"text": shown})


@contextlib.contextmanager
def _printing(post: Post, language: Language) -> Iterator[None]:
    """Have what is printed and warned of posted."""

    def warn(message: Warning | str, category: type[Warning], file: str, line: int, *_: Any) -> None:
        sys.stderr.write(warnings.formatwarning(told(message, language), category, file, line))

    printed = _Printed(post)
    before, hook = (sys.stdout, sys.stderr), sys.excepthook
    sys.stdout = sys.stderr = printed
    try:
        with warnings.catch_warnings():
            warnings.showwarning = warn
            yield
    finally:
        printed.flush()
        (sys.stdout, sys.stderr), sys.excepthook = before, hook


# ── Showing ───────────────────────────────────────────────────────────────────────────────────────────


def _show(result: Any, language: Language, post: Post) -> None:
    """Post all that can be seen of a result."""
    if result is None:
        return
    try:
        drawing = _drawing(result)
        if drawing is None and not isinstance(result, Page):
            post("output", {"text": f"{result!r}\n{uncalled(result, language)}".rstrip() + "\n"})
            return
        values = _values(result, drawing)
        if values:
            _tell(values, language, post)
        if drawing is not None:
            post("picture", {"svg": drawing.svg(), "text": _title(drawing)})
        page = drawing.play() if values and isinstance(drawing, Drawing) else result
        if isinstance(page, Page):
            post("page", {"html": page.html()})
    except (TooLargeError, RuntimeError, ValueError, ImportError) as error:
        post("failure", _failure(error, language))


def _drawing(result: Any) -> Drawing | Panels | None:
    """The picture of a result, if it has one."""
    if isinstance(result, Drawing | Panels):
        return result
    several = isinstance(result, list | tuple) and result and all(isinstance(each, Value) for each in result)
    if isinstance(result, Value) or several:
        return tinygrad_kr.draw(result)
    return None


def _values(result: Any, drawing: Drawing | Panels | None) -> list[Value]:
    """The outputs that the result shows, if there are any to tell of."""
    if isinstance(result, Page):
        return list(result.outputs)
    try:
        return drawing.source()[0] if isinstance(drawing, Drawing) else []
    except ValueError:  # one step of a drawing, or one of arrays
        return []


def _tell(values: list[Value], language: Language, post: Post) -> None:
    """Post the result in a line, the table of nodes, and the chain rule in words."""
    post("output", {"text": "".join(f"{value!r}\n" for value in values)})
    value = values[0]
    rows = [
        [
            row.name,
            row.expression,
            numeral(row.value),
            "" if row.derivative is None else numeral(row.derivative),
            ", ".join(dict.fromkeys(f"{local.slope} = {local.formula}" for local in row.local)),
        ]
        for row in value.table(language=language, limit=60).rows[:60]
    ]
    post("table", {"rows": rows})
    leaves = [node for node in topological([value]) if node.op is None and not isinstance(node, Constant)]
    if value.op is not None:
        texts = [str(value.explain(leaf, language=language)) for leaf in leaves[:MOST_WORDS]]
        post("words", {"text": "\n\n\n".join(texts)})


def _title(drawing: Drawing | Panels) -> str:
    return drawing.title if isinstance(drawing, Drawing) else " | ".join(filter(None, drawing.titles))
