"""What every test file shares."""

import os

import jax
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache of our own for captures, which every test of a session shares."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDJAX_CACHE", str(folder))
        yield folder


@pytest.fixture
def x64():
    """Double precision while the test runs, for finite differences."""
    with jax.enable_x64(True):
        yield
