"""Where a hand is in a picture in colour: where heat-maps of its key points stand high.

The heat-map network of graph_cnn's released weights looks at squares of many sizes all
over the picture. The height of a square is the mean over the 21 key points of the
highest value of their heat-maps. What a network sees where there is nothing stays where
the square is; what is there stays where the picture has it. The highest squares are
therefore looked at again a little aside and larger, and what counts is their

    score: mean height less twice how far the peaks go apart, in edges of the square.

From the best one goes on to the square around its peaks, with room as in training, as
long as the score rises.

A left hand is sought in the mirrored picture: the network knows right hands alone.

Limits. The network is small and has learnt from drawn hands that fill their square: in
three pictures of RHD it is sure of none (docs/predict.md). Hands smaller than
`SMALLEST` of the picture's shorter side are not found, nor those of which little is in
the picture.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from handjax import weights
from handjax.batch import Batch, Labels, Views
from handjax.data.given.frames import FrameError
from handjax.experiment import assemble
from handjax.geometry import cameras
from handjax.methods.pictures import peaks
from handjax.predicting.crops import Box, cut

NAME = "graph_cnn"
"""The release whose heat-maps these are."""
SMALLEST, RATIO = 0.25, 1.35
"""Edge of the smallest squares as a share of the shorter side, and of each size to the
next."""
STRIDE = 4
"""Squares overlap by all but a fourth of their edge."""
ROOM = 1.3
"""Edge of a square over the hand's longer side, the middle of training's."""
BATCH = 24
TRIED, ROUNDS = 48, 4
"""Squares that are looked at again, and how often one goes on."""
STEP = 0.08
MOVES = (
    *((0.0, 0.0, 1.0), (-STEP, 0.0, 1.0), (STEP, 0.0, 1.0)),
    *((0.0, -STEP, 1.0), (0.0, STEP, 1.0), (0.0, 0.0, 1.12)),
)
"""How a square is looked at again: aside and down in edges, and its edge."""
THRESHOLD = 0.5
"""Score below which nobody is sure of a hand: in pictures of RHD squares without one
came to 0.48, flat grey to 0.21, noise to 0.03."""

Picture = UInt8[np.ndarray, "height width 3"]


class Peaks(NamedTuple):
    """What heat-maps say of a square.

    Attributes:
        box: the square, pixels.
        height: mean height of the key points' peaks.
        uv: where they are, pixels of the picture.
        score: see the module; the height where it was looked at once.
    """

    box: Box
    height: float
    uv: Float[np.ndarray, "21 2"]
    score: float


def find(picture: Picture) -> list[Peaks]:
    """Squares of a picture with right hands.

    Returns:
        the one with the best score, whatever that is, and then those elsewhere in which
        a hand is believed.
    """
    seen = look(picture, list(squares(*picture.shape[:2])))
    seen.sort(key=lambda one: -one.height)
    again = look_again(picture, [one.box for one in seen[:TRIED]])
    again.sort(key=lambda one: -one.score)
    found = [climb(picture, again[0])]
    for one in again[1:]:
        if one.score >= THRESHOLD and all(apart(one, other) for other in found):
            found.append(one)
    return found


def apart(one: Peaks, other: Peaks) -> bool:
    """Whether two squares see two hands: neither has the other's middle in it."""
    return not (_holds(one.box, other.uv) or _holds(other.box, one.uv))


def _holds(box: Box, uv: Float[np.ndarray, "21 2"]) -> bool:
    off = uv.mean(axis=0) - box[:2]
    return bool(((off >= 0.0) & (off <= box[2])).all())


def require(found: Peaks) -> Peaks:
    """Peaks whose score is high enough.

    Raises:
        FrameError: it is not.
    """
    if found.score < THRESHOLD:
        raise FrameError(
            f"no hand: heat-maps score {found.score:.2f}, below {THRESHOLD}; if there "
            "is one, give --box x,y,w,h in pixels"
        )
    return found


def squares(height: int, width: int) -> Iterator[Box]:
    """Squares of every size all over a picture, a fourth of each beyond its border."""
    edge = float(min(height, width))
    least = SMALLEST * edge
    while edge >= least:
        beyond = edge / 4
        across, down = (
            np.linspace(
                -beyond,
                side + beyond - edge,
                1 + int(np.ceil((side + 2 * beyond - edge) / (edge / STRIDE))),
            )
            for side in (width, height)
        )
        yield from ((float(x), float(y), edge) for y in down for x in across)
        edge /= RATIO


def look_again(picture: Picture, boxes: list[Box]) -> list[Peaks]:
    """What squares score."""
    every = [other for box in boxes for other in moved(box)]
    seen, found = look(picture, every), []
    for k, box in enumerate(boxes):
        some = seen[k * len(MOVES) : (k + 1) * len(MOVES)]
        height = float(np.mean([one.height for one in some]))
        uv = np.stack([one.uv for one in some])
        apart = np.sqrt(np.mean(np.sum((uv - uv.mean(axis=0)) ** 2, axis=-1)))
        score = height - 2.0 * float(apart) / box[2]
        found.append(Peaks(box, height, uv.mean(axis=0), score))
    return found


def climb(picture: Picture, start: Peaks) -> Peaks:
    """The square around the peaks, again and again, as long as the score rises."""
    best = start
    for _ in range(ROUNDS):
        (again,) = look_again(picture, [around(best.uv)])
        if again.score <= best.score:
            break
        best = again
    return best


def moved(box: Box) -> list[Box]:
    """The squares by which one is looked at again, itself first."""
    left, top, edge = box
    u, v = left + edge / 2, top + edge / 2
    return [
        (u + edge * (x - s / 2), v + edge * (y - s / 2), edge * s) for x, y, s in MOVES
    ]


def around(uv: Float[np.ndarray, "points 2"]) -> Box:
    """The square around points of a hand, with room as in training."""
    low, high = uv.min(axis=0), uv.max(axis=0)
    edge = max(ROOM * float((high - low).max()), 8.0)
    left, top = (low + high + 1.0) / 2 - edge / 2
    return float(left), float(top), edge


def look(picture: Picture, boxes: list[Box]) -> list[Peaks]:
    """What heat-maps say of squares of a picture."""
    network, pixels = _network()
    found = []
    for start in range(0, len(boxes), BATCH):
        some = boxes[start : start + BATCH]
        # One shape, one program.
        seen = np.zeros((BATCH, pixels, pixels, 3), np.float32)
        for k, box in enumerate(some):
            seen[k] = cut(picture, box, pixels) / np.float32(255)
        heights, uv = (np.asarray(leaf) for leaf in network(seen))
        for (left, top, edge), height, at in zip(some, heights, uv, strict=False):
            there = (at + 0.5) * (edge / pixels) + [left, top] - 0.5
            found.append(Peaks((left, top, edge), float(height), there, float(height)))
    return found


@cache
def _network() -> tuple[Callable[[Any], tuple[Array, Array]], int]:
    """Pictures to heights and peaks, and how large these pictures are."""
    released = weights.from_release(NAME)
    method = assemble(released.config).method
    pixels = released.config.synthetic.rgb.pixels

    @jax.jit
    def run(params: Any, image: Array) -> tuple[Array, Array]:
        batch = Batch(_views(image), None, Labels())
        # What is not asked for of a prediction is not computed.
        prediction, _ = method.predict(params, {}, batch, key=None, train=False)
        H = prediction.heatmaps[-1]
        uv = jax.vmap(lambda h: peaks(h, pixels))(H)
        return H.max(axis=(1, 2)).mean(axis=-1), uv

    return lambda image: run(released.params, image), pixels


def _views(image: Float[Array, "batch height width 3"]) -> Views:
    """Pictures of nobody's camera in particular."""
    count, pixels = len(image), image.shape[1]
    whole = jnp.full((count, 1, 2), float(pixels))
    eye = jnp.broadcast_to(jnp.eye(4), (count, 1, 4, 4))
    return Views(
        depth=None,
        image=image[:, None],
        mask=None,
        valid=jnp.ones((count, 1), bool),
        camera=cameras.Pinhole(whole, whole / 2),
        crop_from_camera=eye,
        camera_from_world=eye,
    )
