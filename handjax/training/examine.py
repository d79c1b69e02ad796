"""Predictions on held-out frames, beside the truth: what evaluation measures."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int, Key, UInt8

from handjax.batch import Batch, Source
from handjax.geometry import transforms
from handjax.geometry.cameras import Camera
from handjax.geometry.precision import matmul
from handjax.methods.method import Method

# What a seed's key is first folded with: streams that never meet. The checkpoint is
# chosen on one kind of held-out frames and reported on the other.
START, TRAINING, VALIDATION, TEST = range(4)


SURFACE = "surface"
"""Among what `Method.joints` gives: the template's vertices, which are measured beside
a true surface of any topology."""


REFINED = "_refined"
"""Ends the names of joint sets of refined estimates."""


class Estimates(NamedTuple):
    """Predictions and truth in the crop frame of each frame's first view, mm.

    Attributes:
        predicted: by joint set, (frames, joints, 3).
        truth: likewise; only sets that the method predicts.
        valid: which true joints are known, (frames, joints).
        depth: what the network saw, None for methods on colour.
        camera: crop frame to pixels, leaves (frames, 2).
        radii: of the true spheres, None where the source has none.
        image: what the network saw, 0 to 255; None for methods on depth, and where
            nobody will draw it.
        masks: pixels of each frame that are rightly and wrongly called hand, wrongly
            and rightly called background, by the set of vertices that was drawn; None
            where nobody drew any, or where there is no true mask.
        surfaces: what was measured of each frame's surface, by name; None where the
            method tells none or the source has none. Thousands of surfaces would take
            gigabytes.
    """

    predicted: dict[str, Any]
    truth: dict[str, Any]
    valid: dict[str, Any]
    depth: Float[ArrayLike, "frames height width"] | None
    camera: Camera
    radii: Float[ArrayLike, "frames 41"] | None
    image: UInt8[ArrayLike, "frames height width 3"] | None = None
    surfaces: Mapping[str, Float[ArrayLike, "frames"]] | None = None
    masks: Mapping[str, Int[ArrayLike, "frames 4"]] | None = None


class Examiner(NamedTuple):
    """Draws held-out frames and has them judged; compiled once, used many times.

    Attributes:
        look: (params, state, key, held) -> estimates of one batch.
        part: number of a batch -> what is held for it.
        batch_size: frames a look.
    """

    look: Callable[[Any, Any, Any, Any], Estimates]
    part: Callable[[int], Any]
    batch_size: int

    def __call__(
        self, params: Any, state: Any, key: Key[Array, ""], frames: int
    ) -> Estimates:
        """Estimates for a number of frames, on the host.

        Args:
            params: averaged parameters.
            state: the network's own.
            key: of the frames; the same key draws the same frames.
            frames: how many.
        """
        rounds = range(-(-frames // self.batch_size))
        parts = []
        for number in rounds:
            own = jax.random.fold_in(key, number)
            found = self.look(params, state, own, self.part(number))
            parts.append(jax.device_get(found))
        return jax.tree.map(lambda *parts: np.concatenate(parts)[:frames], *parts)


def make_examiner(
    method: Method,
    source: Source,
    true_joints: Callable[[Any], Mapping[str, Any]],
    batch_size: int,
    part: Callable[[int], Any] | None = None,
    *,
    pictures: bool = True,
    measure: Callable[[Any, Any], Mapping[str, Any]] | None = None,
    cover: Callable[[Any, Any, Any], Mapping[str, Any]] | None = None,
    refine: int = 0,
) -> Examiner:
    """An examiner of a method on a source of labelled frames.

    Args:
        method: predicts.
        source: of batches of labelled frames.
        true_joints: labels -> joint sets, each with `joints` in world coordinates
            and `valid`.
        batch_size: of the source.
        part: number of a batch -> what the source holds for it, where frames come one
            after another and not from the key.
        pictures: keep what was seen in colour: of a large test set, gigabytes.
        measure: (`SURFACE` of a batch, on the host; what is held for it) -> figures of
            each frame by name. None where there is no true surface.
        cover: (joint sets in the world, batch, what is held for it) -> pixels of each
            frame by set, see `Estimates.masks`.
        refine: steps by which each estimate is refined too, if the method can: its sets
            then come as `REFINED`, beside those that were not.
    """

    sample = jax.jit(source.sample)
    lower = method.refine if refine else None
    place = jax.jit(method.joints)

    @jax.jit
    def predict(params: Any, state: Any, key: Key[Array, ""], batch: Any) -> Any:
        prediction, _ = method.predict(params, state, batch, key=key, train=False)
        # What nobody asks for is not made.
        return method.joints(prediction, batch), prediction if lower else None

    @jax.jit
    def compare(predicted: Any, batch: Any) -> Estimates:
        truth = {k: v for k, v in true_joints(batch.labels).items() if k in predicted}
        move = jax.vmap(transforms.apply)
        crop, views = crop_from_world(batch), batch.views
        return Estimates(
            {name: move(crop, predicted[name]) for name in truth},
            {name: move(crop, known.joints) for name, known in truth.items()},
            {name: known.valid for name, known in truth.items()},
            None if views.depth is None else views.depth[:, 0],
            jax.tree.map(lambda leaf: leaf[:, 0], views.camera),
            batch.labels.radii,
            _whole(views.image[:, 0]) if pictures and views.image is not None else None,
        )

    def look(params: Any, state: Any, key: Key[Array, ""], held: Any) -> Estimates:
        draw, noise = jax.random.split(key)
        batch = sample(draw, held)
        predicted, prediction = predict(params, state, noise, batch)
        if lower:
            better = lower(params, prediction, batch, steps=refine)
            found = place(better, batch).items()
            predicted |= {f"{name}{REFINED}": points for name, points in found}
        estimates = compare(predicted, batch)
        if cover:
            estimates = estimates._replace(masks=cover(predicted, batch, held) or None)
        surface = predicted.get(SURFACE)
        if measure is None or surface is None:
            return estimates
        return estimates._replace(surfaces=measure(np.asarray(surface), held))

    return Examiner(look, part or (lambda number: source.held), batch_size)


def _whole(image: Float[Array, "batch h w 3"]) -> UInt8[Array, "batch h w 3"]:
    return jnp.round(255.0 * jnp.clip(image, 0.0, 1.0)).astype(jnp.uint8)


def crop_from_world(batch: Batch) -> Float[Array, "batch 4 4"]:
    """World to the crop frame of each example's first view."""
    views = batch.views
    return matmul(views.crop_from_camera[:, 0], views.camera_from_world[:, 0])
