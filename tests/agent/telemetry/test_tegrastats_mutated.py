"""Lines cut, shuffled and garbled: never an exception, and never a value that the board did not tell."""

from __future__ import annotations

import re
from math import isfinite
from typing import List

from hypothesis import given
from hypothesis import strategies as st

from agent.telemetry.recorded import ALL
from edgeprof.agent.telemetry.tegrastats import rails_of, readings_of

LINES = st.sampled_from(ALL)
_FIELD = re.compile(r" (?=[A-Za-z])(?!off\b|fg\b|bg\b)")  # MTS fg 1% bg 9% is one field, NVENC off another


def told_by(mutated: str, whole: str) -> None:
    """Everything that is read of a part of a line is what the whole line says."""
    truth = readings_of(whole)
    found = readings_of(mutated, frozenset(rails_of(whole)))

    assert {name: (value, truth.get(name)) for name, value in found.items() if value != truth.get(name)} == {}


@given(LINES, st.data())
def test_a_line_cut_anywhere_tells_the_truth_or_nothing(line: str, data: st.DataObject) -> None:
    told_by(line[: data.draw(st.integers(0, len(line)))], line)


@given(LINES, st.data())
def test_a_line_that_lacks_a_word_tells_the_truth_or_nothing(line: str, data: st.DataObject) -> None:
    words = line.split()
    del words[data.draw(st.integers(0, len(words) - 1))]

    told_by(" ".join(words) + "\n", line)


@given(LINES, st.data())
def test_a_line_that_lacks_whole_fields_tells_the_truth_of_the_others(line: str, data: st.DataObject) -> None:
    fields = _FIELD.split(line.strip())
    kept = data.draw(st.lists(st.booleans(), min_size=len(fields), max_size=len(fields)))

    told_by(" ".join(field for field, is_kept in zip(fields, kept) if is_kept) + "\n", line)


@given(LINES, st.randoms(use_true_random=False))
def test_fields_may_come_in_any_order(line: str, random) -> None:  # type: ignore[no-untyped-def]
    fields = _FIELD.split(line.strip())
    random.shuffle(fields)
    shuffled = readings_of(" ".join(fields) + "\n")
    truth = readings_of(line)

    assert set(shuffled) == set(truth)
    assert all(abs(shuffled[name] - truth[name]) < 1e-9 for name in truth)


@given(LINES, st.lists(st.tuples(st.integers(0, 2000), st.characters()), max_size=20))
def test_a_garbled_line_gives_numbers_or_nothing(line: str, changes) -> None:  # type: ignore[no-untyped-def]
    garbled = list(line)
    for at, character in changes:
        garbled[at % len(garbled)] = character

    assert all(
        isfinite(value) and not name.startswith("power_nc") for name, value in readings_of("".join(garbled)).items()
    )


@given(st.lists(st.sampled_from([word for line in ALL for word in line.split()]), max_size=40))
def test_any_words_of_real_lines_give_numbers_or_nothing(words: List[str]) -> None:
    assert all(isfinite(value) for value in readings_of(" ".join(words) + "\n").values())


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "replace")))
def test_any_text_gives_numbers_or_nothing(text: str) -> None:
    assert all(isfinite(value) for value in readings_of(text).values())
