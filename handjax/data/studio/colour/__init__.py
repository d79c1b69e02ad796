"""The studio in colour: 24 cameras around one hand, RGB with depth and mask.

The stand-in for the capture stage of [moon2020] and for the real pictures of [ge2019]
and [baek2019]. Every picture is drawn within the step from a few numbers a frame, and
is the same whenever it is drawn. A config names the labels that its method may read; no
other is in a Batch, and no surface ever is in one to learn from.
"""

import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray

from handjax.batch import Batch, Source
from handjax.data.studio import frames, motion, version
from handjax.data.studio.colour import backdrops, dome, looks, shots
from handjax.data.studio.colour.takes import (
    OF_PIXELS,
    PICTURES,
    Stage,
    surfaces,
    take,
)
from handjax.data.studio.frames import SPLITS
from handjax.data.studio.subjects import SUBJECTS
from handjax.hands import appearance, named_poses
from handjax.render import lights, occlusion, photograph

__all__ = [
    "AMOUNTS",
    "LABELS",
    "PICTURES",
    "SPLITS",
    "Stage",
    "check",
    "held_out",
    "label",
    "neutral",
    "source",
    "surfaces",
    "take",
]

Config = Any

AMOUNTS = {
    "test": (24, 12),
    "tiny": (1_500, 300),
    "small": (6_000, 1_000),
    "full": (20_000, 4_000),
}
"""Moments to learn from and to test on, each seen by all 24 cameras."""
LABELS = ("joints", "keypoints2d", "scale", *OF_PIXELS)
"""What a config may name: key points in space, mm, and in the picture, pixels; the
hand's scale and the depth of its root; depth
and mask as the cameras have them that a prediction is compared with; and "pictures",
which these cameras saw.

Depth is of hand and arm here, as a capture stage has it, and the hand's alone in
`data.synthetic`: who learns from both takes it where the mask is."""
KEY = 5
"""Of everything here that is random."""
VERSION = 2
SHARED = appearance, photograph, lights, occlusion
"""Whose constants training's pictures come from too; none of them can change unseen."""
TESTED = 1_000
"""What a moment's key is folded with to draw the camera that is tested on."""


def source(config: Config, batch_size: int) -> Source:
    """Moments of one subject in random order, each as a camera sees it.

    Args:
        config: see `configs.common.studio`.
        batch_size: moments a draw.

    Raises:
        ValueError: the config names what there is not.
    """
    check(config)
    stage = load_stage(config.subject, config.amount, config.split)
    kept = np.flatnonzero(frames.spread(len(stage.motion.wrist), config.frames))
    labels = tuple(config.labels)

    def sample(key: PRNGKeyArray, held: tuple[Stage, Int[Array, "kept"]]) -> Batch:
        whole, rows = held
        which, who = jax.random.split(key)
        moments = rows[jax.random.randint(which, (batch_size,), 0, len(rows))]
        order = jax.vmap(lambda k: jax.random.permutation(k, len(whole.cameras)))
        seen = order(jax.random.split(who, batch_size))[:, : 1 + config.rgb.targets]
        return take(whole, moments, seen, pixels=config.rgb.pixels, labels=labels)

    return Source(sample, (stage, jnp.asarray(kept)))


def neutral(config: Config) -> Source:
    """One moment of an open hand by all cameras: what a texture is unwrapped from.

    Of the training moments that whose joints are turned most as in "neutral relaxed";
    a capture knows it by the sequence it is in. Key points and pictures are told.

    Args:
        config: see `configs.common.studio`.
    """
    stage = load_stage(config.subject, config.amount, "train")
    wanted = named_poses.NAMED["neutral relaxed"]
    away = np.abs(np.asarray(stage.motion.angles) - wanted)
    moment = jnp.asarray([np.argmin(away[:, 1:].sum(axis=(1, 2)))])
    seen = jnp.arange(len(stage.cameras))[None]

    def sample(key: PRNGKeyArray, held: Stage) -> Batch:
        del key
        every = jnp.concatenate([seen[:, :1], seen], axis=1)
        return take(
            held, moment, every, pixels=config.rgb.pixels, labels=("joints", "pictures")
        )

    return Source(sample, stage)


def held_out(
    subject: str,
    amount: str,
    *,
    pixels: int = 256,
    split: str = "test",
    labels: tuple[str, ...] = (*LABELS, "vertices"),
) -> tuple[Source, int]:
    """Moments in their order, each as one camera sees it, with all that is known.

    Args:
        subject: one of `SUBJECTS`.
        amount: one of `AMOUNTS`.
        pixels: edge of the pictures.
        split: one of `SPLITS`.
        labels: see `take`; the surface among them, hand without arm.

    Returns:
        A source that takes (stage, numbers of moments) as what is held, and how many
        moments there are.
    """
    stage = load_stage(subject, amount, split)

    def sample(key: PRNGKeyArray, held: tuple[Stage, Int[Array, "batch"]]) -> Batch:
        del key
        whole, moments = held
        seen = _camera_of(whole, moments)[:, None]
        return take(whole, moments, seen, pixels=pixels, labels=labels)

    return Source(sample, (stage, jnp.arange(1))), len(stage.motion.wrist)


def load_stage(subject: str, amount: str, split: str) -> Stage:
    """All that a subject's capture is drawn from.

    Raises:
        ValueError: naming what there is.
    """
    frames.check(subject, amount, split)
    number, part = SUBJECTS.index(subject), SPLITS.index(split)
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(KEY), number), part)
    movement, pictures = jax.random.split(key)
    play = motion.training if split == "train" else motion.gestures
    moves = play(movement, AMOUNTS[amount][part])
    with jax.ensure_compile_time_eval():
        return Stage(
            look=looks.load_look(subject),
            light=dome.light(dome.WARMTH[number]),
            motion=jax.tree.map(partial(jnp.asarray, dtype=jnp.float32), moves),
            cameras=jnp.asarray(dome.stands(), jnp.float32),
            backdrops=jnp.asarray(backdrops.make()),
            key=pictures,
        )


def _camera_of(stage: Stage, moments: Int[Array, "batch"]) -> Int[Array, "batch"]:
    """The camera whose picture of a moment is tested on; always the same."""

    def draw(moment):
        key = jax.random.fold_in(jax.random.fold_in(stage.key, moment), TESTED)
        return jax.random.randint(key, (), 0, len(stage.cameras))

    return jax.vmap(draw)(moments)


def check(config: Config) -> None:
    """Refuse settings that could only fail later, or say nothing of pictures in colour.

    Raises:
        ValueError: naming what there is.
    """
    frames.check(config.subject, config.amount, config.split)
    known = (*LABELS, *PICTURES)
    unknown = [label for label in config.labels if label not in known]
    if unknown:
        raise ValueError(
            f"studio.labels names {unknown}; in colour it may name {list(known)}"
        )
    if config.multi_view != 1.0:
        raise ValueError(
            f"studio.multi_view is {config.multi_view}; in colour a picture is one "
            "camera's: leave it at 1, and set studio.rgb.targets for others to compare "
            "with"
        )
    targets, most = config.rgb.targets, len(dome.stands()) - 1
    if not 0 <= targets <= most:
        raise ValueError(
            f"studio.rgb.targets is {targets}; there are {most} cameras beside the one "
            "whose picture is seen"
        )
    shown = (*OF_PIXELS, *PICTURES)
    if targets and not set(config.labels) & set(shown):
        raise ValueError(
            f"studio.rgb.targets is {targets}, but studio.labels names nothing that "
            f"those cameras would show: name one of {list(shown)}, or set 0"
        )


def label() -> str:
    """The line that says which studio this is: its version, and a hash of all that was
    set by hand, and of what it shares with training."""
    own = sys.modules[__name__], backdrops, dome, looks, shots
    hash = version.digest(more=(*own, *SHARED), assets=(appearance.MARKS,))
    return f"studio in colour {VERSION} ({hash})"
