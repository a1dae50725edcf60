"""The builder's words: lines of TensorRT 10.9 on an x86 card, of 8.x where they differ."""

import pytest

from edgeprof.agent.trt.log import BuildLog, logger_to

LINES_10 = (
    "Total Host Persistent Memory: 729520 bytes",
    "Total Device Persistent Memory: 124928 bytes",
    "Max Scratch Memory: 42735104 bytes",
    "[BlockAssignment] Started assigning block shifts. This will take 197 steps to complete.",
    "Total Activation Memory: 467884032 bytes",
    "Total Weights Memory: 238797908 bytes",
    "Engine generation completed in 104.604 seconds.",
)


def heard(*lines, severity="INFO"):
    log = BuildLog()
    for line in lines:
        log.hear(severity, line)
    return log


def test_the_memory_figures_are_taken():
    assert heard(*LINES_10).figures == {
        "weights_bytes": 238797908,
        "activation_bytes": 467884032,
        "scratch_bytes": 42735104,
    }


def test_the_older_wording_is_taken_as_well():
    assert heard("Total Scratch Memory: 8192", "Total Activation Memory: 9216").figures == {
        "scratch_bytes": 8192,
        "activation_bytes": 9216,
    }


def test_of_several_parts_the_largest_counts():
    log = heard("Total Activation Memory: 10 bytes", "Total Activation Memory: 30 bytes", "Total Activation Memory: 20")

    assert log.figures == {"activation_bytes": 30}


def test_warnings_and_errors_are_kept_once_and_the_rest_is_not():
    log = BuildLog()
    for severity in ("WARNING", "WARNING", "ERROR", "INTERNAL_ERROR", "INFO", "VERBOSE"):
        log.hear(severity, f"this is {severity}")

    assert log.warnings == ["this is WARNING"]
    assert log.errors == ["this is ERROR", "this is INTERNAL_ERROR"]


def test_a_flood_is_not_kept():
    assert len(heard(*map(str, range(10_000)), severity="WARNING").warnings) == 100


def test_a_figure_said_verbosely_is_not_one():
    assert heard(*LINES_10, severity="VERBOSE").figures == {}


@pytest.mark.trt
def test_the_library_itself_speaks_to_it_and_nothing_is_printed(capfd):
    from edgeprof.agent.trt.library import load

    _, trt = load()
    log = BuildLog()
    logger = logger_to(log, trt)

    builder = trt.Builder(logger)
    network = builder.create_network(0)
    parser = trt.OnnxParser(network, logger)

    assert not parser.parse(b"not a graph")
    assert log.errors
    assert capfd.readouterr() == ("", "")
