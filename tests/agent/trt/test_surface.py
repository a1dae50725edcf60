"""What the installed TensorRT can do, asked of its own classes; 8.5's in an interpreter that has it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from edgeprof.agent.trt.order import BuildOrder
from edgeprof.core.errors import ConfigError, RuntimeUnavailable
from edgeprof.core.exits import Exit

ROOT = Path(__file__).parents[3]
OLD_PYTHON = os.environ.get("EDGEPROF_TRT85_PYTHON")

pytestmark = pytest.mark.trt


@pytest.fixture
def surface(tools):
    if not tools.surface.builds_ahead:
        pytest.skip("this is about TensorRT-RTX")
    return tools.surface


def test_rtx_is_typed_by_the_graph_builds_ahead_and_keeps_no_timings(surface):
    assert surface.always_typed
    assert surface.strongly_typed
    assert surface.builds_ahead
    assert not surface.keeps_timings
    assert surface.has_levels
    assert surface.tells_progress
    assert surface.names_nodes
    assert surface.network_flags == 0


def test_tf32_is_off_unless_asked_for_and_read_back(tools, surface):
    assert surface.tf32_of(surface.config_of(tools.builder, BuildOrder("fp32"))) is False
    assert surface.tf32_of(surface.config_of(tools.builder, BuildOrder("fp32", tf32=True))) is True


def test_each_option_reaches_the_configuration(tools, surface):
    order = BuildOrder("fp32", compute_capability="8.6", workspace_bytes=12 << 20, optimization_level=1)

    config = surface.config_of(tools.builder, order)

    trt = surface.trt
    assert config.get_memory_pool_limit(trt.MemoryPoolType.WORKSPACE) == 12 << 20
    assert config.builder_optimization_level == 1
    assert config.num_compute_capabilities == 1
    assert config.get_compute_capability(0) == trt.ComputeCapability.SM86
    assert config.profiling_verbosity == trt.ProfilingVerbosity.DETAILED


def test_a_card_that_it_does_not_build_for_is_named_with_those_that_it_does(tools, surface):
    with pytest.raises(ConfigError, match="9\\.9") as raised:
        surface.config_of(tools.builder, BuildOrder("fp32", compute_capability="9.9"))

    assert "8.9" in raised.value.hint
    assert "12.0" in raised.value.hint


@pytest.mark.parametrize("core", [0, 1])
def test_a_dla_that_is_not_there_is_refused_and_never_left_out(tools, surface, core):
    with pytest.raises(RuntimeUnavailable, match=f"sees no DLA here, and core {core} was asked for") as raised:
        surface.config_of(tools.builder, BuildOrder("fp16", dla=core, compute_capability="8.9"))

    assert raised.value.exit is Exit.ENVIRONMENT


ASKS_85 = """
import json, sys
from pathlib import Path
from edgeprof.agent.trt.build import build
from edgeprof.agent.trt.library import load
from edgeprof.agent.trt.order import BuildOrder
from edgeprof.agent.trt.surface import Surface
from edgeprof.core.errors import RuntimeUnavailable

def refusal(**options):
    try:
        build(BuildOrder(**options), Path("none.onnx"), Path("none.plan"))
    except RuntimeUnavailable as error:
        return error.message

library, trt = load("tensorrt")
surface = Surface(library, trt)
names = (
    "always_typed", "strongly_typed", "builds_ahead", "keeps_timings", "has_levels", "tells_progress", "names_nodes"
)
config = trt.IBuilderConfig
print(json.dumps({
    "version": library.version,
    "is": [name for name in names if getattr(surface, name)],
    "flags": surface.network_flags == 1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH),
    "types": [len(surface._type_flags(precision)) for precision in ("fp32", "fp16", "int8")],
    "calls": [name for name in ("set_memory_pool_limit", "set_timing_cache", "get_timing_cache", "profiling_verbosity",
        "set_flag", "clear_flag", "get_flag", "add_optimization_profile", "DLA_core", "default_device_type",
        "can_run_on_DLA") if not hasattr(config, name)],
    "dla": hasattr(trt.Builder, "num_DLA_cores") and hasattr(trt.BuilderFlag, "GPU_FALLBACK"),
    "serializes": hasattr(trt.Builder, "build_serialized_network"),
    "no card": refusal(precision="fp16"),
    "bf16": refusal(precision="bf16"),
    "level": refusal(precision="fp16", optimization_level=3),
    "ahead": refusal(precision="fp16", compute_capability="8.9"),
}))
"""


@pytest.mark.skipif(not OLD_PYTHON, reason="EDGEPROF_TRT85_PYTHON names no interpreter that has TensorRT 8.5")
def test_the_classes_of_8_5_are_told_apart_and_have_every_call_that_is_made():
    assert OLD_PYTHON is not None
    (site,) = Path(OLD_PYTHON).parent.parent.glob("lib/python*/site-packages")
    libraries = os.pathsep.join(str(folder) for folder in sorted(site.glob("nvidia/*/lib")))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LD_LIBRARY_PATH": libraries}

    seen = subprocess.run([OLD_PYTHON, "-c", ASKS_85], env=environment, capture_output=True, check=False)

    assert seen.returncode == 0, seen.stderr.decode()
    told = json.loads(seen.stdout.decode())
    assert told["version"].startswith("8.5.")
    assert told["is"] == ["keeps_timings"]
    assert told["flags"]
    assert told["types"] == [0, 1, 1]
    assert told["calls"] == []
    assert told["dla"]
    assert told["serializes"]
    if not os.path.exists("/dev/nvidiactl"):
        assert "finds no NVIDIA card that it can use: CUDA initialization failure with error: 35" in told["no card"]
    assert "does not compute in bf16" in told["bf16"]
    assert "8.6 is the first" in told["level"]
    assert "for the card in its machine" in told["ahead"]


@pytest.mark.gpu
def test_what_a_loaded_plan_needs_is_asked_of_it(tools, tmp_path):
    """No TensorRT loads a plan without a driver."""
    from agent.trt.graphs import network
    from edgeprof.agent.trt.build import build

    built = build(BuildOrder("fp32"), network(tmp_path), tmp_path / "a.plan")
    engine = tools.surface.trt.Runtime(tools.logger).deserialize_cuda_engine((tmp_path / "a.plan").read_bytes())

    assert tools.surface.device_bytes(engine) >= (built.activation_bytes or 0)
