"""The conventions for numbers are PyTorch's: values and derivatives at ordinary points, kinks and ends of domains."""

import math
import warnings

import pytest

from tinygrad_kr import Value
from tinygrad_kr.ops import TABLE
from tinygrad_kr.value import apply

pytestmark = pytest.mark.torch

# Our row → PyTorch's function, where it goes by another name.
NAMES = {
    "pow": "pow",
    "neg": "neg",
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "div": "div",
    "min": "minimum",
    "max": "maximum",
}
ONE = (
    "neg exp expm1 exp2 log log1p log2 log10 sqrt reciprocal square abs sign relu sigmoid softplus tanh "
    "sin cos tan asin acos atan sinh cosh asinh acosh atanh erf erfc floor ceil"
).split()
TWO = "add sub mul div pow min max hypot atan2".split()
POINTS = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 1e-8, 30.0, -30.0)


def ours(name: str, numbers: tuple[float, ...]) -> tuple[float, ...]:
    values = [Value(number) for number in numbers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = apply(TABLE[name], values)
    result.backward()
    return (result.data, *(value.grad for value in values))


def theirs(name: str, numbers: tuple[float, ...]) -> tuple[float, ...]:
    import torch

    function = getattr(torch, NAMES.get(name, name), None) or getattr(torch.nn.functional, name)
    tensors = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    result = function(*tensors)
    result.backward()
    return (result.item(), *(tensor.grad.item() for tensor in tensors))


def agree(a: float, b: float) -> bool:
    return (a != a and b != b) or a == b or math.isclose(a, b, rel_tol=1e-11, abs_tol=1e-13)


@pytest.mark.parametrize("name", ONE)
def test_functions_of_one_input_agree(name):
    # Left of its domain acosh has no value; PyTorch gives a derivative there, we give nan.
    for x in POINTS if name != "acosh" else (1.0, 2.0, 30.0):
        assert all(map(agree, ours(name, (x,)), theirs(name, (x,)))), (x, ours(name, (x,)), theirs(name, (x,)))


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_inputs_agree(name):
    for x in POINTS:
        for y in POINTS:
            assert all(map(agree, ours(name, (x, y)), theirs(name, (x, y)))), (
                x,
                y,
                ours(name, (x, y)),
                theirs(name, (x, y)),
            )


@pytest.mark.parametrize("numbers", [(1.0, 2.0, 3.0), (1000.0, 1000.0, -1000.0), (0.0, -30.0, 30.0)])
def test_logsumexp_and_softmax_agree(numbers):
    import torch

    tensor = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
    torch.logsumexp(tensor, 0).backward()
    assert all(map(agree, ours("logsumexp", numbers)[1:], tensor.grad.tolist()))
    for k in range(len(numbers)):
        tensor.grad = None
        torch.softmax(tensor, 0)[k].backward()
        values = [Value(number) for number in numbers]
        apply(TABLE["softmax"].output(k), values).backward()
        assert all(agree(value.grad, grad) for value, grad in zip(values, tensor.grad.tolist()))
