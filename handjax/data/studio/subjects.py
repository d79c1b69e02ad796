"""The four people of the studio, and the mean hand, from one stored surface.

A person lies two to three standard deviations out in the linear shape space and then
is warped out of it (`studio.people`). Host side, once a person.
"""

from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.data.studio.forearm import Wrist, make_forearm
from handjax.data.studio.people import PEOPLE, Person, warp
from handjax.data.studio.skin import APART, ROOT, Subject, depths
from handjax.geometry.meshes import vertex_normals
from handjax.hands import anatomy, spheres
from handjax.hands.articulate import articulate, rest_pose, rotations_from_angles
from handjax.hands.build.relief import rise
from handjax.hands.build.shapes import components, shape_space
from handjax.hands.skeleton import POSED
from handjax.hands.template import Template, load_template

__all__ = ["SUBJECTS", "Subject", "base", "load_subject", "residual"]

SUBJECTS = ("A", "B", "C", "D")
ASSET = Path(__file__).parent / "assets" / "surface.npz"
STEPS_A_MM = 128.0
RELIEF_STEP = 0.02  # mm

# The ball that ends the stump of the mean hand.
WRIST = Wrist(np.array([-1.0, 0.0, -1.0]), np.array([28.6, 18.0, 17.6]))
# Vertices within so many mm of a sphere say how it grows with the warp.
AROUND = 4.0
SPARE = 16  # `residual` is taken over one of so many vertices
ROUNDS, DAMPING = 6, 1e-3  # of its Gauss-Newton steps


class Base(NamedTuple):
    """The mean hand's surface, as it is stored; see `skin.Subject`."""

    vertices: Float[np.ndarray, "vertices 3"]
    faces: Int[np.ndarray, "faces 3"]
    weight_joints: Int[np.ndarray, "vertices 4"]
    weight_values: Float[np.ndarray, "vertices 4"]
    weights: Float[np.ndarray, "vertices 17"]
    relief: Float[np.ndarray, "patterns vertices"]


@lru_cache
def base() -> Base:
    """The surface that every subject's is made from."""
    with np.load(ASSET, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    joints = arrays["weight_joints"].astype(np.int32)
    values = arrays["weight_values"] / arrays["weight_values"].sum(-1, keepdims=True)
    weights = np.zeros((len(joints), len(POSED)))
    np.put_along_axis(weights, joints.astype(np.int64), values, -1)
    return Base(
        np.cumsum(arrays["vertices"], axis=0, dtype=np.int32) / STEPS_A_MM,
        np.cumsum(arrays["faces"], axis=0, dtype=np.int32),
        joints,
        values,
        weights,
        arrays["relief"] * RELIEF_STEP,
    )


def load_subject(name: str, *, shape: bool = True) -> Subject:
    """One person of the studio.

    Args:
        name: one of `SUBJECTS`.
        shape: False for the mean hand with this person's arm.
    """
    if name not in SUBJECTS:
        raise ValueError(
            f"no subject is called {name!r}; choose one of {', '.join(SUBJECTS)}"
        )
    # What is kept for later calls must not be tracers of the first one.
    with jax.ensure_compile_time_eval():
        return _subject(name, shape)


@lru_cache
def _subject(name: str, shape: bool) -> Subject:
    person, surface = PEOPLE[name], base()
    coefficients = dict.fromkeys(components(), 0.0) | (person.shape if shape else {})
    hand = _grown(np.array(list(coefficients.values())))
    if shape:
        hand = _warped(person, hand)
    arm = make_forearm(person.arm, _wrist(coefficients))
    arrays = hand | _flesh(hand) | {
        "faces": surface.faces,
        "weights": surface.weights.T,
        "sphere_joints": np.array(spheres.CARRIERS),
        "relief": surface.relief,
        "forearm_vertices": arm[0],
        "forearm_faces": arm[1],
        "forearm_cloth": arm[2],
    }  # fmt: skip
    return Subject(**{k: _array(v) for k, v in arrays.items()})


def _grown(coefficients: Float[np.ndarray, "shape"]) -> dict[str, np.ndarray]:
    """The hand at a place of the linear shape space."""
    mean = load_template()
    surfaces, joints = shape_space(base().vertices, base().weights)
    grow = partial(np.einsum, "s,s...->...", coefficients)
    return {
        "vertices": base().vertices + grow(surfaces),
        "joints": np.asarray(mean.joints) + grow(joints),
        "axes": np.asarray(mean.axes),
        "sphere_centres": np.asarray(mean.sphere_centres) + grow(mean.shape_centres),
        "sphere_radii": np.asarray(mean.sphere_radii) + grow(mean.shape_radii),
    }


def _warped(person: Person, hand: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A grown hand after a person's warp, which the places of the mean hand decide."""
    mean = load_template()
    at = [np.asarray(x, np.float64) for x in (mean.joints, mean.sphere_centres)]
    wrist = warp(person, at[0][:1])
    dp, dj, dc = (warp(person, x) - wrist for x in (base().vertices, *at))
    joints = hand["joints"] + dj
    return {
        "vertices": hand["vertices"] + dp,
        "joints": joints,
        "axes": anatomy.turned_axes(hand["axes"], hand["joints"], joints),
        "sphere_centres": hand["sphere_centres"] + dc,
        "sphere_radii": hand["sphere_radii"] + _growth(at[1], dp, dc),
    }


def _growth(centres: np.ndarray, dp: np.ndarray, dc: np.ndarray) -> np.ndarray:
    """How radii grow: as the surface about each sphere moves off its centre, mm."""
    away = base().vertices[:, None] - centres
    far = np.linalg.norm(away, axis=-1)
    gap = far - np.asarray(load_template().sphere_radii)
    near = (np.argmin(gap, -1)[:, None] == np.arange(len(centres))) & (gap < AROUND)
    off = np.sum(away * (dp[:, None] - dc), -1) / far
    return np.sum(near * off, 0) / np.maximum(np.sum(near, 0), 1)


def _flesh(hand: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Normals, spheres that stay within the skin, and what may press on what."""
    p, c = hand["vertices"], hand["sphere_centres"]
    normals = np.asarray(vertex_normals(_array(p), _array(base().faces)))
    inner = np.linalg.norm(p[:, None] - c, axis=-1).min(0) + 1.0
    radii = np.minimum(inner, hand["sphere_radii"])
    gap = -np.stack(depths(p.T, c, radii))
    carrier = np.zeros((len(POSED), 6))
    carrier[list(spheres.CARRIERS), spheres.PARTS] = 1.0
    carrier[POSED.index("thumb_carpal"), 5] = 1.0
    own = carrier.T @ base().weights.T
    # A knuckle's fold is no touch: between palm and fingers a wider gap is asked for.
    apart = APART + (ROOT - APART) * np.vstack([np.ones(len(p)), *[own[0]] * 5])
    touch = rise(gap / apart) * np.clip(1.0 - 2.0 * own, 0.0, 1.0)
    return {"normals": normals, "flesh_radii": radii, "touch": touch}


def _wrist(coefficients: dict[str, float]) -> Wrist:
    """The ball of the stump, grown like the bone of the wrist."""
    strains = [
        n * np.array(components()[name].get("wrist", (0.0, 0.0, 0.0)))
        for name, n in coefficients.items()
    ]
    across, depth, along = 1.0 + np.sum(strains, axis=0)
    scale = np.array([across, along, depth])
    return Wrist(WRIST.middle * scale, WRIST.radii * scale)


def residual(subject: Subject, *, pose: bool = False) -> float:
    """RMS distance of a hand at rest from the best fit of the linear shape space, mm.

        min |R (v + sum_s c_s dv_s) + t - v_subject|,  least squares over vertices

    Args:
        subject: the hand.
        pose: whether every finger joint may be bent and spread as well.
    """
    template = _sampled()
    target = subject.vertices[::SPARE].ravel()
    free = np.zeros((len(POSED), 3), bool)
    free[0], free[1:, :2] = True, pose
    free = np.flatnonzero(np.concatenate([free.ravel(), np.ones(3 + 14, bool)]))
    x = jnp.zeros(len(POSED) * 3 + 3 + 14)
    for _ in range(ROUNDS):
        gap, slope = (np.asarray(a, float) for a in _linearised(template, x, target))
        slope = slope[:, free]
        normal = slope.T @ slope + DAMPING * np.eye(len(free))
        x = x.at[free].add(-np.linalg.solve(normal, slope.T @ gap))
    return float(np.sqrt(3.0 * np.mean(np.square(_linearised(template, x, target)[0]))))


@lru_cache
def _sampled() -> Template:
    """The built-in template with some vertices of the stored surface as its own."""
    vertices, weights = base().vertices[::SPARE], base().weights[::SPARE]
    return load_template()._replace(
        vertices=_array(vertices),
        weights=_array(weights),
        shape_vertices=_array(shape_space(vertices, weights)[0]),
    )


@jax.jit
def _linearised(template: Template, x: Array, target: Array):
    """Gap to the target and its derivative by angles, translation and shape."""

    def gap(x):
        turns = rotations_from_angles(template, x[:51].reshape(17, 3))
        pose = rest_pose(template)._replace(
            rotations=turns, translation=x[51:54], shape=x[54:]
        )
        return articulate(template, pose).vertices.ravel() - target

    return gap(x), jax.jacfwd(gap)(x)


def _array(values) -> Array:
    kind = np.int32 if np.issubdtype(values.dtype, np.integer) else np.float32
    return jnp.asarray(values, kind)
