"""What ssh can be told; everything else is refused in one place, for flags, files and the target alike."""

from __future__ import annotations

import re

import pytest

from edgeprof.core.destination import PATTERN, expect_no_password, is_destination
from edgeprof.core.errors import ConfigError


@pytest.mark.parametrize("text", ["orin", "me@10.0.0.5", "ssh://me@box:2222", "me@fe80::1%eth0", "a" * 255])
def test_what_ssh_takes_is_taken(text):
    assert is_destination(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-oProxyCommand=x", "me@-o", "ssh://-x", "me@", "@box", "a@@b", "ssh://", "a" * 256),
        *("a b", "a;b", "$(x)", "a\nb", "a\x7f", "~x", "bo\u202ex", "a\u00a0b"),
    ],
)
def test_what_a_shell_or_an_option_would_read_is_refused(text):
    assert not is_destination(text)


def test_the_schemas_pattern_is_no_narrower():
    assert re.fullmatch(PATTERN, "me@box")
    assert not re.fullmatch(PATTERN, "me@box; reboot")


@pytest.mark.parametrize("text", ["me:hunter2@box", "ssh://me:hunter2@box:2222", "me:@box"])
def test_a_password_is_refused_and_never_shown(text):
    assert not is_destination(text)
    with pytest.raises(ConfigError) as raised:
        expect_no_password(text)
    assert "hunter2" not in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.parametrize("text", ["me@fe80::1", "ssh://me@box:2222", "ssh://box:2222", "fe80::1"])
def test_a_port_and_an_ipv6_address_are_no_passwords(text):
    expect_no_password(text)
    assert is_destination(text)
