"""All frames of a subject's capture: made once, kept in a cache, the same everywhere.

HANDJAX_CACHE    where they are kept; the user's cache folder unless set
"""

import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float
from rich.progress import track

from handjax.data.studio import motion, rig
from handjax.data.studio.capture import Frames, Scene, capture
from handjax.data.studio.factors import AMOUNTS, FACTORS, training_like
from handjax.data.studio.subjects import SUBJECTS, load_subject
from handjax.data.studio.tracks import RATE
from handjax.data.studio.version import digest

SPLITS = ("train", "test")
CHUNK, AT_ONCE = 10, 2
"""Frames a call, and calls at a time: larger calls wait for memory."""


class Capture(NamedTuple):
    """The frames of one subject and split.

    Attributes:
        frames: on the host.
        camera_from_world: as calibration has it.
        radii: of the subject's spheres, mm.
    """

    frames: Frames
    camera_from_world: Float[np.ndarray, "views 4 4"]
    radii: Float[np.ndarray, "41"]


class Session(NamedTuple):
    """What a capture is made of, before a frame is.

    Attributes:
        body: the subject.
        bias: of each camera, mm.
        rigs: camera_from_world as calibration has it.
        keys: of each frame's noise.
        moves: how the hand and its arm stand in each.
    """

    body: Any
    bias: Float[Array, "views"]
    rigs: Float[np.ndarray, "views 4 4"]
    keys: Any
    moves: motion.Motion


def load(
    subject: str,
    amount: str,
    split: str,
    *,
    factors: tuple[str, ...] = FACTORS,
) -> Capture:
    """The capture from the cache, or else made and put there.

    Args:
        subject: one of `SUBJECTS`.
        amount: one of `AMOUNTS`.
        split: "train", the 40 poses; or "test", the 14 gestures.
        factors: what differs from the training synthesis; all of `FACTORS` unless the
            gap is taken apart.

    Raises:
        ValueError: naming what there is.
    """
    check(subject, amount, split)
    path = folder() / f"{digest(factors)}_{subject}_{amount}_{split}.npz"
    found = _read(path)
    return found or _make(path, subject, amount, split, factors)


def check(subject: str, amount: str, split: str) -> None:
    """Refuse what no capture, of depth or in colour, is called.

    Raises:
        ValueError: naming what there is.
    """
    wanted = {"subject": subject, "amount": amount, "split": split}
    known = {"subject": SUBJECTS, "amount": tuple(AMOUNTS), "split": SPLITS}
    for name, value in wanted.items():
        if value not in known[name]:
            raise ValueError(
                f"studio.{name} is {value!r}; it must be one of {list(known[name])}"
            )


def spread(count: int, share: float) -> Bool[np.ndarray, "{count}"]:
    """A share of the frames, second by second over the whole capture.

    The paper takes the first half; of a capture that goes through its poses once, the
    first half would be half of the poses.
    """
    second = np.arange(count) // int(RATE)
    return np.ceil((second + 1) * share) > np.ceil(second * share)


def folder() -> Path:
    """Where captures are kept."""
    chosen = os.environ.get("HANDJAX_CACHE")
    return Path(chosen or Path.home() / ".cache" / "handjax") / "studio"


def _read(path: Path) -> Capture | None:
    """What stands in the cache, None where there is nothing that can be read."""
    try:
        # Of a broken file, numpy would leave its own handle open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            frames = Frames(*(stored[name] for name in Frames._fields))
            return Capture(frames, stored["camera_from_world"], stored["radii"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _make(
    path: Path, subject: str, amount: str, split: str, factors: tuple[str, ...]
) -> Capture:
    name = f"studio: subject {subject}, {amount}, {split}"
    made = make(subject, amount, split, factors, title=name)
    beside = path.with_suffix(f".{os.getpid()}.part")
    try:
        _write(beside, made)
        beside.replace(path)
    except OSError as wrong:
        # What took minutes is not lost for want of a cache.
        with suppress(OSError):
            beside.unlink()
        print(f"frames are not kept: {wrong}; HANDJAX_CACHE may name another folder")
    return made


def _write(path: Path, made: Capture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rest = {"camera_from_world": made.camera_from_world, "radii": made.radii}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **made.frames._asdict(), **rest)


def make(
    subject: str,
    amount: str,
    split: str,
    factors: tuple[str, ...] = FACTORS,
    *,
    title: str = "",
) -> Capture:
    """Make the frames, whatever the cache holds.

    Args:
        subject, amount, split, factors: see `load`.
        title: of the progress bar; none without.
    """
    session = stage(subject, amount, split, factors)
    shoot = jax.jit(jax.vmap(partial(_shoot, factors=factors), (None, 0, 0)))
    count = len(session.keys)

    def some(rows: np.ndarray) -> Frames:
        few = session.keys[rows], jax.tree.map(itemgetter(rows), session.moves)
        return jax.device_get(shoot((session.body, session.bias), *few))

    # One size of call compiles once: the last goes on from the first frame.
    rows = [np.arange(first, first + CHUNK) % count for first in range(0, count, CHUNK)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = pool.map(some, rows)
        parts = list(track(made, title, total=len(rows)) if title else made)
    frames = jax.tree.map(lambda *x: np.concatenate(x)[:count], *parts)
    return Capture(frames, session.rigs, np.asarray(session.body.sphere_radii))


def stage(
    subject: str, amount: str, split: str, factors: tuple[str, ...] = FACTORS
) -> Session:
    """What a capture is made of.

    Args:
        subject, amount, split, factors: see `load`.
    """
    count = AMOUNTS[amount][SPLITS.index(split)]
    key = jax.random.key(SUBJECTS.index(subject))
    person, _, noise = jax.random.split(key, 3)
    bias_key, rig_key = jax.random.split(person)
    noise = jax.random.fold_in(noise, SPLITS.index(split))
    return Session(
        load_subject(subject, shape="shape" in factors),
        rig.biases(bias_key),
        np.asarray(rig.calibrate(rig_key)),
        jax.random.split(noise, count),
        move(subject, split, count, factors),
    )


def move(
    subject: str, split: str, count: int, factors: tuple[str, ...]
) -> motion.Motion:
    """How a subject moves through so many frames."""
    key = jax.random.split(jax.random.key(SUBJECTS.index(subject)), 3)[1]
    return _motion(jax.random.fold_in(key, SPLITS.index(split)), split, count, factors)


def _shoot(scene, key, moves, *, factors: tuple[str, ...]) -> Frames:
    body, bias = scene
    return capture(key, Scene(body, bias, factors), moves)


def _motion(key, split: str, count: int, factors: tuple[str, ...]) -> motion.Motion:
    if "motion" not in factors:
        return training_like(key, count)
    moves = (
        motion.training(key, count) if split == "train" else motion.gestures(key, count)
    )
    return jax.tree.map(jnp.asarray, moves)
