"""URDF files as links and joints: XML, read without what could harm.

Source: http://wiki.ros.org/urdf/XML (joint, link).
"""

import math
import re
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float

MM = 1000.0
"""In a metre."""
LARGEST = 1 << 24
"""Bytes of a file."""
TURNING, SLIDING = ("revolute", "continuous"), ("prismatic",)
STILL = ("fixed",)
KINDS = (*TURNING, *SLIDING, *STILL)
WHOLE_TURN = (-math.pi, math.pi)
"""Limits of a joint that has none."""


class UrdfError(ValueError):
    """A file that holds no robot that can be used, and why."""


class Joint(NamedTuple):
    """A joint of a file; mm and radians.

    Attributes:
        name, kind: as the file has them.
        parent, child: links.
        origin: parent_from_child at rest.
        axis: unit, the child's frame.
        limits: from and to.
        mimic: the joint that it follows, with gain and offset in the file's units; None
            where it follows none.
    """

    name: str
    kind: str
    parent: str
    child: str
    origin: Float[np.ndarray, "4 4"]
    axis: Float[np.ndarray, "3"]
    limits: tuple[float, float]
    mimic: tuple[str, float, float] | None


def tree(content: bytes, name: str) -> ElementTree.Element:
    """The robot's element.

    Args:
        content: of the file.
        name: of it, for who reads what is wrong with it.

    Raises:
        UrdfError: it is none, or declares entities.
    """
    if len(content) > LARGEST:
        raise UrdfError(f"{name} has {len(content)} bytes, more than {LARGEST}")
    # Entities can grow without bound, or name other files; no URDF needs any. In an
    # encoding of two bytes a letter they would not be seen.
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", content, re.IGNORECASE) or b"\0" in content:
        raise UrdfError(
            f"{name} declares a document type or entities, or is no UTF-8: save it as "
            "plain URDF"
        )
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as wrong:
        raise UrdfError(f"{name} is no XML ({wrong})") from wrong
    if root.tag != "robot":
        raise UrdfError(f"{name} wants a <robot>; got <{root.tag}>")
    return root


def joint(element: ElementTree.Element, where: str) -> Joint:
    """A joint of its element.

    Raises:
        UrdfError: it says what no joint can be.
    """
    name = attribute(element, "name", where)
    where, kind = f"{where}, joint {name}", element.get("type", "")
    if kind not in KINDS:
        raise UrdfError(f"{where}: type wants one of {', '.join(KINDS)}; got {kind!r}")
    axis = _numbers(element.find("axis"), "xyz", where, "1 0 0")
    length = float(np.linalg.norm(axis))
    if kind not in STILL and length < 1e-9:
        raise UrdfError(f"{where}: its axis has no length")
    return Joint(
        name,
        kind,
        attribute(element.find("parent"), "link", where),
        attribute(element.find("child"), "link", where),
        _origin(element.find("origin"), where),
        axis / max(length, 1e-9),
        _limits(element.find("limit"), kind, where),
        _mimic(element.find("mimic"), where),
    )


def _limits(
    element: ElementTree.Element | None, kind: str, where: str
) -> tuple[float, float]:
    if kind in ("continuous", *STILL):
        return WHOLE_TURN
    if element is None:
        raise UrdfError(f"{where} wants a <limit> with lower and upper")
    unit = MM if kind in SLIDING else 1.0
    low, high = (
        unit * _numbers(element, end, where, "0")[0] for end in ("lower", "upper")
    )
    if low > high:
        raise UrdfError(f"{where}: its lower limit is above the upper one")
    return low, high


def _mimic(
    element: ElementTree.Element | None, where: str
) -> tuple[str, float, float] | None:
    if element is None:
        return None
    gain, offset = (
        float(_numbers(element, field, where, usual)[0])
        for field, usual in (("multiplier", "1"), ("offset", "0"))
    )
    return attribute(element, "joint", where), gain, offset


def _origin(element: ElementTree.Element | None, where: str) -> np.ndarray:
    """parent_from_link: fixed turns about x, y, z by roll, pitch and yaw."""
    T = np.eye(4)
    T[:3, 3] = MM * _numbers(element, "xyz", where, "0 0 0")
    r, p, y = _numbers(element, "rpy", where, "0 0 0")
    X, Y, Z = np.eye(3), np.eye(3), np.eye(3)
    X[1:, 1:] = [[math.cos(r), -math.sin(r)], [math.sin(r), math.cos(r)]]
    Y[::2, ::2] = [[math.cos(p), math.sin(p)], [-math.sin(p), math.cos(p)]]
    Z[:2, :2] = [[math.cos(y), -math.sin(y)], [math.sin(y), math.cos(y)]]
    T[:3, :3] = Z @ Y @ X
    return T


def attribute(element: ElementTree.Element | None, field: str, where: str) -> str:
    """An attribute of an element that must be there."""
    found = None if element is None else element.get(field)
    if not found:
        tag = "a part of it" if element is None else f"<{element.tag}>"
        raise UrdfError(f"{where}: {tag} wants {field}")
    return found


def _numbers(
    element: ElementTree.Element | None, field: str, where: str, usual: str
) -> Float[np.ndarray, "n"]:
    text = usual if element is None else element.get(field, usual)
    try:
        found = np.array([float(word) for word in text.split()])
    except ValueError:
        found = np.zeros(0)
    if len(found) != len(usual.split()) or not np.isfinite(found).all():
        raise UrdfError(f"{where}: {field} wants numbers as {usual!r}; got {text!r}")
    return found
