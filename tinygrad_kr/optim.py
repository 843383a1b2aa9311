"""Ways to change parameters by their gradients, and learning rates that change: ``SGD``, ``AdamW``, ``StepLR`` …"""

from typing import NoReturn

from .engine.elsewhere import missing
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
    raise missing(__name__, name, {other: f"it is called {ours} here" for other, ours in _SPELLINGS.items()})


__all__ = [
    "SGD", "AdaGrad", "Adam", "AdamW", "CosineAnnealingLR", "ExponentialLR", "LinearLR", "Momentum", "Nesterov",
    "Optimizer", "RMSProp", "Schedule", "StepLR",
]  # fmt: skip
