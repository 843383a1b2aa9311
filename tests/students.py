"""Answers to the exercise of writing backward() oneself: a right one, and each with one mistake."""

import math


class Scalar:
    """A right answer."""

    def __init__(self, data, parents=(), partials=()):
        self.data, self.grad = data, 0.0
        self.parents, self.partials = parents, partials

    def __add__(self, other):
        other = self.wrapped(other)
        return self.made(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = self.wrapped(other)
        return self.made(self.data * other.data, (self, other), self.factors(self.data, other.data))

    def __truediv__(self, other):
        other = self.wrapped(other)
        return self.made(self.data / other.data, (self, other), (1 / other.data, self.divisor(self.data, other.data)))

    def __sub__(self, other):
        return self + self.wrapped(other) * -1.0

    def __neg__(self):
        return self * -1.0

    def __pow__(self, number):
        assert isinstance(number, (int, float)), "only powers that are numbers"
        return self.made(self.data**number, (self,), (number * self.data ** (number - 1),))

    __radd__, __rmul__ = __add__, __mul__

    def exp(self):
        return self.made(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self):
        return self.made(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):
        return self.made(max(self.data, 0.0), (self,), (self.step(self.data),))

    def backward(self):
        self.grad = 1.0
        for node in reversed(self.sorted()):
            node.pass_on()

    # What the mistakes change

    def made(self, data, parents, partials):
        return type(self)(data, parents, partials)

    def wrapped(self, other):
        return other if isinstance(other, Scalar) else type(self)(other)

    def factors(self, x, y):
        return y, x

    def divisor(self, x, y):
        return -x / y**2

    def step(self, x):
        return 1.0 if x > 0 else 0.0

    def pass_on(self):
        for parent, partial in zip(self.parents, self.partials):
            parent.grad += partial * self.grad

    def sorted(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        return order


class Overwriting(Scalar):
    def pass_on(self):
        for parent, partial in zip(self.parents, self.partials):
            parent.grad = partial * self.grad


class KeepingTheFirst(Scalar):
    def pass_on(self):
        for parent, partial in zip(self.parents, self.partials):
            parent.grad = parent.grad or partial * self.grad


class BreadthFirst(Scalar):
    """Every node once, as soon as it is met."""

    def backward(self):
        self.grad = 1.0
        queue, seen = [self], {self}
        for node in queue:
            node.pass_on()
            fresh = [parent for parent in dict.fromkeys(node.parents) if parent not in seen]
            seen.update(fresh)
            queue += fresh


class Recursive(Scalar):
    """Every node whenever something arrives, with all that it has."""

    def backward(self):
        self.grad = 1.0
        self.down()

    def down(self):
        self.pass_on()
        for parent in self.parents:
            parent.down()


class Forwards(Scalar):
    def backward(self):
        self.grad = 1.0
        for node in self.sorted():
            node.pass_on()


class SwappedFactors(Scalar):
    def factors(self, x, y):
        return x, y


class PlusInTheDivisor(Scalar):
    def divisor(self, x, y):
        return x / y**2


class ReluAtZero(Scalar):
    def step(self, x):
        return 1.0 if x >= 0 else 0.0


# Mistakes beside the usual ones


class ForgettingTheExponent(Scalar):
    def exp(self):
        return self.made(math.exp(self.data), (self,), (1.0,))


class Clipping(Scalar):
    """Right as long as gradients are small."""

    def pass_on(self):
        for parent, partial in zip(self.parents, self.partials):
            parent.grad += max(-5.0, min(5.0, partial * self.grad))


class Shallow(Scalar):
    """It stops after three operations."""

    def backward(self):
        self.grad, self.depth = 1.0, 0
        for node in reversed(self.sorted()):
            node.depth = getattr(node, "depth", 0)
            if node.depth < 3:
                node.pass_on()
                for parent in node.parents:
                    parent.depth = max(getattr(parent, "depth", 0), node.depth + 1)


class WrongValue(Scalar):
    def exp(self):
        return self.made(2**self.data, (self,), (2**self.data * math.log(2),))


class WithoutSeed(Scalar):
    def backward(self):
        for node in reversed(self.sorted()):
            node.pass_on()


class Failing(Scalar):
    def log(self):
        return self.made(math.log(self.data), (self,), (1 / self.dat,))


class Unscaled(Scalar):
    """Its exp adds the local derivative alone, not times the grad of the result."""

    def exp(self):
        out = self.made(math.exp(self.data), (self,), (math.exp(self.data),))

        def pass_on():
            self.grad += out.data

        out.pass_on = pass_on
        return out


class UnscaledTimes(Scalar):
    """Its × does so, and all that is made of ×."""

    def __mul__(self, other):
        other = self.wrapped(other)
        out = self.made(self.data * other.data, (self, other), (0.0, 0.0))

        def pass_on():
            self.grad += other.data
            other.grad += self.data

        out.pass_on = pass_on
        return out

    __rmul__ = __mul__


class UnscaledWithoutNumbers(Unscaled):
    """It takes no plain numbers."""

    def __mul__(self, other):
        assert isinstance(other, Scalar), "only values"
        return super().__mul__(other)

    __rmul__ = __mul__

    def __neg__(self):
        return self.made(-self.data, (self,), (-1.0,))

    def __sub__(self, other):
        return self + -self.wrapped(other)


class Preorder(Scalar):
    """Every node once, from the output on, and its parents in the order of a set."""

    def backward(self):
        self.grad = 1.0
        seen = set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                node.pass_on()
                for parent in set(node.parents):
                    visit(parent)

        visit(self)


class Sometimes(Scalar):
    """Wrong at every third run, and by another number each time."""

    runs = 0

    def backward(self):
        super().backward()
        Sometimes.runs += 1
        if Sometimes.runs % 3 == 0:
            for node in self.sorted():
                node.grad += Sometimes.runs
