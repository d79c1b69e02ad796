"""How well an estimated hand agrees with the depth that it was estimated from.

Notation, shared by every function here and by the tests:
    D: depth of an orthographic crop in its own frame, mm, `FAR` where nothing is.
    c, r: centres and radii of the 41 spheres in that frame, mm.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import FAR
from handjax.geometry import cameras, spheres
from handjax.hands.skeleton import KEYPOINTS

NEAR = 10.0
"""How far off a surface may be, mm."""
WRIST = KEYPOINTS.index("wrist")
KNUCKLES = tuple(
    KEYPOINTS.index(f"{finger}_mcp") for finger in ("index", "middle", "ring", "little")
)


def agreement(
    D: Float[Array, "height width"],
    camera: cameras.Orthographic,
    c: Float[Array, "41 3"],
    r: Float[Array, "41"],
    joints: Float[Array, "21 3"],
) -> Float[Array, ""]:
    """Share of a hand that is where the depth has it, and the other way round.

        2 a b / (a + b)

    a: of the measured points, those within `NEAR` of a sphere's surface; points behind
    the wrist are an arm's and don't count. b: of the pixels where spheres are drawn,
    those where something was measured that is no more than `NEAR` behind them.

    Args:
        D: see above.
        camera: of the crop.
        c, r: see above.
        joints: the 21 key points in the same frame, mm.

    Returns:
        0 to 1.
    """
    x, y = cameras.orthographic_axes(camera, *D.shape)
    xy = jnp.stack(jnp.meshgrid(x, y), axis=-1)
    p = jnp.concatenate([xy, D[..., None]], axis=-1).reshape(-1, 3)
    outwards = jnp.mean(joints[jnp.array(KNUCKLES)], axis=0) - joints[WRIST]
    q = p - joints[WRIST]
    beyond = q[:, 0] * outwards[0] + q[:, 1] * outwards[1] + q[:, 2] * outwards[2] > 0.0
    hand = (D.reshape(-1) < FAR) & beyond
    close = spheres.point_to_spheres(p, c, r) < NEAR
    a = jnp.sum(hand & close) / jnp.maximum(jnp.sum(hand), 1)
    drawn = spheres.ray_cast(x, y, c, r, FAR)
    there = drawn < FAR
    met = there & (D < FAR) & (D - drawn <= NEAR)
    b = jnp.sum(met) / jnp.maximum(jnp.sum(there), 1)
    return 2.0 * a * b / jnp.maximum(a + b, 1e-6)
