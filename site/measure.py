"""What the playground weighs and how long it takes, for docs/site.md: ``python site/measure.py``.

It needs the site (nox -s site), Chromium, playwright, psutil and node.
"""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import psutil
from making.places import TARGET
from playwright.sync_api import Page, sync_playwright

BROTLI = """
const { brotliCompressSync } = require("node:zlib");
const { readFileSync } = require("node:fs");
const sizes = process.argv.slice(1).map((file) => brotliCompressSync(readFileSync(file)).length);
console.log(JSON.stringify(sizes));
"""
FILES = ("pyodide/pyodide.asm.wasm", "pyodide/python_stdlib.zip", "pyodide/pyodide.asm.js", "layout.js", "packages.zip")
ROUNDS = 5


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def sizes() -> None:
    """Print what each file weighs, as it is and compressed by Brotli as most servers do."""
    folder = TARGET / "playground"
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".txt"]
    done = subprocess.run(["node", "-e", BROTLI, *map(str, files)], capture_output=True, text=True, check=True)
    weights = {file: (file.stat().st_size, small) for file, small in zip(files, json.loads(done.stdout))}
    named = {folder / name for name in FILES}
    rows = [(file.name, *weights[file]) for file in files if file in named]
    rest = [weights[file] for file in files if file not in named]
    for name, size, small in [*rows, ("rest", *map(sum, zip(*rest))), ("all", *map(sum, zip(*weights.values())))]:
        print(f"{name:20} {size / 1e6:6.2f} MB {small / 1e6:6.2f} MB")


def settle(page: Page) -> None:
    """Wait until Python has nothing to do."""
    page.locator("#state:is([data-state=ready], [data-state=broken])").wait_for(timeout=300_000)


def spent() -> float:
    """Seconds of processor time that the browser's processes have taken."""
    times = [process.cpu_times() for process in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


def start(page: Page, address: str) -> tuple[float, float, float]:
    """Seconds until the apple is there, until Python is, and what processors have worked for it."""
    began, before = time.perf_counter(), spent()
    page.goto(f"{address}/playground/")
    page.frame_locator("#living").frame_locator("iframe").locator("#sheet svg").wait_for()
    apple = time.perf_counter() - began
    settle(page)
    return apple, time.perf_counter() - began, spent() - before


def pictures(page: Page) -> list[float]:
    """Seconds of each example, from the click to the living page."""
    taken = []
    for place in range(page.locator("#examples option").count() - 1):
        began = time.perf_counter()
        page.select_option("#examples", str(place))
        settle(page)
        taken.append(time.perf_counter() - began)
    return taken


def times() -> None:
    """Print how long the first visit, later ones and pictures take."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=TARGET))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        visits = []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as profile:
                for _ in range(2):  # a browser that is closed in between, and keeps what it has compiled
                    options = {"executable_path": program, "args": ["--no-sandbox"]}
                    browser = playwright.chromium.launch_persistent_context(profile, **options)
                    page = browser.new_page()
                    visits.append(start(page, address))
                    page.evaluate("() => navigator.serviceWorker.ready.then(() => 0)")
                    time.sleep(2)
                    browser.close()
        for what, rounds in (("first visit", visits[::2]), ("again", visits[1::2])):
            apple, python, work = (median(each) for each in zip(*rounds))
            print(f"{what}: apple {apple:.1f} s, Python {python:.1f} s; {work:.1f} s of processor time")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        start(page, address)
        taken = pictures(page)
        print(f"examples: {1000 * min(taken):.0f} to {1000 * max(taken):.0f} ms, median {1000 * median(taken):.0f} ms")
        browser.close()


if __name__ == "__main__":
    assert Path(TARGET, "playground").exists(), "make the site first: nox -s site"
    sizes()
    times()
