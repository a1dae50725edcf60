"""`edgeprof models` lists what can be asked for."""

from __future__ import annotations

import pytest


@pytest.mark.export
@pytest.mark.slow
def test_names_and_shorter_names_that_match_are_listed(shell):
    ended = shell("models", "mobilenetv3_large*")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert "mobilenetv3_large_100" in lines
    assert "mobilenetv3_large (timm's mobilenetv3_large_100)" in lines
    assert all(line.startswith("mobilenetv3_large") for line in lines)
    assert "tf_mobilenetv3_large_100" in shell("models", "mobilenetv3_large").out.split()


@pytest.mark.export
@pytest.mark.slow
def test_a_pattern_that_nothing_matches_is_said(shell):
    ended = shell("models", "no-such-model-anywhere")
    assert (ended.code, ended.out) == (2, "")
    assert 'no model matches "no-such-model-anywhere"' in ended.err


@pytest.mark.export
@pytest.mark.slow
def test_a_typo_is_answered_with_the_nearest_names(shell):
    ended = shell("check", "mobilnetv3_large")
    assert ended.code == 2
    assert "mobilenetv3_large" in ended.out


def test_without_timm_it_ends_in_4_with_what_installs_it(shell):
    ended = shell.start("models", command=(shell.python_without("timm"), "-m", "edgeprof")).end()
    assert ended.code == 4
    assert "pip install torch torchvision timm" in ended.err
