"""What a config names is brought together once."""

import jax
import numpy as np

from configs import graph_cnn, wan_spheres
from handjax.experiment import assemble


def test_who_asks_for_as_many_examples_again_gets_the_same_source():
    offer = assemble(wan_spheres.get_config("test")).sources["synthetic"]
    assert offer(2) is offer(2)
    assert offer(2) is not offer(3)


def test_a_source_that_is_first_asked_for_while_tracing_holds_no_tracers():
    offer = assemble(graph_cnn.get_config("test")).sources["synthetic"]

    def first() -> int:
        offer(3)
        return 0

    jax.eval_shape(first)
    for leaf in jax.tree.leaves(offer(3).held):
        np.asarray(leaf)
