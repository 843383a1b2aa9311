"""The documentation in both languages, by Sphinx."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .pages import LANGUAGES, Language, listed, write_pages
from .places import HERE, TARGET, run
from .reference import write_reference

__all__ = ["make_documentation"]


CAPTIONS = {"ko": ("문서", "노트북", "찾아보기"), "en": ("Pages", "Notebooks", "Reference")}


MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="site">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="page">',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
}
"""What the theme leaves out for those who hear a page, or walk through it by keyboard."""


def make_documentation() -> None:
    """Write a folder of pages for each language."""
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as scratch:
            _make(language, Path(scratch, "source"), Path(scratch, "extra"))


def _trees(pages: list[str], language: Language) -> Iterator[str]:
    """The table of contents: the pages, the notebooks, and what is for those who change the package."""
    house = [
        "api/index",
        "operations",
        "conventions",
        "changelog",
        "stability",
        "engines",
        "benchmarks",
        "architecture",
    ]
    house += ["contributing", "security"]
    notebooks = [page for page in pages if page.startswith("notebooks/")]
    others = [page for page in pages if page not in ("index", *house, *notebooks)]
    for caption, part in zip(CAPTIONS[language], (others, notebooks, [page for page in house if page in pages])):
        yield "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *part, "```", ""])


def _make(language: Language, source: Path, extra: Path) -> None:
    target = TARGET / language
    shutil.rmtree(target, ignore_errors=True)
    source.mkdir()
    extra.mkdir()
    write_pages(language, source, extra)
    reference = write_reference(source)
    pages = [*listed(language), reference[0]]
    index = source / "index.md"
    index.write_text(index.read_text("utf-8") + "".join(_trees(pages, language)), "utf-8")
    sphinx = (sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "-b", "html")
    run(*sphinx, "-c", HERE / "docs", "-D", f"language={language}", "-d", extra.parent / "trees", source, target)
    shutil.copytree(extra, target, dirs_exist_ok=True)
    (target / ".buildinfo").unlink(missing_ok=True)
    for page in target.rglob("*.html"):
        text = page.read_text("utf-8")
        for theirs, ours in MENDED.items():
            text = text.replace(theirs, ours)
        page.write_text(text, "utf-8")
