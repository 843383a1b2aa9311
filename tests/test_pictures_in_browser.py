"""Pictures measured in a real browser: nothing overlaps, nothing leaves the canvas."""

from __future__ import annotations

import base64
from pathlib import Path

import matplotlib
import pytest
from drawn import DRAWN, assert_tight

from tinygrad_kr.shell.demo import figures

pytestmark = pytest.mark.browser

PICTURES = DRAWN | {name: figure.draw for name, figure in figures().items()}

SHAPES = "text:not(.number-of-blank), .operator path, .block path, .cloud path, .junction rect, .blank"
MEASURE = """(selector) => {
  const svg = document.querySelector("svg"), origin = svg.getScreenCTM();
  const box = element => {  // in the outermost picture's measure, also in a panel
    const b = element.getBBox(), m = element.getScreenCTM(), x = b.x + m.e - origin.e, y = b.y + m.f - origin.f;
    return [x, y, x + b.width, y + b.height];
  };
  const shapes = [...svg.querySelectorAll(selector)].map(element => ({
    text: element.textContent, box: box(element),
    owner: (element.closest("g")?.id || element.id).replace(/-text$/, "")}));
  const arrows = [...svg.querySelectorAll(".wire path")].map(box);
  return {shapes, arrows, canvas: [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height]};
}"""


def overlap(a: list[float], b: list[float]) -> bool:
    """Whether two boxes share more than a hair of area."""
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5


@pytest.mark.parametrize("name", PICTURES)
def test_no_label_meets_a_label_or_a_circle_and_nothing_leaves_the_canvas(page, name):
    svg = PICTURES[name]().svg()
    page.goto("about:blank")
    page.set_content(f"<!doctype html><meta charset=utf-8>{svg}")
    found = page.evaluate(MEASURE, SHAPES)
    width, height = found["canvas"]
    for x0, y0, x1, y1 in [shape["box"] for shape in found["shapes"]] + found["arrows"]:
        assert x0 >= 0
        assert y0 >= 0
        assert x1 <= width
        assert y1 <= height
    shapes = sorted(found["shapes"], key=lambda shape: shape["box"][0])
    for place, first in enumerate(shapes):
        for second in shapes[place + 1 :]:
            if second["box"][0] >= first["box"][2]:
                break
            if first["owner"] == second["owner"]:
                if not first["owner"].removeprefix("panel-0-").removeprefix("panel-1-").startswith(("op-", "block-")):
                    continue  # the pieces of one label
                # A symbol stands in its own circle.
                a, b = sorted((first["box"], second["box"]), key=lambda box: box[2] - box[0])
                assert a[0] >= b[0]
                assert a[2] <= b[2]
            else:
                assert not overlap(first["box"], second["box"]), (first, second)
    assert page.problems == []


def test_hostile_names_run_nothing_when_the_picture_is_opened_as_a_page(page, tmp_path):
    path = DRAWN["hostile-names"]().save(tmp_path / "hostile.svg")
    page.goto(path.as_uri())
    assert page.evaluate("document.querySelectorAll('script, a, foreignObject, image, use').length") == 0
    assert page.problems == []


FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SYSTEM = Path("/usr/share/fonts/truetype")
FACES = {
    "DejaVu Serif": [FONTS / f"DejaVuSerif{style}.ttf" for style in ("", "-Italic", "-Bold")],
    "STIX": [FONTS / f"STIXGeneral{style}.ttf" for style in ("", "Italic", "Bol")],  # as wide as Times
    "Liberation Serif": [SYSTEM / "liberation" / f"LiberationSerif-{s}.ttf" for s in ("Regular", "Italic", "Bold")],
    "Noto Serif": [SYSTEM / "noto" / f"NotoSerif-{style}.ttf" for style in ("Regular", "Italic", "Bold")],
}
"""Serif faces: two that Matplotlib brings along, and two that a system may have."""

FORMULAS = """() => [...document.querySelectorAll("g[aria-label]:has(text)")].map(label => ({
  owner: label.id,
  parts: [...label.querySelectorAll("text, .rule")].map(part => {
    const box = part.getBBox();
    if (part.tagName === "path") return [box.x, 0, box.x + box.width, 0, ""];
    const sizes = [...part.children].map(piece => Number(piece.getAttribute("font-size")));
    const y = Number(part.getAttribute("y"));
    return [box.x, y - 0.7 * Math.max(...sizes), box.x + box.width, y + 1, part.textContent];
  })}))"""


LOADED = """async () => (await Promise.all(
  ["", "italic ", "bold "].map(look => document.fonts.load(`${look}16px Face`)))).map(faces => faces.length)"""


def in_face(svg: str, face: str) -> str:
    """The picture with its formulas in one face."""
    rules = ""
    for file, look in zip(FACES[face], ("", "font-style: italic", "font-weight: bold")):
        data = base64.b64encode(file.read_bytes()).decode()
        rules += f"@font-face {{ font-family: Face; src: url(data:font/ttf;base64,{data}); {look} }}"
    return svg.replace("<style>", f"<style>{rules}").replace('"STIX Two Text"', 'Face, "STIX Two Text"')


@pytest.mark.parametrize("face", [face for face, files in FACES.items() if files[0].exists()])
def test_in_a_formula_nothing_overlaps_and_there_are_no_gaps(page, face):
    page.goto("about:blank")  # another test may have left an SVG
    page.set_content("<!doctype html><meta charset=utf-8>")
    for name, picture in PICTURES.items():
        svg = picture().svg()
        if 'class="rule"' not in svg:
            continue
        page.set_content(f"<!doctype html><meta charset=utf-8>{in_face(svg, face)}")
        assert page.evaluate(LOADED) == [1, 1, 1]
        for formula in page.evaluate(FORMULAS):
            assert_tight(formula["parts"], f"{name} {formula['owner']}")
