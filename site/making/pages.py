"""The documentation's sources: README, docs/*.md and the notebooks as they are, in a folder for each language.

Only links change: a page is somewhere else in the site than in the repository, and the other language is another build.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Literal
from urllib.parse import quote, unquote

from .notebooks import as_markdown
from .places import ROOT

__all__ = ["LANGUAGES", "Language", "write_pages"]

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, Language] = ("ko", "en")

LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(([^()\s]+)\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)


def pages(language: Language) -> dict[str, str]:
    """Which page of a language is made from which file of the repository.

    >>> pages("en")["README.en.md"], pages("ko")["docs/tour.md"]
    ('index', 'tour')
    """
    ending = ".md" if language == "ko" else ".en.md"
    files = [path for path in sorted((ROOT / "docs").glob("*.md")) if (".en" in path.suffixes) == (language == "en")]
    made = {
        f"README{ending}": "index",
        f"CONTRIBUTING{ending}": "contributing",
        f"benchmarks/README{ending}": "benchmarks",
    }
    made |= {f"docs/{path.name}": path.name.removesuffix(ending) for path in files}
    made |= {"CHANGELOG.md": "changelog", "SECURITY.md": "security"}
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    return made | {f"notebooks/{path.name}": f"notebooks/{path.stem}" for path in notebooks}


def write_pages(language: Language, folder: Path, extra: Path) -> None:
    """Write a language's pages, with their pictures, into a folder, and what else they link to beside the site."""
    for file, page in pages(language).items():
        target = folder / f"{page}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        source = ROOT / file
        text = as_markdown(source, target.parent) if file.endswith(".ipynb") else source.read_text("utf-8")
        parts = FENCE.split(text)
        parts[::2] = [_with_links(part, file, page, language, folder, extra) for part in parts[::2]]
        target.write_text("".join(parts), "utf-8")


def _with_links(text: str, file: str, page: str, language: Language, folder: Path, extra: Path) -> str:
    """A text of a file whose links lead to where things are in the site."""
    depth = "../" * page.count("/")

    def image(match: re.Match[str]) -> str:
        source = ROOT / normpath(f"{PurePosixPath(file).parent}/{unquote(match[1])}")
        if "://" in match[1] or not source.is_relative_to(ROOT / "docs"):
            return match[0]
        name = source.relative_to(ROOT / "docs").as_posix()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / name)
        return match[0].replace(match[1], depth + name)

    def link(match: re.Match[str]) -> str:
        label, (address, _, place) = match[1], match[2].partition("#")
        if not address or "://" in address or address.startswith("mailto:"):
            return match[0]
        path = normpath(f"{PurePosixPath(file).parent}/{unquote(address)}")
        anchor = f"#{place}" if place else ""
        if path in pages(language):
            return f"[{label}](<{relpath(pages(language)[path], PurePosixPath(page).parent)}.md{anchor}>)"
        for other in LANGUAGES:
            if path in pages(other):
                return f'<a href="{depth}../{other}/{quote(pages(other)[path])}.html{anchor}">{label}</a>'
        (extra / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, extra / "files" / path)
        return f'<a href="{depth}files/{quote(path)}">{label}</a>'

    return LINK.sub(link, IMAGE.sub(image, text))


def listed(language: Language) -> Iterator[str]:
    """The documentation's pages in the order in which the README lists them, and then what it does not list."""
    readme = (ROOT / ("README.md" if language == "ko" else "README.en.md")).read_text("utf-8")
    made = pages(language)
    linked = [made[path] for _, path in LINK.findall(readme) if path in made]
    yield from dict.fromkeys([*linked, *made.values()])
