"""Where things are, and how a program is run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["HERE", "ROOT", "TARGET", "run"]

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent
TARGET = ROOT / "build" / "site"


def run(*command: str | Path, **environment: str) -> None:
    """Run a program in the site's folder; what it prints is seen.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    subprocess.run([str(word) for word in command], cwd=HERE, env={**os.environ, **environment}, check=True)
