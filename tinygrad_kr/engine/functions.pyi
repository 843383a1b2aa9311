"""The types of the table's functions: written by docs/make.py."""

from typing import Any

from .elementary import Binary as Binary
from .elementary import Pair as Pair
from .elementary import Unary as Unary
from .elementary import abs as abs
from .elementary import dot as dot
from .elementary import log_softmax as log_softmax
from .elementary import logsumexp as logsumexp
from .elementary import max as max
from .elementary import mean as mean
from .elementary import min as min
from .elementary import pow as pow
from .elementary import prod as prod
from .elementary import softmax as softmax
from .elementary import sum as sum
from .elementary import where as where

__all__ = [
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "binary_cross_entropy_with_logits",
    "cbrt",
    "ceil",
    "clip",
    "copysign",
    "cos",
    "cosh",
    "cross_entropy",
    "dot",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "gelu",
    "gelu_tanh",
    "huber",
    "hypot",
    "kl_divergence",
    "leaky_relu",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "pow",
    "prod",
    "reciprocal",
    "relu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "sum",
    "tan",
    "tanh",
    "where",
]

acos: Unary
acosh: Unary
asin: Unary
asinh: Unary
atan: Unary
atan2: Binary
atanh: Unary
binary_cross_entropy_with_logits: Binary
cbrt: Unary
ceil: Unary
copysign: Binary
cos: Unary
cosh: Unary
cross_entropy: Pair
erf: Unary
erfc: Unary
exp: Unary
exp2: Unary
expm1: Unary
floor: Unary
gelu_tanh: Unary
hypot: Binary
kl_divergence: Pair
log: Unary
log10: Unary
log1p: Unary
log2: Unary
log_sigmoid: Unary
logaddexp: Binary
maximum: Binary
minimum: Binary
reciprocal: Unary
relu: Unary
sigmoid: Unary
sign: Unary
silu: Unary
sin: Unary
sinh: Unary
softplus: Unary
sqrt: Unary
square: Unary
tan: Unary
tanh: Unary

def clip(x: Any, low: Any = ..., high: Any = ...) -> Any: ...
def elu(x: Any, alpha: Any = ...) -> Any: ...
def gelu(x: Any, approximate: str = ...) -> Any: ...
def huber(x: Any, delta: Any = ...) -> Any: ...
def leaky_relu(x: Any, slope: Any = ...) -> Any: ...
