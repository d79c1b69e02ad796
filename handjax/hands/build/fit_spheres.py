"""Fit the 41 spheres to the surface: `python -m handjax.hands.build.fit_spheres`.

Every sphere starts where the released one lies on its bone (`released_spheres`). From
there centres and radii move until the surface and the union of spheres agree, at rest
and over the named poses; those that carry NYU's 14 joints stay near their start. Shape
follows in closed form: each sphere moves and grows so as to stay with the surface that
is nearest to it. Last comes the linear map from centres to key points.

Notation, shared by every function here:
    c, r: centres and radii of the spheres at rest, mm, (41, 3) and (41,).
    p: points on the surface. dc, dr, dp: displacements under a shape component.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.spatial import KDTree

from handjax.hands import poses, spheres
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.build import released_spheres
from handjax.hands.build.sphere_surfaces import (
    Surfaces,
    directions,
    distances,
    outside,
    pose_surfaces,
    ride,
    union_samples,
)
from handjax.hands.skeleton import JOINTS
from handjax.hands.template import ASSETS, Template, load_template

STEPS = 900
RATE = 0.25
POSES_A_STEP = 6
STEPS_A_MATCH = 15
# How far spheres may stray from where they start before it costs, mm: those that carry
# NYU's joints, and the others.
LEASH = np.where(np.isin(np.arange(41), spheres.NYU14), 1.5, 6.0)
SPREAD = directions(64)
# Noise of the centres that the map to key points is made to withstand, mm.
CENTRE_NOISE = 2.0
KEYPOINT_SAMPLES = 2000


class Fit(NamedTuple):
    """Spheres as the optimiser moves them.

    Attributes:
        c: centres, mm.
        size: 20 log r, so that a step of 1 is some mm of a radius as of a centre.
    """

    c: jax.Array
    size: jax.Array

    @property
    def r(self) -> jax.Array:
        """Radii, mm."""
        return jnp.exp(self.size / 20.0)


class Match(NamedTuple):
    """The vertex nearest to each point on the spheres, and the point's share."""

    vertex: np.ndarray
    share: np.ndarray


def start(template: Template) -> Fit:
    """The released spheres on this hand's bones."""
    joints = np.asarray(template.joints, np.float64)
    at = dict(zip(JOINTS, joints, strict=True))
    c, r = released_spheres.start(at)
    return Fit(jnp.asarray(c, jnp.float32), jnp.asarray(20.0 * np.log(r), jnp.float32))


def match(surfaces: Surfaces, fit: Fit) -> Match:
    """Nearest vertices in each pose."""
    rows = []
    for p, transforms in zip(surfaces.p, surfaces.transforms, strict=True):
        q, share = union_samples(ride(transforms, fit.c), fit.r, SPREAD)
        rows.append((KDTree(np.asarray(p)).query(q)[1], share))
    vertex, share = zip(*rows, strict=True)
    return Match(np.stack(vertex), np.stack(share))


def loss(fit: Fit, origin: Fit, surfaces: Surfaces, match: Match) -> jax.Array:
    """Both distances, the rest pose counting as much as the others, and leashes."""

    def apart(p, n, transforms, match):
        c = ride(transforms, fit.c)
        there = jnp.sum(surfaces.area * _soft(outside(p, c, fit.r)))
        q = c[:, None] + fit.r[:, None, None] * SPREAD
        gap = jnp.sum((q - p[match.vertex]) * n[match.vertex], axis=-1)
        return there + jnp.sum(match.share * _soft(gap))

    each = jax.vmap(apart)(surfaces.p, surfaces.n, surfaces.transforms, match)
    stray = jnp.linalg.norm(fit.c - origin.c + 1e-6, axis=-1) / LEASH
    leash = jnp.mean(jnp.maximum(stray - 1.0, 0.0) ** 2 + 0.02 * stray**2)
    return each[0] + jnp.mean(each[1:]) + 2.0 * leash


def _soft(x: jax.Array) -> jax.Array:
    """Absolute value, rounded within half a millimetre of 0."""
    return jnp.sqrt(x**2 + 0.25) - 0.5


def fit_rest(surfaces: Surfaces, origin: Fit) -> Fit:
    """Centres and radii at rest that suit the first pose and, in turn, all others."""
    rate = optax.cosine_decay_schedule(RATE, STEPS)
    optimiser = optax.adam(rate)

    @jax.jit
    def step(fit, state, surfaces, match):
        gradient = jax.grad(loss)(fit, origin, surfaces, match)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(fit, updates), state

    rng = np.random.default_rng(0)
    fit, state = origin, optimiser.init(origin)
    for _ in range(STEPS // STEPS_A_MATCH):
        others = 1 + rng.permutation(len(surfaces.p) - 1)[:POSES_A_STEP]
        some = surfaces.some(np.concatenate([[0], others]))
        found = match(some, fit)
        for _ in range(STEPS_A_MATCH):
            fit, state = step(fit, state, some, found)
    return fit


def follow_shape(template: Template, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """How centres and radii move with each shape component.

    With m the direction from a sphere's centre to the surface near it:
        min  sum_p (m . dp - m . dc - dr)^2 + 0.3 |dc - db|^2
    where db is how its bone moves (on the palm, the mean of dp).

    Returns:
        dc and dr, (shape, 41, 3) and (shape, 41).
    """
    c = np.asarray(fit.c, np.float64)
    away = np.asarray(template.vertices)[:, None] - c
    distance = np.linalg.norm(away, axis=-1)
    owner = np.argmin(np.abs(distance - np.asarray(fit.r)), axis=1)
    dp = np.asarray(template.shape_vertices, np.float64)
    solved = []
    for k in range(len(c)):
        own = owner == k
        m = away[own, k] / distance[own, k, None]
        db = _bone_moves(template, k, c[k]) if k >= spheres.PALM else dp[:, own].mean(1)
        hold = np.sqrt(0.3 * len(m)) * np.eye(3, 4)
        rows = np.concatenate([np.c_[m, np.ones(len(m))], hold])
        sides = np.concatenate(
            [np.einsum("va,sva->vs", m, dp[:, own]), hold[:, :3] @ db.T]
        )
        solved.append(np.linalg.lstsq(rows, sides, rcond=None)[0].T)
    both = np.stack(solved, axis=1)
    return both[..., :3], both[..., 3]


def _bone_moves(template: Template, sphere: int, c: np.ndarray) -> np.ndarray:
    """Displacement of the place beside a sphere on its bone, (shape, 3)."""
    near, far = (JOINTS.index(name) for name in spheres.bone(sphere))
    joints, moves = np.asarray(template.joints), np.asarray(template.shape_joints)
    bone = joints[far] - joints[near]
    t = (c - joints[near]) @ bone / (bone @ bone)
    return (1.0 - t) * moves[:, near] + t * moves[:, far]


def keypoint_weights(template: Template) -> tuple[np.ndarray, np.ndarray]:
    """Affine map from centres to key points over sampled poses and shapes.

    Least squares with `CENTRE_NOISE` added to the centres, in expectation.

    Returns:
        weights (21, 41), rows of sum one, and what they leave of each key point, mm.
    """

    @jax.jit
    @jax.vmap
    def sample(key):
        bend, form = jax.random.split(key)
        vectors = rotations_from_angles(template, poses.sample_angles(bend, template))
        shape = poses.sample_shape(form, components=len(template.shape_joints))
        hand = articulate(template, Pose(vectors, jnp.zeros(3), shape))
        return hand.centres, keypoints(hand)

    keys = jax.random.split(jax.random.key(0), KEYPOINT_SAMPLES)
    c, k = (np.asarray(x, np.float64) for x in sample(keys))
    middle = c.mean(1, keepdims=True)
    rows = (c - middle).transpose(0, 2, 1).reshape(-1, 41)
    sides = (k - middle).transpose(0, 2, 1).reshape(-1, 21)
    ridge = CENTRE_NOISE**2 * len(rows) * np.eye(41)
    w = np.linalg.solve(rows.T @ rows + ridge, rows.T @ sides).T
    w += (1.0 - w.sum(1, keepdims=True)) / 41
    left = np.linalg.norm(np.einsum("kj,njc->nkc", w, c) - k, axis=-1)
    return w, left.mean(0)


def main() -> None:
    """Fit, write the assets, print how well it went."""
    template = load_template("hand_1721")
    angles = np.stack([np.zeros((17, 3)), *poses.NAMED.values()])
    origin = start(template)
    fit = fit_rest(pose_surfaces(template, angles), origin)
    dc, dr = follow_shape(template, fit)
    arrays = {
        "sphere_joints": np.array(spheres.CARRIERS, np.uint8),
        "sphere_centres": np.asarray(fit.c, np.float32),
        "sphere_radii": np.asarray(fit.r, np.float32),
        "shape_centres": dc.astype(np.float32),
        "shape_radii": dr.astype(np.float32),
    }
    np.savez_compressed(ASSETS / "spheres.npz", **arrays)
    template = template._replace(**{k: jnp.asarray(v) for k, v in arrays.items()})
    weights, left = keypoint_weights(template)
    np.savez_compressed(spheres.ASSET, weights=weights.astype(np.float32))
    report(fit, origin, pose_surfaces(load_template("hand_12553"), angles), left)


def report(fit: Fit, origin: Fit, surfaces: Surfaces, left: np.ndarray) -> None:
    """Print distances, strays and the residual of the map to key points."""
    apart = distances(surfaces, fit.c, fit.r)
    print(f"mesh to union, union to mesh at rest, mm: {apart[0].round(2)}")
    print(f"over the named poses: mean {apart[1:].mean(0).round(2)}", end=", ")
    print(f"worst {apart[1:].max(0).round(2)}")
    stray = np.linalg.norm(np.asarray(fit.c - origin.c), axis=-1)
    print(f"NYU carriers off their start, mm: {stray[list(spheres.NYU14)].round(1)}")
    print(f"all off their start, mm: mean {stray.mean():.1f}, most {stray.max():.1f}")
    print(f"key points from centres, mm: mean {left.mean():.2f}, most {left.max():.2f}")


if __name__ == "__main__":
    main()
