"""A finished run of the toy."""

import pytest

import train
from tests.train.toy import toy


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run of both phases."""
    workdir = tmp_path_factory.mktemp("finished")
    assert train.train(toy(), workdir) == 0
    return workdir
