"""Endless labelled hands, made inside the jitted step from nothing but a key.

    pose, shape, view -> Hand -> depth or a picture in colour -> crop -> Batch

Depth shows the bare hand, or the hand among `surroundings`.

The world is the camera's frame.
"""

from typing import Any

import jax
from jaxtyping import PRNGKeyArray

from handjax.batch import Batch, Source
from handjax.data.synthetic import colour, depth, surroundings
from handjax.data.synthetic.colour import LABELS, hold
from handjax.data.synthetic.depth import CENTERS
from handjax.data.synthetic.hands import Config, sample_pose
from handjax.hands.template import Template

__all__ = [
    "CENTERS",
    "LABELS",
    "MODALITIES",
    "modality",
    "poses_alone",
    "sample",
    "sample_pose",
    "source",
    "stands_on_truth",
]

MODALITIES = ("depth", "rgb")
"""What is seen: depth along parallel rays, or a picture in colour."""


def source(template: Template, config: Config, batch_size: int) -> Source:
    """Random hands as a source; in colour it holds backgrounds and marks of skin.

    Args:
        template: the hand.
        config: see `configs.common.synthetic`.
        batch_size: hands a draw.

    Raises:
        ValueError: if the config names what is not there.
    """
    held = hold(config.rgb) if modality(config) == "rgb" else ()

    def draw(key: PRNGKeyArray, held: Any) -> Batch:
        return sample(key, template, config, batch_size, held)

    return Source(draw, held)


def poses_alone(template: Template, config: Config, batch_size: int) -> Source:
    """The same hands for who reads their labels alone: crops stand on the truth.

    What nobody looks at is then never drawn.
    """
    blind = config.copy_and_resolve_references()
    blind.update({"center": "gt", "noise": False})
    return source(template, blind, batch_size)


def sample(
    key: PRNGKeyArray,
    template: Template,
    config: Config,
    batch_size: int,
    held: Any = (),
) -> Batch:
    """Random hands with one view each; the same key gives the same batch.

    Args:
        key: random key.
        template: the hand.
        config: see `configs.common.synthetic`.
        batch_size: how many.
        held: by the source; depth needs nothing.
    """
    keys = jax.random.split(key, batch_size)
    if modality(config) == "rgb":
        return jax.vmap(lambda key: colour.example(key, template, config, held))(keys)
    # Configs of old releases know of bare hands alone.
    drawn = surroundings if config.get("surroundings", False) else depth
    return jax.vmap(lambda key: drawn.example(key, template, config))(keys)


def stands_on_truth(config: Config) -> bool:
    """Whether crops stand on the true hand, as all do in colour: to be told with any
    figure measured on them."""
    return modality(config) == "rgb" or config.center == "gt"


def modality(config: Config) -> str:
    """One of `MODALITIES`; configs of old releases know of depth alone."""
    chosen = config.get("modality", "depth")
    if chosen not in MODALITIES:
        raise ValueError(f"modality must be one of {MODALITIES}, got {chosen!r}")
    return chosen
