"""What refines the template: correctives of an identity, and one of the pose.

Notation, shared by every function here and by the tests:
    beta: identity code, (32,).
    theta: hand pose vector, radians, (batch, 28).
    dS: skeleton corrective, added to each joint's offset from its parent, mm, (22, 3).
    dM: vertex correctives, of the identity or of the pose, mm, (vertices, 3).
    dW: skinning-weight corrective, one number for each weight that is not 0.
"""

import zlib
from collections.abc import Collection
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from handjax.hands.skeleton import JOINTS
from handjax.hands.template import Template
from handjax.methods.deep_hand_mesh.pose_vector import FREEDOMS
from handjax.networks.layers import Dense

CODE = 32
"""N_I. Source: [moon2020] Sec. 5.1."""
HIDDEN = 256
"""Source: [moon2020] Sec. 5.1; the released code has 64 for the skeleton."""
SPREAD = 0.01
"""Standard deviation of all weights at first. Source: [moon2020] Sec. 7."""
KEY = 2020
"""Of all identity codes."""
NAMES = ("skeleton", "identity", "pose", "weights")


class Corrective(nn.Module):
    """Two fully connected layers from a code to a table of numbers.

    Attributes:
        shape: of the table.
        hidden: features between the layers.
        unit: what an output of 1 stands for, mm or none. The paper has no such factor;
            a larger one learns faster in few steps.

    Source: [moon2020] Sec. 5.1.
    """

    shape: tuple[int, ...]
    hidden: int = HIDDEN
    unit: float = 1.0

    @nn.compact
    def __call__(self, code: Float[Array, "*batch n"]) -> Float[Array, "..."]:
        start = nn.initializers.normal(SPREAD)
        h = nn.relu(Dense(self.hidden, kernel_init=start)(code))
        y = Dense(int(np.prod(self.shape)), kernel_init=start)(h)
        return self.unit * y.reshape(*code.shape[:-1], *self.shape)


class Identity(NamedTuple):
    """What one identity changes; zeros, or no weights, where a corrective is left out.

    Attributes:
        skeleton: dS.
        vertices: dM of the identity.
        weights: dW; None without.
    """

    skeleton: Float[Array, "22 3"]
    vertices: Float[Array, "vertices 3"]
    weights: Float[Array, "nonzero"] | None


def identity_code(subject: str) -> Float[Array, "32"]:
    """beta of a subject, by name: drawn once from a normal distribution, never learned.

    Drawn by numpy: XLA's last bit depends on what it was compiled for, and a code is to
    be the same everywhere.

    Source: [moon2020] Sec. 5.1.
    """
    own = np.random.default_rng((KEY, zlib.crc32(subject.encode())))
    return jnp.asarray(own.standard_normal(CODE), jnp.float32)


def networks(
    template: Template,
    *,
    without: Collection[str] = ("weights",),
    hidden: int = HIDDEN,
    skeleton_hidden: int = HIDDEN,
    unit: float = 1.0,
) -> dict[str, Corrective]:
    """The correctives of a hand by name.

    Args:
        template: the hand at rest; its weights say how many dW has.
        without: which of `NAMES` are left out.
        hidden: features between the layers.
        skeleton_hidden: likewise, of the skeleton's.
        unit: see `Corrective`; of the three that are lengths.

    Raises:
        ValueError: `without` names no corrective.
    """
    unknown = sorted(set(without) - set(NAMES))
    if unknown:
        raise ValueError(f"without names {unknown}; the correctives are {list(NAMES)}")
    surface = template.vertices.shape
    every = {
        "skeleton": Corrective((len(JOINTS), 3), skeleton_hidden, unit),
        "identity": Corrective(surface, hidden, unit),
        "pose": Corrective(surface, hidden, unit),
        "weights": Corrective((len(nonzero(template)[0]),), hidden),
    }
    return {name: net for name, net in every.items() if name not in without}


def init(networks: dict[str, Corrective], key: PRNGKeyArray) -> dict[str, Any]:
    """Parameters by name."""
    codes = dict.fromkeys(NAMES, CODE) | {"pose": len(FREEDOMS)}
    return {
        name: net.init(
            jax.random.fold_in(key, NAMES.index(name)), jnp.zeros(codes[name])
        )
        for name, net in networks.items()
    }


def identity(
    networks: dict[str, Corrective],
    params: dict[str, Any],
    template: Template,
    beta: Float[Array, "32"],
) -> Identity:
    """dS, dM and dW of an identity.

    Source: [moon2020] Sec. 5.1 and Sec. 13.
    """
    if "constants" in params:
        return unfolded(params)
    found: dict[str, Any] = {
        name: networks[name].apply(params[name], beta)
        for name in ("skeleton", "identity", "weights")
        if name in networks
    }
    none = Identity(jnp.zeros_like(template.joints), 0.0 * template.vertices, None)
    return Identity(
        found.get("skeleton", none.skeleton),
        found.get("identity", none.vertices),
        found.get("weights"),
    )


def fold(params: dict[str, Any], identity: Identity) -> dict[str, Any]:
    """Parameters whose identity is no network any more but what it says of one code.

    `unfolded` then has constants: for the vertices of `hand_12553` 37,659 numbers in
    place of 9.7 million weights. What is posed stays the same to the bit.

    Args:
        params: of a decoder.
        identity: what it makes of the subject's code.
    """
    kept = {name: params[name] for name in ("pose",) if name in params}
    said = {name: x for name, x in identity._asdict().items() if x is not None}
    return kept | {"constants": said}


def unfolded(params: dict[str, Any]) -> Identity:
    """The identity of folded parameters."""
    return Identity(**{"weights": None, **params["constants"]})


def of_pose(
    networks: dict[str, Corrective],
    params: dict[str, Any],
    template: Template,
    theta: Float[Array, "batch 28"],
) -> Float[Array, "batch vertices 3"]:
    """dM of poses. No gradient goes from it to the pose.

    The released code hands it 66 angles, those without freedom being 0: no difference.

    Source: [moon2020] Sec. 5.1.
    """
    if "pose" not in networks:
        return jnp.zeros((len(theta), *template.vertices.shape))
    found: Any = networks["pose"].apply(params["pose"], jax.lax.stop_gradient(theta))
    return found


def nonzero(template: Template) -> tuple[np.ndarray, np.ndarray]:
    """Vertex and joint of each skinning weight that is not 0, vertex by vertex."""
    rows, columns = np.nonzero(np.asarray(template.weights))
    return rows, columns


def refined_weights(
    template: Template, dW: Float[Array, "nonzero"] | None
) -> Float[Array, "vertices 17"]:
    """Skinning weights with their corrective, none below 0, rows of sum 1.

        w* = max(w + dw, 0) / sum_j max(w_j + dw_j, 0)

    Where the template has none there comes none. A vertex that would lose all keeps
    those of the template.

    Source: [moon2020] Sec. 13.
    """
    if dW is None:
        return template.weights
    raised = template.weights.at[nonzero(template)].add(dW)
    clamped = jnp.maximum(raised, 0.0)
    total = jnp.sum(clamped, axis=-1, keepdims=True)
    some = total > 1e-6
    return jnp.where(some, clamped / jnp.where(some, total, 1.0), template.weights)
