"""The living page: what is in the file, and every control of it in Chromium."""

import base64
import hashlib
import html
import json
import math
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from functools import cache, cached_property
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from drawn import DRAWN, HOSTILE, apple, apples_and_oranges, hostile_names, shared_inner, softmax_from_parts
from rounding import paths
from scripts import close

import tinygrad_kr as tg
from tinygrad_kr import Value, block, constant
from tinygrad_kr.drawing.depict import depict
from tinygrad_kr.engine.conditions import at_kink
from tinygrad_kr.engine.graph import adjoints, topological
from tinygrad_kr.engine.ops import OPS
from tinygrad_kr.engine.value import apply
from tinygrad_kr.page.graph import Graph
from tinygrad_kr.page.hints import hints
from tinygrad_kr.text.numerals import numeral, raised
from tinygrad_kr.words.symbolic import Symbolic

AXE = Path(__file__).parent.parent / "node_modules/axe-core/axe.min.js"

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
browser_test = pytest.mark.browser


@block("sigmoid", derivative="y * (1 - y)")
def sigmoid(x):
    return 1 / (1 + tg.exp(-x))


@block("affine")
def affine(x, w, b):
    return x * w + b


def blocks():
    """Two kinds of block, one of them twice."""
    x = Value(0.5, "x")
    y = sigmoid(affine(x, Value(2.0, "w_1"), Value(-0.3, "b"))) * sigmoid(x)
    y.name = "y"
    y.backward(1.3)
    return y


def many_operators(count=200):
    """A random graph of ``count`` operators with shared nodes and numbers of middling size."""
    random = Random(3)
    values = [Value(random.uniform(0.5, 1.5), f"x{k}") for k in range(12)]
    for _ in range(count - 1):
        a, b = random.choice(values[-15:]), random.choice(values[-15:])
        values.append(random.choice([lambda a=a, b=b: a + b, lambda a=a, b=b: a * b, lambda a=a: tg.tanh(a)])())
    loose = [value for value in values if not any(value in other.parents for other in values)]
    total = tg.sum(loose)
    total.backward()
    return total


# ── The file ──────────────────────────────────────────────────────────────────────────────────────────


class Parsed(HTMLParser):
    """A page's tags, and the texts of its style, scripts and title."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self.inside = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style", "title", "h1", "template"):
            self.inside = (tag, dict(attrs).get("type"))
            self.texts.append([*self.inside, ""])

    def handle_data(self, data):
        if self.inside:
            self.texts[-1][2] += data

    def handle_endtag(self, tag):
        self.inside = None if self.inside and tag == self.inside[0] else self.inside

    def text(self, tag, kind=None):
        (found,) = [text for t, k, text in self.texts if (t, k) == (tag, kind)]
        return found

    @cached_property
    def graph(self):
        graph = json.loads(self.text("script", "application/json"))
        (packed,) = [text for tag, _, text in self.texts if tag == "template"]
        return graph | {"variants": graph["variants"] + unpacked(packed)}

    @property
    def pictures(self):
        """The pictures that are shown later."""
        return [variant["picture"] for variant in self.graph["variants"][1:]]


def unpacked(packed):
    return json.loads(zlib.decompress(base64.b64decode(packed))) if packed else []


def page_of(value, **options):
    return Parsed(value.play(**options).html())


@cache
def written(make):
    """The page of what ``make`` makes, written once."""
    return make().play().html()


@pytest.mark.parametrize("make", [apple, hostile_names, blocks, softmax_from_parts])
def test_a_page_holds_all_it_needs_and_nothing_that_a_strict_policy_forbids(make):
    text = written(make)
    page = Parsed(text)
    assert re.findall(r"https?://[^\s\"'<)]+", re.sub("http://www.w3.org/2000/svg", "", text)) == []
    for tag, attributes in [*page.tags, *(tag for picture in page.pictures for tag in Parsed(picture).tags)]:
        assert tag not in (
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "foreignobject",
            "a",
            "use",
            "image",
        )
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "src", "href", "xlink:href", "srcdoc", "action", "formaction")
            assert "javascript:" not in (value or "") or attributes.get("aria-label") == value
    assert not re.search(
        r"\beval\b|\bFunction\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|import\(", page.text("script")
    )
    assert "@import" not in page.text("style")
    assert "url(" not in page.text("style")


@pytest.mark.parametrize("make", [apple, hostile_names, blocks])
def test_the_policy_allows_this_script_and_this_style_alone(make):
    page = Parsed(written(make))
    (policy,) = [a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    def hashed(tag):
        return f"'sha256-{base64.b64encode(hashlib.sha256(page.text(tag).encode()).digest()).decode()}'"

    assert rules == {
        "default-src": "'none'", "script-src": hashed("script"), "style-src": hashed("style"),
        "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip
    assert [tag for tag, _ in page.tags].index("meta") < [tag for tag, _ in page.tags].index("script")


def test_hostile_names_stay_text():
    raw = written(hostile_names)
    page = Parsed(raw)
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert not any(tag in ("b", "h2x") for tag, _ in page.tags)
    for picture in page.pictures:
        ElementTree.fromstring(picture)
        assert not {"b", "h2x", "script"} & {tag for tag, _ in Parsed(picture).tags}
    data = raw.split('<script type="application/json" id="graph">')[1].split("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(data)
    names = [node["name"] for node in page.graph["nodes"] if "name" in node]
    assert "<script>alert(1)</script>" in names
    assert max(map(len, names)) <= 60  # ten thousand characters are cut
    assert not any(mark in text for text in (raw, *page.pictures) for mark in "\x00\x1b\u202e\u200f\ud800\ufffe")
    assert page.text("h1") == f"{HOSTILE[0]}의 계산 그래프"
    for name in ("$script", "${title}", "%(x)s", "{0}", "__proto__", "constructor", "toString"):
        y = Value(1.0, name) * 2
        y.name = name
        assert page_of(y).graph["nodes"][0]["name"] == page_of(y).text("h1").removesuffix("의 계산 그래프")


LIKE_ANOTHER = ("symbols", "fractions-", "used-often", "blocks-symbols")
"""Where only the labels are others, or the shape is one that others have: they are left to ``-m slow``."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow if name.startswith(LIKE_ANOTHER) else ())
        for name in DRAWN
        if not name.startswith("arrays")
    ],
)
def test_a_page_knows_what_stands_at_every_wire(name):
    """Each label of the picture is what the graph's data says it is."""
    drawing = DRAWN[name]()
    graph = Parsed(drawing.play().html()).graph
    outputs, options = drawing._source
    full = depict(outputs, replace(options, labels="numbers", direction="both", quiz=False))
    variant = graph["variants"][0]
    order = topological(outputs)
    seeds = [output.grad for output in outputs]
    sums = adjoints(outputs, [1.0 if seed is None else seed for seed in seeds])
    assert [wire["id"] for wire in variant["wires"]] == [wire.id for wire in full.wires]
    for known, wire in zip(variant["wires"], full.wires):
        number = known["prefix"] + numeral(order[known["carries"]].data, options.digits)
        assert number == wire.value
        if wire.derivative is None:
            continue
        if known["passes"] is None:
            total = sums[order[known["carries"]]]
        else:
            total = sum(order[place].vjp(sums[order[place]])[k] for place, k in known["passes"])
        assert wire.derivative in (numeral(total, options.digits), "?")


def test_a_closed_block_is_one_step_with_its_nodes_and_the_contributions_through_it():
    y = blocks()
    graph = Parsed(y.play(blocks="collapsed").html()).graph
    assert graph["blocks"] == ["affine", "sigmoid"]
    variant = graph["variants"][0]
    assert variant["closed"] == [0, 1]
    units = {unit["id"]: unit for unit in variant["units"]}
    assert [unit.get("name") for unit in units.values()] == ["affine", "sigmoid", "sigmoid", None]
    nodes = [place for unit in units.values() for place in unit["nodes"] if "op" in graph["nodes"][place]]
    assert sorted(nodes) == [place for place, node in enumerate(graph["nodes"]) if "op" in node]
    into = [wire for wire in variant["wires"] if wire["target"].startswith("block")]
    assert all(wire["passes"] for wire in into if not graph["nodes"][wire["carries"]].get("constant"))
    assert {(v["labels"], tuple(v["closed"])) for v in graph["variants"]} == {
        (labels, closed) for labels in ("numbers", "symbols", "fractions") for closed in ((), (0,), (1,), (0, 1))
    }


def test_the_pictures_prepared_for_a_page_are_bounded():
    x = Value(0.5, "x")
    for k in range(9):
        x = block(f"layer {k}")(lambda v: tg.tanh(v * 2))(x)
    graph = page_of(x).graph
    assert len(graph["variants"]) == 24
    assert {tuple(v["closed"]) for v in graph["variants"]} >= {(), tuple(range(9)), *((k,) for k in range(9))}
    assert {v["labels"] for v in graph["variants"]} == {"numbers", "symbols", "fractions"}
    assert {v["labels"] for v in page_of(many_operators(), time_limit=60).graph["variants"]} == {"numbers"}


def test_options_of_a_drawing_reach_its_page():
    y = apples_and_oranges()
    page = page_of(y, direction="forward", digits=3, grouping=True, quiz=True, labels="symbols")
    assert page.graph["direction"] == "forward"
    assert (page.graph["digits"], page.graph["grouping"], page.graph["quiz"]) == (3, True, True)
    assert [v["labels"] for v in page.graph["variants"]] == ["symbols", "numbers", "fractions"]
    assert page_of(y, labels="both").graph["variants"][0]["labels"] == "numbers"
    assert 'data-theme="colour"' in y.play(theme="colour").html()


def test_a_page_before_any_backward_pass_starts_one_from_one():
    y = Value(2.0, "x") * 3
    page = y.play().html()
    assert Parsed(page).graph["outputs"] == [{"place": 2, "seed": 1.0}]
    assert "pending" not in page.split("<main>")[1]
    assert y.grad is None


def test_a_page_keeps_the_numbers_of_the_moment_it_was_made():
    x = Value(2.0, "x")
    page = (x * 3).play()
    before = page.graph.nodes()
    x.data = 5.0
    assert page.graph.nodes() == before


def test_numbers_that_json_lacks_go_as_text():
    y = tg.hypot(Value(math.inf, "x"), Value(math.nan, "y")) + Value(-math.inf, "z")
    page = page_of(y)
    assert [node.get("value") for node in page.graph["nodes"]] == ["inf", "nan", None, "-inf", None]


def test_the_same_graph_makes_the_same_page():
    assert softmax_from_parts().play().html() == written(softmax_from_parts)


def test_a_page_of_several_outputs():
    x = Value(2.0, "x")
    page = Parsed(tg.draw([x * 2, x * x]).play().html())
    assert [output["seed"] for output in page.graph["outputs"]] == [1.0, 1.0]


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_row_has_a_hint_for_every_input_in_both_languages(op):
    assert len(hints(op)) == len(op.inputs)
    for hint in hints(op):
        assert re.search("[가-힣]", hint["ko"])
        assert not re.search("[가-힣]", hint["en"])
        assert "상류" in hint["ko"] or "하류" in hint["ko"]
        assert not re.search(r" \* |==|!=|<=|>=|\belse\b", hint["ko"] + hint["en"])


def test_hints_say_the_rules_of_the_documents():
    rules = {op.name: [hint["en"] for hint in hints(op)] for op in OPS}
    assert all("passes the upstream derivative on as it is" in hint for hint in rules["add"] + rules["sum"])
    assert all("the other input times the upstream" in hint for hint in rules["mul"] + rules["dot"])
    assert "sign turned" in rules["sub"][1]
    assert "its own output z" in rules["exp"][0]
    assert rules["relu"][0].endswith("∂z/∂x = 0 if x ≤ 0, otherwise 1 (x: input, z: output)")


# ── Saving, and notebooks ─────────────────────────────────────────────────────────────────────────────


def test_saving_a_page(tmp_path):
    path = apple().draw().save(tmp_path / "사과.html")
    assert path.read_bytes() == apple().play().html().encode("utf-8")
    assert apple().play().save(tmp_path / "b.HTML").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.HTML", "사과.html"]


def test_a_page_is_saved_whole_or_not_at_all(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    chain = Value(1.0, "x")
    for _ in range(1600):
        chain = chain + 1
    with pytest.raises(tg.TooLargeError):
        chain.draw().save(path)
    assert path.read_text() == "old"
    with pytest.raises(FileNotFoundError, match="not there"):
        apple().draw().save(tmp_path / "none" / "page.html")
    with pytest.raises(ValueError, match=r"\.html"):
        apple().play().save(tmp_path / "page.pdf")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_one_step_of_a_drawing_has_no_page(tmp_path):
    with pytest.raises(ValueError, match="whole drawing"):
        apple().draw().steps()[0].save(tmp_path / "step.html")


def test_a_notebook_gets_the_page_in_a_frame_without_network():
    play = apple().play(height=432)
    bundle = play._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    ((tag, attributes),) = Parsed(bundle["text/html"]).tags
    assert tag == "iframe"
    assert attributes["sandbox"] == "allow-scripts"
    assert attributes["srcdoc"] == play.html()
    assert attributes["height"] == "432"
    assert "src" not in attributes
    assert 400 < int(Parsed(apple().play()._repr_html_()).tags[0][1]["height"]) <= 900


@pytest.mark.parametrize("height", [0, -5, "tall", 1.5])
def test_a_height_that_is_none_is_refused(height):
    with pytest.raises(ValueError, match="whole number of pixels"):
        apple().play(height=height)


def test_the_static_files_are_installed_with_the_package():
    names = {file.name for file in files("tinygrad_kr.page").joinpath("static").iterdir()}
    assert {"page.html", "page.css", "page.js", "runtime.js", "words.js"} <= names
    for name in names:
        text = files("tinygrad_kr.page").joinpath("static", name).read_text(encoding="utf-8")
        assert name.endswith(".html") or text.startswith(("// ", "/* "))  # what the file is for


def test_importing_the_package_does_not_load_the_page():
    code = "import sys, tinygrad_kr; tinygrad_kr.Value(1.0) * 2; print('tinygrad_kr.page' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ── In Chromium ───────────────────────────────────────────────────────────────────────────────────────

OVERLAPS = """() => {
  const parts = [...document.querySelectorAll("#sheet :is(.value, .derivative, .operator path)")];
  const boxes = parts.map((part) => [part.id || part.parentNode.id, part.getBBox()]);
  const shared = (a, x, b, y) => Math.min(a + x, b + y) - Math.max(a, b) > 0.5;
  const meet = (a, b) => shared(a.x, a.width, b.x, b.width) && shared(a.y, a.height, b.y, b.height);
  return boxes.flatMap(([a, p], k) => boxes.slice(k + 1).filter(([, q]) => meet(p, q)).map(([b]) => [a, b]));
}"""

SPOKEN = """() => [...document.querySelectorAll("[aria-label], [aria-valuetext]")]
  .map((part) => `${part.getAttribute("aria-label")} ${part.getAttribute("aria-valuetext")}`)
  .concat(document.body.innerText).join(" ").replace("한국어", "")"""

VISIBLE = """[...document.querySelectorAll("#sheet :is(.value, .derivative)")]
  .filter((label) => getComputedStyle(label).visibility === "visible").map((label) => label.id)"""

LOW = """[...document.querySelectorAll("button, input[type=text], .choice label")]
  .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 32)
  .map((control) => control.outerHTML)"""

LETTERS = """(() => {
  const svg = document.querySelector("#sheet svg");
  const size = parseFloat(getComputedStyle(svg.querySelector("text")).fontSize);
  return (size * svg.getBoundingClientRect().width) / svg.viewBox.baseVal.width;
})()"""

MOVES = """() => {
  const sliders = [...document.querySelectorAll("#variables input[type=range]")];
  return Array.from({length: 30}, (_, k) => {
    const slider = sliders[k % sliders.length];
    const start = performance.now();
    slider.value = Number(slider.max) * ((k * 7) % 11 - 5) / 6;
    slider.dispatchEvent(new Event("input"));
    document.querySelector("#sheet svg").getBoundingClientRect();
    document.querySelector("[id$=out-value]").getBBox();
    return performance.now() - start;
  });
}"""


@browser_test
def test_the_labels_of_a_fresh_page_are_those_of_the_picture(living):
    """What the script writes at the start is what Python drew."""
    for make in (apple, apples_and_oranges, shared_inner, softmax_from_parts, blocks):
        labels = r'<text [^>]*id="(wire-[^"]*)"[^>]*>([^<]*)</text>'
        drawn = dict(re.findall(labels, make().draw().svg()))
        here = living(make())
        shown = here.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('text[id^=wire]')].map(t => [t.id, t.textContent]))"
        )
        assert shown == {id: html.unescape(text) for id, text in drawn.items()}


# Steps


@browser_test
def test_stepping_by_buttons_keys_and_slider(living):
    here = living(apple())
    assert here.text("#place") == "6 / 6"
    here.page.click("#first")
    assert here.sentence[0] == "시작"
    here.page.click("#forth")
    assert here.sentence == ["순전파 · 곱셈(×)", "사과 × 사과의 개수 = 100 × 2 = 200"]
    assert here.lit() == {"op-2", "wire-2-0", "wire-2-1", "wire-4-0", "wire-2-0-value", "wire-2-0-derivative",
                          "wire-2-1-value", "wire-2-1-derivative", "wire-4-0-value", "wire-4-0-derivative"}  # fmt: skip
    here.page.keyboard.press("ArrowRight")
    assert here.sentence[1] == "200 × 소비세 = 200 × 1.1 = 220"
    here.page.keyboard.press("ArrowRight")
    assert here.sentence == [
        "역전파의 시작",
        "∂지불 금액/∂지불 금액 = 1 — 출력을 자기 자신으로 미분한 값을 오른쪽 끝에 놓습니다.",
    ]
    here.page.locator("#step").focus()
    here.page.keyboard.press("ArrowRight")
    assert here.sentence == [
        "역전파 · 곱셈(×)",
        "상류의 미분 × 국소적 미분 = 하류로 보내는 미분",
        "1 × 1.1 = 1.1 → (×)",
        "1 × 200 = 200 → 소비세",
    ]
    assert here.lit(of="g") == {"op-4", "wire-4-0", "wire-4-1", "wire-4-out"}
    here.page.locator("#step").fill("5")
    assert here.sentence[2:] == ["1.1 × 2 = 2.2 → 사과", "1.1 × 100 = 110 → 사과의 개수"]
    here.page.click("#back")
    assert here.text("#place") == "4 / 6"
    here.page.click("#last")
    assert here.sentence[0] == "끝"
    assert "∂지불 금액/∂사과 = 2.2" in here.sentence[1]
    assert here.page.locator("#forth").is_disabled()
    here.page.locator("#back").focus()
    here.page.keyboard.press("Home")
    assert here.text("#place") == "0 / 6"
    assert here.page.locator("#back").is_disabled()
    here.page.keyboard.press("End")
    assert here.text("#place") == "6 / 6"


@browser_test
def test_a_step_shows_what_is_known_by_then(living):
    here = living(apple())

    def visible():
        return set(here.page.evaluate(VISIBLE))

    leaves = {"wire-2-0-value", "wire-2-1-value", "wire-4-1-value"}
    forward = [leaves, leaves | {"wire-4-0-value"}, leaves | {"wire-4-0-value", "wire-4-out-value"}]
    backward = [{"wire-4-out-derivative"}, {"wire-4-0-derivative", "wire-4-1-derivative"},
                {"wire-2-0-derivative", "wire-2-1-derivative"}, set()]  # fmt: skip
    known = set()
    here.page.click("#first")
    for step, added in enumerate([*forward, *backward]):
        known |= added
        assert visible() == known, step
        here.page.keyboard.press("ArrowRight")
    assert here.page.evaluate("getComputedStyle(document.querySelector('#wire-2-0 .backward')).visibility") == "visible"


@browser_test
def test_playing_and_pausing(living):
    here = living(apple())
    here.page.clock.install()
    play = here.page.get_by_role("button", name="재생")
    play.click()
    assert here.text("#place") == "0 / 6"
    assert here.page.locator("#play").get_attribute("aria-pressed") == "true"
    here.page.clock.run_for(3300)
    assert here.text("#place") == "2 / 6"
    here.page.get_by_role("button", name="멈춤").click()
    here.page.clock.run_for(5000)
    assert here.text("#place") == "2 / 6"
    play.click()
    here.page.clock.run_for(20_000)
    assert here.text("#place") == "6 / 6"
    assert play.is_visible()


@browser_test
def test_the_sum_of_branches_is_said_where_the_last_of_them_comes_back(living):
    x = Value(3.0, "x")
    here = living(x * x + x)
    said = []
    here.page.click("#first")
    for _ in range(6):
        here.page.keyboard.press("ArrowRight")
        said += [line for line in here.sentence if "갈래" in line]
    assert said == ["x: 갈래의 합 3 + 3 + 1 = 7"]


@browser_test
def test_a_step_through_a_closed_block_gives_the_derivative_through_it(living):
    y = sigmoid(Value(0.5, "x"))
    y.backward(2.0)
    here = living(y, play={"blocks": "collapsed"})
    here.page.click("#first")
    here.page.keyboard.press("ArrowRight")
    assert here.sentence == ["순전파 · sigmoid", "출력 = 0.622459"]
    here.page.keyboard.press("ArrowRight")
    assert here.sentence[1].startswith("상류에서 2 ")
    here.page.keyboard.press("ArrowRight")
    assert here.sentence[2:] == ["2 × 0.235004 = 0.470007 → x"]


@browser_test
def test_several_outputs_of_a_closed_block_count_what_arrives_from_outside_it(living):
    @block("both")
    def both(x):
        a = tg.tanh(x)
        return a, a * a

    a, square = both(Value(0.5, "x"))
    here = living(a + square, play={"blocks": "collapsed"})
    here.page.click("#back")
    assert here.sentence[2:] == ["1 × 0.786448 + 1 × 0.726862 = 1.51331 → x"]


# Numbers


@browser_test
def test_a_box_and_a_slider_for_every_leaf_and_everything_follows(living):
    here = living(apples_and_oranges())
    boxes = here.page.locator(".leaf input[type=text]")
    assert boxes.evaluate_all("all => all.map(box => box.value)") == ["2", "100", "150", "3", "1.1"]
    assert here.page.locator(".leaf input[type=range]").count() == 5
    here.set("사과", "200")
    assert (here.label("wire-8-out", "value"), here.label("wire-2-0")) == ("935", "220")
    assert here.label("wire-2-1", "value") == "200"
    here.slide("소비세", 2)
    assert here.page.get_by_label("소비세", exact=True).input_value() == "2"
    assert here.label("wire-8-out", "value") == "1700"
    assert here.text(".leaf:has([data-place='0']) .slope") == "미분 400"
    here.page.get_by_label("귤의 개수 슬라이더").focus()
    here.page.keyboard.press("ArrowRight")  # the browser's own step of the slider
    assert here.label("wire-5-1", "value") != "3"
    here.page.click("#first")
    here.page.keyboard.press("ArrowRight")
    assert here.sentence[1] == "사과의 개수 × 사과 = 2 × 200 = 400"


TYPED = [("1/4", 0.25), ("4,620", 4620), ("−2.5", -2.5), ("1e-3", 0.001), ("inf", math.inf),
         ("-∞", -math.inf), ("NaN", math.nan), (" .5 ", 0.5), ("１２", 12), ("1 1/2", 1.5),
         ("-1 1/2", -1.5), ("０．３３", 0.33), ("(-1)", -1), ("1/(-3)", -1 / 3), ("2×10^3", 2000), ("1.5×10⁻⁷", 1.5e-7),
         ("½", 0.5), ("1.2 e3", 1200), ("1.1×2", 2.2), ("2 * -1.5", -3), ("1/2·(-3)", -1.5)]  # fmt: skip
NO_NUMBERS = ["", "abc", "1..2", "0x10", "1/2/3", "1,2", "--3", "e5", "alert(1)", "2*", "*2", "2**3"]


@browser_test
def test_numbers_are_read_as_people_write_them_and_what_is_none_is_refused(living):
    here = living(Value(2.0, "x") * Value(3.0, "y"))
    for text, number in TYPED:
        here.set("x", text)
        assert close(here.numbers()[0][0], number), text
        assert here.text("#problem") == ""
    here.set("x", "12")
    for text in NO_NUMBERS:
        here.set("x", text)
        assert here.numbers()[0][0] == 12
        assert here.page.get_by_label("x", exact=True).get_attribute("aria-invalid") == "true"
        assert here.text("#problem").startswith("x: 수를 적으세요")
    here.page.get_by_label("y", exact=True).focus()
    assert here.page.get_by_label("x", exact=True).input_value() == "12"
    assert here.page.get_by_label("x", exact=True).get_attribute("aria-invalid") is None


@browser_test
def test_a_sliders_scale_holds_every_number(living):
    for number in (0.0, 100.0, -3.0, 5e-324, -1.7e308, math.inf, math.nan):
        here = living(Value(number, "x") + Value(1.0, "y"))
        slider = here.page.get_by_label("x 슬라이더")
        low, high, step = (float(slider.get_attribute(name)) for name in ("min", "max", "step"))
        assert -low == high > 0 < step <= high / 50
        assert not abs(number) > high or abs(number) > 1e308  # the scale ends where its own width would overflow
        assert close(here.numbers()[0][0], number)
    here.set("y", "1e6")
    assert float(here.page.get_by_label("y 슬라이더").get_attribute("max")) >= 1e6


@browser_test
def test_constants_have_boxes_too_but_no_derivative(living):
    x, t = Value(2.0, "x"), constant(1, "t")
    here = living((x * 5 - t) ** 2)
    assert here.page.locator("#variables .leaf").count() == 2
    here.page.locator("#fixed summary").click()
    assert here.page.locator("#constants label").all_inner_texts() == ["상수 5 (×)", "상수 2 (**)"]
    here.set("상수 5 (×)", "6")
    assert here.label("wire-6-out", "value") == "121"
    assert here.page.locator(".leaf:has([data-place='3']) .slope").is_hidden()


def engine(build, numbers):
    """Values and derivatives of every node, as the engine gives them."""
    output = build([Value(x, f"x{k}") for k, x in enumerate(numbers)])
    output.backward()
    order = topological([output])
    return order, [(node.data, node.grad) for node in order], paths(output)


COMPUTE = """([text, sets]) => {
  const graph = prepare(JSON.parse(text));
  return sets.map((leaves) => {
    const { values, upstream } = evaluate(graph, new Map(leaves));
    return values.map((value, place) => [value, upstream[place]]);
  });
}"""


def assert_scripts_agree(javascript, build, sets):
    """The page's numbers for each set of leaves are the engine's to 1e-12, nan, infinities and kinks included."""
    graph = build([Value(x, f"x{k}") for k, x in enumerate(sets[0])]).play().graph
    text = json.dumps({"nodes": graph.nodes(), "outputs": graph.outputs(), "rows": graph.rows()})
    truths = [engine(build, xs) for xs in sets]
    given = [[(place, node.data) for place, node in enumerate(order) if not node.op] for order, _, _ in truths]
    for xs, rows, (order, true, sizes) in zip(sets, javascript(COMPUTE, [text, given]), truths):
        for node, (value, grad), (true_value, true_grad) in zip(order, rows, true, strict=True):
            slack = 1e-13 if "logsumexp" in str(node.op and node.op.name) else 0.0
            assert close(value, true_value, slack), (xs, node, value)
            if not isinstance(node, tg.Constant):
                size = sizes[node]
                slack = 1e-12 * size if size - size == 0 else 0.0
                assert close(grad, true_grad, slack), (xs, node, grad, true_grad)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_the_page_computes_every_row_as_the_engine_does(javascript, op):
    random = Random(op.name)
    count = 3 * len(op.inputs) if op.variadic else len(op.inputs)
    special = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 1e-310, 1e200, -1e200, math.inf, -math.inf, math.nan)
    sets = [[float(x) for x in edge.inputs] for edge in op.edges if len(edge.inputs) == count]
    sets += [[random.choice(special) for _ in range(count)] for _ in range(40)]
    sets += [[random.uniform(-3, 3) for _ in range(count)] for _ in range(40)]
    sets += [[random.choice((-1, 1)) * 10 ** random.uniform(-6, 6) for _ in range(count)] for _ in range(20)]
    row = op.output(1) if op.k is not None else op
    slack_free = [xs for xs in sets if op.k is None or all(x - x == 0 for x in xs)]
    assert_scripts_agree(javascript, lambda leaves: apply(row, leaves), slack_free)


KINKS = """([name, sets]) => sets.map((xs) => Boolean(rows[name].isKink?.(...xs)))"""


@pytest.mark.parametrize("op", [op for op in OPS if op.kinks], ids=lambda op: op.name)
def test_the_page_finds_the_kinks_that_the_engine_finds(javascript, op):
    random = Random(op.name)
    special = (0.0, -0.0, 1.0, -1.0, 2.0, 2.5, -3.0)
    sets = [[float(x) for x in edge.inputs] for edge in op.edges if len(edge.inputs) == len(op.inputs)]
    sets += [[random.choice(special) for _ in op.inputs] for _ in range(40)]
    nodes = [apply(op, [Value(x) for x in xs]) for xs in sets]
    asked = [[*(repr(x) for x in xs), repr(node.data)] for xs, node in zip(sets, nodes)]
    numbers = f"([name, sets]) => ({KINKS})([name, sets.map((xs) => xs.map(Number))])"
    told = javascript(numbers, [op.name, [[text.replace("inf", "Infinity") for text in xs] for xs in asked]])
    assert told == [at_kink(node) for node in nodes]
    assert True in told
    assert False in told


PIECES = """([text, sets]) => {
  const graph = prepare({ ...JSON.parse(text), choices: [] });
  return sets.map((xs) => pieces(graph, evaluate(graph, new Map(xs.entries())).values));
}"""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_symbols_stay_as_long_as_a_row_is_in_the_same_piece(javascript, op):
    random = Random(op.name)
    row = op.output(1) if op.k is not None else op
    count = 2 * len(op.inputs) if op.variadic else len(op.inputs)
    sets = [[random.choice((-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.5)) for _ in range(count)] for _ in range(40)]
    labels = {}
    for xs in sets:
        leaves = [Value(x, f"x_{k}") for k, x in enumerate(xs)]
        symbolic = Symbolic(apply(row, leaves), "E")
        labels[(*xs,)] = [str(symbolic.adjoint[leaf]) for leaf in leaves]
    graph = Graph([apply(row, leaves)])
    text = json.dumps({"nodes": graph.nodes(), "outputs": graph.outputs(), "rows": graph.rows()})
    known = {}
    for xs, piece in zip(sets, javascript(PIECES, [text, sets])):
        assert labels[(*xs,)] == known.setdefault(piece, labels[(*xs,)])


def test_the_page_computes_random_graphs_as_the_engine_does(javascript):
    smooth = [tg.exp, tg.tanh, tg.sin, tg.sigmoid, tg.softplus, tg.relu, tg.abs, tg.erf, tg.square, tg.atan]
    for seed in range(6):

        def build(leaves, seed=seed):
            random = Random(seed)
            values = list(leaves)
            for _ in range(40):
                a, b, c = (random.choice(values[-8:]) for _ in range(3))
                made = [
                    lambda: a + b,
                    lambda: a * b * 0.5,
                    lambda: a - 1.5,
                    lambda: tg.maximum(a, b),
                    lambda: 2 / (b * b + 1),
                ]
                made += [
                    lambda: tg.dot([a, b], [c, a]),
                    lambda: tg.softmax([a, b, c])[1],
                    lambda: random.choice(smooth)(tg.tanh(a)),
                ]
                values.append(random.choice(made)())
            return tg.sum(values[-6:])

        random = Random(seed)
        sets = [[random.uniform(-2, 2) for _ in range(4)] for _ in range(10)]
        assert_scripts_agree(javascript, build, [*sets, [0.0, 0.0, 1.0, 1.0]])


def test_numerals_in_the_page_are_those_of_the_pictures(javascript):
    random = Random(2)
    numbers = [random.choice((-1, 1)) * 10 ** random.uniform(-12, 20) for _ in range(300)]
    numbers += [round(x * 2**20) / 2**20 for x in numbers if abs(x) < 1e6]  # some are halves between two numerals
    numbers += [0.125, 2.015625, -0.6328125, 100000.5, 100001.5, 1234565 / 10, 5e-324] + [
        round(x, 2) for x in numbers if abs(x) < 1e6
    ]
    numbers += [
        0.0,
        -0.0,
        3.3000000000000003,
        1e15,
        123456789.0,
        1e-5,
        1e300,
        1_500_000 * 1.1,
        -1234567.8,
        9999999999.6,
    ]
    numbers += [price * rate for price in (1_500_000, 12_345_000, 999_999) for rate in (0.9, 1.05, 1.1)]
    numbers += [math.inf, -math.inf, math.nan]
    numbers += [9.6, 99.6, 0.96, 2.5, 0.00096]
    for digits in (6, 3, 17, 1, 2):
        shown = javascript(f"(numbers) => numbers.map((x) => numeral(x, {digits}))", numbers)
        assert shown == [numeral(number, digits) for number in numbers]
        grouped = javascript(f"(numbers) => numbers.map((x) => raised(numeral(x, {digits}, true)))", numbers)
        assert grouped == [raised(numeral(number, digits, grouping=True)) for number in numbers]


def test_what_is_typed_is_read_and_what_is_written_can_be_typed(javascript):
    read = "(texts) => texts.map((text) => read(text))"
    assert all(map(close, javascript(read, [text for text, _ in TYPED]), [number for _, number in TYPED]))
    assert javascript(read, NO_NUMBERS) == [None] * len(NO_NUMBERS)
    numbers = [0.1, -2.5, 1e300, 5e-324, math.inf, -math.inf, math.nan]
    again = javascript("(numbers) => numbers.map((x) => read(exact(x)))", numbers)
    assert list(map(repr, again)) == list(map(repr, numbers))


@browser_test
def test_labels_that_grow_stay_between_their_neighbours(living):
    for make, names in ((apple, ("사과", "사과의 개수", "소비세")), (shared_inner, ("x", "y"))):
        here = living(make())
        for text in ("-1.23456789e-10", "123456789", "0.000123456", "-98765.4321", "1e15"):
            for name in names:
                here.set(name, text)
            assert here.page.evaluate(OVERLAPS) == [], text


# Wires


@browser_test
def test_pointing_at_a_wire_lights_its_paths_and_gives_the_product(living):
    here = living(apple())
    assert "선을 누르면" in here.text("#caption")
    here.page.locator("[id=wire-2-0-value]").hover()
    assert here.lit("on-route", "g") == {"wire-2-0", "op-2", "wire-4-0", "op-4", "wire-4-out"}
    assert here.text("#caption") == "사과 → × · 경로 1개: ∂지불 금액/∂사과 = 1 × 1.1 × 2 = 2.2"
    here.page.mouse.move(2, 2)
    assert here.lit("on-route") == set()


@browser_test
def test_the_products_of_several_paths_are_added_up_and_thousands_are_counted(living):
    x = Value(3.0, "x")
    here = living(x * x + x)
    here.page.locator("[id=wire-0-derivative]").hover()
    assert here.text("#caption") == "x → 갈래 · 경로 3개: ∂출력/∂x = 1 × 1 × 3 + 1 × 1 × 3 + 1 × 1 = 7"
    doubling = x = Value(1.0, "x")
    for _ in range(60):
        doubling = doubling + doubling
    here = living(doubling)
    here.page.locator("[id=wire-0-derivative]").hover()
    assert here.text("#caption") == (
        "x → 갈래 · 경로 1.15292×10¹⁸개: ∂출력/∂x = 경로 1.15292×10¹⁸개의 곱을 모두 더한 값 = 1.15292×10¹⁸"
    )


@browser_test
def test_a_branch_has_its_own_way_and_the_stem_has_all_of_them(living):
    x = Value(3.0, "x")
    here = living(x * x + x)
    here.page.locator("[id=wire-2-1-derivative]").hover()
    assert here.lit("on-route", "g") == {"wire-2-1", "op-2", "wire-2-out"}
    assert here.text("#caption") == "x → + · 경로 1개: ∂출력/∂x = 1 × 1 = 1"
    here.page.locator("[id=wire-0-value]").hover()
    assert len(here.lit("on-route", "g.wire")) == here.page.locator("#sheet .wire").count()


@browser_test
def test_a_wire_of_a_constant_says_so(living):
    here = living(Value(2.0, "x") * 5)
    here.page.locator("[id=wire-2-1-value]").hover()
    assert here.text("#caption") == "5 → ×: 상수라 미분을 보내지 않습니다"


@browser_test
def test_wires_by_keyboard_and_by_finger(living):
    here = living(apple(), has_touch=True)
    wires = here.page.locator("#sheet .wire")
    assert wires.evaluate_all("all => all.filter(w => w.tabIndex === 0).length") == 1
    here.page.locator("#stage").focus()
    here.page.keyboard.press("Tab")
    active = "document.activeElement.id"
    assert here.page.evaluate(active) == "wire-2-0"
    assert "1 × 1.1 × 2 = 2.2" in here.text("#caption")
    assert here.page.evaluate("document.activeElement.getAttribute('aria-label')") == "사과 → ×, 값 100, 미분 2.2"
    here.page.keyboard.press("ArrowRight")
    assert here.page.evaluate(active) == "wire-4-0"
    assert here.text("#place") == "6 / 6"  # arrow keys walk along wires here, not through the steps
    here.page.keyboard.press("ArrowLeft")
    here.page.keyboard.press("ArrowDown")
    assert here.page.evaluate(active) == "wire-2-1"
    here.page.keyboard.press("Enter")
    assert here.page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    here.page.keyboard.press("Tab")
    assert here.lit("on-route", "g") == {"wire-2-1", "op-2", "wire-4-0", "op-4", "wire-4-out"}  # pinned
    here.set("사과", "300")
    assert here.text("#caption").endswith("1 × 1.1 × 300 = 330")
    here.page.locator("[id=wire-4-1-value]").tap()
    assert "∂지불 금액/∂소비세" in here.text("#caption")


# Views


@browser_test
def test_the_direction_can_be_chosen(living):
    here = living(apple())

    def shown(selector):
        return here.page.locator(f"#sheet {selector}").first.is_visible()

    assert shown(".forward")
    assert shown(".derivative")
    here.page.check("#direction-forward")
    assert (shown(".value"), shown(".backward"), shown(".derivative")) == (True, False, False)
    assert here.text("#place") == "3 / 3"
    assert here.sentence[1] == "순전파를 마쳤습니다: 지불 금액 = 220"
    here.page.check("#direction-backward")
    assert (shown(".value"), shown(".forward"), shown(".derivative")) == (False, False, True)
    assert here.text("#place") == "4 / 4"
    here.page.check("#direction-both")
    assert here.text("#place") == "6 / 6"


@browser_test
def test_numbers_symbols_and_fractions(living):
    here = living(apple())
    here.set("사과", "50")
    here.page.check("#labels-symbols")
    spoken = here.page.locator("[id=wire-4-0]").get_attribute("aria-label")
    assert re.fullmatch("× → ×, 값 사과.*사과의 개수, 미분 .*소비세", spoken)
    here.page.check("#labels-fractions")
    assert here.page.locator("[id=wire-4-1-derivative] .rule").count() >= 1
    here.page.locator("[id=wire-2-0-derivative] text").first.hover()
    assert here.lit("on-route", "g.wire") == {"wire-2-0", "wire-4-0", "wire-4-out"}
    here.page.click("#back")
    assert here.sentence[2] == "1.1 × 2 = 2.2 → 사과"
    here.page.check("#labels-numbers")
    assert here.label("wire-4-out", "value") == "110"


@browser_test
def test_symbols_that_hold_no_longer_say_so(living):
    here = living(tg.relu(Value(2.0, "x")) * 3)
    here.set("x", "-1")
    assert "처음 입력" not in here.text("#caption")  # numbers always hold
    here.page.check("#labels-symbols")
    assert "기호는 처음 입력에서의 식입니다" in here.text("#caption")
    here.set("x", "5")
    assert "처음 입력" not in here.text("#caption")
    here.page.locator("#fixed summary").click()
    here.set("상수 3 (×)", "4")
    assert "기호는 처음 입력에서의 식입니다" in here.text("#caption")
    here.page.check("#labels-numbers")
    assert here.label("wire-3-out", "value") == "20"


@browser_test
def test_symbols_depend_on_the_sign_and_the_conditions_that_a_closed_block_has(living):
    @tg.block("leaky", derivative="1 if x > 0 else 0.1")
    def leaky(x):
        return x * 0.55 + tg.hypot(x, 0.0) * 0.45

    here = living(leaky(Value(-2.0, "x")) * 3, play={"blocks": "collapsed", "labels": "symbols"})
    assert "처음 입력" not in here.text("#caption")
    here.set("x", "2")
    assert "기호는 처음 입력에서의 식입니다" in here.text("#caption")  # the label is 0.3, and the derivative 3
    here.page.locator("[id=block-0]").click()  # open: the body is smooth
    assert "처음 입력" not in here.text("#caption")
    here = living(abs(Value(-2.0, "x")) * 3, play={"labels": "symbols"})
    here.set("x", "2")
    assert "기호는 처음 입력에서의 식입니다" in here.text("#caption")


@browser_test
def test_symbols_depend_on_the_numbers_that_stand_in_them(living):
    here = living(Value(2.0) * Value(3.0, "x") + tg.relu(Value(1.0, "y")), play={"labels": "symbols"})
    here.set("입력 1", "5")  # an input without a name is written as its number, 2
    assert "기호는 처음 입력에서의 식입니다" in here.text("#caption")
    here.set("입력 1", "2")
    here.set("y", "-1")
    assert "기호는 처음 입력에서의 식입니다" in here.text("#caption")
    here.page.check("#labels-fractions")  # the chain rule has no pieces, and a letter for every input
    assert "처음 입력" not in here.text("#caption")


@browser_test
def test_blocks_open_and_close_and_the_numbers_stay(living):
    here = living(blocks())
    box = here.page.get_by_label("sigmoid", exact=True)
    assert box.is_checked()
    assert here.page.locator("#sheet .group").count() == 3
    here.set("x", "0.25")
    x = Value(0.25)
    true = numeral((sigmoid(affine(x, Value(2.0), Value(-0.3))) * sigmoid(x)).data, 6)
    box.uncheck()
    assert here.page.locator("#sheet .block").count() == 2
    assert here.page.locator("#sheet .group").count() == 1
    out = here.page.locator("#sheet text[id$='-out-value']")
    assert out.text_content() == true
    here.page.locator("#sheet .block").first.click()  # a click opens it again
    assert box.is_checked()
    assert here.page.locator("#sheet .group").count() == 3
    here.page.locator("#sheet .group-title text", has_text="affine").click()  # and one on a name closes it
    assert here.page.locator("#sheet .group").count() == 2
    assert out.text_content() == true
    here.page.check("#labels-symbols")
    assert here.page.locator("#sheet .group").count() == 2


@browser_test
def test_with_many_blocks_every_click_still_opens_or_closes_what_it_is_on(living):
    x = Value(0.5, "x")
    for k in range(6):
        x = block(f"layer {k}")(lambda v: tg.tanh(v * 2))(x)
    here = living(x)
    for k, wanted in [(5, False), (2, False), (5, True), (0, False), (1, False), (3, False)]:
        here.page.get_by_label(f"layer {k}", exact=True).set_checked(wanted)
        groups = here.page.locator("#sheet .group-title text").all_text_contents()
        assert (f"layer {k}" in groups) is wanted
    here.page.check("#labels-symbols")  # where the symbols of this very state are not prepared, the nearest are shown
    assert here.page.locator("#labels-symbols").is_checked()


@browser_test
def test_a_page_of_a_single_leaf(living):
    here = living(Value(3.0, "x"))
    here.page.click("#first")
    here.page.keyboard.press("ArrowRight")
    assert here.sentence[0] == "역전파의 시작"
    here.set("x", "4")
    assert here.label("wire-0-out", "value") == "4"
    here.page.locator("[id=wire-0-out-value]").hover()
    assert here.text("#caption") == "x → x · 경로 1개: ∂x/∂x = 1"


@browser_test
def test_the_size_of_the_picture_can_be_changed(living):
    here = living(apples_and_oranges())
    width = "document.querySelector('#sheet svg').getBoundingClientRect().width"
    before = here.page.evaluate(width)
    here.page.click("#larger")
    assert here.page.evaluate(width) == pytest.approx(before * 1.25, rel=0.01)
    for _ in range(20):
        here.page.evaluate("document.getElementById('smaller').click()")
    assert here.page.locator("#smaller").is_disabled()


@browser_test
@pytest.mark.parametrize(("locale", "language"), [("ko-KR", "ko"), ("en-US", "en"), ("fr-FR", "en")])
def test_the_page_starts_in_the_readers_language(living, locale, language):
    here = living(apple(), locale=locale)
    assert here.page.evaluate("document.documentElement.lang") == language


@browser_test
def test_all_text_changes_with_the_language(living):
    here = living(shared_inner())
    here.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    here.page.get_by_role("button", name="English").click()
    for prepare in ("", "document.getElementById('back').click()", "document.getElementById('first').click()",
                    "document.getElementById('quiz').click()", "document.getElementById('ask').click()",
                    "document.getElementById('reveal').click()"):  # fmt: skip
        here.page.evaluate(prepare)
        assert re.findall("[가-힣]+", here.page.evaluate(SPOKEN)) == [], prepare
    here.page.get_by_role("button", name="한국어").click()
    assert here.page.get_by_role("button", name="한국어").get_attribute("aria-pressed") == "true"
    korean = here.page.evaluate(SPOKEN)
    assert not re.search(r"\b(quiz|hint|derivative|inputs?|forward|value)\b", korean, re.IGNORECASE)


def test_both_languages_have_the_same_words():
    text = files("tinygrad_kr.page").joinpath("static/words.js").read_text(encoding="utf-8")
    ko, en = text.split("  en: {")
    keys = [re.findall(r"(?:^|[,{]) +(\w+):", part.split("  ko: {")[-1], re.MULTILINE) for part in (ko, en)]
    assert keys[0] == keys[1]


# The quiz


@browser_test
def test_the_quiz_tells_right_from_wrong_and_counts(living):
    here = living(apples_and_oranges())
    here.page.check("#quiz")
    blanks = here.page.locator(".over input")
    assert blanks.count() == 9
    assert blanks.evaluate_all("all => all.map((blank) => blank.placeholder)") == [f"({k})" for k in range(1, 10)]
    assert here.text("#score") == "0 / 9 맞음"
    assert here.page.locator("[id=wire-2-0-derivative]").is_hidden()
    assert here.page.locator(".slope").first.is_hidden()
    assert here.page.locator("#stepping").is_hidden()
    assert here.page.locator("#all").is_hidden()
    labels = here.page.evaluate(
        "[...document.querySelectorAll('#sheet .wire')].map(w => w.getAttribute('aria-label')).join()"
    )
    assert "미분" not in labels

    def answer(wire, text):
        blank = here.page.locator(f".over input[data-wire='{wire}']")
        blank.fill(text)
        blank.press("Enter")
        return here.text("#verdict"), here.page.locator(f".over:has([data-wire='{wire}'])").get_attribute("data-state")

    assert answer("wire-2-1", "3") == ("아직 아닙니다. 힌트를 볼 수 있습니다.", "wrong")
    assert here.page.locator("input[data-wire='wire-2-1']").get_attribute("aria-invalid") == "true"
    here.page.click("#ask")
    assert here.text("#hint") == (
        "곱셈(×): 상류의 미분에 다른 쪽 입력을 곱해 보냅니다. ∂z/∂y = x (x, y: 입력, z: 출력)"
    )
    assert here.page.evaluate("document.activeElement.dataset.wire") == "wire-2-1"
    assert answer("wire-2-1", "2.2") == ("맞았습니다.", "right")
    assert here.text("#hint") == ""
    assert here.text("#score") == "1 / 9 맞음"
    assert answer("wire-2-0", "abc") == ("수를 읽지 못했습니다. 2.2, 1/3, 1e-3처럼 적으세요.", "unreadable")
    assert answer("wire-2-0", "") == ("", "open")
    answers = {"wire-2-0": "110", "wire-5-0": "3.3", "wire-5-1": "165", "wire-6-0": "1.1", "wire-6-1": "1.1",
               "wire-8-0": "1.10", "wire-8-1": "650", "wire-8-out": "1"}  # fmt: skip
    for wire, text in answers.items():
        verdict = answer(wire, text)
    assert verdict == ("모두 맞았습니다!", "right")
    assert here.text("#score") == "9 / 9 맞음"
    here.set("소비세", "2")  # another exercise: the old answers are judged anew
    assert here.text("#score") != "9 / 9 맞음"
    here.page.click("#again")
    assert here.text("#score") == "0 / 9 맞음"
    assert blanks.first.input_value() == ""
    here.page.click("#reveal")
    assert blanks.first.input_value() == "200"
    assert here.text("#score") == "0 / 9 맞음"  # what was shown does not count
    here.page.uncheck("#quiz")
    assert blanks.count() == 0
    assert here.page.locator("#stepping").is_visible()
    assert here.page.locator("[id=wire-2-0-derivative]").is_visible()


def test_how_exact_an_answer_has_to_be(javascript):
    cases = [("2.2", 2.2000000000000002, True), ("0.33", 1 / 3, True), ("0.3", 1 / 3, False), ("1/3", 1 / 3, True),
             ("0.34", 1 / 3, False), ("1/2", 0.5, True), ("0.4", 0.5, False), ("2", 2.2, False), ("650", 650.4, True),
             ("0", 0.0, True), ("-0", 0.0, True), ("1", 1.0, True), ("nan", math.nan, True), ("inf", math.inf, True),
             ("inf", -math.inf, False), ("1e3", 1000.0, True), ("3.3e-1", 1 / 3, True), ("1e-5", 0.0, False),
             ("1,000", 1000.0, True), ("0.00", 0.001, False), ("1 1/2", 1.5, True), ("1 1/2", 5.5, False),
             ("０．３３", 1 / 3, True), ("３.３", 3.3333333, True), ("1.2 e3", 1249.0, True),
             ("(-1)", -1.0, True), ("1.1×2", 2.2, True), ("3*0.33", 1.0, False)]  # fmt: skip
    for text, truth, right in cases:
        assert javascript("([text, truth]) => isRight(text, truth)", [text, truth]) is right, (text, truth)


@browser_test
def test_every_kind_of_wire_has_a_hint(living):
    here = living(blocks(), locale="en-US", play={"blocks": {"sigmoid": "collapsed"}})
    here.page.check("#quiz")
    said = {}
    for blank in here.page.locator(".over input").all():
        blank.focus()
        here.page.evaluate("document.getElementById('ask').click()")
        said[blank.get_attribute("data-wire")] = here.text("#hint")
        assert blank.get_attribute("aria-label").startswith("derivative: ")
    assert all(said.values())
    assert next(text for wire, text in said.items() if re.fullmatch(r"wire-\d+", wire)).startswith(
        "Branches: add up the derivatives that come back over all 2"
    )
    assert any(text.startswith("sigmoid: multiply the local derivatives") for text in said.values())
    assert any(text.startswith("Where the backward pass starts") and "1.3" in text for text in said.values())


@browser_test
def test_a_drawing_with_a_quiz_opens_as_one(living):
    here = living(apple(), play={"quiz": True})
    assert here.page.locator("#quiz").is_checked()
    assert here.page.locator(".over input").count() == 5


# For everybody


@browser_test
@pytest.mark.parametrize("make", [apple, blocks, hostile_names, softmax_from_parts])
@pytest.mark.parametrize("look", [{}, {"color_scheme": "dark"}, {"width": 375, "locale": "en-US"}])
def test_axe_finds_nothing(living, make, look):
    here = living(make(), **look)
    here.page.evaluate(AXE.read_text(encoding="utf-8"))
    for prepare in (
        "",
        "document.getElementById('all').open = true; document.getElementById('back').click()",
        "document.querySelector('#sheet .wire').dispatchEvent(new MouseEvent('click', {bubbles: true}))",
        "document.getElementById('quiz').click()",
        "document.querySelector('.over input').value = 'x'; document.getElementById('reveal').click()",
    ):
        here.page.evaluate(prepare)
        here.page.wait_for_timeout(250)  # colours fade
        found = here.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found] == [], prepare


@browser_test
def test_tab_goes_through_the_controls_in_the_order_they_are_seen(living):
    here = living(apple())
    names = []
    for _ in range(29):
        here.page.keyboard.press("Tab")
        names.append(
            here.page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.language || document.activeElement.tagName"
            )
        )
    assert names[:27] == [
        "ko", "en", "stage", "wire-2-0", "dial-0", "fit", "smaller", "larger", "first", "back", "play", "step",
        "predict", "open-wiggle", "open-lens", "open-learn", "open-counting", "direction-both", "labels-numbers",
        "quiz", "number-0", "slider-0", "number-1", "slider-1", "number-3", "slider-3", "SUMMARY",
    ]  # fmt: skip


@browser_test
def test_what_a_screen_reader_hears(living):
    here = living(apple())
    assert here.page.locator("#sentence").get_attribute("aria-live") == "polite"
    assert here.page.locator("#caption").get_attribute("aria-live") == "polite"
    here.page.click("#back")
    assert here.page.locator("#step").get_attribute("aria-valuetext") == "역전파 · 곱셈(×)"
    for role, name in [("region", "계산 그래프"), ("slider", "단계"), ("group", "방향"), ("switch", "문제 풀기"),
                       ("slider", "사과 슬라이더"), ("textbox", "사과"), ("button", "한 단계 뒤로"),
                       ("button", "사과 → ×, 값 100, 미분 2.2")]:  # fmt: skip
        assert here.page.get_by_role(role, name=name, exact=True).count() == 1, (role, name)


@browser_test
def test_a_phone_shows_everything_without_scrolling_sideways(living):
    for make in (apple, softmax_from_parts, hostile_names, blocks):
        here = living(make(), width=375, height=780, has_touch=True, is_mobile=True)
        here.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        assert here.page.evaluate("document.documentElement.scrollWidth") <= 375
        assert here.page.evaluate(LOW) == []
        here.page.click("#back")  # at first the whole picture is seen; a step enlarges what it is about
        assert here.page.evaluate(LETTERS) >= 9.5


@browser_test
def test_on_paper_there_is_the_figure_alone(living):
    here = living(apple(), color_scheme="dark")
    here.page.emulate_media(media="print")
    circle = "getComputedStyle(document.querySelector('#sheet .operator path')).fill"
    assert here.page.evaluate(circle) == "rgb(255, 255, 255)"  # at once: paper can't wait for a colour to fade
    for selector in ("#stepping", ".views", "#variables", "#all", ".zoom", "header .choice", "#caption"):
        assert here.page.locator(selector).first.is_hidden(), selector
    assert here.page.locator("#sheet svg").is_visible()
    assert here.page.locator("h1").is_visible()
    assert here.page.evaluate("document.querySelector('#sheet svg').getBoundingClientRect().right") <= 1200
    assert here.page.pdf().startswith(b"%PDF")


@browser_test
def test_readers_who_want_no_motion_see_none(living):
    here = living(apple(), reduced_motion="reduce")
    assert here.page.evaluate("getComputedStyle(document.querySelector('.operator path')).transitionDuration") == "0s"
    here = living(apple())
    assert here.page.evaluate("getComputedStyle(document.querySelector('.operator path')).transitionDuration") == "0.2s"


@browser_test
def test_hostile_names_do_nothing_in_the_page(living):
    here = living(hostile_names())
    here.page.check("#quiz")
    here.page.click("#ask")
    here.page.uncheck("#quiz")
    here.page.evaluate("document.getElementById('all').open = true")
    here.page.locator("#sheet .wire").first.dispatch_event("click")
    for _ in range(4):
        here.page.click("#back")
    count = here.page.evaluate(
        "document.querySelectorAll('script').length + document.querySelectorAll('main b, main a, main img').length"
    )
    assert count == 2
    ids = here.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", id) for id in ids)


@browser_test
def test_a_slider_move_in_a_graph_of_two_hundred_operators_takes_less_than_50_ms(living):
    y = many_operators()
    assert sum(node.op is not None for node in topological([y])) == 200
    here = living(y, play={"time_limit": 60})
    # other work on the machine only ever makes it slower, so the best of three rounds counts
    times = min((here.page.evaluate(MOVES) for _ in range(3)), key=lambda times: sorted(times)[15])
    print(f"slider move: median {sorted(times)[15]:.1f} ms, worst {max(times):.1f} ms")
    assert sorted(times)[15] < 50


@browser_test
def test_a_notebooks_frame_runs_the_page_and_nothing_else(browser):
    page = browser.new_page()
    problems = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.set_content(
        f"<!doctype html><title>notebook</title>{hostile_names().play()._repr_html_()}{apple().play()._repr_html_()}"
    )
    frame = page.frames[2]
    frame.locator("#place").wait_for()
    frame.get_by_role("button", name="English").click()
    frame.get_by_label("사과", exact=True).fill("50")
    assert frame.locator("[id=wire-4-out-value]").text_content() == "110"
    assert frame.evaluate("try { parent.document.title } catch (error) { error.name }") == "SecurityError"
    assert problems == []
    page.close()
