"""A finished run of the toy, and one cache of programs for every run."""

import jax
import pytest

import train
from tests.train.toy import toy


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory):
    """Every program is compiled once, in whichever run or process it comes first."""
    folder = tmp_path_factory.mktemp("compiled")
    before = jax.config.jax_persistent_cache_min_compile_time_secs
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    yield folder
    jax.config.update("jax_compilation_cache_dir", None)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", before)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, compiled):
    """A run of both phases."""
    workdir = tmp_path_factory.mktemp("finished")
    assert train.train(toy(), workdir) == 0
    return workdir
