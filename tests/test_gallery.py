"""The documents' figures: each is rebuilt, well-formed, and equal in structure to the stored one."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tinygrad_kr.shell.demo import figures

STORED = Path(__file__).parent.parent / "docs" / "figures"
FIGURES = figures()

# Every figure of the notes that is a computation graph, by its number.
NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 27, 28, 29, 30]


def structure(svg: str) -> list[tuple[str, str, str, str]]:
    """What a picture consists of, whatever its measures: (tag, id, class, text) of every element, in order."""
    found = []
    for element in ElementTree.fromstring(svg).iter():
        tag = element.tag.rpartition("}")[2]
        text = "" if tag == "style" else (element.text or "").strip()
        found.append((tag, element.get("id", ""), element.get("class", ""), text))
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_every_figure_of_the_notes_is_there(number):
    names = [name for name in FIGURES if name.startswith("fig-5-")]
    numbers = {int(part) for name in names for part in name.split("-")[2:4] if part.isdigit()}
    assert number in numbers


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_the_structure_of_the_stored_one(name):
    stored = (STORED / name).read_text(encoding="utf-8")
    assert structure(FIGURES[name].draw().svg()) == structure(stored)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_titles_in_both_languages(name):
    figure = FIGURES[name]
    assert figure.ko
    assert figure.en
    assert (figure.ko == figure.en) == (name == "root.svg")


def test_the_structure_sees_a_changed_number():
    name = "fig-5-17-fruit.svg"
    svg = FIGURES[name].draw().svg()
    assert structure(svg) != structure(svg.replace(">165<", ">166<"))
