"""What a config names is brought together once."""

from configs import wan_spheres
from handjax.experiment import assemble


def test_who_asks_for_as_many_examples_again_gets_the_same_source():
    offer = assemble(wan_spheres.get_config("test")).sources["synthetic"]
    assert offer(2) is offer(2)
    assert offer(2) is not offer(3)
