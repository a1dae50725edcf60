"""The commands that a device's login shell runs, whichever it is: one `sh -c` each, in one line, its words quoted.

No newline, no single quote and no exclamation mark is in them: csh trips over the first and the last, and fish reads
what stands in single quotes as sh does.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from edgeprof.agent.byte_code import compiled_path
from edgeprof.core.errors import TargetError
from edgeprof.targets.hearing import printable

OLDEST_PYTHON = (3, 8)
GREETING = b"edgeprof-python "
NO_PYTHON = b"edgeprof-no-python"

# The variables of a user's virtual environment would lead the agent's imports astray; -I would hide the user's wheels.
_PROLOGUE = (
    'for v in $(env | sed -n "s/^\\(PYTHON[A-Za-z0-9_]*\\)=.*/\\1/p"); do unset "$v"; done; '
    'p=$1; case $p in "~/"*) p=$HOME/${p#??};; esac; '
)
_KEEP = _PROLOGUE + (
    'if command -v "$p" >/dev/null 2>&1; then exec "$p" -c "$2"; fi; '
    "echo; echo edgeprof-no-python $(for q in python3 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 "
    "python3.14; do command -v $q; done); exit 127"
)
# The shell stays, so that an agent that is killed has an exit code of its own: ssh would say 255, as for a lost link.
# The empty line ends one that a login script may have left open.
_START = _PROLOGUE + (
    'a=$2; if [ -f "$3" ]; then a=$3; fi; EDGEPROF_CONVERSATION=$4; export EDGEPROF_CONVERSATION; '
    'echo; "$p" "$a"; exit $?'
)
# Python 2 and 3 alike, up to the version; then the modules named in the text that comes on stdin, the last one's main.
_BOOT = (
    "import sys,json,types;v=sys.version_info;"
    'sys.stdout.write("\\nedgeprof-python %d.%d.%d\\n"%tuple(v[:3]));sys.stdout.flush();v<(3,8)and sys.exit(9);'
    "m=json.loads(sys.stdin.buffer.read(COUNT).decode());"
    '[eval(compile(t,n,"exec"),sys.modules.setdefault(n,types.ModuleType(n)).__dict__)for n,t in m];'
    "sys.modules[m[-1][0]].main()"
)
_AGENT = Path(__file__).resolve().parent.parent / "agent"
_KEEPERS = ("byte_code", "shelf", "clearing", "keeper")


def keeper_program() -> bytes:
    """The keeper's modules as their text, each after those that it imports."""
    texts = [(f"edgeprof.agent.{name}", (_AGENT / f"{name}.py").read_text(encoding="utf-8")) for name in _KEEPERS]
    return json.dumps(texts).encode()


def keeper_command(python: str, program: bytes) -> list[str]:
    """Start the keeper, whose program is the first thing on its stdin."""
    return ["sh", "-c", _KEEP, "edgeprof", python, _BOOT.replace("COUNT", str(len(program)))]


def agent_command(python: str, version: tuple[int, int], agent: str, token: str) -> list[str]:
    """Start a placed agent, with its byte code where there is any for this version."""
    return ["sh", "-c", _START, "edgeprof", python, agent, compiled_path(agent, version), token]


def version_of(greeting: bytes, name: str, python: str) -> tuple[int, int]:
    """The version that a device's interpreter says it is; one that is too old is an error."""
    said = re.match(rb"(\d+)\.(\d+)", greeting.removeprefix(GREETING))  # edgeprof-python 3.8.10
    version = (int(said.group(1)), int(said.group(2))) if said else (0, 0)
    if version < OLDEST_PYTHON:
        shown = printable(greeting.removeprefix(GREETING).decode(errors="replace").strip())
        raise TargetError(
            f'device "{name}": {python} is Python {shown}, and the agent needs 3.8',
            "install a newer one, and name it with --python, or as python: where the device is described",
        )
    return version


def no_python(line: bytes, name: str, python: str) -> TargetError:
    """The interpreter asked for is not there; others may be."""
    others = printable(line.removeprefix(NO_PYTHON).decode(errors="replace")).split()
    if others:
        hint = f"it has {', '.join(others)}: name one with --python, or as python: where the device is described"
    else:
        hint = "install one there: sudo apt install python3"
    return TargetError(f'device "{name}" has no {python}', hint)
