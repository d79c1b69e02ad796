"""All that an evaluation on a real dataset leaves: table, figures, page, files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from handjax import files
from handjax.evaluation import (
    figures,
    measure_tables,
    measures,
    report,
    score,
    tables,
)
from handjax.evaluation.compare import Interval
from handjax.evaluation.comparisons import Comparison, compared
from handjax.evaluation.known import Known
from handjax.evaluation.page import Example, Method, Page, write_page
from handjax.evaluation.protocols import Protocol
from handjax.evaluation.published import Published, ranked
from handjax.evaluation.score import Scored

Errors = Float[np.ndarray, "frames joints"]


NAMES = 2_000_000
"""Characters that names of frames may have on a page."""


class Told(NamedTuple):
    """What is told besides the methods.

    Attributes:
        dataset: its name.
        protocol: of it.
        known: the labels.
        align: how predictions were brought to the truth, a key of `ALIGNED`.
        head: lines of the table's head, as label and text.
        facts: further fields of results.json.
        examples: frames with pictures, for the page; numbered as `known` has them.
    """

    dataset: str
    protocol: Protocol
    known: Known
    align: str
    head: Sequence[tuple[str, str]]
    facts: Mapping[str, Any]
    examples: Sequence[Example] = ()


def write_all(
    folder: Path, methods: Sequence[Scored], told: Told
) -> tuple[str, list[Path]]:
    """Write what there is to say of some methods; returns the table and the files.

    Args:
        folder: gets table.txt, results.json, curves.csv, success.png, joints.png,
            errors.npz and report.html.
        methods: the first one is the page's own.
        told: what they were measured on.
    """
    protocol, published = told.protocol, _published(told)
    constant = _constant(told)
    methods, found = _measured(methods, constant, told)
    pairs = compared(methods, protocol)
    head = [*told.head, *_noted(methods)]
    text = tables.of_methods(
        found,
        protocol,
        head=head,
        beside=measure_tables.blocks(found),
        comparisons=[str(one) for one in pairs],
        trivial=report.summarise(
            constant[protocol.sets[0]], protocol.sets[0], protocol
        ),
        published=published,
    )
    files.write(folder / "table.txt", f"{text}\n".encode())
    shown = {method.name: method.headline for method in methods}
    headline = constant[protocol.sets[0]]
    return text, [
        report.write_json(folder, _results(found, pairs, told, published)),
        report.write_curves(folder, shown),
        figures.write_success(folder, shown, headline, protocol),
        figures.write_joints(folder, shown, protocol, published),
        report.write_errors(folder, _by_key(methods)),
        write_page(folder, _page(found, pairs, methods, told, head)),
    ]


def _published(told: Told) -> Sequence[Published]:
    """Other people's results, if they are of these frames and of this alignment."""
    whole = told.protocol.frames in (None, len(told.known.joints))
    usual = told.align == told.protocol.align
    return ranked(told.dataset) if whole and usual else ()


def _measured(
    methods: Sequence[Scored], constant: Mapping[str, Errors], told: Told
) -> tuple[list[Scored], list[dict[str, Any]]]:
    """Methods with what is to be noted of them, and all figures of each."""
    noted, found = [], []
    for method in methods:
        own = measures.of_method(method, told.known, told.protocol, told.align)
        method = method._replace(notes=(*method.notes, *own.notes))
        trivial = _cut(constant, method, told.known)
        found.append(report.of_method(method, trivial, told.protocol) | own.figures)
        noted.append(method)
    return noted, found


def _constant(told: Told) -> dict[str, Errors]:
    """Errors of the mean hand, by joint set."""
    truth, valid = told.known.joints, told.known.valid
    hand = score.mean_hand(truth, valid)
    e = score.measure(hand, truth, valid, told.protocol, told.align)
    return score.with_parts({told.protocol.sets[0]: e}, told.protocol)


def _cut(
    constant: Mapping[str, Errors], method: Scored, known: Known
) -> dict[str, Float[np.ndarray, "some joints"]]:
    first = method.span.first - known.span.first
    rows = slice(first, first + len(method.span))
    return {name: e[rows] for name, e in constant.items()}


def _noted(methods: Sequence[Scored]) -> list[tuple[str, str]]:
    return [(method.name, "; ".join(method.notes)) for method in methods]


def _results(
    found: Sequence[Mapping[str, Any]],
    pairs: Sequence[Comparison],
    told: Told,
    published: Sequence[Published],
) -> dict[str, Any]:
    """results.json: the first method at the top, all of them under `methods`."""
    several = {"methods": {figures["method"]: figures for figures in found}}
    return {
        **found[0],
        **told.facts,
        "dataset": told.dataset,
        "align": told.align,
        "head": dict(told.head),
        **(several if len(found) > 1 else {}),
        "comparisons": list(pairs),
        "published": [one._asdict() for one in published],
    }


def _by_key(methods: Sequence[Scored]) -> dict[str, Errors]:
    """Errors of the first method by joint set, then those of the others by number."""
    first, *others = methods
    found = dict(first.errors)
    for number, method in enumerate(others, 2):
        found |= {f"method{number}_{name}": e for name, e in method.errors.items()}
    return found


def _page(
    found: Sequence[Mapping[str, Any]],
    pairs: Sequence[Comparison],
    methods: Sequence[Scored],
    told: Told,
    head: Sequence[tuple[str, str]],
) -> Page:
    protocol, known = told.protocol, told.known
    return Page(
        title=_title(methods, protocol),
        about=[*head, *measure_tables.briefly(found), ("protocol", protocol.note)],
        joints=protocol.joints.names,
        bones=protocol.joints.bones,
        methods=[
            Method(
                method.name,
                _spread(method.headline, method, known),
                _spread(method.placed, method, known),
                _interval(figures),
            )
            for method, figures in zip(methods, found, strict=True)
        ],
        published=[(p.name, p.mean_mm, p.source) for p in _published(told)],
        comparisons=[str(one) for one in pairs],
        examples=told.examples,
        truth=np.where(known.valid[..., None], known.joints, np.nan),
        frames=_names(known),
        thresholds=protocol.thresholds,
    )


def _title(methods: Sequence[Scored], protocol: Protocol) -> str:
    names = [method.name for method in methods]
    shown = " and ".join(names) if len(names) < 3 else f"{len(names)} methods"
    return f"{protocol.title}: {shown}"


def _interval(figures: Mapping[str, Any]) -> Interval:
    return Interval(figures["mean_mm"], *figures["interval_95"])


def _names(known: Known) -> tuple[str, ...]:
    """Names of the frames; () if they alone would fill the page, which counts then."""
    return known.names if sum(map(len, known.names)) < NAMES else ()


def _spread(
    values: Float[np.ndarray, "frames ..."], method: Scored, known: Known
) -> Float[np.ndarray, "all ..."]:
    """A method's values on all frames of the labels, NaN where it has none."""
    every = np.full((len(known.joints), *values.shape[1:]), np.nan)
    first = method.span.first - known.span.first
    every[first : first + len(values)] = values
    return every
