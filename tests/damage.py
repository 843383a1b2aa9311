"""What people or disks give, damaged a little: every reader is right, or says one sentence; never a traceback.

The tests of the readers try anything at all. Here is what is almost right: each such test runs shortly, and long with
``-m fuzz`` (minutes).
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = [100, pytest.param(20_000, marks=pytest.mark.fuzz)]
lengths = pytest.mark.parametrize("examples", EXAMPLES)


def attempt(examples, strategy, check):
    """Check that many examples of a strategy."""
    limits = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    limits(given(strategy)(check))()


@st.composite
def damaged(draw, whole, pieces):
    """A sequence with some of it cut out, doubled, exchanged, or something put between."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(whole)))
        stop = start + draw(st.integers(0, 8))
        middle = draw(pieces | st.just(whole[start:stop] * 2) | st.just(whole[start:stop][::-1]))
        whole = whole[:start] + middle + whole[stop:]
    return whole
