"""Frames to test on, and what a method's surface is measured against."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.batch import Source
from handjax.data.studio import colour

GIVEN = ("joints", "scale")
"""What is known of test frames in colour: the truth, and what methods that can't find
it themselves are given, which figures have to say."""


class TrueSurface(NamedTuple):
    """What a method's surface is measured against; in no batch, lest it be read.

    Attributes:
        pose: what is held for a batch -> vertices in the world, mm.
        faces: of the surface.
        counted: which vertices count; the others are within the arm.
    """

    pose: Callable[[Any], Float[Array, "batch vertices 3"]]
    faces: Int[np.ndarray, "faces 3"]
    counted: Bool[np.ndarray, "vertices"]


class TestFrames(NamedTuple):
    """Frames to test on, one after another, labelled.

    Attributes:
        source: of batches.
        part: number of a batch -> which frames are held for it; the last batch goes on
            from the first frame.
        count: how many there are.
        surface: the true one; None where methods estimate none.
        masks: what is held for a batch -> which pixels show the hand; None where no
            picture is seen. In no batch, lest they be read.
    """

    source: Source
    part: Callable[[int], Any]
    count: int
    surface: TrueSurface | None = None
    masks: Callable[[Any], Bool[Array, "batch height width"]] | None = None


def test_frames_in_colour(
    subject: str, amount: str, batch_size: int, *, pixels: int, split: str = "test"
) -> TestFrames:
    """The test moments of one subject, each as a camera of its own sees it.

    Args:
        subject: one of `SUBJECTS`.
        amount: one of `AMOUNTS`.
        batch_size: moments a draw.
        pixels: edge of the pictures.
        split: "test", or "train" for the moments that are learnt from.
    """
    # Depth and mask would be there to be read by who estimates.
    source, count = colour.held_out(
        subject, amount, pixels=pixels, split=split, labels=GIVEN
    )
    stage, _ = source.held

    def part(number: int) -> Any:
        return stage, in_turn(number, batch_size, count)

    hand = stage.look.subject
    surface = TrueSurface(
        jax.jit(lambda held: colour.surfaces(*held)),
        np.asarray(hand.faces),
        # The wrist is the origin, and the arm goes on along +y.
        np.asarray(hand.vertices)[:, 1] < 0.0,
    )
    shown, _ = colour.held_out(
        subject, amount, pixels=pixels, split=split, labels=("mask",)
    )

    @jax.jit
    def masks(held: Any) -> Bool[Array, "batch height width"]:
        mask = shown.sample(jax.random.key(0), held).views.mask
        assert mask is not None
        return mask[:, 0]

    return TestFrames(source._replace(held=part(0)), part, count, surface, masks)


def in_turn(number: int, batch_size: int, count: int) -> Int[Array, "batch"]:
    """Rows of a batch; after the last row comes the first."""
    return jnp.asarray((number * batch_size + np.arange(batch_size)) % count)
