"""Derivatives of functions, of any order: ``grad``, ``jacobian``, ``taylor`` …, ``checkpoint`` and ``implicit``."""

from .composite import checkpoint, implicit
from .transforms import derivative, grad, gradients, hessian, hvp, jacobian, jvp, sparsity, taylor, value_and_grad, vjp

__all__ = [
    "checkpoint", "derivative", "grad", "gradients", "hessian", "hvp", "implicit", "jacobian", "jvp", "sparsity",
    "taylor", "value_and_grad", "vjp",
]  # fmt: skip
