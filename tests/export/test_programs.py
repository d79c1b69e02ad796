"""Exported programs say what the method says, of one crop and of several."""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import onnx as onnx_package
import onnxruntime
import pytest
from jax import export as jax_export

from handjax.export import ExportError, inference, onnx, stablehlo
from handjax.hands.skeleton import KEYPOINTS
from tests.export.toy import toy

CLOSE = 0.01
"""mm; float32 of half a metre is rounded to 3e-5."""


@pytest.fixture(scope="module")
def model(case):
    return onnx.model(case.made)


@pytest.fixture(scope="module")
def session(model):
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=providers)


@pytest.fixture(scope="module")
def program(case):
    return jax_export.deserialize(bytearray(stablehlo.content(case.made)))


def few(arrays, count):
    return {name: leaf[:count] for name, leaf in arrays.items()}


def test_outputs_are_as_described(case):
    for x in case.made.outputs:
        assert case.truth[x.name].shape == (3, *x.shape)
        assert np.std(np.asarray(case.truth[x.name])) > 1.0, "nothing to compare"


@pytest.mark.parametrize("count", [1, 3])
def test_onnxruntime_says_what_the_method_says(case, session, count):
    names = [x.name for x in case.made.outputs]
    found = session.run(names, few(case.given, count))
    for name, points in zip(names, found, strict=True):
        np.testing.assert_allclose(points, case.truth[name][:count], atol=CLOSE)


@pytest.mark.parametrize("count", [1, 3])
def test_stablehlo_says_what_the_method_says(case, program, count):
    found = program.call(**few(case.given, count))
    assert set(found) == set(case.truth)
    for name, points in found.items():
        np.testing.assert_allclose(points, case.truth[name][:count], atol=CLOSE)


def test_stablehlo_calls_no_library(program):
    """What XLA alone runs, runs on every platform."""
    called = set(re.findall(r"custom_call @(\w+)", program.mlir_module()))
    assert called <= {"shape_assertion"}
    assert {"cpu", "cuda", "tpu"} <= set(program.platforms)


def test_onnx_says_what_it_is(case, session):
    about = json.loads(session.get_modelmeta().custom_metadata_map[onnx.KEY])
    assert about["opset"] == onnx.OPSET
    assert about["joints"] == list(KEYPOINTS)
    for way, found in (
        ("inputs", session.get_inputs()),
        ("outputs", session.get_outputs()),
    ):
        assert [x["name"] for x in about[way]] == [x.name for x in found]
        assert [x["shape"] for x in about[way]] == [x.shape for x in found]
        assert all(x["unit"] for x in about[way])


def test_onnx_documents_each_array(model):
    for x in (*model.graph.input, *model.graph.output):
        assert "camera" in x.doc_string or "crop" in x.doc_string


def test_what_onnx_has_no_operator_for_is_told():
    with pytest.raises(ExportError, match=r"svd.*stablehlo"):
        onnx.content(toy(lambda x: jnp.linalg.svd(x)[1], (3, 3)))


def test_packages_that_lack_are_named_with_their_extra(monkeypatch):
    monkeypatch.setattr(onnx, "PACKAGES", ("no_such_package",))
    with pytest.raises(ExportError, match=r"no_such_package.*handjax\[export\]"):
        onnx.content(toy(lambda x: x, (3,)))


def test_what_no_output_needs_is_left_out():
    def function(inputs):
        jnp.linalg.svd(inputs["b"])
        return {"y": 2.0 * inputs["a"]}

    shape = jax.ShapeDtypeStruct((3, 3), jnp.float32)
    plain, used, _ = inference.pruned(function, {"a": shape, "b": shape})
    assert used == {"a"}
    a = jnp.eye(3)
    np.testing.assert_array_equal(plain({"a": a})["y"], 2.0 * a)


def test_shapes_within_a_model_agree(model):
    onnx_package.checker.check_model(model, full_check=True)
