"""One process measured by an agent that behaves, and by agents that do not: scripts in its place, at the target."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from edgeprof.core.artefact import Artefact
from edgeprof.core.errors import AgentError, ConvertError, TargetError
from edgeprof.core.exits import Exit
from edgeprof.core.files import digest_of_file
from edgeprof.core.job import Job
from edgeprof.core.machine import Machine
from edgeprof.core.measurement import Ended
from edgeprof.core.sampling import Sampling
from edgeprof.core.stats.steady import WarmUp
from edgeprof.targets.bundle import bundle
from edgeprof.targets.local import LocalTarget
from edgeprof.workflow.device import Device
from edgeprof.workflow.process import Prepared, _Listener, measure_process
from edgeprof.workflow.progress import Silence

LOCAL = Machine("local")
SAMPLING = Sampling(WarmUp(floor_samples=5, floor_s=0.0, until_steady=False), samples=50)


class ScriptTarget(LocalTarget):
    """Starts a script where the agent should be; DIGEST and AGENT in it are the agent's digest and path."""

    def __init__(self, script, key):
        super().__init__()
        self._script, self._key = script, key
        self.starts = 0

    def loss(self, code, said):
        """As ssh does when its link breaks."""
        self.losses += code == 255
        return "Connection reset" if code == 255 else None

    def start(self, agent):
        self.starts += 1
        known = f"import json, os, sys, time\nDIGEST, AGENT, START = {self._key!r}, {agent!r}, {self.starts}\n"
        self.process = subprocess.Popen(
            [sys.executable, "-c", known + self._script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return self.process


GREETS = """
def say(**message):
    print(json.dumps(message), flush=True)
def greet(digest=DIGEST, protocol=1):
    say(protocol=protocol, agent=digest)
    sys.stdin.readline(), sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def lock(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEPROF_LOCK", str(tmp_path / "lock"))


@pytest.fixture
def measured(tmp_path):
    """What `measure_process` makes of a fake model, with a script in the agent's place or with the agent itself."""

    def of(script=None, machine=LOCAL, losses=0, **declared):
        path = tmp_path / "x.fake.json"
        path.write_text(json.dumps({"latency_ms": 10, **declared}))
        digest = digest_of_file(path)
        artefact = Artefact("x", "fake", "fake", str(path), digest, path.stat().st_size, "fp32", (), ())
        agent = bundle(tmp_path / "agent")
        target = ScriptTarget(script, agent.key) if script else LocalTarget()
        target.losses = losses
        device = Device("local", target, agent, {"hostname": "before"}, (), "", machine, losses=losses)
        job = Job("x", digest, "fake", (), "fake", "fp32")
        of.lost = []
        return measure_process(device, Prepared(job, artefact), SAMPLING, Silence(), on_lost=of.lost.append)

    return of


def test_a_process_is_whole_with_its_samples_and_the_host_as_it_was_after_it(measured):
    process, host = measured()
    assert process.ended is Ended.SAMPLES
    assert process.first_inference_s == 0.01
    assert process.warmup_s == (0.01,) * 5
    assert process.samples_s == (0.01,) * 50
    assert process.precision == "fp32"
    assert process.peak_memory_bytes > 1 << 20
    assert host["cores"] >= 1


def test_noise_before_the_greeting_is_skipped(measured):
    """A login shell's message of the day, and a blank line, and JSON that is no greeting."""
    script = "for line in ['welcome to the board'] * 40 + ['', '{}', '[1]', '\\x00']:\n    print(line)\n"
    process, _ = measured(script + "sys.stdout.flush()\nos.execv(sys.executable, [sys.executable, AGENT])\n")
    assert process.ended is Ended.SAMPLES
    assert len(process.samples_s) == 50


@pytest.mark.parametrize("line", [b"Segmentation fault", b"{", b"[]", b"{}", b"\xff", b""])
def test_garbage_on_the_wire_is_the_agents_error(measured, line):
    with pytest.raises(AgentError, match="garbage") as caught:
        measured(GREETS + f"greet()\nos.write(1, {line + bytes([10])!r})\nsys.stdin.read()\n")
    assert caught.value.exit is Exit.ENVIRONMENT
    assert caught.value.cause == "garbled"


@pytest.mark.parametrize(
    "host", ['{"load": NaN}', '{"cores": "two"}', '{"load_average": 1e400}', "[]", '{"board": [7]}']
)
def test_a_host_that_nobody_can_reckon_with_is_the_agents_error(measured, host):
    """What gets through is saved, and a NaN cannot be."""
    done = b'{"event": "done", "process": {"started_at": 1.0, "ended": "samples"}, "host": %s}\n' % host.encode()
    samples = b'{"event": "samples", "latencies_s": [0.01]}\n'
    with pytest.raises(AgentError) as caught:
        measured(GREETS + f"greet()\nos.write(1, {done!r})\nsys.stdin.read()\n")
    assert caught.value.cause == "garbled"
    process, kept = measured(GREETS + f"greet()\nos.write(1, {samples + done!r})\nsys.stdin.read()\n")
    assert process.ended is Ended.CRASHED
    assert kept == {"hostname": "before"}


@pytest.mark.parametrize("greeting", ["digest='0' * 16", "protocol=99"])
def test_another_agent_than_ours_is_refused(measured, greeting):
    with pytest.raises(AgentError, match="another agent answered") as caught:
        measured(GREETS + f"greet({greeting})\nsys.stdin.read()\n")
    assert caught.value.exit is Exit.ENVIRONMENT


@pytest.mark.slow
def test_noise_without_end_is_given_up(measured):
    with pytest.raises(AgentError, match="no greeting"):
        measured("while True:\n    print('welcome', flush=True)\n")


def test_an_agent_that_ends_before_it_greets_leaves_its_last_words_in_the_hint(measured):
    script = "print('first of many\\n' * 30 + 'no module named edgeprof', file=sys.stderr)\nsys.exit(9)\n"
    with pytest.raises(AgentError, match="with exit code 9 without a greeting") as caught:
        measured(script)
    lines = caught.value.hint.splitlines()
    assert lines[-1].strip() == "no module named edgeprof"
    assert len(lines) == 21  # a heading and the last 20


def test_an_agent_that_is_killed_says_so(measured):
    with pytest.raises(AgentError, match="by signal 9 before it was done"):
        measured(GREETS + "greet()\nos.kill(os.getpid(), 9)\n")


def test_what_an_agent_had_sent_before_it_went_away_is_kept(measured):
    script = GREETS + "greet()\nsay(event='samples', latencies_s=[0.5] + [0.01] * 20)\nos._exit(7)\n"
    process, host = measured(script)
    assert process.ended is Ended.CRASHED
    assert "with exit code 7" in process.message
    assert process.first_inference_s == 0.5
    assert process.samples_s == (0.01,) * 15  # 5 were the warm-up
    assert host == {"hostname": "before"}


@pytest.mark.parametrize(
    ("cause", "kind"),
    [("refused", ConvertError), ("lock", TargetError), ("protocol", AgentError), ("out of memory", AgentError)],
)
def test_an_error_the_agent_tells_is_raised_as_what_it_is(measured, cause, kind):
    script = GREETS + f"greet()\nsay(event='error', cause={cause!r}, message='it says', hint='do this')\n"
    with pytest.raises(kind, match="it says") as caught:
        measured(script)
    assert caught.value.hint == "do this"
    assert getattr(caught.value, "cause", cause) == cause


@pytest.mark.slow
def test_an_agent_that_does_not_end_when_it_should_is_killed(measured):
    script = GREETS + "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ngreet()\nprint('x', flush=True)\n"
    with pytest.raises(AgentError, match="garbage"):
        measured(script + "while True:\n    time.sleep(1)\n")


def test_numbers_that_are_none_end_in_the_conversions_error(measured):
    with pytest.raises(ConvertError, match="NaN"):
        measured(nan=True)


RUNS = "os.execv(sys.executable, [sys.executable, AGENT])\n"
BREAKS = GREETS + "greet()\nsay(event='samples', latencies_s=[0.5] + [0.01] * 20)\nos._exit(255)\n"


def indented(script):
    return "".join(f"    {line}\n" for line in script.splitlines())


def test_a_process_whose_link_broke_is_repeated_once_and_what_was_received_is_kept(measured):
    process, _ = measured(f"if START > 1:\n{indented(RUNS)}{BREAKS}")
    assert process.ended is Ended.SAMPLES
    assert process.samples_s == (0.01,) * 50
    (lost,) = measured.lost
    assert lost.ended is Ended.LOST
    assert lost.samples_s == (0.01,) * 15
    assert "the link to local was lost: Connection reset" in lost.message


def test_a_link_that_breaks_again_leaves_a_process_that_is_not_whole(measured):
    process, host = measured(BREAKS)
    assert process.ended is Ended.LOST
    assert not process.ended.is_whole
    assert process.samples_s == (0.01,) * 15
    assert len(measured.lost) == 1
    assert host == {"hostname": "before"}


def test_a_link_that_breaks_before_the_first_sample_is_repeated_too(measured):
    process, _ = measured(f"if START > 1:\n{indented(RUNS)}os._exit(255)\n")
    assert process.ended is Ended.SAMPLES
    assert measured.lost[0].samples_s == ()


@pytest.mark.parametrize("machine", [Machine("local", power_mode="MAXN"), Machine("local", lock_clocks=True)])
def test_what_was_held_over_a_link_that_broke_is_held_no_more_so_nothing_is_repeated(measured, machine):
    process, _ = measured(f"if START > 1:\n{indented(RUNS)}{BREAKS}", machine)
    assert process.ended is Ended.LOST
    assert process.samples_s == (0.01,) * 15
    assert "with it the power mode and clocks" in process.message
    assert measured.lost == []


@pytest.mark.parametrize("machine", [Machine("local", power_mode="MAXN"), Machine("local", lock_clocks=True)])
def test_a_loss_from_before_anything_was_held_refuses_nothing(measured, machine):
    process, _ = measured(machine=machine, losses=2)
    assert process.ended is Ended.SAMPLES


def test_what_may_be_required_of_the_board_is_kept_as_it_was_after_each_process(measured, orin):
    process, host = measured()
    assert (process.power_mode, process.clocks_locked) == ("25W", False)
    assert host["board"]["clocks_locked"] is False


@pytest.mark.parametrize(
    "record", ["{}", "7", "{'started_at': 'x', 'ended': 'decided'}", "{'started_at': 1, 'ended': '?'}"]
)
def test_a_record_that_is_none_is_the_agents_error(measured, record):
    with pytest.raises(AgentError, match="record is none") as caught:
        measured(GREETS + f"greet()\nsay(event='done', process={record}, host={{}})\n")
    assert caught.value.cause == "garbled"


def test_a_warm_up_that_goes_on_says_why_it_waits():
    shown = []

    class Ear(Silence):
        def show(self, text):
            shown.append(text)

    listener = _Listener(Sampling(WarmUp()), Ear(), LocalTarget())
    slowing = [0.02 * 1.02**n for n in range(121)]
    for begin, end in ((0, 30), (30, 121)):
        listener.hear({"event": "samples", "latencies_s": slowing[begin:end]})

    assert shown[0] == "warming, 29 inferences"
    assert shown[1] == "warming, 120 inferences in 10 s: they are not steady yet, and 30 s at most are waited for"
