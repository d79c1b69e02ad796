"""The tutorial on own frames learns by the numbers of configs/own.py."""

import ast

from configs import own as page
from docs.tools import notebooks

CONFIG = page.get_config("small")


def literals(text):
    """What is written down as it is in a cell: assigned, or given to `update`."""
    assigned, updates = {}, {}
    for node in ast.parse(text).body:
        value = getattr(node, "value", None)
        if isinstance(node, ast.Assign) and isinstance(value, ast.Dict):
            assigned[ast.unparse(node.targets[0])] = ast.literal_eval(value)
        elif isinstance(value, ast.Call) and ast.unparse(value.func).endswith(
            ".update"
        ):
            owner = ast.unparse(value.func).removesuffix(".update")
            updates.setdefault(owner, {}).update(ast.literal_eval(value.args[0]))
    return assigned, updates


def test_terms_weigh_as_in_the_config_and_mean_the_same():
    (cell,) = (text for _, text in notebooks.cells("own") if "fitting = {" in text)
    assigned, updates = literals(cell)
    assert assigned["fitting"]["weights"] == dict(CONFIG.phases[0].weights)
    assert assigned["fitting"]["loss"] == CONFIG.phases[0].loss
    assert updates["config.model"]
    for name, value in updates["config.model"].items():
        assert CONFIG.model[name] == value
    real = {**assigned["config.real"], **updates["config.real"]}
    told = {name: real[name] for name in real if name not in ("root", "data_dir")}
    assert told == {name: CONFIG.real[name] for name in told}
    assert set(real) == set(CONFIG.real)
