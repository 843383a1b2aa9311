"""Screenshots of the living page in docs/measured: what a reader sees who wiggles, looks closely, and predicts.

    nox -s shots        needs Chromium

They are made when the page changes its look, and kept: a browser of another version draws a few dots otherwise.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

import tinygrad_kr as tg
from tinygrad_kr import Value

FOLDER = Path(__file__).resolve().parent / "measured"
COLOURS = 48  # a page has few, and files stay small


class Shot(NamedTuple):
    """What is to be seen.

    Attributes:
        graph: makes the value whose page it is.
        act: what a reader does, once all steps are done.
        height: of the window.
    """

    graph: Callable[[bool], Value]
    act: Callable[[Any], None]
    height: int


def apples(korean: bool) -> Value:
    """The shopping of the textbook."""
    apple, count = Value(100, "사과" if korean else "apple"), Value(2, "개수" if korean else "count")
    price = apple * count * Value(1.1, "소비세" if korean else "tax")
    price.name = "지불" if korean else "price"
    return price


def neuron(korean: bool) -> Value:
    """A neuron with a tanh."""
    w, x, b = Value(1.5, "w"), Value(0.5, "x"), Value(-0.25, "b")
    y = tg.tanh(w * x + b)
    y.name = "y"
    return y


def wiggle(page: Any) -> None:
    """The first leaf moves by Δ."""
    page.locator("#open-wiggle").click()
    page.locator("#tool-wiggle .chip").first.click()


def look_closely(page: Any) -> None:
    """The lens over tanh."""
    page.locator("#open-lens").click()
    page.locator("#tool-lens select").select_option(index=2)


def predict(page: Any) -> None:
    """The second question of the way back; the first is answered."""
    page.locator("#first").click()
    page.check("#predict")
    while not page.locator("#sheet input").count():
        page.locator("#forth").click()
    page.locator("#sheet input").fill("1")
    page.locator("#sheet input").press("Enter")
    page.locator("#forth").click()


SHOTS = {
    "wiggle": Shot(apples, wiggle, 870),
    "lens": Shot(neuron, look_closely, 980),
    "predict": Shot(apples, predict, 590),
}


def main() -> None:
    """Take them all, in both languages."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, shot in SHOTS.items():
            for locale, ending in (("ko-KR", ""), ("en-US", ".en")):
                page = browser.new_page(
                    locale=locale, viewport={"width": 860, "height": shot.height}, reduced_motion="reduce"
                )
                file = shot.graph(not ending).play().save(Path(folder, f"{name}{ending}.html"))
                page.goto(file.as_uri())
                page.locator("#last").click()
                shot.act(page)
                page.evaluate("scrollTo(0, 0)")
                page.wait_for_timeout(500)
                taken = Path(folder, "shot.png")
                page.screenshot(path=taken)
                kept = FOLDER / f"page-{name}{ending}.png"
                Image.open(taken).convert("RGB").quantize(COLOURS).save(kept, optimize=True)
                print(f"{kept.relative_to(FOLDER.parent.parent)}  {kept.stat().st_size // 1024} kB")
        browser.close()


if __name__ == "__main__":
    main()
