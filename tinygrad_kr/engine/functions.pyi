"""The types of the table's functions: written by docs/make.py."""

from .elementary import Binary as Binary
from .elementary import Unary as Unary
from .elementary import abs as abs
from .elementary import clip as clip
from .elementary import cross_entropy as cross_entropy
from .elementary import dot as dot
from .elementary import leaky_relu as leaky_relu
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
    "cbrt",
    "ceil",
    "clip",
    "copysign",
    "cos",
    "cosh",
    "cross_entropy",
    "dot",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "hypot",
    "leaky_relu",
    "log",
    "log10",
    "log1p",
    "log2",
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
cbrt: Unary
ceil: Unary
copysign: Binary
cos: Unary
cosh: Unary
erf: Unary
erfc: Unary
exp: Unary
exp2: Unary
expm1: Unary
floor: Unary
hypot: Binary
log: Unary
log10: Unary
log1p: Unary
log2: Unary
logaddexp: Binary
maximum: Binary
minimum: Binary
reciprocal: Unary
relu: Unary
sigmoid: Unary
sign: Unary
sin: Unary
sinh: Unary
softplus: Unary
sqrt: Unary
square: Unary
tan: Unary
tanh: Unary
