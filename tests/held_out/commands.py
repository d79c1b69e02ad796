"""evaluate.py on tiny downloads, as a user calls it."""

import json

import numpy as np

import evaluate
from handjax.data.real import loading
from handjax.data.real.survey import look_over
from handjax.evaluation import own
from handjax.evaluation.predictions import write
from handjax.evaluation.protocols import PROTOCOLS

RNG = np.random.default_rng(0)


def evaluated(dataset, root, *words, out=None):
    """results.json of an evaluation; `words` may hold paths."""
    out = out or root / "out"
    chosen = ["--dataset", dataset, "--root", root, *words, "--out", out]
    assert evaluate.main([str(word) for word in chosen]) == 0
    return json.loads((out / "results.json").read_text())


def refused(capsys, *words):
    """What is said on stderr when the words end in status 2."""
    assert evaluate.main([str(word) for word in words]) == 2
    return capsys.readouterr().err


def labels(dataset, root, split):
    """The joints of a split that count, in each frame's first camera, and validity."""
    known = look_over(loading.open_frames(dataset, root, split))
    return own.labels_of(known, PROTOCOLS[dataset].sets[0])[:2]


def predictions(path, truth, noise=4.0):
    """A file of predictions that err by about so much; returns its path."""
    return write(path, truth + RNG.normal(0.0, noise / 3**0.5, truth.shape))
