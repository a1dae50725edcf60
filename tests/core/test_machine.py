"""What is refused of a machine, in one place for every command."""

from __future__ import annotations

import pytest

from edgeprof.core.errors import TargetError
from edgeprof.core.exits import Exit
from edgeprof.core.machine import Machine, card_of, expect_measurable
from edgeprof.core.profile import Profile

NANO = Profile("nano", "Jetson Nano", (), ("onnxruntime",), "fp32", "unified", estimate_only="its Python is too old")


def test_what_can_only_be_estimated_is_refused_by_name() -> None:
    with pytest.raises(TargetError) as raised:
        expect_measurable("box", NANO)

    assert raised.value.exit is Exit.ENVIRONMENT
    assert raised.value.message == 'nothing can be measured on "box", a Jetson Nano: its Python is too old'


def test_everything_else_passes() -> None:
    expect_measurable("box", None)
    expect_measurable("box", Profile("orin", "Orin", (), ("onnxruntime",), "fp32", "unified"))


@pytest.mark.parametrize(
    ("name", "card"),
    [
        ("gpu", 0),
        ("gpu:1", 1),
        ("cuda:12", 12),
        ("cuda", 0),
        ("gpus", None),
        ("gpu:", None),
        ("gpu1", None),
        ("l", None),
    ],
)
def test_a_card_of_this_machine_is_named_by_its_number(name: str, card: object) -> None:
    assert card_of(name) == card
    assert Machine(name).card == card


def test_a_machine_with_an_address_has_none_of_our_cards() -> None:
    assert Machine("gpu", host="me@box").card is None
