"""The interactive session, and Values that take the names of their variables.

``tinygrad-kr`` opens IPython where it is installed and the standard console otherwise, with the names
of ``tinygrad_kr`` imported. ``abs``, ``max``, ``min``, ``pow`` and ``sum`` among them take numbers and
Values; Python's own are in ``builtins``. ``%load_ext tinygrad_kr`` gives the naming to any IPython or
Jupyter session.

>>> session = Namespace(Value=Value)
>>> exec("x = y = Value(3); z = x * y", session)
>>> session["y"], session["z"]
(Value(3, name='x'), Value(9, name='z'))
"""

from __future__ import annotations

import ast
import code
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import tinygrad_kr

from ..drawing import Drawing
from ..engine.value import Value
from ..page import Page
from ..text.terminal import language, say
from .hints import hint, uncalled

__all__ = ["Namespace", "draw", "interact", "load_ipython_extension", "name_values", "show", "unload_ipython_extension"]


def interact() -> None:
    """Open a session in this terminal; returns when the person leaves it."""
    session = {name: getattr(tinygrad_kr, name) for name in tinygrad_kr.__all__} | {"draw": draw}
    if sys.stdin.isatty() and find_spec("IPython"):
        _interact_in_ipython(session)
    else:
        _interact_in_console(session)


def _banner() -> str:
    title = f"tinygrad_kr {tinygrad_kr.__version__}, Python {sys.version.partition(' ')[0]}"
    return f"{title}\n\n" + say(
        """\
  사과, 개수 = Value(100), Value(2)    # Value에 변수의 이름이 붙습니다
  금액 = 사과 * 개수 * 1.1
  금액.backward()
  사과.grad                            # 2.2
  draw(금액)                           # 계산 그래프

abs max min pow sum은 수와 Value를 받는 tinygrad_kr의 함수입니다. 파이썬의 것은 builtins에 있습니다.
""",
        """\
  apple, count = Value(100), Value(2)    # a Value takes its variable's name
  price = apple * count * 1.1
  price.backward()
  apple.grad                             # 2.2
  draw(price)                            # the computation graph

abs max min pow sum are tinygrad_kr's, for numbers and Values; Python's own are in builtins.
""",
    )


def _interact_in_ipython(session: dict[str, Any]) -> None:
    from IPython import start_ipython
    from IPython.terminal.interactiveshell import TerminalInteractiveShell
    from traitlets.config import Config

    config = Config()
    config.TerminalInteractiveShell.banner1 = _banner()
    config.TerminalInteractiveShell.confirm_exit = False
    if hasattr(TerminalInteractiveShell, "enable_tip"):
        config.TerminalInteractiveShell.enable_tip = False
    config.InteractiveShellApp.extra_extensions = ["tinygrad_kr"]
    start_ipython(argv=[], user_ns=session, config=config)


def _interact_in_console(session: dict[str, Any]) -> None:
    namespace = Namespace(session, __name__="__console__", __doc__=None)
    hook = sys.displayhook
    sys.displayhook = _show_or_print
    try:
        with _history(namespace):
            _Console(namespace).interact(_banner(), exitmsg="")
    finally:
        sys.displayhook = hook


class _Console(code.InteractiveConsole):
    """Python's console, which has a word more for some errors."""

    def runsource(self, source: str, *how: Any, **more: Any) -> bool:
        """Run what was typed."""
        self.source = source
        return super().runsource(source, *how, **more)

    def showtraceback(self) -> None:
        """Show an error."""
        super().showtraceback()
        self._say_more()

    def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
        """Show an error of spelling."""
        super().showsyntaxerror(*args, **kwargs)
        self._say_more()

    def _say_more(self) -> None:
        error = sys.exc_info()[1] or getattr(sys, "last_value", None)
        if more := hint(error, self.source, self.locals, language()):
            self.write(f"{more}\n")


@contextlib.contextmanager
def _history(namespace: dict[str, Any]) -> Iterator[None]:
    """Completion by Tab and a history that outlives the session, where Python has readline."""
    try:
        import readline
    except ImportError:  # Windows
        yield
        return
    from rlcompleter import Completer

    readline.set_completer(Completer(namespace).complete)
    is_libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
    file = _state_folder() / "history"
    with contextlib.suppress(OSError):
        readline.read_history_file(file)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            readline.set_history_length(1000)
            readline.write_history_file(file)


def _state_folder() -> Path:
    """Where a program keeps what outlives it, as the XDG specification says."""
    return Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "tinygrad_kr"


# ── Pictures ──────────────────────────────────────────────────────────────────────────────────────────

_numbers = count(1)


def draw(value: Value, **options: Any) -> None:
    """Show the computation graph of a value: in a window, or without a display as text.

    Args:
        value: the output.
        options: those of :func:`tinygrad_kr.draw`.

    Raises:
        TypeError, ValueError: as :func:`tinygrad_kr.draw` does.
    """
    show(tinygrad_kr.draw(value, **options))


def show(thing: Drawing | Page) -> None:
    """Open what a session would otherwise print: a drawing or a page. Without a display, a drawing is shown as text."""
    suffix = "svg" if isinstance(thing, Drawing) else "html"
    file = thing.save(_picture_folder() / f"{next(_numbers)}.{suffix}")
    if _has_display():
        _open(file)
    elif isinstance(thing, Drawing):
        print(thing.text())
    print(file)


def _show_or_print(result: object) -> None:
    """The display hook of the console: pictures and pages are opened, everything else is printed as ever."""
    if isinstance(result, Drawing | Page):
        show(result)
    else:
        sys.__displayhook__(result)
        if more := uncalled(result, language()):
            print(more, file=sys.stderr)


@cache
def _picture_folder() -> Path:
    # Left where it is at the end: the pictures may still be open.
    return Path(tempfile.mkdtemp(prefix="tinygrad_kr-"))


def _has_display() -> bool:
    return sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _open(file: Path) -> None:
    """Open a file in the browser: from a process of its own, for some browsers block and some print."""
    with contextlib.suppress(OSError):
        subprocess.Popen(
            [sys.executable, "-I", "-m", "webbrowser", file.as_uri()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


# ── Names ─────────────────────────────────────────────────────────────────────────────────────────────


class Namespace(dict[str, Any]):
    """The variables of a session: a Value that is assigned to one takes its name, unless it has a name."""

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        name_values({name: value})


def name_values(namespace: Mapping[str, Any], first: Iterable[str] = ()) -> None:
    """Give each unnamed Value of a namespace the name of its variable.

    Args:
        namespace: variables and what they hold; those that begin with an underscore name nothing.
        first: variables to begin with, for a Value that several of them hold.

    >>> x = Value(3)
    >>> name_values({"a": x, "_b": Value(1), "c": x}, first=["c"])
    >>> x
    Value(3, name='c')
    """
    for name in [*first, *namespace]:
        value = namespace.get(name)
        if isinstance(value, Value) and value.name is None and not name.startswith("_"):
            value.name = name


class _Naming:
    """Names the Values of an IPython session: between the statements of a cell, and after the last.

    Between them, because ``y = x * x`` and ``y.draw()`` are often one cell.
    """

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.assigned: list[str] = []  # by the statement looked at last

    def visit(self, cell: ast.Module) -> ast.Module:
        """Put the naming after every statement that assigns, as one of IPython's AST transformers."""
        body = []
        for statement in cell.body:
            body.append(statement)
            self.assigned = [
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            ]
            if self.assigned and statement is not cell.body[-1]:  # the last one may be shown, so it stays the last
                body.append(_naming_statement(self.assigned, statement))
        cell.body = body
        return cell

    def after_cell(self, result: object = None) -> None:
        """Name what the last statement of a cell assigned, or what it ran."""
        name_values(self.shell.user_ns, self.assigned)

    def hint(self, result: Any) -> None:
        """A word more about the error of a cell, or what it shows."""
        error = result.error_in_exec or result.error_before_exec
        if error:
            more = hint(error, result.info.raw_cell or "", self.shell.user_ns, language())
        else:
            more = uncalled(result.result, language())
        if more:
            print(more, file=sys.stderr)

    def then(self, show: Callable[[object], None]) -> Callable[[object], None]:
        """A display hook that names before it shows."""

        def name_and_show(result: object) -> None:
            self.after_cell()
            show(result)

        return name_and_show


def _naming_statement(names: list[str], place: ast.stmt) -> ast.stmt:
    source = f"__import__({__name__!r}, fromlist=['repl']).name_values(globals(), {names!r})"
    statement = ast.parse(source).body[0]
    for node in ast.walk(statement):
        ast.copy_location(node, place)
    return statement


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext tinygrad_kr``: from now on, Values take the names of their variables.

    Best in a cell of its own: the rest of its cell is compiled already, and the Values there get their
    names only when the cell shows its result.
    """
    if any(isinstance(transformer, _Naming) for transformer in shell.ast_transformers):
        return
    naming = _Naming(shell)
    shell.ast_transformers.append(naming)
    shell.events.register("post_run_cell", naming.after_cell)
    shell.events.register("post_run_cell", naming.hint)
    if shell.__class__.__name__ == "TerminalInteractiveShell":  # a notebook shows pictures by itself
        for kind in (Drawing, Page):
            shell.display_formatter.ipython_display_formatter.for_type(kind, show)
    if sys.displayhook is shell.displayhook:  # in a running cell, at whose end IPython puts its own hook back
        sys.displayhook = naming.then(shell.displayhook)


def unload_ipython_extension(shell: Any) -> None:
    """``%unload_ext tinygrad_kr``: Values keep the names that they have, and get no more."""
    for naming in [each for each in shell.ast_transformers if isinstance(each, _Naming)]:
        shell.ast_transformers.remove(naming)
        shell.events.unregister("post_run_cell", naming.after_cell)
        shell.events.unregister("post_run_cell", naming.hint)
        for kind in (Drawing, Page):
            shell.display_formatter.ipython_display_formatter.pop(kind, None)
