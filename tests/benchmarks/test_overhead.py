from benchmarks.checked import Checked
from benchmarks.overhead import after_last_s, before_first_s, gaps_s
from tests.builders import a_measurement, a_process


def test_what_lies_before_between_and_after_the_processes_adds_up_to_all_the_overhead():
    inside = {"load_s": 0.5, "first_inference_s": 0.25, "warmup_s": (0.25,) * 4, "samples_s": (1.0,) * 10}  # 11.75 s
    processes = [a_process(started_at=start, **inside) for start in (100.5, 112.5, 125.0)]
    checked = Checked(began_at=100.0, wall_s=37.0, code=0, measurement=a_measurement(*processes))
    assert before_first_s(checked) == 0.5
    assert gaps_s(checked) == [0.25, 0.75]
    assert after_last_s(checked) == 0.25
    assert checked.wall_s - 3 * 11.75 == 0.5 + 0.25 + 0.75 + 0.25
