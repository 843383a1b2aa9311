"""The playground's scripts, bundled, with Pyodide beside them and the list of it all for the service worker."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from .places import HERE, run

__all__ = ["make_offline", "make_scripts"]

PYODIDE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
PAGES = ("index.html", "living.html", "playground.css", "living.css")
ESBUILD = (
    "--bundle", "--format=esm", "--minify", "--target=es2022", "--charset=utf8", "--legal-comments=external",
    "--log-level=warning",
)  # fmt: skip


def make_scripts(folder: Path) -> None:
    """Bundle the scripts, and copy what they load."""
    modules = HERE / "node_modules"
    if not modules.exists():
        run("npm", "ci", "--no-audit", "--no-fund", "--silent")
    esbuild, source, out = modules / ".bin" / "esbuild", HERE / "playground", f"--outdir={folder}"
    run(esbuild, *(source / f"{name}.js" for name in ("playground", "layout", "living")), *ESBUILD, out)
    apart = ("--external:./pyodide/*", "--external:./layout.js")
    run(esbuild, source / "worker.js", *ESBUILD, *apart, out)
    for name in PAGES:
        shutil.copy(source / name, folder)
    (folder / "pyodide").mkdir()
    for name in PYODIDE:
        shutil.copy(modules / "pyodide" / name, folder / "pyodide")
    lock = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text("utf-8"))
    lock["packages"] = {}  # it has none but those that we bring
    (folder / "pyodide" / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def make_offline(folder: Path) -> None:
    """Write the service worker, with every file of the folder and a version that changes with any of them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".LEGAL.txt"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    names = json.dumps(["./", *(file.relative_to(folder).as_posix() for file in files)])
    script = (HERE / "playground" / "offline.js").read_text("utf-8")
    script = script.replace("VERSION", digest.hexdigest()[:16]).replace('["FILES"]', names)
    (folder / "offline.js").write_text(script, "utf-8")
