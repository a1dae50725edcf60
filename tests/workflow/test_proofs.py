"""What was measured is what was proved: on a fake that compiles a plan, and has outputs to compare."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from builders import a_process

from edgeprof.core.artefact import Artefact, Reference
from edgeprof.core.errors import AgentError, ConvertError
from edgeprof.core.files import digest_of_bytes, digest_of_file
from edgeprof.core.job import Job, Tensor
from edgeprof.workflow.prepare import Ready
from edgeprof.workflow.process import Prepared
from edgeprof.workflow.proof import prove
from edgeprof.workflow.proofs import Proofs
from workflow.boards import a_machine, opened

np = pytest.importorskip("numpy")
FIRST, SECOND = digest_of_bytes(b"compiled"), digest_of_bytes(b"compiled again")


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "lock"))
    with opened(tmp_path, a_machine()) as (device, workshop):
        yield device, workshop


@pytest.fixture
def prepared(tmp_path):
    """A fake gives 1 whatever goes in."""
    np.save(tmp_path / "x.npy", np.zeros(2, dtype="float32"))
    np.save(tmp_path / "y.npy", np.ones(1, dtype="float32"))
    model = tmp_path / "m.fake.json"
    model.write_text(json.dumps({"latency_ms": 10, "plan": {"path": str(tmp_path / "a.plan")}}))
    inputs, outputs = (Tensor("x", (2,), "float32"),), (Tensor("y", (1,), "float32"),)
    references = (Reference((str(tmp_path / "x.npy"),), (str(tmp_path / "y.npy"),)),)
    digest = digest_of_file(model)
    artefact = Artefact("m", "fake", "fake", str(model), digest, 1, "fp32", inputs, outputs, references=references)
    job = Job(model="m", artefact=digest, form="fake", inputs=inputs, runtime="fake", precision="fp32")
    return Prepared(job, artefact)


def proofs_of(prepared, bench):
    parity = prove(prepared, *bench).parity
    return Proofs(Ready("m", prepared, parity, (), ()), *bench, None), parity


def test_the_plan_that_was_proved_is_remembered_with_the_parity(prepared, bench):
    assert prove(prepared, *bench).parity.plan_digest == FIRST
    assert prove(prepared, *bench).parity.plan_digest == FIRST  # from the cache


def test_a_process_that_loaded_it_needs_no_other_proof(prepared, bench, tmp_path):
    proofs, parity = proofs_of(prepared, bench)
    (tmp_path / "a.plan").unlink()
    proofs.after(prepared, a_process(plan_digest=FIRST))

    assert proofs.worst == parity
    assert not (tmp_path / "a.plan").exists()


def test_one_that_was_built_since_is_proved_before_it_counts(prepared, bench, tmp_path):
    proofs, _ = proofs_of(prepared, bench)
    (tmp_path / "a.plan").write_bytes(b"compiled again")
    proofs.after(prepared, a_process(plan_digest=SECOND))

    assert proofs.worst.plan_digest == SECOND
    assert prove(prepared, *bench).parity.plan_digest == SECOND


def test_one_that_computes_something_else_is_refused(prepared, bench, tmp_path):
    proofs, _ = proofs_of(prepared, bench)
    (tmp_path / "a.plan").write_bytes(b"compiled again")
    np.save(tmp_path / "y.npy", np.full(1, 2, dtype="float32"))

    with pytest.raises(ConvertError, match="does not compute what the model computes"):
        proofs.after(prepared, a_process(plan_digest=SECOND))


def test_one_that_is_there_no_more_cannot_be_proved(prepared, bench):
    proofs, _ = proofs_of(prepared, bench)

    with pytest.raises(AgentError, match="cannot be proved"):
        proofs.after(prepared, a_process(plan_digest="ab" * 32))


def test_of_a_process_that_loaded_none_nothing_is_asked(prepared, bench, tmp_path):
    proofs, parity = proofs_of(prepared, bench)
    (tmp_path / "a.plan").unlink()
    proofs.after(prepared, a_process())

    assert proofs.worst == parity
    assert not (tmp_path / "a.plan").exists()


def test_each_of_several_builds_is_proved_before_it_is_timed(prepared, bench, tmp_path):
    proofs, _ = proofs_of(prepared, bench)
    (tmp_path / "a.plan").write_bytes(b"compiled again")
    second = replace(prepared, job=replace(prepared.job, options=(("build", "1"),)))
    proofs.before(second)
    (tmp_path / "a.plan").unlink()
    proofs.after(second, a_process(plan_digest=SECOND))

    assert not (tmp_path / "a.plan").exists()


def test_the_drivers_version_is_part_of_what_a_parity_is_remembered_under(prepared, bench):
    from edgeprof.workflow.proof import _key

    device, _ = bench
    on_a_card = replace(prepared, job=replace(prepared.job, runtime="tensorrt"))
    found = replace(next(r for r in device.runtimes if r.name == "tensorrt"), version="tensorrt 10.3.0", lack=None)
    older = replace(device, runtimes=(found,), board=replace(device.board, driver="570.86"))
    newer = replace(older, board=replace(device.board, driver="580.95"))

    assert _key(on_a_card, older) == _key(on_a_card, older)
    assert _key(on_a_card, older) != _key(on_a_card, newer)
