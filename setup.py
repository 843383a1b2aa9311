"""Builds the compiled core where there is a compiler; elsewhere the package is pure Python, as its wheel's tag says.

``TINYGRAD_KR_BUILD=native`` fails where the core can't be built, ``=python`` leaves it out. The rest is in
pyproject.toml.
"""

import os
import platform
import struct
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SOURCE = Path("tinygrad_kr", "engine", "core")
FLAGS = {"msvc": ["/O2", "/fp:precise"], "": ["-O3", "-g0", "-fno-builtin", "-ffp-contract=off"]}
"""By the compiler's kind: IEEE 754 as written, no fused multiply-add, the C library's functions as Python has them."""


class Build(build_ext):
    """The flags of the compiler that is found."""

    def build_extensions(self) -> None:
        """Build with them."""
        for extension in self.extensions:
            extension.extra_compile_args += FLAGS.get(self.compiler.compiler_type, FLAGS[""])
        super().build_extensions()


def without_core() -> str:
    """Why the core is not built here; nothing if it is."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "the compiled core is for CPython with its global lock"
    if struct.calcsize("P") == 4 and platform.machine().lower() in ("i386", "i686", "x86", "amd64", "x86_64"):
        return "32-bit x86 rounds twice, and results would differ"
    return "" if can_compile() else "there is no C compiler, or no Python.h"


def can_compile() -> bool:
    """Whether an extension module can be compiled and linked."""
    from setuptools._distutils import ccompiler
    from setuptools._distutils import sysconfig as distutils

    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "probe.c")
        program.write_text('#include <Python.h>\nPyObject *PyInit_probe(void) { return PyModule_New("probe"); }\n')
        try:
            compiler = ccompiler.new_compiler()
            distutils.customize_compiler(compiler)
            objects = compiler.compile([str(program)], output_dir=folder, include_dirs=[sysconfig.get_path("include")])
            libraries = [str(Path(sys.base_prefix, "libs"))] if os.name == "nt" else []
            compiler.link_shared_object(objects, str(Path(folder, "probe.so")), library_dirs=libraries)
        except Exception:  # whatever a missing compiler raises
            return False
    return True


def core() -> list[Extension]:
    """The extension module, if it is to be built."""
    wish = os.environ.get("TINYGRAD_KR_BUILD") or "auto"
    if wish not in ("auto", "native", "python"):
        raise SystemExit(f"TINYGRAD_KR_BUILD={wish!r} is no way to build; expected auto, native or python")
    reason = "TINYGRAD_KR_BUILD=python" if wish == "python" else "" if wish == "native" else without_core()
    if reason:
        print(f"tinygrad_kr is built without its compiled core: {reason}", file=sys.stderr)
        return []
    headers = [str(path) for path in (*sorted(SOURCE.glob("*.h")), SOURCE.parent / "runtime.h")]
    return [Extension("tinygrad_kr.engine._core", sources=[str(SOURCE / "core.c")], depends=headers)]


setup(ext_modules=core(), cmdclass={"build_ext": Build})
