"""The card that is meant is the one that CUDA sees, counted as nvidia-smi counts, on what drivers told."""

from __future__ import annotations

import os
from typing import Dict, Optional

import pytest

from agent.nvml.recorded import SLICED, TWO_CARDS, made_in_python
from edgeprof.agent.cuda.shown import show, show_among
from edgeprof.agent.nvml.cards import found_on
from edgeprof.core.errors import RuntimeUnavailable

PCI = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def shown(told: object, asked: str, **given: str) -> Dict[str, str]:
    """What CUDA is shown where a driver tells so, by the number 0."""
    environment = dict(given)
    assert show_among(found_on(made_in_python(told)), asked, environment) == 0  # type: ignore[arg-type]
    return environment


@pytest.mark.parametrize("asked", ["1", "GPU-cccc", "gpu-CCCC0000"])
def test_a_number_or_the_beginning_of_a_uuid_shows_that_card_alone(asked: str) -> None:
    seen = shown(TWO_CARDS, asked)

    assert seen["CUDA_VISIBLE_DEVICES"].startswith("GPU-cccc0000-")
    assert seen["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"


@pytest.mark.parametrize("allotted", ["0,1", "1", "GPU-cccc", "GPU-aaaa, gpu-cccc0000"])
def test_a_uuid_is_one_of_those_that_somebody_made_visible(allotted: str) -> None:
    seen = shown(TWO_CARDS, "GPU-cccc", CUDA_VISIBLE_DEVICES=allotted)

    assert seen["CUDA_VISIBLE_DEVICES"].startswith("GPU-cccc0000-")


@pytest.mark.parametrize("allotted", ["0", "GPU-aaaa", "", "-1"])
def test_a_card_that_was_allotted_to_somebody_else_is_refused(allotted: str) -> None:
    with pytest.raises(RuntimeUnavailable, match="is not among those of CUDA_VISIBLE_DEVICES="):
        shown(TWO_CARDS, "GPU-cccc", CUDA_VISIBLE_DEVICES=allotted)


def test_a_slice_is_shown_by_its_own_uuid() -> None:
    seen = shown(SLICED, "MIG-2222")

    assert seen["CUDA_VISIBLE_DEVICES"].startswith("MIG-2222")


def test_a_card_in_slices_is_refused_and_they_are_named() -> None:
    with pytest.raises(RuntimeUnavailable) as raised:
        shown(SLICED, "0")

    assert "MIG-1111" in raised.value.message
    assert "MIG-2222" in raised.value.message
    assert "--gpu MIG-" in (raised.value.hint or "")


def test_of_a_card_with_one_slice_that_is_meant() -> None:
    found = [one for one in found_on(made_in_python(SLICED)) if not (one.uuid or "").startswith("MIG-2222")]
    environment: Dict[str, str] = {}

    assert show_among(found, "0", environment) == 0
    assert environment["CUDA_VISIBLE_DEVICES"].startswith("MIG-1111")


@pytest.mark.parametrize("asked", ["7", "GPU-", "GPU-dddd", "MIG-2222"])
def test_what_is_no_card_or_several_is_refused_with_those_there_are(asked: str) -> None:
    with pytest.raises(RuntimeUnavailable) as raised:
        shown(TWO_CARDS, asked)

    assert f'"{asked}"' in raised.value.message
    assert "GPU-cccc" in raised.value.message


@pytest.mark.parametrize(
    ("asked", "number", "visible"), [("", 0, None), ("1", 1, None), ("GPU-8f6c", 0, "GPU-8f6c"), ("MIG-1", 0, "MIG-1")]
)
def test_without_nvml_cuda_finds_it_by_itself(asked: str, number: int, visible: Optional[str]) -> None:
    environment: Dict[str, str] = {}

    assert show_among([], asked, environment) == number
    assert environment == {**PCI, **({"CUDA_VISIBLE_DEVICES": visible} if visible else {})}


def test_a_number_counts_among_what_somebody_made_visible() -> None:
    """As a scheduler does, which may have allotted two cards of eight."""
    allotted = {"CUDA_VISIBLE_DEVICES": "GPU-aaaa,GPU-cccc"}
    for found in ([], found_on(made_in_python(TWO_CARDS))):
        environment = dict(allotted)

        assert show_among(found, "1", environment) == 1
        assert environment == allotted


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="here is a card")
def test_a_machine_without_a_driver_leaves_it_to_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-1")
    assert (show(""), show("0"), show("MIG-1a")) == (0, 0, 0)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "MIG-1a"
