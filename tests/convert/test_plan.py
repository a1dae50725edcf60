"""From an artefact to a plan in the cache, by the real builder in the worker's process."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from agent.trt.graphs import CONV_WEIGHTS, HEAD_WEIGHTS, network, one_node, quantized
from planning import an_artefact, elsewhere

from edgeprof.agent.trt.library import NAMES, load
from edgeprof.agent.trt.order import BuildOrder, BuiltFor
from edgeprof.convert.cache import Cache
from edgeprof.convert.plan import built_of, expect_buildable, plan_of, plans_of
from edgeprof.core.errors import ConfigError, ConvertError, RuntimeUnavailable
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Tensor

ADA = BuildOrder("fp32", compute_capability="8.9")


@pytest.fixture
def artefact(tmp_path):
    return an_artefact(network(tmp_path))


@pytest.mark.trt
def test_a_plan_is_an_artefact_with_what_the_builder_told(artefact, cache, said):
    plan = plan_of(artefact, ADA, cache, said.append)

    library, _ = load(built_of(plan).library.name)
    assert plan.form == "plan"
    assert plan.model == "network"
    assert digest_of_file(plan.path) == plan.digest
    assert plan.size_bytes == Path(plan.path).stat().st_size
    assert plan.inputs == artefact.inputs
    assert plan.notes == artefact.notes
    assert plan.card["opset"] == "20"
    assert plan.card["tensorrt"] == str(library)
    assert plan.card["built for"] == "8.9"
    assert plan.card["built from"] == artefact.digest
    assert plan.card["tf32"] == "off"
    assert plan.card["layers by precision"].endswith("fp32")
    assert int(plan.card["weights_bytes"]) >= 4 * (CONV_WEIGHTS + HEAD_WEIGHTS)
    assert int(plan.card["activation_bytes"]) > 0
    assert float(plan.card["build_s"]) > 0
    assert said[0].startswith("building with tensorrt_rtx")
    assert any(" of " in words for words in said[1:])


@pytest.mark.trt
def test_its_layers_are_kept_beside_it(artefact, cache, said):
    built = built_of(plan_of(artefact, ADA, cache, said.append))

    layers = {layer.name: layer for layer in built.layers}
    assert layers["conv"].kind == "convolution"
    assert layers["conv"].precision == "fp32"
    assert layers["conv"].outputs == (Tensor("seen", (1, 16, 16, 16), "float32"),)


@pytest.mark.trt
def test_the_second_time_it_is_in_the_cache(artefact, cache, said):
    first = plan_of(artefact, ADA, cache, said.append)
    said.clear()

    with cache.alone("builds of plans", print):  # for which nobody waits
        assert plan_of(artefact, replace(ADA, compute_capability="sm_89"), cache, said.append) == first
    assert said == []


@pytest.mark.trt
def test_a_hit_imports_no_library_and_starts_no_process(artefact, cache, said):
    plan_of(artefact, ADA, cache, said.append)
    names = ("onnx", "numpy", "tensorrt", "tensorrt_rtx", "tensorrt_rtx_bindings")
    after = f"print(sorted({set(names)!r} & set(sys.modules)))"

    seen = elsewhere(artefact, cache.root, "subprocess.Popen = None", after)

    assert seen.stdout.strip() == "[]", seen.stderr


@pytest.mark.trt
@pytest.mark.parametrize(
    "changes",
    [
        {"compute_capability": "12.0"},
        {"workspace_bytes": 64 << 20},
        {"optimization_level": 1},
        {"tf32": True},
        {"number": 1},
    ],
    ids=str,
)
def test_another_option_is_another_entry(artefact, cache, said, changes):
    first = plan_of(artefact, ADA, cache, said.append)
    second = plan_of(artefact, replace(ADA, **changes), cache, said.append)

    assert second.path != first.path
    assert len(cache.entries()) == 2


@pytest.mark.trt
def test_so_many_builds_are_so_many_plans(artefact, cache, said):
    plans = plans_of(artefact, ADA, 3, cache, said.append)

    assert len({plan.path for plan in plans}) == 3
    assert plans_of(artefact, ADA, 3, cache, said.append) == plans


@pytest.mark.trt
def test_a_changed_artefact_is_built_again(artefact, cache, said, tmp_path):
    first = plan_of(artefact, ADA, cache, said.append)
    other = an_artefact(network(tmp_path, rows=2))

    assert plan_of(other, ADA, cache, said.append).digest != first.digest


@pytest.mark.trt
def test_a_rotted_plan_is_built_again(artefact, cache, said):
    first = plan_of(artefact, ADA, cache, said.append)
    with open(first.path, "ab") as file:
        file.write(b"x")
    said.clear()

    again = plan_of(artefact, ADA, cache, said.append)

    assert "damaged" in said[0]
    assert digest_of_file(again.path) == again.digest


@pytest.mark.trt
def test_an_int8_artefact_becomes_an_int8_plan(cache, said, tmp_path):
    plan = plan_of(
        an_artefact(quantized(tmp_path), precision="int8"), replace(ADA, precision="int8"), cache, said.append
    )

    assert plan.precision == "int8"
    assert plan.card["layers by precision"] == "1 int8"


@pytest.mark.trt
def test_a_refused_operator_is_named_and_nothing_is_kept(cache, said, tmp_path):
    with pytest.raises(ConvertError, match='Frobnicate "the_node"') as raised:
        plan_of(an_artefact(one_node(tmp_path, "Frobnicate", domain="shop")), ADA, cache, said.append)

    assert "without Frobnicate" in raised.value.hint
    assert cache.entries() == []
    assert list((cache.root / "building").iterdir()) == []


@pytest.mark.trt
def test_a_usage_error_of_the_builders_is_one_here(cache, said, artefact):
    with pytest.raises(ConfigError, match="9\\.9"):
        plan_of(artefact, replace(ADA, compute_capability="9.9"), cache, said.append)


def builders():
    seen = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, text=True)
    return [int(line.split()[0]) for line in seen.stdout.splitlines() if "edgeprof.convert.worker" in line]


@pytest.mark.trt
@pytest.mark.parametrize(("number", "words"), [(signal.SIGKILL, "signal 9"), (signal.SIGSEGV, "code -11")])
def test_a_builder_that_dies_is_an_answer_and_leaves_the_cache_sound(artefact, cache, said, number, words):
    def end_it():
        while not (found := builders()):
            time.sleep(0.005)
        os.kill(found[0], number)

    thread = threading.Thread(target=end_it)
    thread.start()

    with pytest.raises(ConvertError, match=words):
        plan_of(artefact, ADA, cache, said.append)

    thread.join()
    assert cache.entries() == []
    assert plan_of(artefact, ADA, cache, said.append).form == "plan"


@pytest.mark.trt
def test_out_of_memory_is_a_conversion_error(artefact, tmp_path):
    """With as much address space as the interpreter and the library need, and no more."""
    seen = elsewhere(artefact, tmp_path / "c", f"resource.setrlimit(resource.RLIMIT_AS, ({600 << 20},) * 2)")

    assert seen.stdout.splitlines()[-1].startswith("5 "), seen.stdout + seen.stderr
    assert Cache(tmp_path / "c").entries() == []


@pytest.mark.trt
def test_a_full_disk_is_a_conversion_error(artefact, tmp_path):
    """On a real file system of 64 KiB, in a mount namespace of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=64k tmpfs {disk} && exec "$@"'
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("needs unprivileged mount namespaces")

    seen = elsewhere(artefact, disk, wrapped=("unshare", "-rm", "sh", "-c", mount, "sh"))

    assert seen.stdout.splitlines()[-1].startswith("5 no space left"), seen.stdout + seen.stderr


@pytest.mark.trt
def test_the_second_of_two_waits_and_takes_what_the_first_built(artefact, cache, said):
    plans = []
    both = [threading.Thread(target=lambda: plans.append(plan_of(artefact, ADA, cache, said.append))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(120)

    assert plans[0] == plans[1]
    assert any(words.startswith("waiting for") for words in said)
    assert len([words for words in said if words.startswith("building with")]) == 1
    assert list((cache.root / "building").iterdir()) == []


def test_without_a_card_one_has_to_be_named(artefact_of_nothing, cache, said):
    with pytest.raises(RuntimeUnavailable, match="no NVIDIA card") as raised:
        plan_of(artefact_of_nothing, BuildOrder("fp32"), cache, said.append)

    assert "--compute-capability 8.9" in raised.value.hint


def test_what_cannot_be_built_is_refused_before_there_is_a_graph(monkeypatch):
    for name in NAMES:
        monkeypatch.setitem(sys.modules, name, None)  # as where it is not installed

    with pytest.raises(RuntimeUnavailable, match="tensorrt_rtx_bindings is installed"):
        expect_buildable(ADA)


def test_an_option_is_refused_before_there_is_a_graph():
    with pytest.raises(ConfigError, match="optimization level 9"):
        expect_buildable(replace(ADA, optimization_level=9))


def test_a_torch_archive_is_no_food_for_it(artefact_of_nothing, cache, said):
    with pytest.raises(ConvertError, match="pt2"):
        plan_of(replace(artefact_of_nothing, form="pt2"), ADA, cache, said.append)


def test_an_option_that_no_builder_has_is_a_usage_error(artefact_of_nothing, cache, said):
    with pytest.raises(ConfigError, match="optimization level 9"):
        plan_of(artefact_of_nothing, replace(ADA, optimization_level=9), cache, said.append)


@pytest.mark.trt
@pytest.mark.gpu
def test_on_a_machine_with_a_card_it_is_built_for_it(artefact, cache, said):
    plan = plan_of(artefact, BuildOrder("fp32"), cache, said.append, BuiltFor("the card of this machine", "580.1"))

    assert plan.card["built for"] == "the card of this machine"


@pytest.fixture
def artefact_of_nothing(tmp_path):
    path = tmp_path / "a.onnx"
    path.write_bytes(b"")
    return an_artefact(path)
