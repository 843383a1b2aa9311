"""What the benchmarks have in common: their options, their progress, the machine, and tables."""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from engines import version


def command_line(description: str, turns: str = "each way", usual: int = 11, quick: int = 2, **more: Any) -> Parser:
    """The options that all have; a benchmark adds its own."""
    parser = Parser(description=description, **more)
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds; its numbers are rough")
    parser.add_argument(
        "--rounds", type=int, help=f"how many turns {turns} gets (default: {usual}; {quick} if --quick)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to this file too")
    parser.turns = usual, quick
    return parser


class Parser(argparse.ArgumentParser):
    """A command line whose numbers are counts, from 1 on."""

    turns: tuple[int, int]

    def parse(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """What was asked for; how many rounds, where nobody said."""
        given = self.parse_args(arguments)
        for name, number in vars(given).items():
            if type(number) is int and number < 1:
                self.error(f"--{name} {number}; expected at least 1")
        given.rounds = given.rounds or self.turns[given.quick]
        return given

    def only_installed(
        self, names: Iterable[str] | None, is_installed: Callable[[str], bool], package: Callable[[str], str]
    ) -> None:
        """Refuse what is asked for by name and is not there."""
        for name in names or ():
            if not is_installed(name):
                self.error(f"{name} is not installed; pip install {package(name)}")


def carry_out(
    plan: Callable[[Sequence[str] | None], tuple[Any, Path | None]],
    run: Callable[[Any], Any],
    text: Callable[[Any], str],
    arguments: Sequence[str] | None = None,
) -> None:
    """Run what the command line asks for, and show it."""
    chosen, file = plan(arguments)
    report = run(chosen)
    show(report, text(report), file)


def machine(rounds: int, families: Iterable[str] = ("tinygrad_kr",)) -> dict[str, Any]:
    """What it was measured on, and the versions of the packages that took part."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,  # near 1 while only this runs
        "gc": gc.isenabled(),
        "gc_threshold": gc.get_threshold(),
        "rounds": rounds,
        "versions": {family: version(family) for family in families},
        "engine": engine(),
    }


def engine() -> str:
    """Which engine of ours an import gives, and why."""
    from tinygrad_kr import engine

    return f"{engine.name}: {engine.reason}"


def progress(line: str) -> None:
    """Say what is being measured, where somebody is watching."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line} …", end="", file=sys.stderr, flush=True)


def show(report: Any, table: str, file: Path | None) -> None:
    """Print a report as a table, in the place of the progress, and write all of it to a file if one is named."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    print(table)
    if file is not None:
        file.write_text(json.dumps(report, ensure_ascii=False) + "\n", encoding="utf-8")


def headline(machine: dict[str, Any]) -> str:
    """The machine and the versions."""
    collector = f"gc {'on' if machine['gc'] else 'off'} {tuple(machine['gc_threshold'])}"
    load = "" if machine["load"] is None else f" · load {machine['load']:.1f}"
    versions = " · ".join(f"{family} {number}" for family, number in machine["versions"].items())
    first = f"{machine['python']} · {machine['system']} · {machine['cpus']} CPUs{load} · {collector}"
    return f"{first}\n{versions}\ntinygrad_kr is {machine['engine']}"


def aligned(rows: list[list[str]], left: int, groups: bool = False) -> str:
    """Columns of equal width, the first ``left`` of them flush left; a blank line before each group."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for number, row in enumerate(rows):
        cells = [f"{c:<{w}}" if k < left else f"{c:>{w}}" for k, (c, w) in enumerate(zip(row, widths))]
        if groups and number > 1 and row[0]:
            lines.append("")
        lines.append("  " + "  ".join(cells).rstrip())
        if number == 0:
            lines.append("  " + "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def rounded(ms: float) -> str:
    """Three digits."""
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:#.3g}"
