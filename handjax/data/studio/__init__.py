"""A simulated multi-view capture of hands that training has not seen.

The stand-in for real, unlabelled recordings: four subjects of their own shape and
skin, natural motion, a forearm, three cameras of another family than the training
noise. A config names the labels that its method may read; no other is in a Batch.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from handjax.batch import FAR, Batch, Labels, Source, Views
from handjax.data.crop import PIXELS, SIZE
from handjax.data.studio import colour, frames
from handjax.data.studio.capture import PER_MM
from handjax.data.studio.factors import AMOUNTS
from handjax.data.studio.frames import Capture, spread
from handjax.data.studio.masks import hand_masks
from handjax.data.studio.subjects import SUBJECTS
from handjax.data.studio.tested import (
    TestFrames,
    TrueSurface,
    in_turn,
    test_frames_in_colour,
)
from handjax.data.studio.version import label
from handjax.geometry import cameras, transforms

__all__ = [
    "AMOUNTS",
    "LABELS",
    "MODALITIES",
    "SPLITS",
    "SUBJECTS",
    "TestFrames",
    "TrueSurface",
    "check",
    "in_colour",
    "label",
    "labels_of",
    "neutral",
    "source",
    "test_frames",
    "test_frames_in_colour",
]

Config = Any

LABELS = ("centres", "joints", "mask")
"""What a config may name: sphere centres with their radii; key points; and which pixels
show the hand, without which `Views.mask` is all that was seen, the arm too."""
MODALITIES = ("depth", "rgb")
"""What cameras see: see here, and `studio.colour`."""
SPLITS = ("train", "test", "both")
"""What may be learnt from: NYU's proportions make "both" a tenth more."""


def labels_of(config: Config) -> tuple[str, ...]:
    """What a config may name, by what its cameras see."""
    return (*colour.LABELS, *colour.PICTURES) if in_colour(config) else LABELS


def check(config: Config) -> None:
    """Refuse settings that say nothing of what cameras see.

    Raises:
        ValueError: naming what there is.
    """
    if in_colour(config):
        colour.check(config)


def in_colour(config: Config) -> bool:
    """What cameras see; configs of old releases know of depth alone."""
    return config.get("modality", "depth") == "rgb"


def source(config: Config, batch_size: int) -> Source:
    """Frames of one subject in random order, for training.

    Args:
        config: see `configs.common.studio`.
        batch_size: frames a draw, each of three views; in colour of one, and as many
            more to compare with as the config says.

    Raises:
        ValueError: the config names what there is not.
    """
    if in_colour(config):
        return colour.source(config, batch_size)
    splits = ("train", "test") if config.split == "both" else (config.split,)
    captures = [frames.load(config.subject, config.amount, split) for split in splits]
    masks = None
    if "mask" in config.labels:
        both = zip(splits, captures, strict=True)
        masks = np.concatenate([hand_masks(config.subject, *one) for one in both])
    held = _hold(captures, config.labels, config.frames, config.multi_view, masks)
    count = len(held["valid"])

    def sample(key: PRNGKeyArray, held: Any) -> Batch:
        chosen = jax.random.randint(key, (batch_size,), 0, count)
        return _batch(held, chosen, config.labels)

    return Source(sample, held)


def neutral(config: Config, batch_size: int) -> Source:
    """One moment of an open hand, by all cameras in colour; see `colour.neutral`.

    Args:
        config: see `configs.common.studio`.
        batch_size: 1.

    Raises:
        ValueError: it is another, or cameras see no colour.
    """
    if batch_size != 1 or not in_colour(config):
        raise ValueError(
            f"studio.neutral is one moment in colour; wanted were {batch_size}, and "
            f"studio.modality is {config.get('modality', 'depth')!r}"
        )
    return colour.neutral(config)


def test_frames(
    subject: str, amount: str, batch_size: int, *, masks: bool = False, **chosen: Any
) -> TestFrames:
    """The test frames of one subject, as the first camera sees them.

    Args:
        subject: one of `SUBJECTS`.
        amount: one of `AMOUNTS`.
        batch_size: frames a draw.
        masks: say which pixels show the hand; they are drawn anew.
        chosen: `factors`, see `frames.load`.
    """
    found = frames.load(subject, amount, "test", **chosen)
    shown = hand_masks(subject, "test", found, **chosen) if masks else None
    whole = _hold([found], LABELS, masks=shown)
    count = len(whole["valid"])

    def sample(key: PRNGKeyArray, held: Any) -> Batch:
        del key
        batch = _batch(held["frames"], held["chosen"], LABELS)
        return batch._replace(views=jax.tree.map(lambda x: x[:, :1], batch.views))

    def part(number: int) -> Any:
        return {"frames": whole, "chosen": in_turn(number, batch_size, count)}

    return TestFrames(Source(sample, part(0)), part, count)


def _hold(
    captures: list[Capture],
    labels: tuple[str, ...],
    share: float = 1.0,
    multi_view: float = 1.0,
    masks: Bool[np.ndarray, "frames view 64 64"] | None = None,
) -> dict[str, Any]:
    """Frames on the device, without the labels that nobody named.

    Args:
        captures: of one subject.
        labels: those that may be read.
        share: of the frames.
        multi_view: share of those that keep all their views; the others keep the first
            camera's. Source: [wan2019] Sec. 4.2.
        masks: of the hand in all frames.
    """
    every = jax.tree.map(lambda *x: np.concatenate(x), *(c.frames for c in captures))
    rows = np.flatnonzero(spread(len(every.depth), share))
    valid = np.ones((len(rows), every.centre.shape[1]), bool)
    valid[~spread(len(rows), multi_view), 1:] = False
    unnamed = set(LABELS) - set(labels)
    named = {k: x[rows] for k, x in every._asdict().items() if k not in unnamed}
    rest = {"valid": valid, "rig": captures[0].camera_from_world}
    if "centres" in labels:
        rest["radii"] = captures[0].radii
    if masks is not None:
        rest["mask"] = masks[rows]
    return jax.tree.map(jnp.asarray, named | rest)


def _batch(
    held: dict[str, Any], chosen: Int[Array, "batch"], labels: tuple[str, ...]
) -> Batch:
    """The chosen frames, with the labels that were named."""
    depth = held["depth"][chosen].astype(jnp.float32) / PER_MM
    valid, centre = held["valid"][chosen], held["centre"][chosen]
    shape = valid.shape
    camera = jax.tree.map(
        lambda x: jnp.broadcast_to(x, (*shape, 2)),
        cameras.orthographic_crop(SIZE, PIXELS),
    )
    shift = jax.vmap(jax.vmap(lambda c: transforms.make(jnp.eye(3), -c)))(centre)
    views = Views(
        depth=depth,
        image=None,
        mask=held["mask"][chosen] if "mask" in held else depth < FAR,
        valid=valid,
        camera=camera,
        crop_from_camera=shift,
        camera_from_world=jnp.broadcast_to(held["rig"], (*shape, 4, 4)),
    )
    return Batch(views, None, _labels(held, chosen, labels))


def _labels(held: dict[str, Any], chosen: Array, names: tuple[str, ...]) -> Labels:
    known: dict[str, Any] = {}
    if "centres" in names:
        radii = jnp.broadcast_to(held["radii"], (len(chosen), len(held["radii"])))
        known |= {"centres": held["centres"][chosen], "radii": radii}
    if "joints" in names:
        joints = held["joints"][chosen]
        known |= {"joints": joints, "joints_valid": jnp.ones(joints.shape[:2], bool)}
    return Labels(**known)
