"""What ssh says when it does not get through: read from an sshd that refuses, and from lines that others have seen."""

from __future__ import annotations

import socket

import pytest

from edgeprof.core.errors import ConfigError, TargetError
from edgeprof.core.exits import Exit
from edgeprof.targets.ssh_words import as_typed, expect_destination, loss_of, unreachable
from targets.sshd import free_port


def refusal(reach, host="box", **options):
    with pytest.raises(TargetError) as caught:
        reach(host, **options).folder()
    assert caught.value.exit is Exit.ENVIRONMENT
    assert 'device "box" cannot be reached' in caught.value.message
    return caught.value


@pytest.mark.ssh
def test_a_refused_connection_may_pass(sshd, reach):
    sshd.stop()
    error = refusal(reach)
    assert error.message.endswith("connection refused")
    assert f"try: ssh -F {sshd.config} box" in error.hint
    assert error.may_pass


@pytest.mark.ssh
def test_an_unknown_host_is_told_where_to_be_written(sshd, reach):
    error = refusal(reach, "no-such-box.invalid")
    assert error.message.endswith("at no-such-box.invalid: no such host is known")
    assert "your ssh configuration" in error.hint


@pytest.mark.ssh
def test_a_host_key_that_changed_is_refused_with_sshs_own_words(sshd, reach):
    sshd.change_host_key()
    error = refusal(reach)
    assert error.message.endswith("its host key has changed: refused")
    assert "ssh says:" in error.hint
    assert f"{sshd.known_hosts}:1" in error.hint
    assert "SHA256:" in error.hint
    assert not error.may_pass


@pytest.mark.ssh
def test_a_host_key_that_is_not_known_is_accepted_by_nobody_but_the_user(sshd, reach):
    sshd.forget_host_key()
    error = refusal(reach)
    assert error.message.endswith("its host key is not known yet")
    assert error.hint.endswith(f"ssh -F {sshd.config} box")
    assert sshd.known_hosts.read_text() == ""


@pytest.mark.ssh
def test_a_key_that_is_refused_is_told_without_a_question(sshd, reach):
    sshd.refuse_key()
    error = refusal(reach)
    assert error.message.endswith("authentication failed")
    assert f"ssh-copy-id -F {sshd.config} box," in error.hint
    assert not error.may_pass


@pytest.mark.ssh
@pytest.mark.slow
def test_something_that_is_no_sshd_is_given_up(sshd, reach):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        sshd.alias("mute", mute.getsockname()[1])
        error = refusal(reach, "mute")
    assert error.message.endswith("it did not answer in time")
    assert error.may_pass


@pytest.mark.ssh
def test_a_configuration_that_ssh_refuses_is_shown(sshd, reach):
    sshd.config.write_text("Hostnam 127.0.0.1\n")
    error = refusal(reach)
    assert "ssh's own configuration is not in order" in error.message
    assert "hostnam" in error.hint


@pytest.mark.ssh
def test_a_port_of_nobody_is_refused(sshd, reach):
    assert "connection refused" in refusal(reach, sshd.alias("closed", free_port())).message


@pytest.mark.parametrize(
    ("said", "words", "may_pass"),
    [
        ("ssh: connect to host 10.0.0.5 port 22: No route to host", "no route to it", True),
        ("ssh: connect to host 10.0.0.5 port 22: Connection timed out", "it did not answer in time", True),
        ("Connection timed out during banner exchange", "it did not answer in time", True),
        ("kex_exchange_identification: Connection closed by remote host", "it closed the connection", True),
        ('"System is booting up. See pam_nologin(8)"\nConnection closed by 10.0.0.5 port 22', "it starts up", True),
        ("nvidia@10.0.0.5: Permission denied (publickey,password).", "authentication failed", False),
        ("Received disconnect from 10.0.0.5: Too many authentication failures", "authentication failed", False),
        ("channel 0: open failed: connect failed: Connection refused", "connection refused", True),
        ("something that nobody has seen yet", "something that nobody has seen yet", False),
        ("", "ssh ended without a word", False),
    ],
)
def test_lines_that_were_seen_elsewhere_are_understood(said, words, may_pass):
    error = unreachable("orin", "nvidia@10.0.0.5", said)

    assert error.message == f'device "orin" cannot be reached at nvidia@10.0.0.5: {words}'
    assert error.may_pass is may_pass
    assert error.hint


def test_why_a_link_broke_is_sshs_last_word_on_it():
    assert loss_of("noise\nTimeout, server box not responding.\r\nbye") == "Timeout, server box not responding"
    assert loss_of("noise") == "the connection ended"


@pytest.mark.parametrize(
    "destination",
    [
        "orin",
        "nvidia@10.0.0.5",
        "ssh://nvidia@10.0.0.5:2222",
        "ssh://nvidia@[fe80::1%eth0]:22",
        "a.b-c_d",
        "me@fe80::1",
    ],
)
def test_what_ssh_takes_is_taken(destination):
    expect_destination(destination)


@pytest.mark.parametrize(
    "destination",
    [
        "",
        "-oProxyCommand=touch pwned",
        "nvidia@-oProxyCommand=x",
        "-l@box",
        "ssh://-oProxyCommand=x",
        "a b",
        "a\nb",
        "a\x1b[31m",
        "$(touch pwned)",
        "`touch pwned`",
        "a;b",
        "a|b",
        "a'b",
        'a"b',
        "a\\b",
        "@box",
        "a@",
        "x" * 300,
    ],
)
def test_what_an_option_or_a_shell_would_take_is_refused(destination):
    with pytest.raises(ConfigError, match="nothing that ssh can be told") as caught:
        expect_destination(destination)

    assert caught.value.message.isprintable()


def test_what_is_to_be_typed_goes_by_the_configuration_that_edgeprof_went_by():
    assert as_typed("nvidia@orin", {}) == "nvidia@orin"
    assert as_typed("orin", {"EDGEPROF_SSH_CONFIG": "/my own/config"}) == "-F '/my own/config' orin"
