"""Robot hands out of URDF files: links, joints, limits, forward kinematics in JAX.

    robot = read("hand.urdf")
    world_from_link = forward(robot, q)  # (links, 4, 4), mm

Only the skeleton is read; meshes, inertias and drives are left out. Millimetres and
radians; axes are the file's own. A file that declares entities or a document type is
refused, as such may grow without bound or read other files.

Notation, shared by every function here and by the tests:
    q: values of the joints that move, radians, of sliding ones mm, (joints,).

Source: http://wiki.ros.org/urdf/XML (joint, link).
"""

from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from handjax.geometry import kinematics, rotations, transforms
from handjax.geometry.precision import small_matmul
from handjax.hands import urdf_files
from handjax.hands.urdf_files import MM, SLIDING, STILL, Joint, UrdfError

__all__ = ["Robot", "UrdfError", "forward", "parse", "read"]


class Robot(NamedTuple):
    """The skeleton of a robot.

    Attributes:
        links: names, the root first, parents before children.
        parents: of each link; -1 of the root.
        parent_from_link: where each link rests in its parent, mm.
        axes: that each link turns about or slides along, unit, its own frame.
        driver: the joint that moves each link; -1 of those that are fixed.
        gain, offset: what a link does of it: gain q + offset. Not 1 and 0 where a joint
            mimics another.
        slides: which links slide.
        joints: names of those that move on their own.
        limits: of these, from and to, radians or mm.
    """

    links: tuple[str, ...]
    parents: tuple[int, ...]
    parent_from_link: Float[np.ndarray, "links 4 4"]
    axes: Float[np.ndarray, "links 3"]
    driver: Int[np.ndarray, "links"]
    gain: Float[np.ndarray, "links"]
    offset: Float[np.ndarray, "links"]
    slides: Float[np.ndarray, "links"]
    joints: tuple[str, ...]
    limits: Float[np.ndarray, "joints 2"]


def read(path: str | Path) -> Robot:
    """The robot of a URDF file.

    Raises:
        UrdfError: it can't be read, or holds no tree of links.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as wrong:
        raise UrdfError(f"{path} can't be read: {wrong.strerror}") from wrong
    return parse(content, str(path))


def parse(content: bytes, name: str = "URDF") -> Robot:
    """The robot of a URDF file's bytes.

    Args:
        content: of the file.
        name: of it, for who reads what is wrong with it.

    Raises:
        UrdfError: as `read`.
    """
    root = urdf_files.tree(content, name)
    links = [urdf_files.attribute(link, "name", name) for link in root.findall("link")]
    every = [urdf_files.joint(element, name) for element in root.findall("joint")]
    if not links:
        raise UrdfError(
            f"{name} has no link; is it a URDF, or a xacro still to expand?"
        )
    for kind, names in (("link", links), ("joint", [joint.name for joint in every])):
        if twice := {one for one in names if names.count(one) > 1}:
            raise UrdfError(f"{name} has two {kind}s of one name: {min(twice)}")
    return _robot(name, _ordered(name, links, every))


def forward(robot: Robot, q: Float[Array, "joints"]) -> Float[Array, "links 4 4"]:
    """Where the links stand, world_from_link, mm; the root is the world."""
    known = jnp.concatenate([q, jnp.zeros(1, q.dtype)])  # of -1: what is fixed
    value = jnp.asarray(robot.gain) * known[robot.driver] + jnp.asarray(robot.offset)
    axes, slides = jnp.asarray(robot.axes), jnp.asarray(robot.slides)
    turns = ((1.0 - slides) * value)[:, None] * axes
    R = jax.vmap(rotations.matrix_from_axis_angle)(turns)
    moved = jax.vmap(transforms.make)(R, (slides * value)[:, None] * axes)
    local = small_matmul(jnp.asarray(robot.parent_from_link), moved)
    return kinematics.forward_kinematics(robot.parents, local)


def _ordered(
    name: str, links: list[str], every: list[Joint]
) -> list[tuple[str, Joint | None]]:
    """Links with the joint that holds each, parents before children."""
    holds = {joint.child: joint for joint in every}
    if len(holds) < len(every):
        raise UrdfError(f"{name}: a link hangs on two joints")
    for joint in every:
        for link in (joint.parent, joint.child):
            if link not in links:
                raise UrdfError(
                    f"{name}, joint {joint.name}: there is no link {link!r}"
                )
    roots = [link for link in links if link not in holds]
    found: list[tuple[str, Joint | None]] = [(link, None) for link in roots]
    for link, _ in found:
        found += [(joint.child, joint) for joint in every if joint.parent == link]
    if len(roots) != 1 or len(found) != len(links):
        raise UrdfError(
            f"{name} wants one tree of links; got {len(roots)} that hang on nothing, "
            f"{', '.join(roots) or 'as links go round in a circle'}"
        )
    return found


def _robot(name: str, ordered: list[tuple[str, Joint | None]]) -> Robot:
    links = [link for link, _ in ordered]
    held = [joint for _, joint in ordered if joint is not None]
    free = [j for j in held if j.kind not in STILL and j.mimic is None]
    if not free:
        raise UrdfError(f"{name} has no joint that moves")
    rows = [_row(name, joint, free) for joint in held]
    driver, gain, offset = zip((-1, 0.0, 0.0), *rows, strict=True)
    origins = [np.eye(4), *(joint.origin for joint in held)]
    return Robot(
        links=tuple(links),
        parents=(-1, *(links.index(joint.parent) for joint in held)),
        parent_from_link=np.stack(origins).astype(np.float32),
        axes=np.stack([np.zeros(3), *(j.axis for j in held)]).astype(np.float32),
        driver=np.array(driver, np.int32),
        gain=np.array(gain, np.float32),
        offset=np.array(offset, np.float32),
        slides=np.array([0.0, *(j.kind in SLIDING for j in held)], np.float32),
        joints=tuple(joint.name for joint in free),
        limits=np.array([joint.limits for joint in free], np.float32),
    )


def _row(name: str, joint: Joint, free: list[Joint]) -> tuple[int, float, float]:
    """Driver, gain and offset of the link that a joint holds."""
    if joint.kind in STILL:
        return -1, 0.0, 0.0
    names = [one.name for one in free]
    if joint.mimic is None:
        return names.index(joint.name), 1.0, 0.0
    follows, gain, offset = joint.mimic
    if follows not in names:
        raise UrdfError(
            f"{name}, joint {joint.name}: it mimics {follows!r}, no joint that "
            "moves on its own"
        )
    k = names.index(follows)
    unit, of_driver = (MM if j.kind in SLIDING else 1.0 for j in (joint, free[k]))
    return k, gain * unit / of_driver, offset * unit
