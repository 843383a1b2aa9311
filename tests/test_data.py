"""The data of the lessons: what is in them, and that nothing of the test part is seen while learning."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import tinygrad_kr as tg
from tinygrad_kr.learning.data import diabetes, digits, moons


@pytest.mark.parametrize(("load", "samples", "columns"), [(digits, 1797, 64), (moons, 200, 2), (diabetes, 442, 10)])
def test_all_samples_are_on_one_side_or_the_other(load, samples, columns):
    (x, t), (other_x, other_t) = load()
    assert x.shape == (len(t), columns)
    assert other_x.shape == (len(other_t), columns)
    assert len(t) + len(other_t) == samples
    assert len(other_t) == int(samples * 0.2)


def test_digits_are_grey_images_and_what_they_show():
    (x, t), _ = digits()
    assert x.min() == 0.0
    assert x.max() == 1.0
    assert set(t.tolist()) == set(range(10))
    assert t.dtype.kind == "i"


def test_diabetes_is_scaled_by_the_training_samples_only():
    train, test = diabetes(seed=3)
    for part in train:
        assert np.allclose(part.mean(axis=0), 0, atol=1e-9)
        assert np.allclose(part.std(axis=0), 1)
    assert not np.allclose(test[0].mean(axis=0), 0, atol=1e-3)


def test_the_same_seed_gives_the_same_data():
    for load in (digits, moons, diabetes):
        first, again, other = load(seed=1), load(seed=1), load(seed=2)
        assert np.array_equal(first.train[0], again.train[0])
        assert not np.array_equal(first.train[0], other.train[0])


@pytest.mark.parametrize("load", [digits, moons, diabetes])
def test_any_whole_number_from_0_is_a_seed(load):
    assert len(load(seed=2**32).train[0]) == len(load(seed=np.int64(0)).train[0])
    for seed in (-1, 1.5, "0", True):
        with pytest.raises(ValueError, match="seed=.* is not possible; expected a whole number from 0"):
            load(seed=seed)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan"), 1e-9])
def test_a_share_that_leaves_nothing(share):
    with pytest.raises(ValueError, match=r"test_share=.* is not possible with 1797 samples; expected a share between"):
        digits(test_share=share)


@pytest.mark.parametrize("wrong", [{"samples": 1}, {"samples": 2.5}, {"noise": -1}, {"noise": float("nan")}])
def test_moons_that_are_not_possible(wrong):
    with pytest.raises(ValueError, match="is not possible; expected"):
        moons(**wrong)


def test_without_scikit_learn(monkeypatch):
    for name in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install 'tinygrad_kr\[learn\]'"):
        digits()


def test_the_files_of_learning_load_by_themselves():
    code = "import tinygrad_kr as tg; print(tg.learning.data.__name__, tg.learning.plotting.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "tinygrad_kr.learning.data tinygrad_kr.learning.plotting\n"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tg.learning.nothing
