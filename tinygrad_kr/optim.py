"""Ways to change parameters by their gradients: ``SGD``, ``Momentum``, ``Adam`` …"""

from typing import NoReturn

from .learning.optimizers import (
    SGD,
    AdaGrad,
    Adam,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)

_SPELLINGS = {"RMSprop": "RMSProp", "Adagrad": "AdaGrad", "NAG": "Nesterov"}


def __getattr__(name: str) -> NoReturn:
    said = f"; it is called {_SPELLINGS[name]} here" if name in _SPELLINGS else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{said}")


__all__ = ["SGD", "AdaGrad", "Adam", "Momentum", "Nesterov", "Optimizer", "RMSProp"]
