"""Networks that learn: networks, training, data, scores, plots, parameters in files."""

from types import ModuleType

_FILES = (
    "archive", "batches", "data", "history", "initializers", "layers", "lessons", "losses", "movable", "network",
    "neurons", "optimizer", "optimizers", "parameters", "plotting", "scores", "settings", "training",
)  # fmt: skip
"""The files that ``tinygrad_kr.learning.data`` loads when it is asked for."""


def __getattr__(name: str) -> ModuleType:
    from importlib import import_module

    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    return sorted([*globals(), *_FILES])
