"""What every test file shares."""

import gc
import os

import jax
import pytest

from tests.compiling import QUICK

os.environ.setdefault("MPLBACKEND", "Agg")


def shared(tmp_path_factory, name):
    """A folder that is the same for all processes of a session."""
    root = tmp_path_factory.getbasetemp()
    # Each of pytest-xdist's workers has a folder of its own in that of the session.
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = root / name
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def seldom_collected():
    """Tracing makes many objects that stay: looking through them takes its time."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    yield
    gc.set_threshold(*usual)
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory):
    """A cache of our own for captures, which every test of a session shares."""
    folder = shared(tmp_path_factory, "cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDJAX_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory):
    """Every program is compiled once, in whichever test or process it comes first.

    And quickly: most run a few times only.
    """
    folder = shared(tmp_path_factory, "compiled")
    settings = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        QUICK: True,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name.upper(), str(value))
            jax.config.update(name, value)
        yield folder


@pytest.fixture(scope="module")
def optimized():
    """What a module's tests run is compiled as users have it."""
    jax.clear_caches()  # what is there may have been compiled quickly
    jax.config.update(QUICK, False)
    yield
    jax.config.update(QUICK, True)


@pytest.fixture
def x64():
    """Double precision while the test runs, for finite differences."""
    with jax.enable_x64(True):
        yield
