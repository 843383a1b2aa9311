"""``Page``: a graph as one HTML file that opens from disk, and as what a notebook shows of it."""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from hashlib import sha256
from html import escape
from itertools import chain, combinations, islice
from pathlib import Path
from string import Template
from time import monotonic
from typing import Any

from ..drawing import svg
from ..drawing.depict import CLOSE_ABOVE, depict
from ..drawing.labels import Style
from ..drawing.layout import TooLargeError
from ..drawing.picture import NAME_COLUMNS, Options, State
from ..drawing.placing import place
from ..engine.blocks import Block, blocks_of
from ..engine.value import Value
from ..targets.javascript import NAMES, choices, rows
from ..text.files import write_whole
from ..text.lettering import clipped, printable
from ..text.numerals import shown
from .graph import Graph

__all__ = ["Page"]

MODULES = (
    "runtime", "rows", "engine", "numerals", "words", "dom", "packed", "picture", "stage", "steps", "names",
    "transport", "routes", "pointing", "leaves", "dials", "quiz", "examination", "table", "framed", "tools", "pulses",
    "wiggle", "plot", "lens", "learn", "count", "walks", "paths", "predict", "page",
)  # fmt: skip
"""The script's parts, each after those that it imports; ``rows`` comes from the table."""

PICTURES = 24
"""At most so many pictures are prepared in a page: ways of labelling × blocks open or closed."""

SYMBOLIC = 60
"""Symbols, fractions and single blocks open or closed are prepared for graphs of at most so many operators."""

CONTROLS = 560
"""What the controls take of a page's height beside its picture, in pixels."""


@dataclass(frozen=True)
class _Variant:
    """One way of seeing the graph: a style of labels, and which blocks (by place) are closed."""

    labels: Style
    closed: tuple[int, ...]


class Page:
    """A graph in a page where it can be walked through and changed. Made by ``play()``.

    Args:
        outputs: the Values at the right end.
        options: how the graph is drawn.
        title: what the whole shows.
        theme: the picture's look.
        time_limit: for the layout of the first picture, in seconds; and for those of all others together.
        engine: the layout engine.
        height: of the frame in a notebook, in pixels; by the picture where left out.

    Raises:
        ValueError: if ``height`` is no positive number.

    >>> page = (Value(100, "사과") * Value(2, "개수")).play()
    >>> page
    Page(3 nodes)
    >>> page.html().startswith("<!doctype html>")
    True
    """

    def __init__(
        self,
        outputs: Sequence[Value],
        options: Options,
        title: str,
        *,
        theme: str = "documents",
        time_limit: float = 20.0,
        engine: str | None = None,
        height: int | None = None,
    ) -> None:
        if height is not None and not (isinstance(height, int) and height > 0):
            raise ValueError(f"height={shown(height)} is not possible; expected a whole number of pixels, such as 600")
        self.outputs = tuple(outputs)
        self.options = options
        self.title = title
        self.graph = Graph(self.outputs)
        self._theme = theme
        self._time_limit = time_limit
        self._engine = engine
        self._height = height

    def html(self) -> str:
        """The page, whole: style, script, pictures and numbers in one text.

        Raises:
            TooLargeError: if the graph is too large for one picture.
        """
        return self._parts[0]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the page.

        Args:
            path: a file ending in .html, in a folder that is there.

        Returns:
            The path.

        Raises:
            ValueError: if the suffix is another, or the graph is too large for one picture.
            OSError: if the file can't be written; whatever was there is as it was.
        """
        file = Path(path)
        if file.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"can't save {shown(file.name)}: a page's suffix should be .html")
        write_whole(file, self.html().encode("utf-8"))
        return file

    @cached_property
    def _parts(self) -> tuple[str, int]:
        """The page and the height of its first picture."""
        variants: list[dict[str, Any]] = []
        height = 0
        started = monotonic()
        for variant in islice(self._variants(), PICTURES):
            # The first picture has its time limit, and all others together have it once more.
            left = self._time_limit - (monotonic() - started if variants else 0.0)
            if left <= 0:
                break
            try:
                picture, legend, tall = self._picture(variant, left)
            except TooLargeError:
                if not variants:
                    raise
                continue
            if not variants:
                height, started, style = tall, monotonic(), _style(picture) + _file("page.css")
            variants.append(legend | {"picture": _without_style(picture)})
        first, *others = variants
        script = _script(self.graph, self.graph.closed_forms)
        data = {
            "direction": self.options.direction,
            "quiz": bool(self.options.quiz),
            "digits": self.options.digits,
            "grouping": self.options.grouping,
            "nodes": self.graph.nodes(),
            "outputs": self.graph.outputs(),
            "rows": self.graph.rows(),
            "choices": self.graph.choices(self._blocks),
            "blocks": [clipped(printable(name), NAME_COLUMNS) for name in self._blocks],
            "variants": [{key: known for key, known in first.items() if key != "picture"}],
        }
        name = clipped(printable(self.graph.ends[0].name or ""), NAME_COLUMNS)
        page = Template(_file("page.html")).substitute(
            policy=_policy(style, script),
            title=escape(clipped(printable(self.title), 2 * NAME_COLUMNS)),
            heading=_heading(name),
            style=style,
            theme=self._theme,
            picture=first["picture"],
            others=_packed(others),
            graph=_json(data),
            script=script,
        )
        return page, height

    # ── The pictures ──────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _states(self) -> dict[str, State]:
        """Every block's name, and how the first picture shows it."""
        framed = {group.title for group in depict(self.outputs, replace(self.options, blocks="expanded")).groups}
        blocks = [block.name for block in blocks_of(self.graph.order)]
        names = dict.fromkeys(name for name in blocks if printable(name) in framed)
        given = self.options.blocks
        if isinstance(given, Mapping):
            return {name: given.get(name, "expanded") for name in names}
        crowded = sum(node.op is not None for node in self.graph.order) > CLOSE_ABOVE
        return dict.fromkeys(names, given or ("collapsed" if crowded else "expanded"))

    @cached_property
    def _blocks(self) -> list[str]:
        """The names of the blocks that the reader can open and close."""
        return [name for name, state in self._states.items() if state != "hidden"]

    def _variants(self) -> Iterator[_Variant]:
        """What to prepare, the most wanted first: every style, then the blocks in every other state."""
        operators = sum(node.op is not None for node in self.graph.order)
        alike: dict[Style, Style] = {"both": "numbers", "none": "numbers", "products": "symbols"}  # no words for these
        given = alike.get(self.options.labels, self.options.labels)
        symbolic: list[Style] = ["symbols", "fractions"] if operators <= SYMBOLIC and len(self.outputs) == 1 else []
        styles = dict.fromkeys((given, "numbers", *symbolic))
        now = tuple(place for place, name in enumerate(self._blocks) if self._states[name] != "expanded")
        places = range(len(self._blocks))
        some = chain.from_iterable(combinations(places, size) for size in places if operators <= SYMBOLIC)
        every: Iterator[tuple[int, ...]] = chain([(), tuple(places)], some)
        yield from (_Variant(style, now) for style in styles)
        others = [closed for closed in dict.fromkeys(islice(every, PICTURES)) if closed != now]
        yield from (_Variant(style, closed) for style in styles for closed in others)

    def _picture(self, variant: _Variant, time_limit: float) -> tuple[str, dict[str, Any], int]:
        """The SVG of a variant, what stands where in it, and its height."""
        states: dict[str, State] = dict(self._states)
        for number, name in enumerate(self._blocks):
            closed: State = "cloud" if self._states[name] == "cloud" else "collapsed"
            states[name] = closed if number in variant.closed else "expanded"
        options = replace(self.options, labels=variant.labels, direction="both", blocks=states, quiz=False, living=True)
        picture = depict(self.outputs, options)
        for wire in picture.wires:
            wire.amount = None  # derivatives and their signs are the page's to show
            if wire.derivative is not None:
                wire.derivative.pending = False
        layout = place(picture, time_limit, self._engine)
        legend = self.graph.legend(self.outputs, options, picture, layout)
        names = {unit["id"]: picture.parts[unit["id"]].title for unit in legend["units"] if "name" in unit}
        names |= {group.id: group.title for group in picture.groups}
        numbered = {printable(name): number for number, name in enumerate(self._blocks)}
        legend |= {
            "labels": variant.labels,
            "closed": variant.closed,
            "blocks": {id: numbered[name] for id, name in names.items()},
        }
        return svg.write(picture, layout, self.title, self._theme), legend, int(layout.height)

    # ── In a notebook ─────────────────────────────────────────────────────────────────────────────────

    def __repr__(self) -> str:
        return f"Page({len(self.graph.order)} nodes)"

    def _repr_html_(self) -> str:
        """A frame with the page in it; it may run the page's script and nothing else, and has no network."""
        page, tall = self._parts
        height = self._height or min(tall + CONTROLS, 900)
        return (
            f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts" width="100%" height="{height}" '
            f'frameborder="0" title="{escape(clipped(printable(self.title), 2 * NAME_COLUMNS))}"></iframe>'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}


# ── Putting a page together ───────────────────────────────────────────────────────────────────────────


@cache
def _file(name: str) -> str:
    return (Path(__file__).parent / "static" / name).read_text(encoding="utf-8")


def _heading(name: str) -> str:
    """What the page is of, in words that the script can change; ``name`` is the output's.

    >>> _heading("")
    '<span data-text="figure">계산 그래프</span>'
    """
    if not name:
        return '<span data-text="figure">계산 그래프</span>'
    before, after = '<span data-text="titleBefore"></span>', '<span data-text="titleAfter">의 계산 그래프</span>'
    return f"{before}<bdi>{escape(name)}</bdi>{after}"


_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_REMARK = re.compile(r"^[ \t]*(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|(?:async )?function|class) (\w+))", re.MULTILINE)


def _script(graph: Graph, closed: Iterable[Block] = ()) -> str:
    """All modules as one script, with the rows of this graph and its blocks' closed forms; each keeps its scope."""
    tests = ", ".join(choices(block.derivative, block.letters) for block in closed)
    written = [f'import {{ {", ".join(NAMES)} }} from "./runtime.js";', f"export {rows(graph.ops)}"]
    table = "\n".join([*written, f"export const choices = [{tests}];", ""])
    modules = (_module(name, table if name == "rows" else _file(f"{name}.js")) for name in MODULES)
    return '"use strict";\n' + "\n".join(modules)


def _module(name: str, source: str) -> str:
    """A module as a constant that holds what it exports, without its remarks.

    >>> print(_module("b", 'import { x as y } from "./a.js";\\nexport const z = y;'))
    const bModule = (() => {
    const { x: y } = aModule;
    const z = y;
    return { z };
    })();
    """
    source = _INDENT.sub("", _REMARK.sub("", source))  # whoever wants to read it has the files
    body = _IMPORT.sub(lambda line: f"const {line[1].replace(' as ', ': ')} = {line[2]}Module;", source)
    exports = ", ".join(_EXPORT.findall(body))
    return f"const {name}Module = (() => {{\n{_EXPORT.sub('', body)}\nreturn {{ {exports} }};\n}})();"


def _style(picture: str) -> str:
    """The style that a picture brings along."""
    return "".join(re.findall(r"<style>(.*?)</style>", picture, re.DOTALL))


def _without_style(picture: str) -> str:
    return re.sub(r"<style>.*?</style>\n?", "", picture, flags=re.DOTALL)


def _packed(variants: Sequence[dict[str, Any]]) -> str:
    """Variants that are shown later, in few letters; most of what they say the ones before have said.

    >>> _packed([])
    ''
    """
    text = json.dumps(variants, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii") if variants else ""


def _policy(style: str, script: str) -> str:
    """The content security policy: this style and this script, and nothing from anywhere."""

    def allowed(text: str) -> str:
        return f"'sha256-{base64.b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}'"

    return (
        f"default-src 'none'; script-src {allowed(script)}; style-src {allowed(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(data: object) -> str:
    """JSON that can stand in an HTML document, whatever is in its texts.

    >>> _json("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
