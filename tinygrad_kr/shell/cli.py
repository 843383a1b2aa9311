"""The command line: ``tinygrad-kr draw``, ``grad``, ``check``, ``ops``, ``demo``, ``train``, ``doctor``, ``repl``.

Help is Korean or English by the locale. Results go to standard output, everything else to standard
error. The exit status is 0, 2 for what was typed wrongly, 1 for what failed, 130 after Ctrl-C,
141 when whoever reads the output stops.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from .. import Value, __version__, engine
from ..text.bilingual import told
from ..text.lettering import clipped
from ..text.numerals import numeral, shown
from ..text.streams import forgiving, in_json
from ..text.terminal import language, say, table
from .arguments import EXPRESSION, JSON, SEED, Parser

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        argv: the words after ``tinygrad-kr``; those of this process where left out.

    Returns:
        The exit status.

    >>> main(["grad", "x * y", "x=3", "y=2", "--json"])
    {"expression": "x * y", "value": 6.0, "gradients": {"x": 2.0, "y": 3.0}}
    0
    """
    words = [_as_typed(word) for word in (sys.argv[1:] if argv is None else argv)]
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    try:
        with forgiving(), _plain_warnings():
            status = _run(words)
            sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output has enough of it
        _silence(sys.stdout)
        return 141
    except OSError as error:
        _silence(sys.stdout)
        return _fail(say(f"결과를 쓸 수 없습니다: {error.strerror}", f"can't write the results: {error.strerror}"), 1)


def _as_typed(word: str) -> str:
    """A word of the command line as UTF-8, where a locale without Korean has left its bytes as surrogates."""
    try:
        return word if word.isprintable() else os.fsencode(word).decode("utf-8", "surrogateescape")
    except UnicodeError:
        return word


def _path(word: str) -> str:
    """The file that a word names: its bytes, whatever letters the locale makes of them."""
    try:
        return os.fsdecode(word.encode("utf-8", "surrogateescape"))
    except UnicodeError:
        return word


def _run(words: list[str]) -> int:
    command, *rest = words or ["repl"]
    if command in ("-h", "--help", "help"):
        print(_overview())
    elif command == "--version":
        print(f"tinygrad-kr {__version__} ({engine.name}: {told(engine.reason, language())})")
    elif command not in COMMANDS:
        return _fail(
            say(
                f"{shown(command)}: 그런 명령은 없습니다. {', '.join(COMMANDS)}, --help 가운데 하나를 쓰세요",
                f"{shown(command)} is not a command; expected {_one_of(COMMANDS)}, or --help",
            ),
            2,
        )
    else:
        try:
            COMMANDS[command](rest)
        except SystemExit as exit:  # argparse has said why
            return exit.code if isinstance(exit.code, int) else 0
        except BrokenPipeError:
            raise
        except ValueError as error:
            return _fail(told(error, language()), 2)
        except (OSError, ImportError, RuntimeError) as error:
            if isinstance(error, OSError) and error.strerror and error.filename is None:  # of standard output
                raise
            return _fail(told(error, language()), 1)
    return 0


def _fail(sentence: str, status: int) -> int:
    print(f"tinygrad-kr: {sentence}", file=sys.stderr)
    return status


# ── Commands ──────────────────────────────────────────────────────────────────────────────────────────


def draw(words: list[str]) -> None:
    """Draw the computation graph of an expression."""
    parser = Parser(
        "draw",
        f"{EXPRESSION} [-o FILE] [--direction both|forward|backward] [--wrt NAME]…",
        "식의 계산 그래프를 그립니다.",
        "Draw the computation graph of an expression.",
        "tinygrad-kr draw '사과 * 개수 * 소비세' 사과=100 개수=2 소비세=1.1 -o apple.svg",
    )
    parser.option(
        "-o",
        "--output",
        "저장할 .svg .png .gif .pdf .tex .dot .txt .html 파일. 없으면 화면에 글자로 그립니다",
        "save a .svg, .png, .gif, .pdf, .tex, .dot, .txt or .html file; without it, draw on the screen",
        metavar="FILE",
    )
    parser.option(
        "--direction",
        "both 양쪽(기본), forward 순전파만, backward 역전파만",
        "both (default), forward or backward arrows",
        choices=("both", "forward", "backward"),
        default="both",
        metavar="WAY",
    )
    parser.option(
        "--wrt",
        "이 변수로 가는 역전파만. 여러 번 쓸 수 있습니다",
        "backward arrows to this variable only; can be repeated",
        action="append",
        default=[],
        metavar="NAME",
    )
    parser.option(
        "--constants",
        "수를 inputs 입력으로(기본), folded 노드 안에",
        "numbers as inputs (default) or folded into the operator",
        choices=("inputs", "folded"),
        default="inputs",
        metavar="HOW",
    )
    parser.option("--seed", *SEED, type=float, default=1.0)
    parser.option("--name", "출력의 이름", "the name of the output")
    options, expression, leaves = parser.read(words)

    output = _compute(expression, leaves)
    if options.name and output.op:
        output.name = options.name
    if options.direction != "forward":
        output.backward(options.seed)
    wrt = [_leaf(name, leaves) for names in options.wrt for name in names.split(",")] or None
    drawing = output.draw(direction=options.direction, wrt=wrt, constants=options.constants)
    print(drawing.save(_path(options.output)) if options.output else drawing.text())


def grad(words: list[str]) -> None:
    """Print the value of an expression and its derivatives."""
    parser = Parser(
        "grad",
        f"{EXPRESSION} [--json] [--seed SEED]",
        "식의 값과 변수마다의 미분을 보여 줍니다.",
        "Print an expression's value and its derivatives.",
        "tinygrad-kr grad 'exp(-x**2)' x=0.5",
    )
    parser.option("--json", *JSON, action="store_true")
    parser.option("--seed", *SEED, type=float, default=1.0)
    options, expression, leaves = parser.read(words)

    output = _compute(expression, leaves)
    output.backward(options.seed)
    if options.json:
        gradients = {name: _json(leaf.grad) for name, leaf in leaves.items()}
        result = {"expression": expression, "value": _json(output.data), "gradients": gradients}
        print(in_json(result))
    else:
        print(_derivatives([*leaves.items(), (_shortened(expression), output)]))


def check(words: list[str]) -> None:
    """Compare an expression's derivatives with numerical ones."""
    parser = Parser(
        "check",
        f"{EXPRESSION} [--json]",
        "역전파로 구한 미분을 수치 미분과 견줍니다. 다르거나 견줄 수 없으면 1로 끝납니다.",
        "Compare derivatives by backpropagation with numerical ones. The exit status is 1 if they differ or can't be.",
        "tinygrad-kr check 'x * exp(-x**2)' x=0.5",
    )
    parser.option("--json", *JSON, action="store_true")
    options, expression, leaves = parser.read(words)
    if not leaves:
        parser.error(
            say(
                "견줄 변수가 없습니다. 'x * y' x=3 y=2처럼 변수에 수를 주세요",
                "there is nothing to check by; give a variable its number, such as 'x * y' x=3 y=2",
            )
        )

    from ..checking.check import check_gradients
    from .expression import evaluate

    def compute(*numbers: Value) -> Value:
        return evaluate(expression, **dict(zip(leaves, numbers)))

    compute.__name__ = _shortened(expression)
    report = check_gradients(compute, *leaves.values())
    if options.json:
        fields = ("gradient", "estimate", "error", "difference", "verdict")
        rows = [{f: _json(v) if isinstance(v := getattr(row, f), float) else v for f in fields} for row in report.rows]
        result = {"expression": expression, "agree": bool(report), "gradients": dict(zip(leaves, rows))}
        print(in_json(result))
    else:
        print(report.text(language()))
    if not report or all(row.verdict == "inconclusive" for row in report.rows):
        raise SystemExit(1)


def ops(words: list[str]) -> None:
    """Print the table of operations."""
    from ..engine.formula import to_text
    from ..engine.ops import OPS

    parser = Parser(
        "ops",
        "[--json]",
        "연산 표: 이름, 식, 편미분.",
        "The table of operations: name, formula, partial derivatives.",
        "tinygrad-kr ops",
    )
    parser.option("--json", *JSON, action="store_true")
    if parser.parse_args(words).json:
        fields = ("name", "symbol", "inputs", "forward", "partials", "domain", "ko", "en")
        print(in_json([{f: getattr(op, f) for f in fields} for op in OPS], indent=2))
        return
    rows = [(say("이름", "name"), say("기호", "symbol"), say("뜻", "meaning"), "z", "∂z")]
    for op in OPS:
        families = op.variables if op.variadic else ()
        inputs = (to_text(x, families) for x in op.variables)
        partials = (f"∂{x}: {to_text(partial, families)}" for x, partial in zip(inputs, op.partials))
        rows.append((op.name, op.symbol, say(op.ko, op.en), to_text(op.forward, families), "   ".join(partials)))
    print(table(rows, widest=34))


def demo(words: list[str]) -> None:
    """Print the apple example, and write the textbook's figures."""
    parser = Parser(
        "demo",
        "[--output DIR]",
        "사과 예제를 계산하고 교재의 그림들을 SVG로 저장합니다.",
        "Compute the apple example, and save the textbook's figures as SVG.",
        "tinygrad-kr demo",
    )
    parser.option(
        "--output",
        "폴더 (기본 ./tinygrad-kr-demo)",
        "the folder (default ./tinygrad-kr-demo)",
        default="tinygrad-kr-demo",
        metavar="DIR",
    )
    folder = Path(_path(parser.parse_args(words).output))

    from .demo import figures, payment

    print(_derivatives((value.name or "", value) for value in payment()), end="\n\n")
    _make(folder)
    for name, figure in figures().items():
        print(figure.draw().save(folder / name), say(figure.ko, figure.en), sep="  ", flush=True)


def train(words: list[str]) -> None:
    """Train a network on real data."""
    parser = Parser(
        "train",
        "digits|moons|diabetes [--epochs N] [--lr RATE] [--seed N] [-o DIR]",
        "실제 데이터로 신경망을 학습합니다.",
        "Train a network on real data.",
        "tinygrad-kr train digits",
    )
    parser.add_argument("lesson", nargs="?", default="", help=argparse.SUPPRESS)
    parser.option("--epochs", "데이터를 몇 번 볼지", "how often all data are gone through", type=int, metavar="N")
    parser.option("--lr", "학습률", "the learning rate", type=float, metavar="RATE")
    parser.option(
        "--seed", "난수의 씨앗 (기본 0)", "of the random numbers (default 0)", type=int, default=0, metavar="N"
    )
    parser.option(
        "-o",
        "--output",
        "그림과 매개변수를 저장할 폴더 (기본 ./tinygrad-kr-train-…)",
        "the folder for pictures and parameters (default ./tinygrad-kr-train-…)",
        metavar="DIR",
    )
    options = parser.parse_args(words)

    from ..learning import plotting
    from ..learning.lessons import LESSONS

    if not options.lesson:
        parser.error(
            say(f"무엇을 학습할지 쓰세요: {', '.join(LESSONS)}", f"say what is to be learned: {_one_of(LESSONS)}")
        )
    if options.lesson not in LESSONS:
        parser.error(
            say(
                f"{shown(options.lesson)}: 학습할 수 없습니다. {', '.join(LESSONS)} 가운데 하나를 쓰세요",
                f"{shown(options.lesson)} can't be learned; expected {_one_of(LESSONS)}",
            )
        )
    for option, number, least in (("--seed", options.seed, 0), ("--epochs", options.epochs, 1)):
        if number is not None and number < least:
            parser.error(
                say(
                    f"{option}: {number}: 쓸 수 없습니다. {least} 이상의 정수를 쓰세요",
                    f"{option}: {number} is not possible; expected a whole number from {least}",
                )
            )
    if options.lr is not None and not 0 < options.lr < math.inf:
        rate = numeral(options.lr)
        parser.error(
            say(
                f"--lr: {rate}: 쓸 수 없습니다. 0.01 같은 양수를 쓰세요",
                f"--lr: {rate} is not possible; expected a positive number such as 0.01",
            )
        )
    lesson, folder = LESSONS[options.lesson], Path(_path(options.output or f"tinygrad-kr-train-{options.lesson}"))
    plotting.load()  # what is missing is missed before the work, not after it
    parts, network = lesson.load(options.seed), lesson.build(options.seed)
    _make(folder)
    sizes = [len(parts.train[0]), len(parts.test[0]), sum(array.size for array in network.params.values())]
    sentence = say(
        "{}: 훈련 표본 {:,}개, 시험 표본 {:,}개, 매개변수 {:,}개",
        "{}: {:,} samples to learn from, {:,} to be tested with, {:,} parameters",
    )
    print(sentence.format(say(lesson.ko, lesson.en), *sizes), flush=True)
    history, failure = lesson.learn(network, parts, epochs=options.epochs, lr=options.lr, seed=options.seed)
    print(history.table(language(), limit=12), end="\n\n")
    if history.stopped == "interrupted":
        print(say("중단했습니다. 그때까지 학습한 것을 저장합니다.", "Interrupted; what was learned so far is saved."))
    network.save(folder / "parameters.npz")
    text, figures = lesson.report(network, parts, history, language())
    print(text, end="\n\n")
    print(folder / "parameters.npz", say("학습한 매개변수", "the parameters"), sep="  ", flush=True)
    for figure in figures:  # last: they take time, and may fail
        figure.draw(folder / figure.name)
        print(folder / figure.name, say(figure.ko, figure.en), sep="  ", flush=True)
    if failure is not None:
        raise RuntimeError(*failure.args)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = say(
            f"폴더 {str(folder)!r}: 만들 수 없습니다({error.strerror}). 다른 폴더를 고르세요",
            f"can't make the folder {str(folder)!r}: {error.strerror}; choose another one",
        )
        raise type(error)(sentence) from None


def doctor(words: list[str]) -> None:
    """Print what a report of a fault has to say about this computer."""
    parser = Parser(
        "doctor",
        "",
        "문제를 알릴 때 필요한 것: 버전, 시스템, 설치된 것. 꼭 필요한 것이 없으면 1로 끝납니다.",
        "What a bug report needs: versions, system, what is installed. The exit status is 1 if a requirement is not.",
        "tinygrad-kr doctor",
    )
    parser.parse_args(words)

    from .doctor import findings

    found = list(findings())
    print(table([(finding.name, finding.found) for finding in found]))
    if not all(finding.is_well for finding in found):
        raise SystemExit(1)


def repl(words: list[str]) -> None:
    """Open the interactive session."""
    parser = Parser(
        "repl",
        "",
        "대화형 세션을 엽니다. IPython이 있으면 IPython으로.",
        "Open an interactive session, in IPython where it is installed.",
        "tinygrad-kr",
    )
    parser.parse_args(words)

    from .repl import interact

    interact()


COMMANDS = {
    "draw": draw, "grad": grad, "check": check, "ops": ops, "demo": demo, "train": train,
    "doctor": doctor, "repl": repl,
}  # fmt: skip


def _overview() -> str:
    return say(
        """\
사용법: tinygrad-kr [명령] …

식을 계산하고, 연쇄법칙으로 미분하고, 계산 그래프를 그립니다.

명령:
  draw    식의 계산 그래프를 그립니다
  grad    식의 값과 변수마다의 미분을 보여 줍니다
  check   식의 미분을 수치 미분과 견줍니다
  ops     연산 표: 이름, 식, 편미분
  demo    사과 예제를 계산하고 교재의 그림들을 저장합니다
  train   신경망을 학습합니다: digits, moons, diabetes
  doctor  문제를 알릴 때 필요한 것: 버전, 시스템, 설치된 것
  repl    대화형 세션 (명령 없이 부르면 이것)

옵션:
  -h, --help    이 도움말. 명령 뒤에 쓰면 그 명령의 도움말
  --version     버전

예:
  tinygrad-kr draw '사과 * 개수 * 소비세' 사과=100 개수=2 소비세=1.1 -o apple.svg
  tinygrad-kr grad 'exp(-x**2)' x=0.5""",
        """\
usage: tinygrad-kr [COMMAND] …

Compute an expression, differentiate it by the chain rule, draw its computation graph.

commands:
  draw    draw the computation graph of an expression
  grad    print the value of an expression and its derivatives
  check   compare its derivatives with numerical ones
  ops     the table of operations: name, formula, partial derivatives
  demo    compute the apple example and save the textbook's figures
  train   train a network: digits, moons, diabetes
  doctor  what a bug report needs: versions, the system, what is installed
  repl    an interactive session (also without a command)

options:
  -h, --help    this help; after a command, that command's help
  --version     the version

examples:
  tinygrad-kr draw 'apple * count * tax' apple=100 count=2 tax=1.1 -o apple.svg
  tinygrad-kr grad 'exp(-x**2)' x=0.5""",
    )


# ── Computing ─────────────────────────────────────────────────────────────────────────────────────────


def _compute(expression: str, leaves: Mapping[str, Value]) -> Value:
    from .expression import evaluate

    return evaluate(expression, **leaves)


def _leaf(name: str, leaves: Mapping[str, Value]) -> Value:
    """The variable that ``--wrt`` names."""
    from .expression import variable

    try:
        return leaves[variable(name)]
    except KeyError:
        names = ", ".join(leaves)
        expected = f"one of {names}" if leaves else "an expression with variables"
        instead = f"{names} 가운데 하나를" if leaves else "변수가 있는 식을"
        sentence = say(
            f"--wrt: {shown(name)}: 식에 없는 변수입니다. {instead} 쓰세요",
            f"--wrt: {shown(name)} is not a variable of the expression; expected {expected}",
        )
        raise ValueError(sentence) from None


# ── Writing the results ───────────────────────────────────────────────────────────────────────────────


def _derivatives(values: Iterable[tuple[str, Value]]) -> str:
    """The table of names, values and derivatives."""
    rows = [(say("이름", "name"), say("값", "value"), say("미분", "derivative"))]
    rows += [(name, numeral(v.data), "" if v.grad is None else numeral(v.grad)) for name, v in values]
    return table(rows, right=(1, 2))


def _json(number: float | None) -> float | str | None:
    """A number as JSON has it; it has no inf and no nan."""
    return number if number is None or math.isfinite(number) else str(number)


def _shortened(text: str, width: int = 40) -> str:
    return clipped(" ".join(text.split()), width)


def _one_of(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


@contextlib.contextmanager
def _plain_warnings() -> Iterator[None]:
    """Warnings as one line each, without the place in the source."""

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int,
        file: TextIO | None = None, line: str | None = None,
    ) -> None:  # fmt: skip
        print(f"tinygrad-kr: {say('경고', 'warning')}: {told(message, language())}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", RuntimeWarning)
        warnings.showwarning = show
        yield


def _silence(stream: TextIO) -> None:
    """Give a broken stream somewhere to flush to, so that Python does not complain when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
