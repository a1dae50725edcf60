from __future__ import annotations

import json
import math
import os
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeprof.core.errors import ConfigError
from edgeprof.core.exits import Exit
from edgeprof.documents import LARGEST_BYTES, Node, parse_document, read_document


def refusal(content: str | bytes) -> ConfigError:
    with pytest.raises(ConfigError) as raised:
        parse_document(content.encode() if isinstance(content, str) else content, "a.yaml")
    assert raised.value.exit is Exit.USAGE
    return raised.value


def value_of(text: str) -> object:
    return parse_document(f"key: {text}\n".encode(), "a.yaml").members()["key"].value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("1.5", 1.5),
        ("-3", -3),
        (".5", 0.5),
        ("0x1F", 31),
        ("0o17", 15),
        ("0123", 123),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("on", "on"),
        ("yes", "yes"),
        ("16:9", "16:9"),
        ("2026-11-01", "2026-11-01"),
        ("1_000", "1_000"),
        ("33ms", "33ms"),
        ("'1e3'", "1e3"),
        ('"true"', "true"),
        ("<<", "<<"),
    ],
)
def test_plain_scalars_are_read_as_yaml_1_2_has_them(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_nan_is_a_number() -> None:
    assert math.isnan(value_of(".nan"))  # type: ignore[arg-type]


def test_every_key_and_value_knows_its_line() -> None:
    text = b"# a comment\nmodel: a\nbudget:\n  p99_ms:\n    33.3\ncandidates:\n  - b\n  - c\n"
    members = parse_document(text, "a.yaml").members()

    assert members["model"].where == "a.yaml:2"
    p99 = members["budget"].members()["p99_ms"]
    assert (p99.key_where, p99.where, p99.raw) == ("a.yaml:4", "a.yaml:5", "33.3")
    assert [item.where for item in members["candidates"].items()] == ["a.yaml:7", "a.yaml:8"]


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert list(parse_document(b"\xef\xbb\xbfmodel: a", "a.yaml").members()) == ["model"]


@pytest.mark.parametrize(
    ("text", "where", "word"),
    [
        ("a: 1\nb: 2\na: 3", "a.yaml:3", "line 1"),
        ("b: {x: 1,\n x: 2}", "a.yaml:2", "line 1"),
        ("a: &x [1]\nb: *x", "a.yaml:1", "anchors"),
        ("a: 1\nb: *x", "a.yaml:2", "aliases"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", "a.yaml:2", "tag"),
        ("a: 1\n! b: 2", "a.yaml:2", "tag"),
        ("a: 1\n---\nb: 1", "a.yaml:2", "second document"),
        ("a: 1\n3090: 1", "a.yaml:2", '"3090"'),
        ("a: 1\ntrue: 1", "a.yaml:2", '"true"'),
        ("a: 1\n? [b]\n: 1", "a.yaml:2", "a list"),
        ("- a", "a.yaml:1", "a list"),
        ("text", "a.yaml:1", '"text"'),
        ("", "a.yaml:1", "empty"),
        ("# nothing\n", "a.yaml:2", "empty"),
        ("a: 1\nb: [", "a.yaml:3", "not valid YAML"),
        ("a: 1\nb: c: d", "a.yaml:2", "not valid YAML"),
        ("a: 1\nb: \x07", "a.yaml:2", "U+0007"),
        ("a: 1\nb: " + "9" * 5000, "a.yaml:2", "5000 characters"),
        ("a: " + "[" * 60 + "]" * 60, "a.yaml:1", "nested"),
        ("a: [" + "1," * 30_000 + "]", "a.yaml:1", "values"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, where: str, word: str) -> None:
    error = refusal(text)

    assert error.where == where
    assert word in error.message


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    error = refusal("a: 1\nb: Grün".encode("latin-1"))

    assert error.where == "a.yaml:2"
    assert "UTF-8" in error.message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_ends_at_once(opening: str) -> None:
    started = time.perf_counter()

    refusal("a: " + opening * 100_000)
    refusal(opening * 100_000)

    assert time.perf_counter() - started < 5


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]

    assert "anchors" in refusal("\n".join(lines)).message


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(50_000_000)

    tracemalloc.start()
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read_document(path, "huge.yaml")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 4 * LARGEST_BYTES


def test_a_file_of_exactly_1_mib_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a: 1\n#".ljust(LARGEST_BYTES, b"x"))

    assert list(read_document(path).members()) == ["a"]


def test_a_missing_file_and_a_folder_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nope\.yaml: cannot be read: No such file"):
        read_document(tmp_path / "nope.yaml")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_document(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text("a: 1")
    path.chmod(0)

    with pytest.raises(ConfigError, match="Permission denied"):
        read_document(path)


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    document = parse_document(b"a: 1\nmodle: b", "a.yaml")

    with pytest.raises(ConfigError, match=r'a\.yaml:2: unknown key "modle"') as raised:
        document.refuse_unknown(("model", "a"))

    assert raised.value.hint == 'did you mean "model"?'


def test_a_message_holds_no_control_sequence_from_the_file() -> None:
    document = parse_document(b'"\\e[31mred": 1', "a.yaml")

    with pytest.raises(ConfigError) as raised:
        document.refuse_unknown(("model",))

    assert raised.value.message.isprintable()


@given(st.binary(max_size=400))
def test_any_bytes_give_a_document_or_a_config_error(content: bytes) -> None:
    _parse_or_refuse(content, use_libyaml=True)


_SPECIAL = st.text(alphabet="ab1: \n-[]{},&*!|>'\"%@`?#\\u0Ux.eE~\t\ufeff\x85\ud7ff", max_size=80)


@given(_SPECIAL, st.booleans())
def test_any_text_gives_a_document_or_a_config_error(text: str, use_libyaml: bool) -> None:
    _parse_or_refuse(text.encode(), use_libyaml=use_libyaml)


@pytest.mark.parametrize("escape", ["\\UFFFFFFFF", "\\ud800", "\\U00110000"])
@pytest.mark.parametrize("use_libyaml", [True, False])
def test_an_escape_that_is_no_character_is_refused(escape: str, use_libyaml: bool) -> None:
    with pytest.raises(ConfigError):
        parse_document(f'a: "{escape}"'.encode(), "a.yaml", use_libyaml=use_libyaml)


_TEXT = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=8)
_JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9), _TEXT, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXT, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(_TEXT, _JSON, max_size=4))
def test_json_is_read_as_itself(value: dict[str, object]) -> None:
    text = json.dumps(value, ensure_ascii=False)

    assert _plain(parse_document(text.encode(), "a.yaml")) == value


def _plain(node: Node) -> object:
    if isinstance(node.value, tuple):
        return [_plain(item) for item in node.value]
    if isinstance(node.value, dict):
        return {key: _plain(item) for key, item in node.value.items()}
    return node.value


def _parse_or_refuse(content: bytes, *, use_libyaml: bool) -> None:
    try:
        document = parse_document(content, "a.yaml", use_libyaml=use_libyaml)
    except ConfigError as error:
        assert error.where is not None  # noqa: PT017
        assert error.where.startswith("a.yaml:")  # noqa: PT017
    else:
        assert all(isinstance(key, str) for key in document.members())
