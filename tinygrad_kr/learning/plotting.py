"""Pictures of training and of what was learned, drawn by Matplotlib (extra ``learn``).

They look as the graphs do: grey and quiet, with one colour for what matters. Matplotlib loads on first use, without
pyplot and its global state. The same numbers give the same file, byte for byte; letters are paths in it, so that it
looks the same without the font. Where no Korean font is installed, the words are English.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..engine.arrays import classes as as_classes
from ..engine.arrays import real_array, refuse_not_finite
from ..text.bilingual import needs
from ..text.files import write_whole
from ..text.lettering import clipped, columns, printable
from ..text.notebooks import svg_bundle
from ..text.numerals import shown
from ..text.options import Language, check

if TYPE_CHECKING:
    from typing import TypeAlias

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
    PathLike: TypeAlias = str | os.PathLike[str]

__all__ = ["Plot", "plot_boundary", "plot_confusion", "plot_curve", "plot_history", "plot_mistakes"]

ACCENT, INK, MIDDLE, LIGHT, PALE = "#0072b2", "#000000", "#666666", "#b3b3b3", "#dddddd"
"""The accent is the blue of Okabe and Ito's colours; the greys are those of the graphs."""

KOREAN_FONTS = (
    "Pretendard", "Noto Sans KR", "Noto Sans CJK KR", "Malgun Gothic", "Apple SD Gothic Neo", "AppleGothic",
    "NanumGothic", "NanumBarunGothic", "UnDotum", "Baekmuk Gulim",
)  # fmt: skip

_LOOK: dict[Any, Any] = {
    "axes.edgecolor": LIGHT, "axes.labelcolor": MIDDLE, "axes.titlecolor": INK, "text.color": INK,
    "axes.titlesize": 12.0, "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 1.0,
    "xtick.color": LIGHT, "ytick.color": LIGHT, "xtick.labelcolor": MIDDLE, "ytick.labelcolor": MIDDLE,
    "legend.frameon": False, "legend.labelcolor": MIDDLE, "font.size": 11.0, "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round", "lines.solid_joinstyle": "round", "figure.facecolor": "white",
    "savefig.facecolor": "white", "svg.fonttype": "path", "svg.hashsalt": "tinygrad_kr", "pdf.fonttype": 42,
    "text.parse_math": False, "figure.constrained_layout.w_pad": 0.1, "figure.constrained_layout.h_pad": 0.1,
    "figure.dpi": 100.0, "savefig.dpi": 200.0,
}  # fmt: skip

_WORDS = {
    "ko": {
        "loss": "손실", "accuracy": "정확도", "epoch": "에폭", "step": "스텝마다", "train": "훈련", "test": "시험",
        "best": "최저", "predicted": "예측", "true": "정답", "data": "데이터", "learned": "예측",
        "equal": "예측 = 정답", "class": "클래스 {name}",
    },
    "en": {
        "loss": "loss", "accuracy": "accuracy", "epoch": "epoch", "step": "each step", "train": "training",
        "test": "test", "best": "best", "predicted": "predicted", "true": "true", "data": "data",
        "learned": "predicted", "equal": "predicted = true", "class": "class {name}",
    },
}  # fmt: skip


class Course(Protocol):
    """What is drawn of a training, such as its :class:`~tinygrad_kr.learning.history.History`."""

    steps_per_epoch: int
    losses: list[float]
    train_loss: list[float]
    train_accuracy: list[float]
    test_loss: list[float]
    test_accuracy: list[float]

    @property
    def epochs(self) -> int:
        """How many whole epochs there were."""

    @property
    def best_epoch(self) -> int | None:
        """The epoch, from 1, whose loss was smallest."""


class Predictor(Protocol):
    """Anything with ``predict``, such as a network."""

    def predict(self, x: Any) -> Any:
        """The outputs for inputs of shape (N, D)."""


class Plot:
    """A picture, which a notebook shows. Made by the functions of this module.

    Attributes:
        figure: the Matplotlib figure, to change or to add to.
    """

    def __init__(self, figure: Figure, fonts: Sequence[str]) -> None:
        self.figure = figure
        self._fonts = fonts

    def svg(self) -> str:
        """The picture as an SVG text, its letters as paths."""
        return self._render("svg").decode("utf-8")

    def save(self, path: PathLike) -> Path:
        """Save it as .svg, .png or .pdf, as the file's suffix says: whole or not at all.

        Returns:
            The path.

        Raises:
            ValueError: if the suffix is another.
            OSError: if it can't be written; whatever was there is as it was.
        """
        file = _checked_path(path)
        write_whole(file, self._render(file.suffix.lower()[1:]))
        return file

    def _render(self, format: str) -> bytes:
        nothing = {"svg": ("Date", "Creator"), "png": ("Software",), "pdf": ("CreationDate", "Creator", "Producer")}
        content = io.BytesIO()
        with _look(self._fonts):
            self.figure.savefig(content, format=format, metadata=dict.fromkeys(nothing[format]))
        return content.getvalue()

    def __repr__(self) -> str:
        width, height = self.figure.get_size_inches()
        return f"Plot({width:.3g} × {height:.3g} inches)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, str]:
        return svg_bundle(self.svg(), repr(self))


def load() -> None:
    """Load Matplotlib, or say how to install it.

    Raises:
        ImportError: without Matplotlib.

    >>> load()
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise ImportError(needs("plots", "learn", "학습의 그림")) from None


def plot_history(history: Course, path: PathLike | None = None, *, language: Language = "ko") -> Plot:
    """Draw the course of a training: the loss and, for a classifier, the accuracy.

    Args:
        history: what ``train()`` returned.
        path: a file to save it in as well, .svg, .png or .pdf.
        language: Korean (``"ko"``) or English (``"en"``).

    Raises:
        ImportError: without Matplotlib.
        ValueError: if the history is empty, or an option is not possible.
        OSError: if the file can't be written.

    >>> from tinygrad_kr import History
    >>> history = History(2, losses=[1.5, 1.0, 0.75, 0.5], train_loss=[0.875, 0.5], seconds=[0.1, 0.1])
    >>> plot_history(history)
    Plot(5.5 × 3.6 inches)
    """
    if not history.losses:
        raise ValueError("the history is empty, so there is nothing to plot; train for a step at least")
    panels = 2 if history.train_accuracy else 1
    with _drawing((5.5 * panels, 3.6), path, language) as (plot, words):
        axes = plot.figure.subplots(1, panels, squeeze=False)[0]
        steps = np.arange(1, len(history.losses) + 1) / history.steps_per_epoch
        axes[0].plot(steps, history.losses, color=PALE, linewidth=1.0, label=words["step"], zorder=1)
        _courses(axes[0], history.train_loss, history.test_loss, words)
        axes[0].set(title=words["loss"], ylim=(min(0.0, *history.losses), None))
        if panels == 2:
            _courses(axes[1], history.train_accuracy, history.test_accuracy, words)
            axes[1].set(title=words["accuracy"], ylim=(None, 1.005))
            axes[1].yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g} %")
        for ax in axes:
            _count_epochs(ax, len(history.losses) / history.steps_per_epoch)
            ax.set_xlabel(words["epoch"])
            if history.best_epoch is not None and history.epochs > 1:
                ax.axvline(history.best_epoch, color=LIGHT, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0,
                           label=words["best"] if ax is axes[0] else None)  # fmt: skip
            if ax.get_legend_handles_labels()[0]:
                ax.legend(loc="best")
    return plot


def plot_confusion(
    table: Any, labels: Sequence[object] | None = None, path: PathLike | None = None, *, language: Language = "ko"
) -> Plot:
    """Draw a table of which class was taken for which: right answers in grey, mistakes in colour.

    Args:
        table: the counts, shape (K, K), the right class by row, as ``scores.confusion`` gives them.
        labels: what the classes are called; their numbers where left out.
        path: a file to save it in as well, .svg, .png or .pdf.
        language: Korean (``"ko"``) or English (``"en"``).

    Raises:
        ImportError: without Matplotlib.
        ValueError: if the table is not square, has a number below 0, or there are not as many labels as classes.
        OSError: if the file can't be written.

    >>> plot_confusion([[9, 1], [2, 8]], labels=["apple", "pear"])
    Plot(3.2 × 3.2 inches)
    """
    counts = _real("table", table)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size or (counts < 0).any():
        raise ValueError(f"a confusion table has shape (K, K) and counts from 0; this one has shape {counts.shape}")
    classes = len(counts)
    names = _names(labels, classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = np.eye(classes, dtype=bool)
    size = min(2.2 + 0.5 * classes, 12.0)
    with _drawing((size, size), path, language) as (plot, words):
        from matplotlib.colors import to_rgb

        ax = plot.figure.subplots()
        # A share of 1 is the full colour; small shares of mistakes are made stronger, or nobody would see them.
        strength = np.where(right, 0.4 * shares, np.sqrt(shares))[..., None]
        full = np.where(right[..., None], to_rgb(INK), to_rgb(ACCENT))
        shades = 1 - strength * (1 - full)
        ax.imshow(shades, interpolation="nearest")
        if classes <= 20:
            for row, column in np.argwhere(counts > 0):
                ax.text(column, row, f"{counts[row, column]:.6g}", ha="center", va="center", fontsize=10.0,
                        color="white" if shades[row, column] @ (0.2126, 0.7152, 0.0722) < 0.47 else INK)  # fmt: skip
        ax.set_xticks(range(classes), names, rotation=90 if max(map(columns, names)) > 6 else 0)
        ax.set_yticks(range(classes), names)
        ax.set(xlabel=words["predicted"], ylabel=words["true"])
        ax.tick_params(length=0)
        ax.set_xticks(np.arange(classes - 1) + 0.5, minor=True)
        ax.set_yticks(np.arange(classes - 1) + 0.5, minor=True)
        ax.tick_params(which="minor", length=0)
        ax.grid(which="minor", color="white", linewidth=1.0)
        ax.spines[:].set_visible(False)
    return plot


def plot_mistakes(
    images: Any,
    predicted: Any,
    true: Any,
    probabilities: Any = None,
    labels: Sequence[object] | None = None,
    path: PathLike | None = None,
    *,
    language: Language = "ko",
) -> Plot:
    """Draw images with what was answered and what is right; wrong answers in colour.

    Args:
        images: grey images, shape (N, height, width), or (N, side²) of square ones; large numbers are dark.
        predicted: the classes that were answered, shape (N,).
        true: the right ones, shape (N,).
        probabilities: of each class, shape (N, K), to say how sure the answer was.
        labels: what the classes are called; their numbers where left out.
        path: a file to save it in as well, .svg, .png or .pdf.
        language: Korean (``"ko"``) or English (``"en"``).

    Raises:
        ImportError: without Matplotlib.
        ValueError: if there are none or more than 100, or the shapes do not fit.
        OSError: if the file can't be written.

    >>> plot_mistakes(np.eye(4)[None], predicted=[7], true=[1])
    Plot(1.5 × 1.9 inches)
    """
    pictures, answers, right = _real("images", images), as_classes(predicted, "predicted"), as_classes(true, "true")
    if pictures.ndim == 2:
        side = int(np.sqrt(pictures.shape[1]))
        if side * side != pictures.shape[1]:
            raise ValueError(
                f"images of {pictures.shape[1]} numbers are not square; reshape them to (N, height, width)"
            )
        pictures = pictures.reshape(-1, side, side)
    if pictures.ndim != 3 or not pictures.size:
        raise ValueError(f"images of shape {pictures.shape} are not possible; expected (N, height, width)")
    if not len(pictures) == len(answers) == len(right):
        raise ValueError(
            f"there are {len(pictures)} images, {len(answers)} predicted and {len(right)} true classes; "
            "expected equally many"
        )
    if len(pictures) > 100:
        raise ValueError(f"{len(pictures)} images are too many to look at; choose 100 at the most")
    classes = int(max(answers.max(), right.max())) + 1
    sure = None
    if probabilities is not None:
        sure = _real("probabilities", probabilities)
        if sure.ndim != 2 or len(sure) != len(pictures) or sure.shape[1] < classes:
            raise ValueError(
                f"probabilities of shape {sure.shape} do not fit; expected ({len(pictures)}, K) with K ≥ {classes}"
            )
        classes = sure.shape[1]
    names = _names(labels, classes if labels is None else max(classes, len(labels)))
    across = min(len(pictures), 8)
    down = -(-len(pictures) // across)
    with _drawing((1.5 * across, 1.9 * down), path, language) as (plot, words):
        grid = plot.figure.subplots(down, across, squeeze=False)
        for ax in grid.flat:
            ax.axis("off")
        for k, ax in enumerate(grid.flat[: len(pictures)]):
            ax.imshow(pictures[k], cmap="gray_r", interpolation="nearest")
            share = f" · {100 * sure[k, answers[k]]:.3g} %" if sure is not None else ""
            is_wrong = answers[k] != right[k]
            ax.set_title(f"{words['predicted']} {names[answers[k]]}{share}", fontsize=10.0, pad=17.0,
                         color=ACCENT if is_wrong else INK)  # fmt: skip
            ax.annotate(f"{words['true']} {names[right[k]]}", (0.5, 1.0), xytext=(0, 5), ha="center", va="bottom",
                        xycoords="axes fraction", textcoords="offset points", fontsize=9.0, color=MIDDLE)  # fmt: skip
    return plot


def plot_boundary(
    network: Predictor,
    x: Any,
    t: Any,
    labels: Sequence[object] | None = None,
    path: PathLike | None = None,
    *,
    language: Language = "ko",
    resolution: int = 160,
) -> Plot:
    """Draw which class a network sees where in the plane, and the data.

    Args:
        network: a classifier of two inputs; its ``predict`` gives a score of each class, (N, K), or classes, (N,).
        x: the data, shape (N, 2).
        t: their classes, shape (N,).
        labels: what the classes are called; their numbers where left out.
        path: a file to save it in as well, .svg, .png or .pdf.
        language: Korean (``"ko"``) or English (``"en"``).
        resolution: at how many points along each side the network is asked.

    Raises:
        ImportError: without Matplotlib.
        ValueError: if the shapes do not fit.
        OSError: if the file can't be written.

    >>> class Left:
    ...     def predict(self, x):
    ...         return (x[:, 0] > 0).astype(int)
    >>> plot_boundary(Left(), [[-1.0, 0.0], [1.0, 0.5]], [0, 1])
    Plot(5 × 4 inches)
    """
    points, right = _real("x", x), as_classes(t, "t")
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"x of shape {points.shape} is not in the plane; expected (N, 2)")
    if len(points) != len(right):
        raise ValueError(f"there are {len(points)} points and {len(right)} classes; expected equally many")
    check(resolution=resolution)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.12 * (high - low), 1.0)
    sides = [np.linspace(a, b, resolution) for a, b in zip(low - margin, high + margin)]
    across, up = np.meshgrid(*sides)
    if not callable(getattr(network, "predict", None)):
        raise TypeError(
            f"plot_boundary() needs a network with predict(x), not {shown(network)}; for others give it an object "
            "whose predict takes points (N, 2) and returns classes (N,)"
        )
    answer = np.asarray(network.predict(np.column_stack([across.ravel(), up.ravel()])))
    if answer.ndim == 2 and answer.shape[1] > 1:
        answer = answer.argmax(axis=1)
    if answer.shape != (resolution**2,) or answer.dtype.kind not in "biu":
        raise ValueError(
            f"predict() gave {answer.dtype} of shape {answer.shape} for {resolution**2} points; expected a score of "
            "each class (N, K), or classes (N,)"
        )
    regions = answer.astype(int).reshape(resolution, resolution)
    classes = int(max(regions.max(), right.max())) + 1
    names = _names(labels, classes)
    marks = "os^Dvp*hX<"
    with _drawing((5.0, 4.0), path, language) as (plot, words):
        ax = plot.figure.subplots()
        colors = _class_colors(classes)
        ax.imshow(1 - 0.25 * (1 - colors[regions]), origin="lower", aspect="auto", interpolation="nearest",
                  extent=(sides[0][0], sides[0][-1], sides[1][0], sides[1][-1]))  # fmt: skip
        for k in range(classes - 1):  # the borders, one class against those above it
            if (regions <= k).any() and (regions > k).any():
                ax.contour(across, up, regions > k, levels=[0.5], colors=[MIDDLE], linewidths=1.0)
        for k, name in enumerate(names):
            chosen = points[right == k]
            ax.scatter(chosen[:, 0], chosen[:, 1], s=24, marker=marks[k % len(marks)], color=colors[k],
                       edgecolors="white", linewidths=0.6,
                       label=name if labels is not None else words["class"].format(name=name))  # fmt: skip
        ax.set_xlabel("x₁", fontfamily="DejaVu Sans")  # whose index can be read at this size
        ax.set_ylabel("x₂", fontfamily="DejaVu Sans")
        if classes <= 10:
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handletextpad=0.2)
    return plot


def plot_curve(x: Any, y: Any, predict: Any, path: PathLike | None = None, *, language: Language = "ko") -> Plot:
    """Draw what a regression learned: its curve through the data, or predicted against true numbers.

    Args:
        x: the inputs. Of one input, (N,) or (N, 1), the curve is drawn; of more, (N, D), predicted against true.
        y: the true numbers, shape (N,) or (N, 1).
        predict: a network, or a function from inputs of shape (N, D) to numbers of shape (N,) or (N, 1).
        path: a file to save it in as well, .svg, .png or .pdf.
        language: Korean (``"ko"``) or English (``"en"``).

    Raises:
        ImportError: without Matplotlib.
        ValueError: if the shapes do not fit.
        OSError: if the file can't be written.

    >>> plot_curve([0.0, 1.0, 2.0], [0.1, 0.9, 4.2], lambda x: x**2)
    Plot(5 × 3.6 inches)
    """
    inputs, right = _real("x", x), _real("y", y)
    inputs = inputs[:, None] if inputs.ndim == 1 else inputs
    if inputs.ndim != 2 or not inputs.size:
        raise ValueError(f"x of shape {inputs.shape} is not possible; expected (N,) or (N, D)")
    if right.shape not in ((len(inputs),), (len(inputs), 1)):
        raise ValueError(f"y has shape {right.shape} and x has {len(inputs)} rows; expected one number for each row")
    right = right.ravel()
    function = getattr(predict, "predict", predict)
    if not callable(function):
        raise ValueError(f"predict={shown(predict)} can't be called; expected a network or a function")
    is_curve = inputs.shape[1] == 1
    asked = np.linspace(inputs.min(), inputs.max(), 400)[:, None] if is_curve else inputs
    answer = _real("predict(x)", function(asked))
    if answer.shape not in ((len(asked),), (len(asked), 1)):
        raise ValueError(f"predict() gave shape {answer.shape} for {len(asked)} rows; expected one number for each row")
    answer = answer.ravel()
    with _drawing((5.0, 3.6) if is_curve else (4.2, 4.2), path, language) as (plot, words):
        ax = plot.figure.subplots()
        if is_curve:
            ax.scatter(inputs[:, 0], right, s=16, color=LIGHT, label=words["data"])
            ax.plot(asked[:, 0], answer, color=ACCENT, label=words["learned"])
            ax.set(xlabel="x", ylabel="y")
        else:
            ends = [min(right.min(), answer.min()), max(right.max(), answer.max())]
            ax.plot(ends, ends, color=LIGHT, linewidth=1.0, label=words["equal"], zorder=0)
            ax.scatter(right, answer, s=16, color=ACCENT, alpha=0.7, linewidths=0)
            ax.set(xlabel=words["true"], ylabel=words["predicted"], aspect="equal")
        ax.legend(loc="best")
    return plot


# ── Parts of pictures ─────────────────────────────────────────────────────────────────────────────────


def _courses(ax: Axes, train: Sequence[float], test: Sequence[float], words: Mapping[str, str]) -> None:
    """A score after each epoch, of the training data and of the test data."""
    marker = "o" if len(train) <= 30 else ""
    for scores, name, color in ((train, "train", MIDDLE), (test, "test", ACCENT)):
        if scores:
            ax.plot(range(1, len(scores) + 1), scores, color=color, marker=marker, markersize=3.5, label=words[name])


def _count_epochs(ax: Axes, epochs: float) -> None:
    """Whole epochs along the axis."""
    from matplotlib.ticker import MaxNLocator

    ax.set_xlim(0, max(epochs, 1.0) * 1.02)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _class_colors(classes: int) -> Array:
    """Black, the accent, and greys between: shape (K, 3)."""
    from matplotlib.colors import to_rgb

    greys = np.linspace(0.45, 0.8, max(classes - 2, 1))
    return np.array([to_rgb(MIDDLE), to_rgb(ACCENT), *([grey] * 3 for grey in greys)])[:classes]


# ── Matplotlib ────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _drawing(
    size: tuple[float, float], path: PathLike | None, language: Language
) -> Iterator[tuple[Plot, Mapping[str, str]]]:
    """A new picture and the words for it; saved in the end where there is a path."""
    check(language=language)
    if path is not None:
        _checked_path(path)
    load()
    from matplotlib.figure import Figure

    korean = _korean_font()
    fonts = [korean, "DejaVu Sans"] if korean is not None else ["DejaVu Sans"]
    with _look(fonts):
        plot = Plot(Figure(figsize=size, layout="constrained"), fonts)
        yield plot, _WORDS[language if korean is not None else "en"]
    if path is not None:
        plot.save(path)


def _korean_font() -> str | None:
    """The first of the Korean fonts that Matplotlib finds on this machine, or None."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return next((font for font in KOREAN_FONTS if font in installed), None)


@contextmanager
def _look(fonts: Sequence[str]) -> Iterator[None]:
    """Matplotlib's settings while a picture is made; a label in a script that no font has is no reason to warn."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()  # a person's own matplotlibrc would change the look
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        with matplotlib.rc_context(_LOOK | {"font.family": list(fonts)}):
            yield


# ── Bad input ─────────────────────────────────────────────────────────────────────────────────────────


def _checked_path(path: PathLike) -> Path:
    file = Path(path)
    if file.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise ValueError(f"can't save {shown(file.name)}: its suffix should be one of .svg, .png, .pdf")
    return file


def _real(name: str, given: Any) -> Array:
    """An array of finite real numbers."""
    array: Array = real_array(given, name, error=ValueError)
    refuse_not_finite(array, name, "only finite numbers can be drawn")
    return array


def _names(labels: Sequence[object] | None, classes: int) -> list[str]:
    if labels is None:
        return [str(k) for k in range(classes)]
    if len(labels) != classes:
        raise ValueError(f"there are {len(labels)} labels and {classes} classes; expected a label for each class")
    return [clipped(printable(str(label)), 24) for label in labels]
