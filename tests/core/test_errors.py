"""Each mistake ends in its own exit code."""

import pytest

from edgeprof.core.errors import AgentError, ConfigError, ConvertError, EdgeprofError, RuntimeUnavailable, TargetError


@pytest.mark.parametrize(
    ("kind", "code"), [(ConfigError, 2), (ConvertError, 5), (RuntimeUnavailable, 4), (TargetError, 4), (AgentError, 4)]
)
def test_each_mistake_has_its_exit_code(kind, code):
    error = kind("it broke", "mend it")
    assert isinstance(error, EdgeprofError)
    assert (error.exit, error.message, error.hint, str(error)) == (code, "it broke", "mend it", "it broke")


def test_a_mistake_in_a_file_opens_with_the_place():
    error = ConfigError("unknown key", where="edgeprof.yaml:7")
    assert error.message == "edgeprof.yaml:7: unknown key"


def test_an_agent_that_failed_says_how():
    assert AgentError("x").cause == "crashed"
    assert AgentError("x", cause="hung").cause == "hung"
