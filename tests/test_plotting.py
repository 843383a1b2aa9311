"""Pictures of training: what is in them, that they come out the same, and that they leave Matplotlib alone."""

import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from tinygrad_kr.learning import plotting
from tinygrad_kr.learning.history import History
from tinygrad_kr.learning.plotting import plot_boundary, plot_confusion, plot_curve, plot_history, plot_mistakes

HISTORY = History(
    2, [3.0, 2.0, 1.5, 1.25, 1.0], [1.75, 1.5], [0.5, 0.75], [1.0, 1.125], [0.625, 0.6666], [0.25, 0.125], "interrupted"
)
REGRESSION = History(1, [3.0], [1.75], seconds=[0.25], stopped="finished")
TABLE = np.array([[40, 3, 0], [1, 25, 9], [0, 2, 60]])
POINTS, CLASSES = np.array([[-1.0, 0.0], [1.0, 0.5], [0.5, 1.0]]), np.array([0, 1, 1])
IMAGES = np.arange(48.0).reshape(3, 4, 4)


class Left:
    """Class 1 where the first input is above 0."""

    def predict(self, x):
        return np.column_stack([-x[:, 0], x[:, 0]])


ALL = {
    "history": lambda **options: plot_history(HISTORY, **options),
    "regression": lambda **options: plot_history(REGRESSION, **options),
    "confusion": lambda **options: plot_confusion(TABLE, ["사과", "귤 $x_1$", "바나나"], **options),
    "mistakes": lambda **options: plot_mistakes(IMAGES, [1, 2, 0], [1, 0, 2], np.eye(3)[[1, 2, 0]], **options),
    "boundary": lambda **options: plot_boundary(Left(), POINTS, CLASSES, **options),
    "curve": lambda **options: plot_curve([0.0, 1.0, 2.0], [0.1, 0.9, 4.2], lambda x: x**2, **options),
    "against": lambda **options: plot_curve(POINTS, POINTS.sum(axis=1), lambda x: x.sum(axis=1), **options),
}
plots = pytest.mark.parametrize("plot", ALL.values(), ids=ALL)


def texts(made):
    """Every text in a picture that can be seen."""
    from matplotlib.text import Text

    made.svg()  # places the ticks
    return [text.get_text() for text in made.figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize(
    "plot",
    [
        pytest.param(plot, id=name, marks=() if name in ("regression", "mistakes") else pytest.mark.slow)
        for name, plot in ALL.items()
    ],
)
def test_it_is_saved_in_every_format_and_comes_out_the_same_each_time(plot, tmp_path):
    for suffix, start in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".PDF", b"%PDF")):
        plot(path=tmp_path / f"1{suffix}")
        again = plot().save(tmp_path / f"2{suffix}").read_bytes()
        assert again.startswith(start)
        assert (tmp_path / f"1{suffix}").read_bytes() == again
    assert len(list(tmp_path.iterdir())) == 6


@plots
def test_letters_are_paths(plot):
    root = ElementTree.fromstring(plot().svg())
    assert [element for element in root.iter() if element.tag.endswith("}text")] == []
    assert any(element.tag.endswith("}path") for element in root.iter())


@plots
def test_matplotlib_and_warnings_stay_as_they_were(plot, monkeypatch):
    import matplotlib

    def settings():
        return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}

    monkeypatch.setitem(matplotlib.rcParams, "axes.labelpad", 30.0)
    before = settings()
    filters = warnings.filters[:]
    plot(language="ko").svg()
    assert settings() == before
    assert warnings.filters == filters
    one = plot().svg()
    monkeypatch.undo()
    assert plot().svg() == one


@plots
def test_without_a_korean_font_the_words_are_english_and_nobody_warns(plot, monkeypatch):
    monkeypatch.setattr(plotting, "KOREAN_FONTS", ("A font that is nowhere",))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plot(language="ko").svg() == plot(language="en").svg()


@plots
def test_nothing_is_cut_off(plot):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for language in ("ko", "en"):
        figure = plot(language=language).figure
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        box, (width, height) = figure.get_tightbbox(canvas.get_renderer()), figure.get_size_inches()
        assert 0 <= box.x0 < box.x1 <= width
        assert 0 <= box.y0 < box.y1 <= height


def test_korean_words_are_korean_where_a_font_is_installed(monkeypatch):
    # Any installed font may stand in for a Korean one here: the words are asked for, not their shapes.
    monkeypatch.setattr(plotting, "KOREAN_FONTS", ("DejaVu Sans",))
    assert {"손실", "정확도", "에폭", "훈련", "시험", "스텝마다", "최저"} <= {*texts(plot_history(HISTORY))}
    assert {"예측 1 · 100 %", "정답 1", "예측 2 · 100 %", "정답 0"} <= {*texts(ALL["mistakes"]())}
    assert {"클래스 0", "클래스 1"} <= {*texts(ALL["boundary"]())}


def test_the_history_is_drawn_as_it_is():
    axes = plot_history(HISTORY, language="en").figure.axes
    assert [ax.get_title() for ax in axes] == ["loss", "accuracy"]
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes[0].lines}
    assert lines["each step"] == [[0.5, 3.0], [1.0, 2.0], [1.5, 1.5], [2.0, 1.25], [2.5, 1.0]]
    assert lines["training"] == [[1, 1.75], [2, 1.5]]
    assert lines["test"] == [[1, 1.0], [2, 1.125]]
    assert lines["best"] == [[1, 0], [1, 1]]
    accuracies = {line.get_label(): [*line.get_ydata()] for line in axes[1].lines}
    assert (accuracies["training"], accuracies["test"]) == ([0.5, 0.75], [0.625, 0.6666])
    assert [ax.get_title() for ax in plot_history(REGRESSION, language="en").figure.axes] == ["loss"]


def test_a_history_that_ended_in_its_first_epoch_has_its_steps():
    (ax,) = plot_history(History(10, [3.0, 2.0]), language="en").figure.axes
    assert [line.get_label() for line in ax.lines] == ["each step"]


def test_a_confusion_table_has_its_counts_right_answers_grey_and_mistakes_in_colour():
    (ax,) = plot_confusion(TABLE, language="en").figure.axes
    assert {tuple(map(round, text.get_position())): text.get_text() for text in ax.texts} == {
        (column, row): str(TABLE[row, column]) for row, column in np.argwhere(TABLE)
    }
    shades = ax.images[0].get_array()
    for row in range(3):
        for column in range(3):
            is_grey = len({*np.round(shades[row, column], 9)}) == 1
            assert is_grey == (row == column or not TABLE[row, column])
    assert shades[1, 2].sum() < shades[1, 0].sum() < 3  # 9 mistakes are darker than 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert ax.texts[0].get_text() == "40"


def test_a_class_without_examples_is_blank():
    (ax,) = plot_confusion([[2, 0], [0, 0]]).figure.axes
    assert ax.images[0].get_array()[1].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_many_classes_have_no_numbers():
    (ax,) = plot_confusion(np.eye(30)).figure.axes
    assert list(ax.texts) == []


def test_wrong_answers_stand_out():
    made = plot_mistakes(IMAGES, [1, 2, 0], [1, 0, 2], labels=["a", "b", "c"], language="en")
    shown = [(ax.get_title(), ax.title.get_color(), ax.texts[0].get_text()) for ax in made.figure.axes]
    assert shown == [
        ("predicted b", "#000000", "true b"), ("predicted c", "#0072b2", "true a"), ("predicted a", "#0072b2", "true c")
    ]  # fmt: skip
    assert [ax.images[0].get_array().tolist() for ax in made.figure.axes] == IMAGES.tolist()


def test_flat_images_are_square():
    flat = plot_mistakes(IMAGES.reshape(3, 16), [1, 2, 0], [1, 0, 2])
    assert flat.svg() == plot_mistakes(IMAGES, [1, 2, 0], [1, 0, 2]).svg()


def test_many_mistakes_are_in_rows_of_eight():
    figure = plot_mistakes(np.ones((11, 2, 2)), [0] * 11, [1] * 11).figure
    assert len(figure.axes) == 16
    assert [bool(ax.images) for ax in figure.axes] == [True] * 11 + [False] * 5


def test_the_regions_are_those_of_the_network():
    (ax,) = plot_boundary(Left(), POINTS, CLASSES, ["left", "right"], language="en", resolution=50).figure.axes
    left, right, low, high = ax.images[0].get_extent()
    assert left < -1 < 1 < right
    assert low < 0 < 1 < high
    shades = ax.images[0].get_array()
    edges = np.linspace(left, right, 50)
    for column, x in enumerate(edges):
        assert (shades[7, column] == shades[7, 0]).all() == (x <= 0)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["left", "right"]
    assert len(ax.collections) == 3  # the points of both classes, and the border between them
    assert [points.get_offsets().tolist() for points in ax.collections if points.get_label() == "right"] == [
        POINTS[1:].tolist()
    ]


def test_a_network_may_answer_classes_by_themselves():
    class Classes:
        def predict(self, x):
            return (x[:, 0] > 0).astype(int)

    assert plot_boundary(Classes(), POINTS, CLASSES).svg() == plot_boundary(Left(), POINTS, CLASSES).svg()


def test_a_curve_goes_over_all_inputs():
    class Network:
        def predict(self, x):
            assert x.shape == (400, 1)
            return 2 * x

    (ax,) = plot_curve([3.0, 1.0, 2.0], [6.0, 2.0, 4.0], Network()).figure.axes
    (line,) = ax.lines
    assert line.get_xdata()[[0, -1]].tolist() == [1, 3]
    assert line.get_ydata() == pytest.approx(2 * line.get_xdata(), rel=1e-15)
    assert ax.collections[0].get_offsets().tolist() == [[3, 6], [1, 2], [2, 4]]


def test_of_several_inputs_the_answers_stand_against_the_truth():
    (ax,) = plot_curve(POINTS, [[1.0], [2.0], [4.0]], lambda x: x[:, :1]).figure.axes
    assert ax.collections[0].get_offsets().tolist() == [[1, -1], [2, 1], [4, 0.5]]
    assert ax.lines[0].get_xydata().tolist() == [[-1, -1], [4, 4]]


def test_a_notebook_shows_the_picture():
    made = plot_history(HISTORY)
    bundle = made._repr_mimebundle_()
    assert bundle["text/plain"] == repr(made) == "Plot(11 × 3.6 inches)"
    root = ElementTree.fromstring(bundle["image/svg+xml"])
    least = 0.6 * float(root.get("width").removesuffix("pt"))
    assert root.get("style") == f"max-width: max(100%, {least:.0f}px); height: auto"
    assert root.get("viewBox")


def test_hostile_labels_are_text():
    labels = ["$\\frac{$", "\x00\n<script>", "a" * 500]
    made = plot_confusion(TABLE, labels)
    ElementTree.fromstring(made.svg())
    assert {"$\\frac{$", "␀␊<script>", "a" * 23 + "…"} <= {*texts(made)}


def test_importing_loads_no_matplotlib_and_pyplot_never():
    probe = (
        "import sys; from tinygrad_kr.learning import plotting, training; assert 'matplotlib' not in sys.modules; "
        "plotting.plot_curve([0.0, 1.0], [0.0, 1.0], lambda x: x).svg(); "
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", probe], check=True)


@plots
def test_without_matplotlib_the_extra_is_named(plot, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError) as caught:
        plot(path=tmp_path / "p.svg")
    assert str(caught.value) == "plots need the extra 'learn': run pip install 'tinygrad_kr[learn]'"
    assert list(tmp_path.iterdir()) == []


@plots
def test_another_suffix_language_or_folder_is_refused(plot, tmp_path):
    with pytest.raises(ValueError, match=r"can't save 'p.gif': its suffix should be one of .svg, .png, .pdf"):
        plot(path=tmp_path / "p.gif")
    with pytest.raises(ValueError, match="language='fr' is unknown; choose one of 'ko', 'en'"):
        plot(language="fr")
    with pytest.raises(FileNotFoundError, match="the folder .* is not there; make it first"):
        plot(path=tmp_path / "none" / "p.svg")


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plot_history(History(1)),
         "the history is empty, so there is nothing to plot; train for a step at least"),
        (lambda: plot_confusion([[1, 2]]),
         "a confusion table has shape (K, K) and counts from 0; this one has shape (1, 2)"),
        (lambda: plot_confusion([[-1]]),
         "a confusion table has shape (K, K) and counts from 0; this one has shape (1, 1)"),
        (lambda: plot_confusion(TABLE, ["a"]), "there are 1 labels and 3 classes; expected a label for each class"),
        (lambda: plot_mistakes(IMAGES, [1], [1, 1, 1]),
         "there are 3 images, 1 predicted and 3 true classes; expected equally many"),
        (lambda: plot_mistakes(np.ones((3, 5)), [1] * 3, [1] * 3),
         "images of 5 numbers are not square; reshape them to (N, height, width)"),
        (lambda: plot_mistakes(np.ones((2, 2, 2, 2)), [1] * 2, [1] * 2),
         "images of shape (2, 2, 2, 2) are not possible; expected (N, height, width)"),
        (lambda: plot_mistakes(np.ones((101, 2, 2)), [1] * 101, [1] * 101),
         "101 images are too many to look at; choose 100 at the most"),
        (lambda: plot_mistakes(IMAGES * np.nan, [1] * 3, [1] * 3),
         "images[0, 0, 0] is nan; only finite numbers can be drawn"),
        (lambda: plot_mistakes(IMAGES, [1, 2, 3], [1] * 3, np.eye(3)),
         "probabilities of shape (3, 3) do not fit; expected (3, K) with K ≥ 4"),
        (lambda: plot_mistakes(IMAGES, [0.5] * 3, [1] * 3),
         "predicted needs the numbers of classes, whole ones of shape (N,), not [0.5, 0.5, 0.5]"),
        (lambda: plot_boundary(Left(), np.ones((3, 3)), CLASSES),
         "x of shape (3, 3) is not in the plane; expected (N, 2)"),
        (lambda: plot_boundary(Left(), POINTS, [0, 1]), "there are 3 points and 2 classes; expected equally many"),
        (lambda: plot_boundary(Left(), POINTS, CLASSES, resolution=0),
         "resolution=0 is not possible; expected a whole number from 1"),
        (lambda: plot_boundary(type("N", (), {"predict": lambda self, x: x.sum(axis=1)})(), POINTS, CLASSES),
         "predict() gave float64 of shape (25600,) for 25600 points; expected a score of each class (N, K), "
         "or classes (N,)"),
        (lambda: plot_curve([1.0], [1.0, 2.0], lambda x: x),
         "y has shape (2,) and x has 1 rows; expected one number for each row"),
        (lambda: plot_curve([1.0], [1.0], 3), "predict=3 can't be called; expected a network or a function"),
        (lambda: plot_curve([1.0, 2.0], [1.0, 2.0], lambda x: x[:3]),
         "predict() gave shape (3, 1) for 400 rows; expected one number for each row"),
        (lambda: plot_curve(["a"], [1.0], lambda x: x), "x needs real numbers, not ['a']"),
        (lambda: plot_curve([[1], [1, 2]], [1.0], lambda x: x), "x needs rows of one length, not [[1], [1, 2]]"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == says
