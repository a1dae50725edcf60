"""Memory and unread rows, of networks small enough to count by hand."""

from __future__ import annotations

import pytest

from edgeprof.convert.footprint import footprint, input_bytes

pytestmark = pytest.mark.export


def of(network, shape):
    import torch

    with torch.device("meta"):
        return footprint(network(torch.nn), shape)


def test_only_what_is_alive_at_once_is_counted():
    taken = of(lambda nn: nn.Sequential(*[nn.ReLU() for _ in range(9)]), (1, 3, 64, 64))

    assert taken.activations_bytes == 2 * 4 * 3 * 64 * 64
    assert taken.outputs == ((1, 3, 64, 64),)


def test_the_scores_of_attention_are_written_out_once():
    import timm

    timm.layers.set_fused_attn(False)
    tokens, heads = 1024, 3

    def network(nn):
        return timm.layers.Attention(dim=192, num_heads=heads)

    taken = of(network, (1, tokens, 192))

    assert 1.0 <= taken.activations_bytes / (heads * tokens * tokens * 4) < 1.5


def test_a_view_of_a_weight_is_no_activation():
    taken = of(lambda nn: nn.Linear(512, 512), (1, 512))

    assert taken.activations_bytes == 512 * 4


def test_weights_and_inputs_are_counted_in_their_copies():
    taken = of(lambda nn: nn.Conv2d(3, 8, 3), (2, 3, 10, 10))

    weights, activations = (8 * 3 * 9 + 8) * 4, 2 * 8 * 8 * 8 * 4
    assert (taken.weights_bytes, taken.activations_bytes) == (weights, activations)
    assert taken.needed_bytes == (600 << 20) + activations + 3 * weights + input_bytes(2, 3, 10, 10)


@pytest.mark.parametrize(
    ("layer", "size", "unread"),
    [
        ({"kernel_size": 4, "stride": 4}, (333, 517), (1, 1)),
        ({"kernel_size": 4, "stride": 4}, (332, 519), (0, 3)),
        ({"kernel_size": 16, "stride": 16}, (1080, 1920), (8, 0)),
        ({"kernel_size": 3, "stride": 2, "padding": 1}, (333, 517), (0, 0)),
        ({"kernel_size": 3, "stride": 4, "padding": 1}, (36, 37), (2, 0)),
        ({"kernel_size": 7, "stride": 2, "padding": 3}, (1080, 1920), (0, 0)),
        ({"kernel_size": 3, "stride": 1, "dilation": 2}, (20, 20), (0, 0)),
    ],
)
def test_rows_that_no_window_reaches_are_counted(layer, size, unread):
    assert of(lambda nn: nn.Conv2d(3, 4, **layer), (1, 3, *size)).unread == unread


def test_a_row_is_read_where_one_of_two_branches_reads_it():
    def network(nn):
        class Two(nn.Module):
            def __init__(self):
                super().__init__()
                self.coarse, self.fine = nn.Conv2d(3, 4, 16, 16), nn.Conv2d(3, 4, 3, 1, 1)

            def forward(self, image):
                return self.coarse(image), self.fine(image)

        return Two()

    assert of(network, (1, 3, 100, 100)).unread == (0, 0)


def test_of_a_size_that_no_machine_has_nothing_is_allocated():
    taken = of(lambda nn: nn.Conv2d(3, 64, 3, padding=1), (1, 3, 1 << 20, 1 << 20))

    assert taken.activations_bytes == 64 * 4 << 40
