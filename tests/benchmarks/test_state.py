from contextlib import suppress

from benchmarks.state import State, content_of


def test_what_is_finished_is_not_made_again(tmp_path):
    path, made = tmp_path / "state.jsonl", []
    for _ in range(2):
        state = State(path, "key")

        assert state.of("resnet18", lambda: made.append("resnet18") or 18) == 18
    assert made == ["resnet18"]


def test_under_another_key_it_is_made_again_and_the_first_is_kept(tmp_path):
    path = tmp_path / "state.jsonl"
    State(path, "torch 2.14").of("resnet18", lambda: "old")

    assert State(path, "torch 2.15").of("resnet18", lambda: "new") == "new"
    assert State(path, "torch 2.14").of("resnet18", lambda: "made again") == "old"


def test_a_line_that_was_cut_off_counts_as_not_finished(tmp_path):
    path = tmp_path / "state.jsonl"
    State(path, "key").of("resnet18", lambda: 18)
    State(path, "key").of("resnet50", lambda: 50)
    path.write_bytes(path.read_bytes()[:-4])
    state = State(path, "key")

    assert state.of("resnet18", lambda: "made again") == 18
    assert state.of("resnet50", lambda: "made again") == "made again"
    assert State(path, "key").of("resnet50", lambda: "made twice") == "made again"


def test_what_fails_is_not_kept(tmp_path):
    state = State(tmp_path / "state.jsonl", "key")
    with suppress(ZeroDivisionError):
        state.of("resnet18", lambda: 1 // 0)

    assert state.of("resnet18", lambda: 18) == 18


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert State(None, "key").of("resnet18", lambda: 18) == 18
    assert list(tmp_path.iterdir()) == []


def test_the_content_of_a_tree_is_that_of_its_python_files(tmp_path):
    file = tmp_path / "package" / "deep" / "module.py"
    file.parent.mkdir(parents=True)
    file.write_text("one = 1\n")
    before = content_of(tmp_path, ("package",))
    (tmp_path / "package" / "notes.txt").write_text("no code")

    assert content_of(tmp_path, ("package",)) == before
    file.write_text("one = 2\n")
    assert content_of(tmp_path, ("package",)) != before
