"""The Python that the playground loads: this package as its pure wheel, graphviz, and the playground's own modules."""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from .places import HERE, ROOT, run

__all__ = ["make_packages"]

SOURCES = ("tinygrad_kr", "pyproject.toml", "setup.py", "README.md", "LICENSE")
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the archive, so that the same files make the same archive."""


def make_packages(archive: Path) -> None:
    """Write the archive that Pyodide unpacks."""
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch, "source"), Path(scratch, "target")
        source.mkdir()
        for name in SOURCES:  # a copy, since setuptools would take along what earlier builds left beside them
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, source / name)
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
        run(*pip, "--no-compile", "--target", target, source, "graphviz", TINYGRAD_KR_BUILD="python")
        for name in ("playground.py", "browser.py"):
            shutil.copy(HERE / "playground" / name, target)
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
            for file in sorted(path for path in target.rglob("*") if path.is_file()):
                name = file.relative_to(target)
                if name.parts[0] != "bin" and not name.parts[0].endswith(".dist-info"):
                    packed.writestr(
                        zipfile.ZipInfo(name.as_posix(), MOMENT), file.read_bytes(), zipfile.ZIP_DEFLATED, 9
                    )
