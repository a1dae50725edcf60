"""What is asked of the builder, and the key of what comes of it."""

from dataclasses import replace

import pytest

from edgeprof.agent.trt.library import Library
from edgeprof.agent.trt.order import BuildOrder, BuiltFor, ShapeRange, capability_of, expect_sound, key_of
from edgeprof.core.errors import ConfigError

LIBRARY = Library("tensorrt", "10.3.0")
CARD = BuiltFor("NVIDIA GeForce RTX 4090", "580.95.05")
ORDER = BuildOrder("fp16")


@pytest.mark.parametrize("words", ["8.9", "89", "SM89", "sm_89", " sm89 "])
def test_a_compute_capability_is_read_as_people_write_it(words):
    assert capability_of(words) == "8.9"


def test_a_compute_capability_of_three_digits_is_read_from_its_end():
    assert capability_of("120") == capability_of("12.0") == "12.0"


@pytest.mark.parametrize("words", ["", "ada", "8.x", "8.9.1"])
def test_what_is_no_compute_capability_is_a_usage_error(words):
    with pytest.raises(ConfigError, match="compute capability"):
        capability_of(words)


@pytest.mark.parametrize(
    "other",
    [
        replace(ORDER, precision="fp32"),
        replace(ORDER, compute_capability="8.9"),
        replace(ORDER, workspace_bytes=1 << 20),
        replace(ORDER, optimization_level=5),
        replace(ORDER, tf32=True),
        replace(ORDER, shapes=(ShapeRange("x", (1,), (2,), (3,)),)),
        replace(ORDER, number=1),
    ],
    ids=str,
)
def test_every_option_makes_another_plan(other):
    assert key_of("ab", other, LIBRARY, CARD) != key_of("ab", ORDER, LIBRARY, CARD)


@pytest.mark.parametrize(
    "changed",
    [
        ("cd", ORDER, LIBRARY, CARD),
        ("ab", ORDER, Library("tensorrt_rtx", "10.3.0"), CARD),
        ("ab", ORDER, Library("tensorrt", "10.3.1"), CARD),
        ("ab", ORDER, LIBRARY, BuiltFor("NVIDIA L4", "580.95.05")),
        ("ab", ORDER, LIBRARY, BuiltFor(CARD.name, "590.1")),
        ("ab", ORDER, LIBRARY, None),
    ],
)
def test_another_artefact_library_card_or_major_driver_makes_another_plan(changed):
    assert key_of(*changed) != key_of("ab", ORDER, LIBRARY, CARD)


def test_a_minor_driver_and_how_the_library_was_chosen_make_no_other_plan():
    named = replace(ORDER, library="tensorrt")

    assert key_of("ab", named, LIBRARY, BuiltFor(CARD.name, "580.1")) == key_of("ab", ORDER, LIBRARY, CARD)


@pytest.mark.parametrize(
    "unsound",
    [
        replace(ORDER, optimization_level=6),
        replace(ORDER, optimization_level=-1),
        replace(ORDER, workspace_bytes=0),
        replace(ORDER, shapes=(ShapeRange("x", (2, 3), (1, 3), (4, 3)),)),
        replace(ORDER, shapes=(ShapeRange("x", (1, 3), (2, 3), (4,)),)),
        replace(ORDER, shapes=(ShapeRange("x", (0, 3), (2, 3), (4, 3)),)),
    ],
    ids=str,
)
def test_what_no_builder_can_do_is_a_usage_error(unsound):
    with pytest.raises(ConfigError):
        expect_sound(unsound)


def test_a_sound_order_passes():
    expect_sound(
        replace(ORDER, optimization_level=5, workspace_bytes=1, shapes=(ShapeRange("x", (1, 3), (1, 3), (4, 3)),))
    )
