"""``python -m tinygrad_kr`` is ``tinygrad-kr``."""

import sys

from .shell.cli import main

if __name__ == "__main__":
    sys.exit(main())
