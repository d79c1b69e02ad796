"""Which joint of a rig is which of ours, by what it is called.

Schemes that are understood, with any prefix, in any case and order:
    WebXR and OpenXR: wrist, index-finger-metacarpal, index-finger-phalanx-proximal ...
    VRM and Unity: leftHand, leftIndexProximal, leftIndexIntermediate, leftThumbDistal.
    Mixamo: mixamorig:LeftHand, mixamorig:LeftHandIndex1 to 4, the last one a tip.
    Rigify and other rigs of Blender: hand.L, f_index.01.L, thumb.01.L, palm.01.L.
    Unreal: hand_l, index_metacarpal_l, index_01_l. MANO and SMPL-X: left_index1.
    Quest: b_l_wrist, b_l_thumb0, b_l_index1, b_l_index_null. Ours: index_mcp.
For others there is `names`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from handjax.hands.skeleton import FINGERS, JOINT_PARENTS, JOINTS, POSED, TIPS

Names = Mapping[str, str | Sequence[str]]
"""Joints of a rig by our names; of several the first is the joint, the others ride."""

LEFT, RIGHT = _SIDES = {"l", "left"}, {"r", "right"}

_FINGER = {name: name for name in FINGERS}
_FINGER |= {"pointer": "index", "mid": "middle", "pinky": "little", "pinkie": "little"}
_ROLES = {
    "metacarpal": ("metacarpal", "meta"),
    "carpal": ("carpal", "trapezium"),
    "proximal": ("proximal",),
    "intermediate": ("intermediate", "middle", "medial"),
    "distal": ("distal",),
    "tip": ("tip", "end", "null", "nub", "leaf"),
    **{name: (name,) for name in ("cmc", "mcp", "pip", "dip", "ip")},
}
_ROLE = {word: role for role, words in _ROLES.items() for word in words}
_BY_HAND = {"wrist", "palm", "forearm", "arm", "elbow"}
"""What rides on the wrist where nothing else says so."""
_NO_WRIST = {"tip", "end", "null", "ik", "prop", "palm", "pole", "target", "attach"}
_WITHOUT = ("thumb_carpal", *TIPS)
"""What a rig may lack."""


class Known(NamedTuple):
    """What the joints of a rig are.

    Attributes:
        joints: which of them each of ours is, by name; a carpal joint and tips may be
            left out.
        carriers: the posed joint of ours that each rides on; -1 where nothing says.
    """

    joints: Mapping[str, int]
    carriers: tuple[int, ...]


class NamesError(ValueError):
    """Joints that no name tells apart."""


def side_of(names: Sequence[str]) -> str | None:
    """The side that is named, left or right, where the other is not."""
    words = {word for name in names for word in _words(name)}
    left, right = bool(words & LEFT), bool(words & RIGHT)
    return None if left == right else ("left" if left else "right")


def known(
    names: Sequence[str],
    parents: Sequence[int],
    *,
    given: Names | None = None,
    side: str | None = None,
) -> Known:
    """Tell the joints of a rig.

    Args:
        names: what it calls them.
        parents: the tree of the rig, -1 where nothing is above; may be flat.
        given: what names do not tell.
        side: "left" or "right" to leave out joints that are named for the other, where
            there are both.

    Raises:
        NamesError: some of ours are not among them, or two would be the same.
    """
    found, riding = _given(names, given or {})
    other = {"left": RIGHT, "right": LEFT}.get(side or "", set())
    if not all(words & {w for name in names for w in _words(name)} for words in _SIDES):
        other = set()  # of one hand only, which may be called by the wrong side
    taken = set(found.values()) | set(riding)
    free = [
        k
        for k, name in enumerate(names)
        if k not in taken and not other & set(_words(name))
    ]
    guessed: dict[str, int] = {}
    for finger in FINGERS:
        guessed |= _finger(finger, names, [k for k in free if _of(names[k]) == finger])
    # What the palm holds of a finger is none of our joints and turns with the wrist.
    riding = {k: 0 for name, k in guessed.items() if name not in JOINTS} | riding
    ours = {name: k for name, k in guessed.items() if name in JOINTS}
    found = ours | _wrist(names, free, "wrist" in found) | found
    missing = [name for name in JOINTS if name not in found and name not in _WITHOUT]
    if missing:
        raise NamesError(
            f"no joint is called {', '.join(missing)}, or alike; there are "
            f"{', '.join(names)}. Say which is which: "
            f"names={{{missing[0]!r}: {names[0]!r}, ...}}"
        )
    return Known(found, _carriers(names, parents, found, riding))


def _given(names: Sequence[str], given: Names):
    found, riding = {}, {}
    for ours, theirs in given.items():
        if ours not in JOINTS:
            raise NamesError(
                f"names wants joints of ours before the colon, {', '.join(JOINTS)}; "
                f"got {ours!r}"
            )
        several = [theirs] if isinstance(theirs, str) else list(theirs)
        for name in several:
            if list(names).count(name) != 1:
                raise NamesError(
                    f"names has {ours}: {name!r}, and {list(names).count(name)} joints "
                    f"of the skin are called that; there are {', '.join(names)}"
                )
        found[ours] = names.index(several[0])
        riding |= {names.index(name): _carrier(ours) for name in several[1:]}
    return found, riding


def _carrier(ours: str) -> int:
    """The posed joint that one of our joints rides on."""
    joint = JOINTS.index(ours)
    return joint if joint < len(POSED) else JOINT_PARENTS[joint]


def _carriers(names, parents, found, riding) -> tuple[int, ...]:
    known_ = riding | {k: _carrier(ours) for ours, k in found.items()}
    above_wrist, at = set(), found["wrist"]
    while at >= 0 and at not in above_wrist:
        above_wrist.add(at)
        at = parents[at]
    carriers = []
    for k, name in enumerate(names):
        at = k
        while at >= 0 and at not in known_:
            at = parents[at]
        if at >= 0:
            carriers.append(known_[at])
        elif k in above_wrist or _BY_HAND & set(_words(name)):
            carriers.append(0)
        else:
            carriers.append(-1)
    return tuple(carriers)


def _words(name: str) -> list[str]:
    """Words and numbers of a name, in lower case: LeftHandIndex1 has four."""
    name = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.split(":")[-1])
    name = re.sub(r"([A-Z])([A-Z][a-z])", r"\1 \2", name)
    name = name.lower().replace("finger", " finger ").replace("hand", " hand ")
    return re.findall(r"[a-z]+|\d+", name)


def _of(name: str) -> str | None:
    """The finger that a joint is named for."""
    return next((_FINGER[w] for w in _words(name) if w in _FINGER), None)


def _wrist(names: Sequence[str], free: Sequence[int], have: bool) -> dict[str, int]:
    if have:
        return {}
    for word in ("wrist", "hand"):
        some = [
            k
            for k in free
            if word in _words(names[k])
            and _of(names[k]) is None
            and not _NO_WRIST & set(_words(names[k]))
        ]
        if some:
            return {"wrist": _one("wrist", names, some)}
    return {}


def _finger(finger: str, names: Sequence[str], some: Sequence[int]) -> dict[str, int]:
    """Joints of one finger, by our names or those of what the palm holds of it."""
    by_role: dict[str, list[int]] = {}
    by_number: dict[int, list[int]] = {}
    leaves: dict[int, list[int]] = {}
    for k in some:
        words = _words(names[k])
        after = words[next(i for i, w in enumerate(words) if w in _FINGER) + 1 :]
        role = next((_ROLE[word] for word in after if word in _ROLE), None)
        number = next((int(w) for w in after if w.isdecimal() and len(w) < 4), None)
        if number is not None and role in (None, "tip"):
            into = by_number if role is None else leaves
            into.setdefault(number, []).append(k)
        elif role is not None:
            by_role.setdefault(role, []).append(k)
    what = f"a joint of the {finger}"
    told = {role: _one(what, names, ks) for role, ks in by_role.items()}
    numbered = {n: _one(what, names, ks) for n, ks in by_number.items()}
    last = {n: _one(what, names, ks) for n, ks in leaves.items()}
    chain = ("cmc", "mcp", "ip") if finger == "thumb" else ("mcp", "pip", "dip")
    found = _by_words(finger, told, chain) or _by_numbers(numbered, last, told, chain)
    palm = ("carpal",) if finger == "thumb" else ("carpal", "metacarpal")
    found |= {r: k for r, k in told.items() if r in (*chain, *palm, "tip")}
    return {f"{finger}_{role}": k for role, k in found.items()}


def _by_words(finger: str, told: Mapping[str, int], chain) -> dict[str, int]:
    """Segments by their names: of a thumb two or three have such."""
    words = ["proximal", "intermediate", "distal"]
    if finger == "thumb" and "intermediate" not in told:
        words = ["metacarpal", "proximal", "distal"]
    elif finger == "thumb" and "metacarpal" in told:
        told = {**told, "carpal": told["metacarpal"]}
    found = {ours: told[w] for w, ours in zip(words, chain, strict=True) if w in told}
    return found | ({"carpal": told["carpal"]} if found and "carpal" in told else {})


def _by_numbers(numbers, leaves, told, chain) -> dict[str, int]:
    """Segments by their numbers: three, or with what is in the palm, or with a tip."""
    order = [numbers[n] for n in sorted(numbers)]
    tipped = "tip" in told
    if len(order) == 5 and not tipped:
        roles = ("carpal", *chain, "tip")
    elif len(order) == 4:
        first = min(numbers) == 0 or tipped
        roles = ("carpal", *chain) if first else (*chain, "tip")
    elif len(order) == 3:
        roles = chain
        if leaves and not tipped:
            return dict(
                zip((*chain, "tip"), [*order, leaves[max(leaves)]], strict=True)
            )
    else:
        return {}
    return dict(zip(roles, order, strict=True))


def _one(ours: str, names: Sequence[str], some: Sequence[int]) -> int:
    """The joint of several that is named most briefly."""
    brief = min(len(_words(names[k])) for k in some)
    left = [k for k in some if len(_words(names[k])) == brief]
    if len(left) > 1:
        raise NamesError(
            f"{' and '.join(names[k] for k in left)} could each be {ours}: say which, "
            f"names={{...}}, or which hand is meant, side='left' or 'right'"
        )
    return left[0]
