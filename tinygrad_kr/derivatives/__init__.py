"""Derivatives of functions, of any order: ``grad``, ``jacobian``, ``taylor`` …, ``checkpoint`` and ``implicit``."""

from .composite import checkpoint, implicit
from .matrices import hessian, hvp, jacobian, sparsity
from .orders import derivative, taylor
from .transforms import grad, gradients, jvp, value_and_grad, vjp

__all__ = [
    "checkpoint", "derivative", "grad", "gradients", "hessian", "hvp", "implicit", "jacobian", "jvp", "sparsity",
    "taylor", "value_and_grad", "vjp",
]  # fmt: skip
