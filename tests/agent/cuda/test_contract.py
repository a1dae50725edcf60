"""What either binding promises, held on a card by each that is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Iterator

import pytest

from edgeprof.agent.cuda import CaptureRefused, Cuda
from edgeprof.core.errors import RuntimeUnavailable

pytestmark = pytest.mark.gpu

KINDS = [
    pytest.param("cudart"),
    pytest.param("pycuda", marks=pytest.mark.skipif(find_spec("pycuda") is None, reason="pycuda is not installed")),
]


def opened(kind: str, index: int = 0, *, spins: bool = False) -> Cuda:
    if kind == "pycuda":
        from edgeprof.agent.cuda.pycuda_driver import PyCuda

        return PyCuda(index, spins=spins)
    from edgeprof.agent.cuda.cudart import CudaRuntime

    return CudaRuntime.opened(index, spins=spins)


@pytest.fixture(params=KINDS)
def card(request: Any) -> Iterator[Cuda]:
    made = opened(request.param)
    yield made
    made.close()


def there_and_back(card: Cuda) -> Any:
    """What copies a row of numbers to the card and into another row, and those two rows."""
    import numpy as np

    sent, _ = card.pinned((1000,), "float32")
    came, _ = card.pinned((1000,), "float32")
    sent[...] = np.arange(1000)
    came[...] = 0
    place = card.allocate(sent.nbytes)
    copy_in, copy_out = card.copier_in(place, sent), card.copier_out(came, place)

    def work() -> None:
        copy_in()
        copy_out()

    return work, sent, came


def wait(card: Cuda) -> None:
    event = card.event()
    card.record(event)
    card.wait(event)


def test_the_card_is_described(card: Cuda) -> None:
    free, total = card.memory()

    assert 0 < free <= total
    assert card.gpu.name
    assert float(card.gpu.capability) >= 5
    assert float(card.gpu.driver) >= 11
    assert card.gpu.memory_bytes >= total
    assert card.stream
    assert card.how


def test_what_is_copied_there_and_back_is_the_same(card: Cuda) -> None:
    work, sent, came = there_and_back(card)
    work()
    wait(card)

    assert came.tolist() == sent.tolist()


def test_mapped_memory_is_one_memory_with_two_addresses(card: Cuda) -> None:
    array, address = card.pinned((8,), "float32", mapped=True)
    array[...] = 7
    came, _ = card.pinned((8,), "float32")
    card.copier_out(came, address)()
    wait(card)

    assert came.tolist() == [7.0] * 8


def test_timed_events_tell_how_long_the_card_took(card: Cuda) -> None:
    work, _, _ = there_and_back(card)
    first, second = card.event(timed=True), card.event(timed=True)
    card.record(first)
    work()
    card.record(second)
    card.wait(second)

    assert 0 < card.seconds_between(first, second) < 1


def test_a_captured_graph_does_the_work_each_time_it_is_launched(card: Cuda) -> None:
    work, sent, came = there_and_back(card)
    launch = card.capture(work)
    wait(card)
    assert came.tolist() == [0.0] * 1000  # it was captured and not done

    for value in (1, 2):
        sent[...] = value
        launch()
        wait(card)
        assert came.tolist() == [float(value)] * 1000


def test_a_capture_that_waits_is_refused_and_the_stream_goes_on(card: Cuda) -> None:
    work, sent, came = there_and_back(card)
    with pytest.raises(CaptureRefused):
        card.capture(lambda: wait(card))
    work()
    wait(card)

    assert came.tolist() == sent.tolist()


def test_more_than_the_card_has_does_not_fit(card: Cuda) -> None:
    with pytest.raises(MemoryError, match=r"does not fit: .* bytes of the card's memory were asked for, .* are free"):
        card.allocate(card.gpu.memory_bytes * 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_that_is_not_there_is_unavailable(kind: str) -> None:
    with pytest.raises(RuntimeUnavailable, match="no card 99"):
        opened(kind, 99)


@pytest.mark.parametrize("spins", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_waiting_ends_when_the_work_does_whichever_way_it_waits(kind: str, spins: bool) -> None:
    card = opened(kind, spins=spins)
    try:
        work, sent, came = there_and_back(card)
        work()
        wait(card)

        assert came.tolist() == sent.tolist()
    finally:
        card.close()
