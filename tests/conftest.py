"""What every test file shares."""

import os

import jax
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture
def x64():
    """Double precision while the test runs, for finite differences."""
    with jax.enable_x64(True):
        yield
