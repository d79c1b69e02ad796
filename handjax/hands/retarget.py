"""A hand's pose on a robot's hand, by key points and links.

    robot = urdf.read("hand.urdf")
    plan = make_plan(robot, {"wrist": "palm", "index_mcp": "index_link_0", ...})
    found = onto_robot(plan, keypoints)  # found.q within the robot's limits

A robot's fingers are longer or shorter, fewer, and bend elsewhere. What is kept is the
way each bone points, seen from the palm, and that finger tips which touch the thumb's
go on touching it. The palm is laid on the robot's, rigidly; from the root of a finger
outwards one goal after the other is put along the human bone, as far as the robot's is
long; Levenberg and Marquardt's method brings the links there within the limits.

Notation, shared by every function here and by the tests:
    y: key points of the human hand, mm, (21, 3).
    g: goals of the links that stand for some of them, robot's frame, mm, (links, 3).
    q: values of the robot's joints, radians or mm.

Source: goals scaled bone by bone as in Handa et al., DexPilot, ICRA 2020, Sec. V, whose
weights for pinching are ours in spirit, not in number.
"""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from handjax.geometry import alignment
from handjax.geometry.precision import einsum
from handjax.hands import urdf
from handjax.hands.inverse.descent import System, solve
from handjax.hands.skeleton import FINGERS, KEYPOINT_PARENTS, KEYPOINTS
from handjax.hands.urdf import Robot

PALM = ("wrist", *(f"{finger}_mcp" for finger in FINGERS[1:]))
"""Key points of which three or more say how a robot's palm lies."""
NEAR = 5.0
"""How far a link may be from its goal, standard deviation, mm."""
TOUCHING = 30.0
"""Finger tips nearer than this to the thumb's, mm, begin to hold one another."""
GRIP = 3.0
"""Weight of tips that touch, beside that of a goal."""
LAZY = 0.05
"""Weight of a joint's way from where it rests, in parts of its range."""
DAMPING, EASE, PRESS = 1e-1, 0.1, 5.0
STEPS = 20


class RetargetError(ValueError):
    """Links that can't stand for a hand, and why."""


class Plan(NamedTuple):
    """Which links of a robot stand for which key points.

    Attributes:
        robot: whose.
        keys: key points, the palm's first, then finger by finger outwards.
        links: of the robot, one for each.
        before: the entry that each bone begins at; -1 of those of the palm, and where a
            finger begins.
        long: how long the robot's bone is, stretched out, mm; 0 without one.
        palm: entries that say how the palm lies.
        rest: values of the joints where nothing is asked of them.
        grips: entries of the thumb's tip and of another that may touch, pairs.
    """

    robot: Robot
    keys: tuple[int, ...]
    links: tuple[int, ...]
    before: tuple[int, ...]
    long: tuple[float, ...]
    palm: tuple[int, ...]
    rest: Float[np.ndarray, "joints"]
    grips: tuple[tuple[int, int], ...]


class Found(NamedTuple):
    """A robot's hand.

    Attributes:
        q: within the limits, in the order of `robot.joints`.
        links: where the plan's links are, robot's frame, mm.
        goals: where they were to be.
    """

    q: Float[Array, "joints"]
    links: Float[Array, "links 3"]
    goals: Float[Array, "links 3"]


def make_plan(robot: Robot, links: Mapping[str, str]) -> Plan:
    """Which links stand for which key points; once, on the host.

    Args:
        robot: of `urdf.read`.
        links: by key points (`skeleton.KEYPOINTS`): three or more of `PALM`, and of
            each finger as many as there are, its root among them, as "index_mcp" (of
            the thumb "thumb_cmc" or "thumb_mcp").

    Raises:
        RetargetError: a name is not known, or there is no palm or no finger.
    """
    _check(robot, links)
    order = [*PALM, *(name for name in KEYPOINTS if name not in PALM)]
    names = [name for name in order if name in links]
    at = [robot.links.index(links[name]) for name in names]
    rest = np.clip(0.0, robot.limits[:, 0], robot.limits[:, 1]).astype(np.float32)
    before, long = [], []
    for name, link in zip(names, at, strict=True):
        above = _above(name, names)
        before.append(above)
        long.append(_reach(robot, at[above], link) if above >= 0 else 0.0)
    if not any(long):
        raise RetargetError(
            "links has no finger: name two key points of one or more, as index_mcp and "
            "index_tip"
        )
    tips = [k for k, name in enumerate(names) if name.endswith("_tip")]
    thumb = [k for k in tips if names[k] == "thumb_tip"]
    return Plan(
        robot=robot,
        keys=tuple(KEYPOINTS.index(name) for name in names),
        links=tuple(at),
        before=tuple(before),
        long=tuple(long),
        palm=tuple(k for k, name in enumerate(names) if name in PALM),
        rest=rest,
        grips=tuple((k, other) for k in thumb for other in tips if other != k),
    )


def onto_robot(
    plan: Plan,
    keypoints: Float[Array, "21 3"],
    last: Float[Array, "joints"] | None = None,
    *,
    still: float = 0.0,
) -> Found:
    """The robot's joints for a human hand.

    Args:
        plan: of `make_plan`.
        keypoints: y, of a right hand for a right one, in any frame.
        last: q of the frame before, where the search starts; the robot's rest if None.
        still: weight of the way from there, in parts of each joint's range.
    """
    robot = plan.robot
    low, high = jnp.asarray(robot.limits).T
    first = jnp.asarray(plan.rest) if last is None else last
    g, together = _goals(plan, keypoints)

    def off(q):
        x = urdf.forward(robot, q)[jnp.array(plan.links), :3, 3]
        parts = [(x - g) / NEAR, LAZY * (q - plan.rest) / (high - low)]
        parts.append(still * (q - first) / (high - low))
        for (thumb, tip), (apart, held) in zip(plan.grips, together, strict=True):
            parts.append(GRIP * held * (x[tip] - x[thumb] - apart) / NEAR)
        return jnp.concatenate([part.ravel() for part in parts])

    def step(carry, _):
        q, damping = carry
        r, J = off(q), jax.jacfwd(off)(q)
        system = System(
            0.5 * jnp.sum(r**2), einsum("in,i->n", J, r), einsum("in,im->nm", J, J)
        )
        held = (q <= low) & (system.g > 0.0) | (q >= high) & (system.g < 0.0)
        moved = jnp.clip(q + solve(system, damping, held), low, high)
        better = 0.5 * jnp.sum(off(moved) ** 2) < system.e
        return (
            jnp.where(better, moved, q),
            damping * jnp.where(better, EASE, PRESS),
        ), None

    carry = first, jnp.array(DAMPING)
    (q, _), _ = jax.lax.scan(step, carry, None, length=STEPS)
    return Found(q, urdf.forward(robot, q)[jnp.array(plan.links), :3, 3], g)


def follow(
    plan: Plan, keypoints: Float[Array, "frames 21 3"], *, still: float = 0.5
) -> Found:
    """The robot's joints for a recording, each frame's found from the one before."""

    def one(last, y):
        found = onto_robot(plan, y, last, still=still)
        return found.q, found

    _, every = jax.lax.scan(one, jnp.asarray(plan.rest), keypoints)
    return every


def _goals(
    plan: Plan, y: Float[Array, "21 3"]
) -> tuple[Array, list[tuple[Array, Array]]]:
    """g; and of each pair that may touch how they are to be apart, and how surely.

    g_k = g_before + l_k / L_k R (y_k - y_before)

    with l and L how long a bone of the robot's and of ours is, stretched out.
    """
    rest = urdf.forward(plan.robot, jnp.asarray(plan.rest))
    rest = rest[jnp.array(plan.links), :3, 3]
    palm, keys = np.array(plan.palm), np.array(plan.keys)
    T = alignment.align_rigid(y[keys[palm]], rest[palm])
    turned = jax.vmap(lambda v: einsum("ab,b->a", T[:3, :3], v))(y)
    goals = []
    for k, (key, before) in enumerate(zip(plan.keys, plan.before, strict=True)):
        if before < 0:
            goals.append(rest[k])
            continue
        begin = plan.keys[before]
        ratio = plan.long[k] / _stretched(y, begin, key)
        goals.append(goals[before] + ratio * (turned[key] - turned[begin]))
    together = []
    for thumb, tip in plan.grips:
        apart = turned[plan.keys[tip]] - turned[plan.keys[thumb]]
        held = jnp.maximum(1.0 - _length(apart) / TOUCHING, 0.0)
        together.append((apart, held))
    return jnp.stack(goals), together


def _stretched(y: Float[Array, "21 3"], begin: int, end: int) -> Float[Array, ""]:
    """How long the bones from one key point to another are together, mm."""
    total = jnp.zeros(())
    while end != begin:
        above = KEYPOINT_PARENTS[end]
        total += _length(y[end] - y[above])
        end = above
    return jnp.maximum(total, 1e-3)


def _length(x: Float[Array, "3"]) -> Float[Array, ""]:
    squared = jnp.sum(x**2)
    # The slope of sqrt is infinite at 0.
    some = squared > 0.0
    return jnp.where(some, jnp.sqrt(jnp.where(some, squared, 1.0)), 0.0)


def _above(name: str, names: list[str]) -> int:
    """The entry that a key point's bone begins at; -1 if it begins a finger."""
    if name in PALM:
        return -1
    above = KEYPOINTS[KEYPOINT_PARENTS[KEYPOINTS.index(name)]]
    while above != "wrist":
        if above in names:
            return names.index(above)
        above = KEYPOINTS[KEYPOINT_PARENTS[KEYPOINTS.index(above)]]
    return -1


def _reach(robot: Robot, begin: int, end: int) -> float:
    """How far a link can be from one that it hangs on, mm."""
    total = 0.0
    while end not in (begin, -1):
        total += float(np.linalg.norm(robot.parent_from_link[end, :3, 3]))
        end = robot.parents[end]
    if end < 0:
        raise RetargetError(
            "links of one finger must hang on one another, outwards; "
            f"{robot.links[begin]} is not above the next"
        )
    return total


def _check(robot: Robot, links: Mapping[str, str]) -> None:
    for kind, given, known in (
        ("key point", links.keys(), KEYPOINTS),
        ("link", links.values(), robot.links),
    ):
        if unknown := [name for name in given if name not in known]:
            raise RetargetError(
                f"no {kind} is called {unknown[0]!r}; there are {', '.join(known)}"
            )
    palm = [name for name in PALM if name in links]
    if len(palm) < 3:
        raise RetargetError(
            f"links wants three or more of {', '.join(PALM)}, to know how the robot's "
            f"palm lies; got {', '.join(palm) or 'none'}"
        )
