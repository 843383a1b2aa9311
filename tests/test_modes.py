"""no_grad() and strict(): where a block begins and ends, in threads, tasks and generators."""

import asyncio
import contextvars
import gc
import threading
import weakref

import pytest

import tinygrad_kr as tg
from tinygrad_kr import Value, no_grad, operation, strict
from tinygrad_kr.engine import modes
from tinygrad_kr.engine.kernels import kernel


def records():
    """Whether operations record now: the slow way and the quick way agree."""
    y = Value(2.0) * 3.0
    assert (y.op is not None) == modes.is_recording()
    return y.op is not None


@pytest.fixture(autouse=True)
def _nothing_stays_behind():
    yield
    gc.collect()
    assert records()
    assert modes.quick is not None
    assert not modes.is_strict()


def test_blocks_left_out_of_order():
    first, second = no_grad(), no_grad()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not records()
    second.__exit__(None, None, None)
    assert records()


def test_one_object_can_be_used_twice_and_inside_itself():
    quiet = no_grad()
    for _ in range(2):
        with quiet:
            with quiet:
                assert not records()
            assert not records()
        assert records()


def test_a_block_closed_in_another_thread_is_closed():
    block = no_grad()
    block.__enter__()
    thread = threading.Thread(target=block.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    assert records()


def test_other_threads_record_while_a_block_is_open():
    found = []
    with no_grad():
        thread = threading.Thread(target=lambda: found.append(records()))
        thread.start()
        thread.join()
        assert not records()
    assert found == [True]


def test_a_generator_closed_in_a_copy_of_the_context():
    def numbers():
        with no_grad():
            yield 1
            yield 2

    generator = numbers()
    contextvars.copy_context().run(next, generator)
    contextvars.copy_context().run(generator.close)
    assert records()


def test_break_out_of_async_for():
    async def numbers():
        with no_grad(), strict():
            for k in range(3):
                yield k

    async def main():
        generator = numbers()
        async for _ in generator:
            break
        await generator.aclose()
        return records(), modes.is_strict()

    assert asyncio.run(main()) == (True, False)


def test_a_task_that_outlives_the_block_records_again():
    async def main():
        seen, go = [], asyncio.Event()

        async def later():
            seen.append(records())
            await go.wait()
            seen.append(records())

        with no_grad():
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        go.set()
        await task
        return seen

    assert asyncio.run(main()) == [False, True]


@pytest.mark.parametrize("decorate", [no_grad, no_grad()], ids=["@no_grad", "@no_grad()"])
def test_as_a_decorator(decorate):
    @decorate
    def plain(x):
        """Twice."""
        return x * 2.0, records()

    @decorate
    def steps(n):
        for _ in range(n):
            got = yield records()
            assert got in (None, "hi")
        return "done"

    @decorate
    async def slow():
        await asyncio.sleep(0)
        return records()

    @decorate
    async def stream():
        for _ in range(2):
            yield records()

    assert plain(Value(1.0))[1] is False
    assert plain.__doc__ == "Twice."
    generator = steps(2)
    assert next(generator) is False
    assert records()  # between the steps the mode is not on
    assert generator.send("hi") is False
    with pytest.raises(StopIteration, match="done"):
        next(generator)

    async def main():
        return [await slow(), records()] + [seen async for seen in stream()]

    assert asyncio.run(main()) == [False, True, False, False]


def test_a_decorated_generator_passes_errors_on_and_closes():
    closed = []

    @no_grad
    def steps():
        try:
            yield 1
        except KeyError:
            closed.append(records())
            yield 2
        finally:
            closed.append("closed")

    generator = steps()
    next(generator)
    assert generator.throw(KeyError("k")) == 2
    generator.close()
    assert closed == [False, "closed"]


@pytest.mark.parametrize("mode", [no_grad, strict])
def test_only_functions_are_decorated(mode):
    with pytest.raises(TypeError, match="no_grad and strict decorate functions, not the int 3"):
        mode(3)


def test_strict_is_a_decorator_too():
    @strict
    def log(x):
        return tg.log(x)

    with pytest.raises(FloatingPointError, match="log is defined for x > 0"):
        log(Value(-1.0))


def test_grad_inside_no_grad_gives_numbers_and_leaves_the_mode():
    with no_grad():
        assert tg.grad(lambda x: x * x * x)(2.0) == 12.0
        assert not records()


def test_nothing_keeps_an_operation_that_was_redefined():
    class Data:
        pass

    def defined(data):
        @operation(partials=("2 * x",))
        def squared_again(x):
            return x * x if data else 0.0

        return squared_again

    data = Data()
    gone = weakref.ref(data)
    first = defined(data)
    y = first(Value(3.0, "x"))
    y.backward()
    tg.grad(tg.grad(first))(2.0)
    tg.taylor(first, 1.0, 2)
    del data, first, y
    defined(True)
    gc.collect()
    assert gone() is None


def test_softmax_compiles_one_function_for_all_outputs_and_widths():
    outputs = [y for n in (1, 2, 40) for y in tg.softmax([Value(k / n) for k in range(n)])]
    kernels = [kernel(y.op) for y in outputs]
    for compiled in ([each.forward for each in kernels], [each.pushing((True,)) for each in kernels]):
        assert len({id(function.__code__) for function in compiled}) == 1  # equal codes may be compiled twice
