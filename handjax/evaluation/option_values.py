"""What stands after an option of evaluate.py, from text."""

import argparse

from handjax.evaluation.protocols import PROTOCOLS, Camera


def positive(text: str) -> int:
    """A whole number above 0."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, got {text}")
    return int(text)


def axes(text: str) -> str:
    """Some of x, y and z, or none of them."""
    if text == "none":
        return ""
    if not text or set(text) - set("xyz") or len(set(text)) < len(text):
        raise argparse.ArgumentTypeError(
            f"must be some of x, y and z, or none; got {text!r}"
        )
    return "".join(sorted(text))


def turn(text: str) -> str:
    """x, y and z in any order."""
    if sorted(text) != ["x", "y", "z"]:
        raise argparse.ArgumentTypeError(f"must be x, y and z in turn, got {text!r}")
    return text


def camera(text: str) -> Camera | None:
    """A camera, by a dataset that has one or by its numbers in pixels; own for the
    dataset's that is evaluated."""
    if text == "own":
        return None
    known = {name: p.camera for name, p in PROTOCOLS.items() if p.camera}
    if text in known:
        return known[text]
    try:
        fx, fy, u0, v0 = map(float, text.split(","))
    except ValueError:
        fx, fy, u0, v0 = 0.0, 0.0, 0.0, 0.0
    if not (fx > 0.0 and fy > 0.0 and abs(u0) + abs(v0) < float("inf")):
        raise argparse.ArgumentTypeError(
            f"must be one of {', '.join(known)}, or fx,fy,u0,v0 in pixels; got {text!r}"
        )
    return Camera((fx, fy), (u0, v0))


def numbers(text: str) -> tuple[int, ...] | None:
    """Whole numbers between commas, or as they are."""
    if text == "own":
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be whole numbers between commas, got {text!r}"
        ) from None
