"""Which frames of the test set a file's rows are, and which of its joints count."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.evaluation.predictions import FileError
from handjax.evaluation.protocols import PROTOCOLS, Protocol, Subset

Joints = Float[np.ndarray, "frames joints 3"]

TRAINING = {72757: "NYU's training set"}
"""Numbers of rows that give away what a file is."""


class Span(NamedTuple):
    """Rows first to last - 1 of the test set.

    As its length is that of the rows, `_replace` does not work on it.

    Attributes:
        first, last: see above.
        known: whether the test set's subsets can be told in them.
        name: of the subset that they are, "" for the whole.
    """

    first: int
    last: int
    known: bool = True
    name: str = ""

    def __len__(self) -> int:
        return self.last - self.first


def count_joints(
    numbers: Joints, protocol: Protocol
) -> Float[np.ndarray, "frames counted 3"]:
    """The joints that count, of a file that may have more.

    Raises:
        FileError: a number of joints that the protocol does not know.
    """
    have, wanted = numbers.shape[1], len(protocol.joints.names)
    if have == wanted:
        return numbers
    if have in protocol.choices:
        return numbers[:, list(protocol.choices[have])]
    likely = [
        name
        for name, other in PROTOCOLS.items()
        if other.title and len(other.joints.names) == have
    ]
    hints = {1: "are these centres?", 12: "were the wrist's two left out?"}
    hint = hints.get(have) or (f"that is {' or '.join(likely)}" if likely else "")
    allowed = " or ".join(map(str, (wanted, *protocol.choices)))
    raise FileError(
        f"has {have} joint{'' if have == 1 else 's'} a frame where {allowed} are "
        f"wanted, {protocol.joints.names[0]} first" + (f"; {hint}" if hint else "")
    )


def span_of_labels(count: int, protocol: Protocol, name: str | None = None) -> Span:
    """Which rows labels are, by how many there are.

    Labels of any other number than the test set or one of its subsets are a test set
    of their own, in which no subsets are told apart.

    Args:
        count: how many there are.
        protocol: of the dataset.
        name: that was asked for: of a subset, where several have as many, or of the
            split.
    """
    if count == protocol.frames:
        return _of_split(Span(0, count), name, protocol)
    same = [s for s in protocol.subsets if s.last - s.first == count]
    same = [subset for subset in same if subset.name == name] or same
    if len(same) == 1:
        return _span(same[0])
    known = not protocol.subsets and protocol.frames is None
    return _of_split(Span(0, count, known), name, protocol)


def span_of_frames(count: int, protocol: Protocol, split: str = "") -> Span:
    """Which rows the first `count` frames of a split are, whatever their number.

    Args:
        count: how many there are.
        protocol: of the dataset.
        split: the one that they were read from; a subset, where each is a split.
    """
    for subset in protocol.subsets:
        if subset.name == split:
            return Span(subset.first, subset.first + count, name=split)
    return _of_split(Span(0, count), split, protocol)


def check_subset(name: str | None, protocol: Protocol) -> None:
    """Refuse what is neither a subset nor a split that is tested on, by its name.

    Raises:
        FileError: see above.
    """
    subsets = [subset.name for subset in protocol.subsets]
    known = dict.fromkeys((*subsets, *protocol.splits))
    if name is not None and name not in known:
        raise FileError(
            f"--subset {name!r} is not known; this dataset has: {', '.join(known)}"
        )


def narrow(span: Span, name: str, protocol: Protocol) -> Span:
    """The rows of one subset, by its name.

    Raises:
        FileError: there is no such subset, or the labels don't have it.
    """
    check_subset(name, protocol)
    subset = {subset.name: subset for subset in protocol.subsets}.get(name)
    there = subset and span.first <= subset.first and subset.last <= span.last
    if subset is None or not span.known or not there:
        raise FileError(
            f"--subset {name!r} is not among the {len(span)} frames of the labels"
        )
    return _span(subset)


def span_of_predictions(count: int, labels: Span, protocol: Protocol) -> Span:
    """Which rows of the labels predictions are, by how many there are.

    Raises:
        FileError: neither all of the labels nor one subset of them.
    """
    if count == len(labels):
        return labels
    fit = [
        subset
        for subset in protocol.subsets
        if labels.known
        and labels.first <= subset.first
        and subset.last <= labels.last
        and subset.last - subset.first == count
    ]
    if len(fit) == 1:
        return _span(fit[0])
    if fit:
        names = ", ".join(subset.name for subset in fit)
        raise FileError(
            f"has {count} frames, as have {names}: say which it is with --subset"
        )
    raise FileError(_wrong_count(count, labels, protocol))


def rows_among(
    count: int, labels: Span, whole: Span, protocol: Protocol
) -> slice | None:
    """Which rows of predictions of more frames the labels are; None if nobody knows.

    Args:
        count: how many predictions there are.
        labels: of some frames.
        whole: of all frames that the labels were cut from.
        protocol: of the dataset.
    """
    span = span_of_labels(count, protocol)
    if count == len(whole):
        span = whole
    elif not labels.known or not (span.name or count == protocol.frames):
        # Of a dataset that may have any number of frames nobody knows which these are.
        return None
    if count <= len(labels) or labels.first < span.first or span.last < labels.last:
        return None
    return slice(labels.first - span.first, labels.last - span.first)


def which_frames(span: Span, protocol: Protocol) -> tuple[str, ...]:
    """A line on which frames these are, unless they are all."""
    whole = f" of {protocol.frames}" if protocol.frames else ""
    if span.name:
        return (f"{span.name} alone, {len(span)}{whole} frames",)
    if not span.known:
        apart = (
            f": no {protocol.parts} told apart; --subset names one"
            if protocol.subsets
            else ""
        )
        return (f"{len(span)} frames, not the{whole[3:]} of the test set{apart}",)
    some = protocol.frames and len(span) < protocol.frames
    return (f"{len(span)}{whole} frames",) if some else ()


def _of_split(span: Span, name: str | None, protocol: Protocol) -> Span:
    """A span with the split's name, where there is more than one to choose from."""
    several = len(protocol.splits) > 1 and name in protocol.splits
    return Span(*span[:3], name=name) if several and name else span


def _span(subset: Subset) -> Span:
    return Span(subset.first, subset.last, name=subset.name)


def _wrong_count(count: int, labels: Span, protocol: Protocol) -> str:
    wanted = len(labels)
    said = f"has {count} frames where the labels have {wanted}"
    parts = [f"{s.name} has {s.last - s.first}" for s in protocol.subsets]
    if parts and labels.known:
        said += f" ({', '.join(parts)})"
    if count in TRAINING:
        return f"{said}; that is {TRAINING[count]}"
    if count == 3 * wanted:
        return f"{said}: three views? Give those of the first"
    if count % wanted == 0:
        return f"{said}, {count // wanted} times as many: are frames repeated?"
    if abs(count - wanted) == 1:
        return f"{said}; is a row lost at one end, or a heading among the rows?"
    return f"{said}; predictions must be of all frames, or of one subset"
