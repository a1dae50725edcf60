"""What parity says of itself."""

from dataclasses import replace

from edgeprof.core.artefact import Parity

CLOSE = Parity("onnxruntime", "fp32", 1e-6, 1.0, 1e-5, 1e-4, 0.3, 1.0, True, "torch fp32")


def test_parity_holds_up_to_its_tolerance():
    assert CLOSE.holds
    assert replace(CLOSE, relative_l2=1e-4).holds
    assert not replace(CLOSE, relative_l2=1.01e-4).holds
    assert not replace(CLOSE, relative_l2=float("nan")).holds
    assert not replace(CLOSE, finite=False).holds


def test_an_output_that_ignores_its_input_proves_nothing():
    assert not CLOSE.is_vacuous
    assert replace(CLOSE, sensitivity=2e-4).is_vacuous
    assert not replace(CLOSE, sensitivity=None).is_vacuous
