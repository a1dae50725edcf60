from builders import a_process, latencies

from edgeprof.report.coverage import QUICK, sentences, warnings
from edgeprof.report.summary import judged_summaries

from . import scenes


def said(answer) -> str:
    return "\n".join(sentences(answer, judged_summaries(answer)))


def test_a_pass_says_what_it_speaks_for() -> None:
    text = said(scenes.a_pass())

    assert "3 fresh processes, 2400 samples in 48 s" in text
    assert "slowdowns averaging up to 8 frames, 0.16 s" in text
    assert "at 95 %, at least 37 % of fresh processes would pass" in text
    assert "none seen, 2 in a row assumed (D0)" in text


def test_only_a_pass_speaks_for_processes_not_run() -> None:
    assert "would pass" not in said(scenes.a_near_fail()) + said(scenes.an_undecided()) + said(scenes.an_invalid())


def test_quick_does_not_speak_for_fresh_processes_and_says_it_is_not_for_a_gate() -> None:
    assert "would pass" not in said(scenes.a_quick_pass())
    assert warnings(scenes.a_quick_pass()) == (QUICK,)


def test_a_late_warmup_is_said_and_not_counted() -> None:
    answer = scenes.a_late_warmup()

    assert "process 2: late warm-up, its first 372 samples are not counted" in said(answer)
    assert [len(summary.samples_s) for summary in judged_summaries(answer)] == [928, 928, 928]


def test_bursts_seen_are_counted() -> None:
    assert "21 seen, the longest of 1 (S)" in said(scenes.an_undecided())


def test_a_decision_before_the_last_sample_is_said() -> None:
    early = [a_process(latencies(n, 0.02)) for n in (745, 800, 900)]

    assert "p99 latency was decided by sample 745, 745, 745 of 745, 800, 900" in said(
        scenes.judged(scenes.a_check(*early))
    )
