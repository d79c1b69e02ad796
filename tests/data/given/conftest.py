"""The drawn hand of `predict`'s tests, and how `fit`'s write a frame."""

from tests.fitting.conftest import encode  # noqa: F401
from tests.predicting.conftest import (  # noqa: F401
    camera,
    depth,
    draw,
    hand,
    joints,
    template,
)
