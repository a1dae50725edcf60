"""Lines on the wire."""

import pytest

from edgeprof.core.protocol import PROTOCOL, hello, line_of, message_of


def test_a_message_is_one_line_and_comes_back():
    message = {"event": "samples", "text": "two\nlines", "n": [1, 2.5, None]}
    line = line_of(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert message_of(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"garbage\n", b"[1]\n", b'"x"\n', b"\xff\n", b'{"cut":', b'{"a": NaN}', b'{"a": [-Infinity]}']
)
def test_what_holds_no_message_is_none(line):
    assert message_of(line) is None


def test_the_first_line_names_protocol_and_agent():
    assert hello("ab12") == {"protocol": PROTOCOL, "agent": "ab12"}
