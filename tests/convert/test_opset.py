"""Which opset a TensorRT reads."""

import pytest

from edgeprof.convert.opset import opset_read_by


@pytest.mark.parametrize(
    ("tensorrt", "opset"),
    [("8.2.1.8", 17), ("8.6.2", 17), ("9.1", 17), ("10.3.0", 20), ("11.0", 20), ("1rc", 20), ("", 20)],
)
def test_a_tensorrt_before_10_reads_the_older_opset(tensorrt, opset):
    assert opset_read_by(tensorrt) == opset
