"""Parameters in a file: what goes in comes out, and nothing but that does."""

import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from damage import attempt, damaged, lengths
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_kr.learning.parameters import load_parameters, save_parameters

PARAMS = {"W1": np.arange(6.0).reshape(2, 3) / 7, "b1": np.array([-0.0, 1e-310, 1e308]), "scale": np.array(2.5)}
SHAPES = {name: array.shape for name, array in PARAMS.items()}

names = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates and control characters too
finite = st.floats(allow_nan=False, allow_infinity=False)
arrays = npst.arrays(np.float64, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), elements=finite)


def header(**changes):
    """The header of a file with the one parameter W, with some entries changed."""
    entries = {"format": "tinygrad_kr parameters", "version": 1, "names": ["W"]} | changes
    return np.frombuffer(json.dumps(entries).encode(), np.uint8)


def written(path, **entries):
    """A file as NumPy writes it."""
    np.savez(path, **entries)
    return path


def entry(numbers, preface=None):
    """The bytes of a .npy entry, with another preface if one is given."""
    content = io.BytesIO()
    np.save(content, numbers)
    if preface is None:
        return content.getvalue()
    text = preface.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + np.asarray(numbers).tobytes()


def archive(path, compression=zipfile.ZIP_STORED, **entries):
    """A zip of these bytes."""
    with zipfile.ZipFile(path, "w", compression) as zipped:
        for name, content in entries.items():
            zipped.writestr(f"{name}.npy", content)
    return path


@pytest.fixture
def saved(tmp_path):
    return save_parameters(tmp_path / "saved.npz", PARAMS)


@given(st.dictionaries(names, arrays, max_size=4))
def test_what_was_saved_comes_back_to_the_last_bit(tmp_path_factory, params):
    path = save_parameters(tmp_path_factory.mktemp("p") / "p.npz", params)
    loaded = load_parameters(path, {name: array.shape for name, array in params.items()})
    assert list(loaded) == list(params)
    for name, array in params.items():
        assert loaded[name].dtype == np.float64
        assert loaded[name].shape == array.shape
        assert loaded[name].tobytes() == array.tobytes()
        assert loaded[name].flags.writeable


def test_names_are_never_paths(tmp_path):
    names = ["../outside", "/etc/outside", "C:\\outside", "a0", "header", "가중치", "", "x\0y"]
    path = save_parameters(tmp_path / "p.npz", {name: np.ones(2) for name in names})
    assert sorted(zipfile.ZipFile(path).namelist()) == [*(f"a{k}.npy" for k in range(8)), "header.npy"]
    assert list(load_parameters(path, dict.fromkeys(names, (2,)))) == names


def test_numpy_opens_the_file(saved):
    with np.load(saved) as opened:
        assert json.loads(opened["header"].tobytes()) == {
            "format": "tinygrad_kr parameters", "version": 1, "names": ["W1", "b1", "scale"]}  # fmt: skip
        assert opened["a0"].tolist() == PARAMS["W1"].tolist()


def test_the_same_parameters_make_the_same_file(saved, tmp_path):
    assert save_parameters(tmp_path / "again.npz", PARAMS).read_bytes() == saved.read_bytes()


def test_other_real_numbers_become_floats(tmp_path):
    fortran = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    path = save_parameters(tmp_path / "p.npz", {"F": fortran, "i": [1, 2], "big": np.array([1.5], ">f8")})
    loaded = load_parameters(path, {"F": (2, 3), "i": (2,), "big": (1,)})
    assert loaded["F"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert loaded["i"].tolist() == [1, 2]
    assert loaded["big"].tolist() == [1.5]


def test_a_file_of_another_order_or_compression_is_read_too(tmp_path):
    numbers = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    path = tmp_path / "p.npz"
    np.savez_compressed(path, header=header(), a0=numbers)
    assert load_parameters(path, {"W": (2, 3)})["W"].tolist() == numbers.tolist()


@pytest.mark.parametrize(
    ("name", "params", "error", "says"),
    [
        ("p.txt", PARAMS, ValueError, "can't save parameters as 'p.txt': its name should end in .npz"),
        ("p", PARAMS, ValueError, "can't save parameters as 'p': its name should end in .npz"),
        ("p.npz", {"W": [[1.0, np.nan]]}, ValueError,
         "parameter 'W'[0, 1] is nan; only finite numbers are worth saving"),
        ("p.npz", {"W": -np.inf}, ValueError, "parameter 'W' is -∞; only finite numbers are worth saving"),
        ("p.npz", {"W": [None]}, TypeError,
         "parameter 'W' needs real numbers, not [None]; of Values, take .data"),
        ("p.npz", {"W": [[1.0], [1.0, 2.0]]}, TypeError,
         "parameter 'W' needs rows of one length, not [[1.0], [1.0, 2.0]]"),
        ("p.npz", {1: [1.0]}, TypeError, "a parameter's name should be a text, not the int 1"),
        ("p.npz", {"W" * 1_100_000: 1.0}, ValueError,
         "can't save parameters: their names take 1,100,065 bytes; expected a megabyte at most"),
    ],
)  # fmt: skip
def test_what_can_not_be_saved_is_refused_and_leaves_the_old_file(tmp_path, name, params, error, says):
    path = tmp_path / name
    path.write_bytes(b"old")
    with pytest.raises(error) as caught:
        save_parameters(path, params)
    assert str(caught.value) == says
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="the folder .*none' is not there; make it first"):
        save_parameters(tmp_path / "none" / "p.npz", PARAMS)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file '.*p.npz'; save one with save_parameters\(\)"):
        load_parameters(tmp_path / "p.npz", SHAPES)
    with pytest.raises(OSError, match="can't read '.*': "):
        load_parameters(tmp_path, SHAPES)


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        (SHAPES | {"W1": (3, 2)}, "'W1' has shape (2, 3) in the file and (3, 2) in the network"),
        (SHAPES | {"scale": (1,)}, "'scale' has shape () in the file and (1,) in the network"),
        (SHAPES | {"W2": (1,)}, "the file lacks 'W2'"),
        ({"W1": (2, 3)}, "the network has no 'b1', 'scale'"),
        ({"W1": (2, 3), "x": (1,)}, "the file lacks 'x', and the network has no 'b1', 'scale'"),
        (SHAPES | {f"n{k}": () for k in range(7)}, "the file lacks 'n0', 'n1', 'n2', 'n3', 'n4' and 2 more"),
    ],
)
def test_another_network_is_told_apart(saved, expected, says):
    with pytest.raises(ValueError) as caught:
        load_parameters(saved, expected)
    assert str(caught.value) == f"'saved.npz' does not fit this network: {says}"


NOT_OURS = "has no parameters of tinygrad_kr in it; load what save_parameters() wrote"
GREEDY = "{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000, 3), }\n"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: p.write_bytes(b"hello"), "is not an .npz file, or a damaged one; load what save_parameters() wrote"),
        (lambda p: p.write_bytes(b""), "is not an .npz file, or a damaged one; load what save_parameters() wrote"),
        (lambda p: written(p, W=np.ones(2)), NOT_OURS),
        (lambda p: written(p, header=np.ones(3), a0=np.ones(2)), NOT_OURS),
        (lambda p: written(p, header=np.frombuffer(b"[" * 100_000, np.uint8)), NOT_OURS),
        (lambda p: written(p, header=header(format="other"), a0=np.ones(2)), NOT_OURS),
        (lambda p: written(p, header=header(version=2), a0=np.ones(2)),
         "is of version 2, and this tinygrad_kr reads version 1; update it"),
        (lambda p: written(p, header=header(version="1"), a0=np.ones(2)),
         "is damaged: its header does not say what is in it"),
        (lambda p: written(p, header=header(version=0), a0=np.ones(2)),
         "is damaged: its header does not say what is in it"),
        (lambda p: written(p, header=header(colour="red"), a0=np.ones(2)),
         "is damaged: its header has 'colour'; expected format, names, version"),
        (lambda p: written(p, header=header(names=[["W"]]), a0=np.ones(2)),
         "is damaged: its header does not say what is in it"),
        (lambda p: written(p, header=header(names=["W", "W"]), a0=np.ones(2), a1=np.ones(2)),
         "is damaged: it has a name twice"),
        (lambda p: written(p, header=header()), "is damaged: it does not hold the arrays that its header names"),
        (lambda p: written(p, header=header(), a0=np.ones(2), a1=np.ones(2)),
         "is damaged: it does not hold the arrays that its header names"),
        (lambda p: written(p, header=header(), a0=np.array([1.0, np.nan])), "is of no use: 'W'[1] is nan"),
        (lambda p: written(p, header=header(), a0=np.ones(2, np.float32)),
         "holds 'W' as '<f4'; expected float64 ('<f8')"),
        (lambda p: written(p, header=header(), a0=np.array([None, {}])),
         "holds Python objects as 'W', and those are never loaded; save arrays of numbers"),
        (lambda p: archive(p, header=entry(header()), a0=b"nonsense"),
         "is damaged: its entry a0 is not a NumPy array"),
        (lambda p: archive(p, header=entry(header()), a0=entry(np.ones(2), "{'descr': __import__('os'), }")),
         "is damaged: its entry a0 is not a NumPy array"),
        (lambda p: archive(p, header=entry(header()), a0=entry(np.ones(2))[:-1]),
         "is damaged: 'W' does not have all of its numbers"),
        (lambda p: archive(p, header=entry(header()), a0=entry(np.ones(2)) + b"\0"),
         "is damaged: its entry a0 has more bytes than it declares"),
        (lambda p: archive(p, header=entry(header()), a0=entry(np.ones(2), GREEDY)),
         "does not fit this network: 'W' has shape (100000000000, 3) in the file and (2,) in the network"),
        (lambda p: archive(p, zipfile.ZIP_BZIP2, header=entry(header()), a0=entry(np.ones(2))),
         "is encrypted or compressed in a way that NumPy does not; load what save_parameters() wrote"),
    ],
)  # fmt: skip
def test_other_files_are_refused_in_a_sentence(tmp_path, make, says):
    path = tmp_path / "p.npz"
    make(path)
    with pytest.raises(ValueError) as caught:
        load_parameters(path, {"W": (2,)})
    assert str(caught.value) == f"'p.npz' {says}"


def test_a_pickle_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    path = written(tmp_path / "p.npz", header=header(), a0=np.array([Trap(), Trap()], dtype=object))
    (tmp_path / "sprung").unlink(missing_ok=True)
    with pytest.raises(ValueError, match="never loaded"):
        load_parameters(path, {"W": (2,)})
    assert not (tmp_path / "sprung").exists()


def test_a_file_that_blows_up_is_not_unpacked(tmp_path):
    bomb = entry(np.ones(2)) + bytes(200_000_000)
    path = archive(tmp_path / "p.npz", zipfile.ZIP_DEFLATED, header=entry(header()), a0=bomb)
    assert path.stat().st_size < 400_000
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more bytes than it declares"):
            load_parameters(path, {"W": (2,)})
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


SAVED = io.BytesIO()
np.savez(SAVED, header=header(names=list(PARAMS)), a0=PARAMS["W1"], a1=PARAMS["b1"], a2=PARAMS["scale"])
WHOLE = SAVED.getvalue()


def outcome(path, shapes):
    """What loading gives: the parameters, or the sentence of a ValueError; any other error fails the test."""
    try:
        return load_parameters(path, shapes), ""
    except ValueError as error:
        return None, str(error)


def refused_or_right(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzzed.npz"
    path.write_bytes(content)
    loaded, sentence = outcome(path, SHAPES)
    if loaded is None:
        assert sentence.startswith("'fuzzed.npz' ")
        assert "\n" not in sentence
    else:
        assert {name: array.shape for name, array in loaded.items()} == SHAPES
    return loaded


@given(st.binary(max_size=400))
def test_any_bytes_are_refused(tmp_path_factory, content):
    assert refused_or_right(tmp_path_factory, content) is None


@given(st.integers(0, len(WHOLE) - 1))
def test_a_part_of_a_file_is_refused(tmp_path_factory, length):
    assert refused_or_right(tmp_path_factory, WHOLE[:length]) is None


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_flipped_bytes_never_change_a_number(tmp_path_factory, flips):
    content = bytearray(WHOLE)
    for place, byte in flips:
        content[place] = byte
    loaded = refused_or_right(tmp_path_factory, bytes(content))
    for name in loaded or ():
        assert loaded[name].tobytes() == PARAMS[name].tobytes()


@given(st.text("{}'()descrfotan_hpe:,<8OFTlu 0123456789\n", max_size=100), st.binary(max_size=60))
def test_any_preface_is_refused_or_right(tmp_path_factory, preface, body):
    path = tmp_path_factory.getbasetemp() / "preface.npz"
    archive(path, header=entry(header()), a0=entry(np.frombuffer(body, np.uint8), preface))
    with pytest.raises(ValueError, match="^'preface.npz' "):
        load_parameters(path, {"W": (2,)})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x, max_size=3)))
def test_any_header_is_refused_or_right(tmp_path_factory, thing):
    path = tmp_path_factory.getbasetemp() / "header.npz"
    for key in ("format", "version", "names"):
        written(path, header=header(**{key: thing}), a0=np.ones(2))
        loaded, sentence = outcome(path, {"W": (2,)})
        assert sentence.startswith("'header.npz' ") if loaded is None else loaded["W"].tolist() == [1, 1]


def test_an_option_that_old_numpys_took_for_an_array_is_passed_over(saved):
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("allow_pickle.npy", entry(np.array(False)))
    loaded = load_parameters(saved, SHAPES)
    assert all((loaded[name] == array).all() for name, array in PARAMS.items())
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("another.npy", entry(np.array(False)))
    with pytest.raises(ValueError, match="does not hold the arrays that its header names"):
        load_parameters(saved, SHAPES)


def test_nothing_but_arrays_is_handed_to_savez(monkeypatch, tmp_path):
    handed = {}
    monkeypatch.setattr(np, "savez", lambda file, **arrays: handed.update(arrays))
    save_parameters(tmp_path / "p.npz", PARAMS)
    assert all(isinstance(array, np.ndarray) for array in handed.values())
    assert len(handed) == 1 + len(PARAMS)


# ── Damaged a little ───────────────────────────────────────────────────────────────────────────────────


@lengths
def test_a_damaged_parameter_file_never_gives_other_numbers(examples, tmp_path_factory):
    def check(content):
        loaded = refused_or_right(tmp_path_factory, content)
        assert all(loaded[name].tobytes() == PARAMS[name].tobytes() for name in loaded or ())

    attempt(examples, damaged(WHOLE, st.binary(max_size=8)), check)
