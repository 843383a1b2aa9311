"""A network's loss of one sample, recorded once and replayed over batches.

Only what is surely the same is replayed: a layer that keeps something of a batch goes on eagerly, and so does a network
whose replay does not come to what the engine does for the first samples. The masks of Dropout are inputs of the tape.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ..engine.arrays import Array
from ..tape import NotRecordable, Recorded, record
from .layers import Dropout

__all__ = ["is_ours", "replayed"]

Step = tuple[float, dict[str, Any]]


class _Net(NamedTuple):
    """A network's loss of one sample.

    Attributes:
        recorded: a function of the parameters, a sample, its label and its masks.
        outputs: the shape of a sample's outputs.
        masks: those of the masks of Dropout layers, in order.
    """

    recorded: Recorded
    outputs: tuple[int, ...]
    masks: list[tuple[int, ...]]


_known: WeakKeyDictionary[Any, tuple[Any, Any, _Net | None]] = WeakKeyDictionary()
"""For each network its layers and their settings when it was recorded, and the function; None where it can't be."""


def replayed(network: Any, x: Array, t: Array, eagerly: Callable[[Any, Array, Array], Step]) -> Step | None:
    """The loss of a batch and its gradient by a tape; None where the engine has to compute them.

    Args:
        network: the network.
        x, t: a batch.
        eagerly: the same by the engine.
    """
    params = {name: getattr(*place) for name, place in network.params.places().items()}
    if np.ndim(x) != 2 or len(x) < 2 or any(np.asarray(array).dtype == object for array in (x, t, *params.values())):
        return None
    if _has_ways_of_its_own(network):
        return None
    layers = _layers(network)
    built = x.shape[1:], network.learns, *((id(layer), type(layer)) for layer in layers)
    settings = [*map(_settings, layers)]
    known, with_settings, net = _known.get(network, (None, None, None))
    if known != built or (net is not None and with_settings != settings):
        net = _recorded(network, params, x, t, eagerly)
        _known[network] = built, settings, net
    if net is None:
        return None
    targets, masks = network.last_layer.targets(t, (len(x), *net.outputs)), _masks(network, net.masks, len(x))
    loss, gradient = net.recorded.value_and_grad(params, x, targets, *masks)
    return loss, {name: np.asarray(gradient[name]) for name in params}


def _recorded(network: Any, params: dict[str, Any], x: Array, t: Array, eagerly: Callable[..., Step]) -> _Net | None:
    """The loss of one sample as a recorded function, if it is the same as by the engine."""
    twin, learns = copy.deepcopy(network), network.learns  # a tape that held the network would keep it for ever
    places = twin.params.places()

    def loss(params: dict[str, Any], x: Array, t: Array, *masks: Array) -> Any:
        for name, (layer, attribute) in places.items():
            setattr(layer, attribute, np.asarray(params[name], dtype=object))
        for layer, mask in zip(_dropping(twin), masks):
            layer.recorded_mask = mask[None]
        return twin.last_layer.of_batch(twin.through(x[None], learns), t[None])  # layers may ask for a batch

    own = [layer for layer in _layers(twin) if not is_ours(layer)]
    before = [_settings(layer) for layer in own]
    try:
        tried = copy.deepcopy(network)
        outputs = np.shape(tried.predict(x[:1]))[1:]
        shapes = [np.shape(layer.mask)[1:] for layer in _dropping(tried)]
        net = record(loss)
        targets = network.last_layer.targets(t, (len(x), *outputs))[:2]
        value, gradient = net.value_and_grad(params, x[:2], targets, *_masks(copy.deepcopy(network), shapes, 2))
    except NotRecordable as error:
        _say_so(network, str(error))
        return None
    except Exception:  # whatever is wrong, the engine says it better
        return None
    if own:
        true, by_engine = eagerly(copy.deepcopy(network), x[:2], t[:2])
        for layer, settings in zip(own, before):
            if _settings(layer) != settings:
                _say_so(network, f"{type(layer).__name__} keeps something of a batch")
                return None
        if not np.isclose(value, true, rtol=1e-9):
            return None
        if any(not np.allclose(gradient[name], by_engine[name], rtol=1e-9, atol=1e-12) for name in params):
            return None
    return _Net(net, outputs, shapes)


def _say_so(network: Any, why: str) -> None:
    """Say why there is no tape for this network."""
    warnings.warn(f"{type(network).__name__} learns without a tape, more slowly: {why}", stacklevel=6)


def _dropping(network: Any) -> list[Any]:
    """The layers that take a mask for every batch while the network learns."""
    return [layer for layer in network.layers.values() if type(layer) is Dropout and network.learns]


def _masks(network: Any, shapes: list[tuple[int, ...]], count: int) -> list[Array]:
    """New masks for a batch, which the layers keep as if they had gone through it."""
    for layer, shape in zip(_dropping(network), shapes):
        layer.mask = layer.new_mask((count, *shape))
    return [layer.mask for layer in _dropping(network)]


def _layers(network: Any) -> list[Any]:
    return [*network.layers.values(), network.last_layer]


def _has_ways_of_its_own(network: Any) -> bool:
    """Whether a network of one's own computes its loss in another way, or can't be a key."""
    ways = ("loss", "predict", "through", "on_values", "__hash__")
    others = [vars(network), *(vars(kind) for kind in type(network).__mro__[:-1] if not _is_ours_class(kind))]
    return any(way in names for way in ways for names in others)


def _is_ours_class(kind: type) -> bool:
    return kind.__module__.startswith(f"{__package__}.")


def is_ours(layer: Any) -> bool:
    """Whether a layer is one of this package's."""
    return _is_ours_class(type(layer))


def _settings(layer: Any) -> tuple[Any, ...]:
    """The plain numbers and arrays of a layer of one's own; ours keep nothing that a tape depends on."""
    if is_ours(layer):
        return ()
    learned = getattr(layer, "parameters", ())
    kept = sorted((name, thing) for name, thing in vars(layer).items() if name not in learned)
    return tuple((name, thing.tobytes() if isinstance(thing, np.ndarray) else repr(thing)) for name, thing in kept)
