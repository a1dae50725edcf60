"""A Raspberry Pi's throttle bits, clock and power, by vcgencmd, and by the firmware's files where there is none."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional

from edgeprof.agent.board.device_tree import model
from edgeprof.agent.board.reading import answer_of, command_path
from edgeprof.agent.telemetry import vcgencmd
from edgeprof.agent.telemetry.gauge import words_at
from edgeprof.agent.telemetry.source import Readings, Source

Ask = Callable[[List[str]], Optional[str]]

# Each question is a process: at 50 a second they made inference six times slower.
_PACE_S = 0.5
_PATIENCE_S = 1.0
_BITS = "sys/devices/platform/soc/soc:firmware/get_throttled"
_VOLTAGE_CHIP = "rpi_volt"


class Question(NamedTuple):
    series: str
    words: List[str]
    read: Callable[[str], Optional[float]]


_THROTTLED = Question("throttled_bits", ["vcgencmd", "get_throttled"], vcgencmd.throttled_bits)
# Not power_w: what hangs on the incoming 5 V is missing from it, and a limit on the whole would be met too easily.
_POWER = Question("power_pmic_w", ["vcgencmd", "pmic_read_adc"], vcgencmd.pmic_w)
_CLOCK = Question("cpu_hz", ["vcgencmd", "measure_clock", "arm"], vcgencmd.hertz)
_TEMPERATURE = Question("temperature_soc_c", ["vcgencmd", "measure_temp"], vcgencmd.degrees_c)


def source_of(root: Path) -> Optional[Source]:
    if not (model(root) or "").startswith("Raspberry Pi"):
        return None
    if command_path("vcgencmd"):
        asked = of_questions(_ask)
        if asked:
            return asked
    return of_files(root)


def of_questions(ask: Ask) -> Optional[Source]:
    """One question each time, in turn; those that this Pi does not answer are not asked again."""
    questions = [q for q in (_POWER, _THROTTLED, _CLOCK, _TEMPERATURE) if _answer(q, ask) is not None]
    if not questions:
        return None
    turns = cycle(questions)
    ways = {question.series: " ".join(question.words) for question in questions}

    def read() -> Readings:
        question = next(turns)
        value = _answer(question, ask)
        return {} if value is None else {question.series: value}

    def count() -> Mapping[str, int]:
        bits = _answer(_THROTTLED, ask) if _THROTTLED in questions else None
        return {} if bits is None else {"throttled_bits": int(bits)}

    return Source(read, lambda series: ways[series], _PACE_S, count)


def of_files(root: Path) -> Optional[Source]:
    """The firmware's bits, or at least the alarm of the supply's voltage."""
    bits = root / _BITS
    alarms = [folder / "in0_lcrit_alarm" for folder in _chips(root)]
    if not words_at(bits) and not any(words_at(alarm) for alarm in alarms):
        return None

    def now() -> Optional[int]:
        try:
            return int(words_at(bits), 16)
        except ValueError:
            words = [words_at(alarm) for alarm in alarms]
            return int("1" in words) if any(words) else None

    def read() -> Readings:
        value = now()
        return {} if value is None else {"throttled_bits": float(value)}

    def count() -> Dict[str, int]:
        value = now()
        return {} if value is None else {"throttled_bits": value}

    way = f"/{_BITS}" if words_at(bits) else f"{_VOLTAGE_CHIP} in0_lcrit_alarm"
    return Source(read, lambda _: way, _PACE_S, count)


def _chips(root: Path) -> List[Path]:
    return [path for path in sorted(root.glob("sys/class/hwmon/hwmon*")) if words_at(path / "name") == _VOLTAGE_CHIP]


def _answer(question: Question, ask: Ask) -> Optional[float]:
    answer = ask(question.words)
    return None if answer is None else question.read(answer)


def _ask(words: List[str]) -> Optional[str]:
    return answer_of(words, _PATIENCE_S)
