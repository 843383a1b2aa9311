"""Ways to change parameters by their gradients, and learning rates that change: ``SGD``, ``AdamW``, ``StepLR`` …"""

from typing import NoReturn

from .learning.optimizers import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from .learning.schedules import CosineAnnealingLR, ExponentialLR, LinearLR, Schedule, StepLR

_SPELLINGS = {"RMSprop": "RMSProp", "Adagrad": "AdaGrad", "NAG": "Nesterov"}


def __getattr__(name: str) -> NoReturn:
    said = f"; it is called {_SPELLINGS[name]} here" if name in _SPELLINGS else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{said}")


__all__ = [
    "SGD", "AdaGrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "LinearLR", "Momentum", "Nesterov",
    "Optimizer", "RMSProp", "Schedule", "StepLR",
]  # fmt: skip
