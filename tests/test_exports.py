"""What a picture is saved as for others: PDF, TikZ for LaTeX, DOT for Graphviz."""

import re
import sys
import zlib
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from unicodedata import normalize
from xml.etree import ElementTree

import matplotlib
import pytest
import resvg_py
from drawn import DRAWN, HOSTILE, apple, apples_and_oranges, sigmoid_in_steps, softmax_in_blocks
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import tinygrad_kr as tg
from tinygrad_kr import Drawing, TooLargeError, Value
from tinygrad_kr.drawing import engine
from tinygrad_kr.drawing.chunks import chunked
from tinygrad_kr.drawing.pdf import render as pdf_of
from tinygrad_kr.drawing.png import render
from tinygrad_kr.drawing.style import style_sheet
from tinygrad_kr.drawing.tikz import escape
from tinygrad_kr.text.numerals import raised
from tinygrad_kr.words import mathtext

TEX = [
    "\\input{/etc/passwd}", "%$#{", "}^^M^^41", "~_&", "\\end{document}", "`ls`", "-- --- ''", "𝒙α사과", "{", "}",
    "[a]", "];", "$x$", "\\write18{id}", "\u00a0\u200b\ufeff\u00ad", "x\\", "a_{1}", "α", "β₁", "f'", "x_1",
    "\u0301x",
]  # fmt: skip
TOO_LARGE_FOR_TEX = {"three-hundred-operators"}


def hostile(**options: object) -> Drawing:
    """A graph with everything that means something to TeX in its names."""
    names = [*TEX, *(name for name in HOSTILE if len(name) < 100)]
    total = tg.sum([Value(place, name) * Value(2.0, other) for place, (name, other) in enumerate(pairwise(names))])
    total.name = "\\end{document}"
    return total.draw(**options)


def labels(drawing: Drawing) -> list[tg.drawing.labels.Label]:
    """Everything that is written in a picture."""
    picture = drawing.picture
    texts = [part.text for part in picture.parts.values() if part.text] + [group.text for group in picture.groups]
    return texts + [text for wire in picture.wires for text in wire.labels]


# ── TikZ ──────────────────────────────────────────────────────────────────────────────────────────────

PREAMBLE = {
    "documentclass", "usepackage", "IfFontExistsTF", "setsansfont", "begin", "end", "newcommand", "names",
    "newtoks", "the", "fallbacks", "fallback", "expandafter", "attempt", "def", "fontspec", "iffontchar", "font", "fi",
    "else", "GenericWarning",
}  # fmt: skip
DRAWING = {"draw", "fill", "node", "sffamily", "bfseries", "boldmath", "useasboundingbox"}
MATHEMATICS = {
    "dfrac", "text", "operatorname", "partial", "times", "cdot", "surd", "infty", "ensuremath", "ldots", "cdots",
    "sqrt", "alpha", "beta", "exp", "log", "vert", "langle", "rangle", "sim", "wedge", "backslash", "boxed",
}  # fmt: skip
LETTERS = {
    "textbackslash",
    "textquotesingle",
    "textasciigrave",
    "textasciicircum",
    "textasciitilde",
    "symbol",
    "others",
}


def commands(source: str) -> set[str]:
    """The names of the TeX commands in a document."""
    return set(re.findall(r"\\([A-Za-z]+)", source))


def is_balanced(source: str) -> bool:
    """Whether every brace that is one to TeX has its partner."""
    depth = 0
    for brace in re.findall(r"\\.|[{}]", source, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return False
    return depth == 0


def without_others(source: str) -> str:
    """A document without the fonts of its rare letters: those as they are."""
    return re.sub(r"\\others\{\"[0-9A-F]+\}\{([^{}]*)\}", r"\1", source)


UNSEEN = "[\u200b\u200e\u200f\ufeff\u00ad]"


@pytest.mark.parametrize("name", sorted(DRAWN.keys() - TOO_LARGE_FOR_TEX))
def test_the_tikz_picture_has_every_label_and_every_arrow(name):
    drawing = DRAWN[name]()
    source = drawing.tikz()
    assert is_balanced(source)
    source = without_others(source)
    for label in labels(drawing):
        if label.box is None and label.answer is None:
            assert f"{{{re.sub(UNSEEN, '', escape(raised(label)))}}}" in source
        elif label.box is not None and re.fullmatch(r"[^*<>|\x80-\U0010ffff]+", tex := mathtext.latex(label.box)):
            assert tex in source
    wires = drawing.picture.wires
    assert source.count(r"\fill[backward") == sum(wire.derivative is not None for wire in wires)
    assert source.count("fill=white] (") == sum(wire.value is not None for wire in wires)
    assert source.count(r"\draw[blank]") == len(drawing.answers)
    numbers = [float(x) for point in re.findall(r"\((-?[\d.]+),(-?[\d.]+)\)", source) for x in point]
    assert min(numbers) >= 0
    assert max(numbers) <= max(drawing.layout.width, drawing.layout.height)


@pytest.mark.parametrize(
    "style",
    ["numbers", "symbols", "fractions", *(pytest.param(k, marks=pytest.mark.slow) for k in ("products", "both"))],
)
def test_hostile_names_bring_no_command_into_tikz(style):
    source = hostile(labels=style).tikz()
    assert is_balanced(source)
    lines = [line for line in source.split("\n") if not line.startswith("%")]
    assert commands("\n".join(lines)) <= PREAMBLE | DRAWING | MATHEMATICS | LETTERS
    assert [line for line in lines if r"\end{" in line] == [r"\end{tikzpicture}", r"\end{document}"]
    assert all(re.match(r"\\|  |\]$|$", line) for line in lines)
    assert "\ufffd" not in source  # LuaTeX takes it for a broken file


@given(st.text(st.one_of(st.sampled_from("\\{}$&#%_^~\"'`<>|-*\n\r\0αΩ×∛₁²"), st.characters())))
def test_escaped_text_is_only_text_to_tex(text):
    written = escape(text)
    assert is_balanced(written)
    signs = r"\\ensuremath\{(?:[^{}]|\{[^{}]*\})+\}"
    letters = r"\\(?:text[a-z]+\{\}|symbol\{34\}|[{}$&#%_])|\{-\}"
    assert not set("\\{}$&#%_^~\"'`<>|-*\n\r\0") & set(re.sub(f"{signs}|{letters}", "", written))


def test_what_stands_alone_and_what_a_paper_takes():
    latin = (Value(1.5, "x") * Value(2.0, "a_1")).draw().tikz()
    assert "fontspec" not in latin
    assert latin.splitlines()[1] == "% For any LaTeX. A paper takes the tikzpicture; it needs amsmath and tikz."
    korean = apple().draw().tikz()
    assert korean.startswith("% !TEX program = xelatex\n")
    assert r"\names{NanumGothic}" in korean
    assert "others" not in korean
    picture = korean[korean.index(r"\begin{tikzpicture}") : korean.index(r"\end{tikzpicture}")]
    assert commands(picture) & PREAMBLE == {"begin"}


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("café naïve Ångström ž", "any LaTeX"),
        ("Đurađ", "XeLaTeX"),
        ("ſ", "XeLaTeX"),
        ("Я", "XeLaTeX"),
        ("∇f ≈ α⁺", "any"),
    ],
)
def test_any_latex_is_promised_for_letters_that_pdflatex_has(name, engine):
    assert f"% For {engine}" in (Value(1.0, name) * 2).draw().tikz()


def test_a_letter_that_a_korean_font_may_lack_asks_for_a_font_that_has_it():
    family = "👩\u200d👦\ufe0f"
    source = (Value(2.0, f"🍎 å 가漢{family}") * Value(1.0, "ž")).draw(labels="numbers").tikz()
    letters = r'{\others{"1F34E}{🍎} \others{"E5}{å} 가\others{"6F22}{漢}\others{"1F469}{' + family + "}}"
    assert letters in source
    assert source.index(r"\newcommand\others") < source.index(r"\begin{document}")
    parts = normalize("NFD", "사과")  # as a Mac spells it
    source = Value(2.0, parts).exp().draw().tikz()
    assert "사과" in source
    assert "others" not in source


def test_what_is_marked_is_red_and_bold_and_only_operators_are_ringed():
    x = Value(2.0, "x")
    y = tg.exp(x)
    source = y.draw(marked=[x, y]).tikz()
    assert r"\node[leaf, marked] (leaf-0)" in source
    assert r"\node[operator, marked, ringed, " in source
    assert "draw" not in re.search(r"marked/\.style=\{(.*)\}", source)[1]


def test_brackets_join_the_shapes_that_fit_in_tikz_as_in_svg():
    drawing = tg.draw(tg.dot(Value.array([[1.0, 2.0]], "X"), Value.array([[1.0], [2.0]], "W")), arrays="shapes")
    in_svg = re.findall(r'<path class="rule" d="M([^"]*)"/>', drawing.svg())
    in_tikz = re.findall(r"\\draw (\([^;]*\));", drawing.tikz())
    brackets = [line for line in in_svg if line.count("L") == 3]
    assert brackets == [re.sub(r" -- \(", " L", line)[1:].replace(")", "") for line in in_tikz]
    assert len(brackets) > 2
    assert r"\node[term] at" in drawing.tikz()


def test_signs_and_letters_are_those_of_latex():
    assert escape("-2") == r"\ensuremath{-}2"
    assert escape("a-b") == "a{-}b"
    assert escape("x²") == r"x\ensuremath{{}^{2}}"
    assert escape("∞×μ") == r"\ensuremath{\infty}\ensuremath{\times}\ensuremath{\mu}"
    assert escape("사과\u202e") == "사과"


def test_a_step_and_a_theme_look_in_tikz_as_in_svg():
    y = sigmoid_in_steps()
    steps = y.draw(labels="symbols").steps()
    assert r"\fill[backward" not in steps[0].tikz()
    assert "[forward, ahead]" in steps[0].tikz()
    assert "[operator, current, circle]" in steps[0].tikz()
    colour = y.draw(theme="colour").tikz()
    assert "color={rgb,255:red,0;green,114;blue,178}" in colour
    assert re.search(r"\\draw\[backward, negative, line width=[\d.]+bp\]", colour)


def test_a_picture_too_large_for_tex_says_so():
    with pytest.raises(TooLargeError, match=r"\d\.\d m long.*at most 5\.6 m.*PDF"):
        DRAWN["three-hundred-operators"]().tikz()


# ── PDF ───────────────────────────────────────────────────────────────────────────────────────────────


def letters(pdf: bytes) -> str:
    """The letters that can be selected in a PDF."""
    found = ""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            content = zlib.decompress(stream)
        except zlib.error:
            continue
        for code in re.findall(rb"<[0-9A-F]{4}> <((?:[0-9A-F]{4})+)>", content):
            found += bytes.fromhex(code.decode()).decode("utf-16-be")
    return found


def test_a_pdf_has_text_that_can_be_selected():
    pdf = apple().draw().pdf()
    assert pdf.startswith(b"%PDF-")
    assert set("0.12") <= set(letters(pdf))
    import typst

    if {"NanumGothic", "Noto Sans KR", "Pretendard", "Malgun Gothic"} & set(typst.Fonts().families()):
        assert set("사과의개수소비세지불금액") <= set(letters(pdf))


@pytest.mark.parametrize("name", ["hostile-names", "quiz", "symbols-softmax", "blocks-half", "three-hundred-operators"])
def test_every_kind_of_picture_becomes_a_pdf_and_always_the_same(name):
    drawing = DRAWN[name]()
    assert drawing.pdf() == drawing.pdf()
    assert drawing.pdf().count(b"/Type/Page/") == 1


def document(*texts: str) -> str:
    """A picture of texts only."""
    look = f"<style>{style_sheet('documents')}</style>"
    size = 'width="300" height="40" class="tinygrad-kr"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{look}{"".join(texts)}</svg>'


def in_row(*pieces: tuple[str, str]) -> str:
    """Letters of several styles, as a formula has them."""
    spans = "".join(f'<tspan class="{style}" font-size="16">{text}</tspan>' for style, text in pieces)
    return f'<text class="start" x="8" y="24">{spans}</text>'


def faces(*texts: str) -> set[bytes]:
    """The faces that a PDF of texts is set in."""
    return set(re.findall(rb"/BaseFont/\w+\+([\w-]+)", pdf_of([document(*texts)], "")))


def test_beside_a_korean_name_every_letter_keeps_its_face():
    letters, name = ("symbol", "∂xyz"), ("name", "사과")
    assert faces(in_row(letters, name, letters)) == faces(in_row(letters)) | faces(in_row(name))
    alone, beside = (
        Image.open(BytesIO(render(document(text), 2))) for text in (in_row(letters), in_row(letters, name))
    )
    across = alone.getbbox()[2]
    assert alone.crop((0, 0, across - 6, 80)) == beside.crop((0, 0, across - 6, 80))


def test_a_minus_takes_no_digit_into_another_face():
    digits, minus = '<text class="value" x="99" y="24">27</text>', in_row(("upright", "−"))
    assert faces('<text class="value" x="99" y="24">−27×10⁻⁷</text>') == faces(digits) | faces(minus)


@pytest.mark.parametrize("name", ["hostile-names", "symbols-softmax", "fractions-shared", "arrays-net-numbered"])
def test_for_png_and_pdf_every_text_keeps_its_letters(name):
    svg = DRAWN[name]().svg()
    before, after = (
        ["".join(text.itertext()) for text in ElementTree.fromstring(document).iter("{http://www.w3.org/2000/svg}text")]
        for document in (svg, chunked(svg))
    )
    assert before == after


def test_letters_with_marks_are_set_in_a_face_that_has_them():
    assert faces('<text class="name" x="8" y="24">x\u0302 ŷ</text>') == faces(in_row(("upright", "xy")))


def test_a_png_has_every_letter_where_there_is_one_face_only(monkeypatch):
    dejavu = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    only = partial(resvg_py.svg_to_bytes, skip_system_fonts=True, font_files=[dejavu])
    monkeypatch.setattr(resvg_py, "svg_to_bytes", only)
    empty = render(document(), 1)
    assert all(render(document(in_row((style, "x"))), 1) != empty for style in ("symbol", "upright", "bold", "name"))


def test_a_pdf_without_its_extra_names_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ImportError, match=r"pip install 'tinygrad_kr\[pdf\]'"):
        apple().draw().save(tmp_path / "apple.pdf")
    assert list(tmp_path.iterdir()) == []


# ── DOT ───────────────────────────────────────────────────────────────────────────────────────────────


def parsed(source: str) -> tuple[dict[str, list[str]], list[list[str]]]:
    """What Graphviz reads: the fields of each node by its name, and those of the edges."""
    rows = [re.findall(r'"(?:[^"\\]|\\.)*"|\S+', line) for line in engine.run(source, time_limit=60).splitlines()]
    plain = [[field[1:-1].replace('\\"', '"') if field[0] == '"' else field for field in row] for row in rows]
    return {row[1]: row[2:] for row in plain if row[0] == "node"}, [row[1:] for row in plain if row[0] == "edge"]


@pytest.mark.parametrize("name", DRAWN)
def test_graphviz_reads_every_picture_and_keeps_its_places(name):
    drawing = DRAWN[name]()
    picture, layout = drawing.picture, drawing.layout
    nodes, edges = parsed(drawing.dot())
    legend = {f"note-{place}": note for place, note in enumerate(picture.notes, 1) if not note.number}
    assert nodes.keys() == picture.parts.keys() | legend.keys()
    assert {id: nodes[id][4].replace("−", "-") for id in legend} == legend
    first = next(iter(nodes))
    for id, part in picture.parts.items():
        assert nodes[id][4].replace("−", "-") == part.text.replace("\\", "\\\\")
        if part.kind == "operator":
            assert nodes[id][6] == ("circle" if layout.boxes[id].width == layout.boxes[id].height else "box")
        if "junction" not in (part.kind, picture.parts[first].kind):
            away = layout.boxes[id].x - layout.boxes[first].x
            assert (float(nodes[id][0]) - float(nodes[first][0])) * 72 == pytest.approx(away, abs=0.1, rel=1e-3)
    forward = [wire for wire in picture.wires if wire.value is not None]
    backward = [wire for wire in picture.wires if wire.derivative is not None]
    ends = [(wire.source, wire.target) for wire in forward] + [(wire.target, wire.source) for wire in backward]
    assert sorted((edge[0], edge[1]) for edge in edges) == sorted(ends)
    written = {edge[3 + 2 * int(edge[2])] for edge in edges}
    texts = {text for wire in picture.wires for text in wire.labels if text.answer is None}
    assert {raised(text).replace("−", "-").replace("\\", "\\\\") for text in texts} <= {
        text.replace("−", "-") for text in written}  # fmt: skip
    assert not any(text.startswith("-") for text in written)  # a true minus, as in every picture


def test_arrows_in_dot_are_straight_and_end_a_head_before_their_tips():
    arrows = [line for line in DRAWN["apple"]().dot().splitlines() if " -> " in line]
    assert len(arrows) == 10  # of three leaves and two products, both ways
    for line in arrows:
        places = re.search(r'pos="e,([^"]*)"', line)[1]
        tip, *points = [complex(*map(float, place.split(","))) for place in places.split()]
        assert abs(tip - points[-1]) == pytest.approx(12 if "-back" in line else 10, abs=0.02)
        for start, first, second, end in zip(*(points[k::3] for k in range(4))):
            assert abs(first - start - (end - start) / 3) < 0.02
            assert abs(second - end - (start - end) / 3) < 0.02


def test_arrows_in_dot_are_dashed_until_their_derivatives_are_known():
    y = Value(2.0, "x") * Value(3.0, "w")
    y.name = "y"
    for is_known in (False, True):
        arrows = [line for line in y.draw().dot().splitlines() if " -> " in line]
        dashed = [line for line in arrows if "style=dashed" in line]
        assert dashed == ([] if is_known else [line for line in arrows if "-back" in line])
        assert len(arrows) == 6
        y.backward()


def test_labels_in_dot_become_smaller_where_a_wire_is_short():
    sizes = [float(size) for size in re.findall(r"fontsize=([\d.]+) id=", DRAWN["fractions"]().dot())]
    assert max(sizes) == 14.0
    assert 10 < min(sizes) < 12


@pytest.mark.parametrize("name", ["apple", "apple-backward", "hostile-names", "softmax-rows", "blocks-half"])
def test_without_the_places_graphviz_finds_its_own(name):
    from tinygrad_kr.drawing import dot

    drawing = DRAWN[name]()
    source = dot.write(drawing.picture, drawing.title)
    assert "nop2" not in source
    assert "pos=" not in source
    nodes, _ = parsed(source)
    across = [float(node[0]) for node in nodes.values()]
    ends = {part.kind: float(nodes[part.id][0]) for part in drawing.picture.parts.values()}
    assert len(set(across)) > 2
    assert ends["leaf"] < ends["output"]
    signs = [nodes[part.id] for part in drawing.picture.of_kind("operator")]
    assert all(sign[6] == "circle" and float(sign[2]) >= 0.64 for sign in signs)  # in inches, also around a dot


def test_open_blocks_are_clusters_inside_each_other():
    @tg.block("안쪽")
    def inner(x: Value) -> Value:
        return tg.exp(x) + 1

    @tg.block("<b>바깥</b>")
    def outer(x: Value) -> Value:
        return inner(x) * 2

    source = outer(Value(1.0, "x")).draw().dot()
    assert re.search(r'subgraph "cluster_group-0" \{[^}]*subgraph "cluster_group-1" \{[^}]*label="?안쪽', source)
    assert 'label="<b>바깥</b>"' in source
    assert len(parsed(source)[0]) == 7


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u0301"])
def test_a_name_without_width_is_no_trouble(name):
    drawing = (Value(1.0, name) * Value(2.0, "y")).draw(labels="symbols")
    assert len(parsed(drawing.dot())[1]) == 6
    assert is_balanced(drawing.tikz())


def test_a_graph_too_large_for_a_layout_is_left_to_graphviz():
    y = Value(1.0, "x")
    for _ in range(2000):
        y = y * 1.0001
    source = y.draw().dot()
    assert "nop2" not in source
    assert source.count("->") > 4000


@pytest.mark.parametrize(("suffix", "start"), [(".pdf", b"%PDF-"), (".tex", b"% "), (".TEX", b"% ")])
def test_saves_by_suffix(tmp_path, suffix, start):
    for drawing in (apple().draw(), apples_and_oranges().draw(quiz=True), softmax_in_blocks().draw()):
        path = drawing.save(tmp_path / f"그림{suffix}")
        assert path.read_bytes().startswith(start)


def test_names_are_in_a_png_with_whatever_fonts_there_are():
    svg = (Value(2.0, "x") * 3.0).draw(direction="forward").svg()
    without = svg.replace(">x<", "><")
    assert without != svg
    assert render(svg, 1) != render(without, 1)  # where no face of the list is there, the letters are left out


def test_mathematics_in_dot_is_in_a_serif_face():
    source = (Value(2.0, "x") * Value(3.0, "사과")).draw(labels="symbols").dot()
    faces = re.findall(r"label=(\S+).*?fontname=\"([^,\"]+)", source)
    assert ("x", "STIX Two Text") in faces
    assert not any(label == "사과" for label, _ in faces)
