"""Make the site: ``python site/make.py`` writes it to build/site, a folder that any server can serve.

``python site/make.py playground`` makes only that part, and leaves the rest as it is.
"""

from __future__ import annotations

import shutil
import sys

from making.documentation import make_documentation
from making.examples import make_start
from making.packages import make_packages
from making.places import HERE, ROOT, TARGET
from making.scripts import make_offline, make_scripts


def home() -> None:
    """The first page."""
    shutil.copytree(HERE / "home", TARGET, dirs_exist_ok=True)
    shutil.copy(ROOT / "docs" / "figures" / "fig-5-14-16-apple.svg", TARGET / "apple.svg")


def playground() -> None:
    """The playground: a folder that needs nothing beside it."""
    folder = TARGET / "playground"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make_scripts(folder)
    make_packages(folder / "packages.zip")
    make_start(folder / "start.json")
    make_offline(folder)


PARTS = {"home": home, "documentation": make_documentation, "playground": playground}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
    print(TARGET)
