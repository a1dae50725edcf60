"""Findings, and where each begins."""

from dataclasses import replace

import pytest
from builders import a_measurement, a_process, a_telemetry

from edgeprof.core.budget import budget_of
from edgeprof.core.exits import Exit
from edgeprof.core.measurement import Canary, Ended, Required, Strain
from edgeprof.core.validity import ALLOWABLE, Direction, findings_of
from edgeprof.core.verdict import Word, judge


def found(**changes):
    return [(f.name, f.direction) for f in findings_of(a_measurement(a_process(**changes)))]


def test_a_quiet_machine_has_nothing_to_say():
    strain = Strain(10.0, foreign_share=0.15, steal_share=0.05, throttled_share=0.01, swapped_bytes=1 << 20)
    canary = Canary((1e-8, 1.25e-8), 9e-8)
    assert found(strain=strain, canary_before=Canary((1e-8, 1e-8), 3.1e-8), canary_after=canary) == []


@pytest.mark.parametrize(
    ("strain", "name"),
    [
        (Strain(10.0, foreign_share=0.16), "foreign-load"),
        (Strain(10.0, steal_share=0.06), "steal"),
        (Strain(10.0, throttled_share=0.02), "cgroup-throttling"),
        (Strain(10.0, swapped_bytes=(1 << 20) + 1), "swap"),
    ],
)
def test_each_strain_slows_and_can_be_allowed(strain, name):
    assert found(strain=strain) == [(name, Direction.SLOWS)]
    assert name in ALLOWABLE


@pytest.mark.parametrize("after", [Canary((1e-8, 1.26e-8), 9e-8), Canary((1e-8, 1e-8), 28e-8)], ids=["loop", "trip"])
def test_a_canary_is_held_against_the_best_of_the_same_check(after):
    calm = a_process(canary_before=Canary((1e-8, 1e-8), 9e-8), canary_after=None)
    findings = findings_of(a_measurement(calm, replace(calm, canary_before=after, canary_after=after)))
    assert [(f.name, f.message.split(":")[0]) for f in findings] == [("canary", "process 2")]


def test_a_single_core_has_no_round_trip_to_compare():
    assert found(canary_before=Canary((1e-8,), None), canary_after=Canary((1e-8,), None)) == []


@pytest.mark.parametrize("silent", [Canary((), None), Canary((0.0, 0.0), 0.0)])
def test_a_canary_that_found_nothing_says_nothing(silent):
    assert found(canary_before=silent, canary_after=Canary((1e-8, 1e-8), 9e-8)) == []
    assert found(canary_before=silent, canary_after=silent) == []


@pytest.mark.parametrize("ended", [e for e in Ended if not e.is_whole])
def test_an_ending_that_was_not_meant_changes_the_question(ended):
    findings = findings_of(a_measurement(a_process(ended=ended, message="said so")))
    assert [f.direction for f in findings] == [Direction.CHANGES]
    assert "said so" in findings[0].message


def test_another_precision_names_both():
    (finding,) = findings_of(a_measurement(a_process(precision="bf16")))
    assert finding.direction is Direction.CHANGES
    assert "bf16" in finding.message
    assert "fp32" in finding.message
    assert found(precision=None) == []


def test_unlocked_clocks_vary():
    (finding,) = findings_of(a_measurement(host={"governor": "schedutil"}))
    assert finding.direction is Direction.VARIES
    assert findings_of(a_measurement(host={})) == ()


@pytest.mark.parametrize(
    ("counters", "name"),
    [
        ({"core_throttle_count": 1}, "thermal-throttling"),
        ({"throttled_bits_before": 0, "throttled_bits_after": 0x80008}, "thermal-throttling"),
        ({"oc1_event_count": 1}, "under-voltage"),
        ({"throttled_bits_before": 0, "throttled_bits_after": 0x50005}, "under-voltage"),
        ({"oc2_event_count": 1}, "over-current"),
        ({"oc3_event_count": 27390}, "over-current"),
    ],
)
def test_a_device_that_held_itself_back_slows_and_can_be_allowed(counters, name):
    assert found(telemetry=a_telemetry(counters=counters)) == [(name, Direction.SLOWS)]
    assert name in ALLOWABLE


@pytest.mark.parametrize(
    ("series", "name"),
    [
        ({"gpu_throttle_bits": (0.0, 64.0)}, "thermal-throttling"),
        ({"gpu_throttle_bits": (128.0, None)}, "over-current"),
        ({"rails_in_alarm": (0.0, 1.0)}, "over-current"),
        ({"gpu_other_processes": (0.0, 3.0)}, "gpu-shared"),
    ],
)
def test_what_a_card_or_a_rail_tells_slows_and_can_be_allowed(series, name):
    assert found(telemetry=a_telemetry(series=series)) == [(name, Direction.SLOWS)]
    assert name in ALLOWABLE


def test_a_card_that_lives_at_its_power_limit_varies():
    at_its_limit = a_process(telemetry=a_telemetry(series={"gpu_throttle_bits": (4.0, 4.0, 0.0)}))
    (finding,) = findings_of(a_measurement(at_its_limit, a_process()))
    assert (finding.name, finding.direction) == ("power-limit", Direction.VARIES)
    assert "67%" in finding.message
    assert found(telemetry=a_telemetry(series={"gpu_throttle_bits": (1.0, 0.0), "gpu_other_processes": (0.0,)})) == []


def test_a_device_that_ran_free_has_nothing_to_say():
    calm = {"core_throttle_count": 0, "oc1_event_count": 0, "throttled_bits_before": 0x50000}
    assert found(telemetry=a_telemetry(counters={**calm, "throttled_bits_after": 0x50000})) == []


def test_over_current_events_are_counted_in_the_message():
    (finding,) = findings_of(a_measurement(a_process(telemetry=a_telemetry(counters={"oc3_event_count": 27390}))))
    assert "27,390 times" in finding.message
    assert "--allow over-current" in finding.hint


def with_clocks(*columns, **host):
    processes = [a_process(telemetry=a_telemetry(series=series)) for series in columns]
    return [f for f in findings_of(a_measurement(*processes, host=host)) if f.name == "clocks"]


def test_clocks_that_moved_while_nobody_locked_them_vary():
    slow, fast = {"gpu_hz": (306e6, None, 408e6), "cpu_hz": (1e9,)}, {"gpu_hz": (612e6,), "cpu_hz": (1.04e9,)}
    (finding,) = with_clocks(slow, fast)
    assert finding.direction is Direction.VARIES
    assert finding.message.endswith("gpu 306 to 612 MHz")
    assert with_clocks(slow, board={"clocks_locked": True}) == []
    assert with_clocks(slow, board={"clocks_locked": None}) != []
    assert with_clocks({"gpu_hz": (612e6, 612e6)}, {}) == []


def test_a_power_mode_that_changed_between_processes_changes_the_question():
    processes = [a_process(power_mode=mode) for mode in ("15W", None, "MAXN_SUPER")]
    (finding,) = findings_of(a_measurement(*processes))
    assert (finding.name, finding.direction) == ("power-mode", Direction.CHANGES)
    assert "15W, then MAXN_SUPER" in finding.message
    assert findings_of(a_measurement(a_process(power_mode="15W"), a_process(power_mode="15W"))) == ()


def test_another_card_for_another_process_changes_the_question():
    processes = [a_process(gpu_uuid=uuid) for uuid in ("GPU-aaaa", None, "MIG-bbbb")]
    (finding,) = findings_of(a_measurement(*processes))
    assert (finding.name, finding.direction) == ("gpu", Direction.CHANGES)
    assert "GPU-aaaa, then MIG-bbbb" in finding.message
    assert findings_of(a_measurement(a_process(gpu_uuid="GPU-aaaa"), a_process(gpu_uuid="GPU-aaaa"))) == ()


def requirements(required, *processes, **host):
    findings = findings_of(a_measurement(*processes, require=required, host=host))
    return [(f.message, f.direction) for f in findings if f.name == "requirement"]


def test_a_board_that_did_not_stay_as_required_changes_the_question_whichever_process_saw_it():
    locked = Required(power_mode="25W", clocks_locked=True)
    kept = a_process(power_mode="25W", clocks_locked=True)
    assert requirements(locked, kept, kept) == []
    assert requirements(locked, kept, replace(kept, clocks_locked=False), kept) == [
        ("process 2: locked clocks are required, and they are not", Direction.CHANGES)
    ]
    assert requirements(locked, replace(kept, power_mode="15W")) == [
        ("process 1: power mode 25W is required, and the device is in 15W", Direction.CHANGES)
    ]


def test_a_board_that_does_not_say_is_not_as_required():
    ((message, _),) = requirements(Required(clocks_locked=True), a_process())
    assert message == "process 1: locked clocks are required, and the device does not show them"
    assert requirements(Required(clocks_locked=False), a_process()) == []


def test_the_jetpack_required_is_looked_up_on_the_board():
    assert requirements(Required(jetpack="6.2"), a_process(), board={"jetpack": "6.2.1"}) == []
    assert requirements(Required(jetpack="6.2"), a_process(), board={"jetpack": "5.1.2"}) != []


def test_nothing_is_required_of_a_process_that_was_cut_short():
    assert requirements(Required(clocks_locked=True), a_process(ended=Ended.LOST)) == []


def test_a_requirement_that_is_missed_ends_without_a_verdict():
    measurement = a_measurement(require=Required(clocks_locked=True))
    verdict = judge(measurement, budget_of({"p99_ms": 100}))
    assert (verdict.word, verdict.is_final) == (Word.INVALID, True)
    assert verdict.exit is Exit.ENVIRONMENT
    assert judge(measurement, budget_of({"p99_ms": 100}), ["requirement"]).word is Word.INVALID
