"""How near decoders can come to a subject's joints, were every angle right.

    PYTHONPATH=. python benchmarks/deep_hand_mesh_floor.py [--subject A] [--moments 64]

Angles of moments of the 14 gestures and bones of one hand go down together against the
true joints, laid on the true roots as in training. Bones are those of
    template: the template as it is;
    linear: the linear model's ten coefficients of shape;
    skeleton: the skeleton corrective, free.
Printed is the mean distance over the 21 key points that is left, mm: what a row of
[moon2020] Table 1 owes to its bones alone, however well its encoder reads the picture.
"""

import argparse
from collections.abc import Hashable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from handjax.data.studio import colour
from handjax.geometry import transforms
from handjax.hands.skeleton import JOINT_PARENTS
from handjax.hands.template import load_template
from handjax.methods.deep_hand_mesh import decoder, linear, pose_vector

TEMPLATE = load_template("hand_790")
RATES = {"angles": 2e-2, "shape": 5e-2, "offsets": 0.3}
"""Of the descent, radians, standard deviations and mm a step."""
FREE = {"template": (), "linear": ("shape",), "skeleton": ("offsets",)}
"""What moves beside the angles."""
STEPS = 600


def offsets(hand: dict[str, Array]) -> Float[Array, "22 3"]:
    """Of every joint from its parent, mm."""
    joints = jnp.tensordot(hand["shape"], TEMPLATE.shape_joints[: linear.SHAPE], 1)
    bones = joints.at[1:].add(-joints[jnp.array(JOINT_PARENTS[1:])])
    return decoder.offsets(TEMPLATE) + bones + hand["offsets"]


def laid(
    bones: Float[Array, "22 3"], theta: Float[Array, "28"], true: Float[Array, "21 3"]
) -> Float[Array, "21 3"]:
    """Key points of a pose, on the true roots."""
    hand = decoder.Refined(bones, TEMPLATE.vertices, TEMPLATE.weights)
    R = pose_vector.local_rotations(TEMPLATE, theta)
    found = decoder.keypoints(decoder.skin(TEMPLATE, hand, R))
    return transforms.apply(decoder.world_from_model(found, true), found)


def error(hand: dict[str, Array], true: Float[Array, "moments 21 3"]) -> Array:
    """Mean distance from the true key points, mm."""
    found = jax.vmap(partial(laid, offsets(hand)))(hand["angles"], true)
    # A distance of 0 has no slope.
    return jnp.mean(jnp.sqrt(jnp.sum(jnp.square(found - true), axis=-1) + 1e-6))


@partial(jax.jit, static_argnames="free")
def left(true: Float[Array, "moments 21 3"], free: tuple[str, ...]) -> Array:
    """The error after the descent."""
    freedoms = len(pose_vector.FREEDOMS)
    hand = {
        "angles": jnp.full((len(true), freedoms), 0.05),
        "shape": jnp.zeros(linear.SHAPE),
        "offsets": jnp.zeros((len(JOINT_PARENTS), 3)),
    }
    moves: dict[Hashable, optax.GradientTransformation] = {
        name: optax.adam(optax.cosine_decay_schedule(rate, STEPS))
        if name in ("angles", *free)
        else optax.set_to_zero()
        for name, rate in RATES.items()
    }
    optimizer = optax.multi_transform(moves, {name: name for name in hand})

    def step(carry: Any, _: None) -> tuple[Any, None]:
        hand, state = carry
        updates, state = optimizer.update(jax.grad(error)(hand, true), state)
        return (optax.apply_updates(hand, updates), state), None

    (hand, _), _ = jax.lax.scan(step, (hand, optimizer.init(hand)), length=STEPS)
    return error(hand, true)


def main() -> None:
    """Print what each decoder leaves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--subject", choices=colour.SUBJECTS, default="A")
    parser.add_argument("--moments", type=int, default=64)
    chosen = parser.parse_args()
    source, count = colour.held_out(
        chosen.subject, "tiny", pixels=8, labels=("joints",)
    )
    stage, _ = source.held
    which = jnp.asarray(np.linspace(0, count - 1, chosen.moments).astype(int))
    true = source.sample(jax.random.key(0), (stage, which)).labels.joints
    for name, free in FREE.items():
        print(f"{name:9} {float(left(true, free)):6.2f} mm", flush=True)


if __name__ == "__main__":
    main()
