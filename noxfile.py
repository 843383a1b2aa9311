"""The verbs of this project: ``nox -l`` names them, ``nox -s lint`` does one.

They use the environment that nox itself is in (``pip install -e '.[dev]'``), so that nothing is installed twice.
PyTorch, the lowest versions, and the package as others get it have environments of their own.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "docs", "tests"]

ROOT = Path(__file__).resolve().parent
ROOMS = nox.project.load_toml(ROOT / "pyproject.toml")["tool"]["tinygrad_kr"]["tests"]
TORCH = "torch==2.13.0"
KNOWN_TYPES = 0.9
LEANING = (
    "data", "exports", "network", "numpy", "parameters", "plotting", "repl", "scipy", "sparse",
    "strategies", "sympy", "systems", "tape", "training", "uncertainty",
)  # fmt: skip
"""The test files whose outcome hangs on the version of another package."""

# The programs beside this Python are found first, as in an activated environment.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, or those of a room: nox -s tests -- engine. Other words are pytest's: -- drawing -k arrow."""
    words: list[str] = []
    for word in session.posargs:
        words += [f"tests/test_{name}.py" for name in ROOMS[word]] if word in ROOMS else [word]
    session.run("pytest", "-n", "auto", *words)


@nox.session
def lint(session: nox.Session) -> None:
    """Style of Python and JavaScript, the layers of the rooms, the workflows and CITATION.cff."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    schema = ("check-jsonschema", "--builtin-schema")
    session.run(*schema, "vendor.github-workflows", *map(str, Path(".github/workflows").glob("*.yml")))
    session.run(*schema, "vendor.citation-file-format", "CITATION.cff")
    npm_install(session)
    session.run("npm", "run", "--silent", "lint", external=True)


@nox.session
def types(session: nox.Session) -> None:
    """mypy --strict, and whether the written stubs are true."""
    session.run("mypy", "--strict", "tinygrad_kr", "tests/typed.py")
    stubs = ("tinygrad_kr.engine.functions", "tinygrad_kr.engine.methods")
    session.run("python", "-m", "mypy.stubtest", "--mypy-config-file", "pyproject.toml", *stubs)


@nox.session
def docs(session: nox.Session) -> None:
    """Whether the made pages and figures are fresh. They are made by: python docs/make.py."""
    session.run("python", "docs/make.py", "--check")


@nox.session
def browser(session: nox.Session) -> None:
    """The tests in Chromium."""
    npm_install(session)
    session.run("pytest", "-n", "auto", "-m", "browser", *session.posargs)


@nox.session
def shots(session: nox.Session) -> None:
    """Screenshots of the living page, for the docs; it needs Chromium."""
    session.run("python", "docs/shots.py")


@nox.session(venv_backend="venv", reuse_venv=True)
def site(session: nox.Session) -> None:
    """Make the site: build/site, which any server can serve. It needs npm; nox -s drive looks at it in Chromium."""
    session.install("-e", ".[site]", env={"TINYGRAD_KR_BUILD": "python"})
    session.run("python", "site/make.py", *session.posargs)


@nox.session
def drive(session: nox.Session) -> None:
    """The tests of the site in Chromium."""
    npm_install(session)
    session.run("pytest", "-m", "site", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True)
def torch(session: nox.Session) -> None:
    """The tests beside PyTorch, JAX and Dask, in an environment of its own."""
    session.install(TORCH, "jax", "distributed", "-e", ".[test]")
    session.run("pytest", "-m", "torch", *session.posargs)


@nox.session(venv_backend="uv", python="3.11", reuse_venv=True)
def lowest(session: nox.Session) -> None:
    """The tests that lean on other packages, with the lowest versions that pyproject.toml allows."""
    wheels = ("--only-binary", ":all:", "--no-binary", "tinygrad-kr")
    session.install("--resolution", "lowest-direct", *wheels, "-e", ".[test]")
    session.run("pytest", "-n", "auto", *(session.posargs or [f"tests/test_{name}.py" for name in LEANING]))


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks, shortly; whole: nox -s bench -- --rounds 11."""
    for script in ("eager", "nested", "differentiation", "training", "replay", "sparse"):
        session.run("python", f"benchmarks/{script}.py", *(session.posargs or ["--quick"]))


@nox.session
def full(session: nox.Session) -> None:
    """What takes too long for every change: random runs, mutants and soaks of hours."""
    session.run("pytest", "-n", "auto", "-m", "fuzz", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True)
def package(session: nox.Session) -> None:
    """Build what PyPI gets, look through it, and run the tests of the unpacked sdist: as conda-forge or Debian do."""
    session.install("build", "check-manifest", "pyright", "pyroma", "twine")
    session.run("check-manifest")
    session.run("pyroma", "--min=10", "--skip-tests=CheckManifest,AuthorEmail,Url", ".")  # it has no address yet
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        session.run("python", "-m", "build", "--quiet", "--outdir", folder, ".")
        session.run("twine", "check", "--strict", *map(str, Path(folder).iterdir()))
        session.install("--force-reinstall", "--no-deps", *map(str, Path(folder).glob("*.whl")))
        with session.chdir(folder):
            words = ("pyright", "--verifytypes", "tinygrad_kr", "--ignoreexternal", "--outputjson")
            report = json.loads(session.run(*words, silent=True, success_codes=[0, 1]))
        score = report["typeCompleteness"]["completenessScore"]
        session.log(f"pyright knows {score:.1%} of the types")
        if score < KNOWN_TYPES:
            session.error(f"of the types {score:.1%} are known; expected {KNOWN_TYPES:.0%}")
        (sdist,) = Path(folder).glob("*.tar.gz")
        with tarfile.open(sdist) as archive:
            archive.extractall(folder, filter="data")
        with session.chdir(sdist.with_name(sdist.name.removesuffix(".tar.gz"))):
            session.install("-e", ".[test]")
            session.run("pytest", "-n", "auto", *session.posargs)


@nox.session(venv_backend="venv", reuse_venv=True)
def sanitize(session: nox.Session) -> None:
    """The compiled core under AddressSanitizer and UndefinedBehaviorSanitizer; the tests count its nodes."""
    flags = (
        "-O1 -g -Wall -Wextra -Werror -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"
    )
    session.install("-e", ".[test]", env={"CFLAGS": flags, "TINYGRAD_KR_BUILD": "native"})
    libraries = [
        session.run("cc", f"-print-file-name={name}", silent=True, external=True).strip()
        for name in ("libasan.so", "libubsan.so", "libstdc++.so.6")
    ]
    session.env.update(
        LD_PRELOAD=" ".join(libraries),
        ASAN_OPTIONS="detect_leaks=0",
        PYTHONMALLOC="malloc",
        TINYGRAD_KR_ENGINE="native",
    )
    names = session.posargs or [f"tests/test_{name}.py" for name in (*ROOMS["engine"], *ROOMS["derivatives"])]
    session.run("pytest", "-n", "auto", "-m", "not slow and not fuzz and not torch and not browser", *names)


@nox.session(venv_backend="venv", reuse_venv=True)
def cross(session: nox.Session) -> None:
    """Whether the compiled core is C that musl, macOS and Windows take, without a warning; it does not run there."""
    session.install("ziglang")  # one compiler, and the headers of their C libraries
    folder = Path(session.create_tmp())
    (folder / "sys").mkdir(exist_ok=True)
    (folder / "sys" / "select.h").touch()  # Python's headers are those of this system, and ask for it
    flags = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fno-builtin", "-ffp-contract=off")
    headers = ("-isystem", sysconfig.get_path("include"), "-idirafter", str(folder))
    source = ROOT / "tinygrad_kr" / "engine" / "core" / "core.c"
    for target in ("x86_64-linux-musl", "aarch64-linux-musl", "x86_64-macos", "aarch64-macos", "x86_64-windows-gnu"):
        compiler = ("python", "-m", "ziglang", "cc", "-target", target)
        session.run(*compiler, *flags, *headers, "-c", str(source), "-o", str(folder / f"{target}.o"))


def npm_install(session: nox.Session) -> None:
    """ESLint and axe-core, where they aren't yet."""
    if not (ROOT / "node_modules").exists():
        session.run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent", external=True)
