"""What a builder's last words mean to the user. The lines are TensorRT's, of the versions named."""

import pytest

from edgeprof.agent.trt.library import Library
from edgeprof.agent.trt.log import BuildLog
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.agent.trt.refusal import Complaint, build_refusal, complaints, parse_refusal
from edgeprof.agent.trt.surface import Surface
from edgeprof.core.errors import ConvertError, RuntimeUnavailable

LIBRARY = Library("tensorrt", "10.3.0")

LINE_8 = (  # 8.6
    "10: [optimizer.cpp::computeCosts::3728] Error Code 10: Internal Error "
    "(Could not find any implementation for node {ForeignNode[/blocks.0/norm/Mul.../head/Gemm]}.)"
)
WORDS_8 = "has no kernel for {ForeignNode[/blocks.0/norm/Mul.../head/Gemm]}"
LINE_RTX = (  # RTX 1.7
    "IBuilder::buildSerializedNetwork: Error Code 1: Myelin ([pass.cpp:337: check_turing_op_compatibility] "
    "Cannot compile operation 'head_0' for Turing (SM75): FP32 GEMM is not supported. "
    "In compileGraph at /_src/optimizer/myelin/codeGenerator.cpp:2012)"
)
WORDS_RTX = "has no kernel for 'head_0' for Turing (SM75): FP32 GEMM is not supported"


def refusal(*errors, **options):
    log = BuildLog()
    for error in errors:
        log.hear("ERROR", error)
    return build_refusal(LIBRARY, BuildOrder("fp32", **options), log)


@pytest.mark.parametrize(
    "line",
    [
        "[virtualMemoryBuffer.cpp::resizePhysical::154] Error Code 2: OutOfMemory (no further information)",  # 8.5
        "Error Code 2: OutOfMemory (Requested size was 4294967296 bytes.)",  # 10
        "[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)",  # 8.6
        "Requested amount of GPU memory (2147483648 bytes) could not be allocated. There may not be enough free memory",
    ],
)
def test_running_out_of_memory_is_a_conversion_error_that_says_what_to_shrink(line):
    error = refusal("something before", line)

    assert isinstance(error, ConvertError)
    assert "ran out of memory" in error.message
    assert line[:40] in error.message
    assert "--res" in error.hint


@pytest.mark.parametrize(
    "line",
    [
        "[checkMacros.cpp::catchCudaError::272] Error Code 1: Cuda Runtime (CUDA driver version is insufficient)",
        "CUDA initialization failure with error: 35. Please check your CUDA installation",  # 8.5
        "Error Code 1: Cuda Driver (no CUDA-capable device is detected)",
    ],
)
def test_a_machine_without_a_card_lacks_a_runtime(line):
    error = refusal(line)

    assert isinstance(error, RuntimeUnavailable)
    assert "no NVIDIA card" in error.message


def test_what_is_said_of_the_driver_while_building_for_another_machine_is_not_the_reason():
    driver = "[checkMacros.cpp::catchCudaError::250] Error Code 1: Cuda Runtime (CUDA driver version is insufficient)"

    error = refusal(driver, "4: Network validation failed.", compute_capability="8.9")

    assert isinstance(error, ConvertError)
    assert "Network validation failed" in error.message


@pytest.mark.parametrize(("line", "words"), [(LINE_8, WORDS_8), (LINE_RTX, WORDS_RTX)])
def test_a_layer_without_a_kernel_is_named(line, words):
    error = refusal("before", line)

    assert isinstance(error, ConvertError)
    assert error.message == f"tensorrt 10.3.0 {words}"
    assert "--precision" in error.hint


def test_anything_else_is_told_in_the_builders_last_words():
    assert "Network validation failed" in refusal("first", "4: Network validation failed.").message


def test_a_builder_that_says_nothing_is_said_to():
    assert "did not say why" in refusal().message


def test_the_first_complaint_is_told_and_the_others_counted():
    found = [Complaint("UNSUPPORTED_NODE", "Col2Im", "n1", "no"), Complaint("INVALID_NODE", "Add", "n2", "no")]

    error = parse_refusal(LIBRARY, found, BuildLog())

    assert error.message == 'tensorrt 10.3.0 refuses Col2Im "n1": no (and 1 more)'
    assert error.hint == "use --runtime onnxruntime, or a model without Col2Im"


def test_a_parser_that_gives_no_error_is_told_in_the_logs_words():
    log = BuildLog()
    log.hear("ERROR", "Failed to parse ONNX model from file: a.onnx")

    assert "Failed to parse" in parse_refusal(LIBRARY, [], log).message


@pytest.mark.trt
def test_where_an_error_does_not_know_its_node_the_log_does(tools, tmp_path):
    """As with 8.5, whose errors have a number only; the parser's log says the same in all versions."""
    from agent.trt.graphs import one_node

    network = tools.builder.create_network(tools.surface.network_flags)
    parser = tools.surface.trt.OnnxParser(network, tools.logger)
    assert not parser.parse_from_file(str(one_node(tmp_path, "Frobnicate", domain="shop")))

    class Unnamed(Surface):
        names_nodes = False

    (found,) = complaints(parser, Unnamed(tools.surface.library, tools.surface.trt), tools.log)

    assert (found.operator, found.node) == ("Frobnicate", "y")
