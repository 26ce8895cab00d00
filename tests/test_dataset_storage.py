"""The storage interface is all that moves, writes or deletes files of a dataset: another one can stand behind it."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from dataset_rows import NOW, article, full_run

from transforms.dataset.commit import begin_run, next_run_id
from transforms.dataset.compact import compact
from transforms.dataset.forget import ForgetRequest, forget
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.recovery import roll_forward
from transforms.dataset.storage import LocalStorage

MODULES = sorted((Path(__file__).parent.parent / "transforms/dataset").glob("*.py"))
CHANGING = {
    *("replace", "rename", "renames", "link", "symlink", "unlink", "remove", "removedirs", "rmdir", "rmtree", "move"),
    *("fsync", "fdatasync", "truncate", "copy", "copyfile", "copytree", "write_bytes", "write_text", "touch"),
    *("symlink_to", "hardlink_to", "mkdir", "makedirs", "open"),
}
# What a module may do beside it, and why.
ALLOWED = {
    "lock.py": {"open", "mkdir"},  # locks are the machine's, not the store's
    "rewrite.py": {"mkdir"},  # staging: files in the making, written by pyarrow
}
AUDITED = {"os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree"}


def changing_calls(source: str) -> set[str]:
    """Return the names of calls that change files, as far as they can be told by name."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id == "open":
            found.add("open")
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
            of_module = isinstance(node.func.value, ast.Name) and node.func.value.id in {"os", "shutil"}
            # `replace` of a text or a record has two arguments or keys; `open` of a class opens no file.
            known = {"replace": len(node.args) == 1 and not node.keywords, "copy": False, "open": _opens_path(node)}
            if of_module or known.get(node.func.attr, True):
                found.add(node.func.attr)
    return found


def _opens_path(node: ast.Call) -> bool:
    return bool(node.args) and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_module_changes_files_by_itself(path: Path) -> None:
    if path.name != "storage.py":
        assert changing_calls(path.read_text()) <= ALLOWED.get(path.name, set())


@pytest.mark.parametrize(
    "line",
    [
        "os.replace(a, b)",
        "a.replace(b)",
        "path.rename(b)",
        "os.fsync(1)",
        "path.unlink()",
        "shutil.copy(a, b)",
        "path.open('wb')",
        "open(path, 'w')",
    ],
)
def test_a_bypass_is_seen(line: str) -> None:
    assert changing_calls(line)
    assert not changing_calls("text.replace('a', 'b'); Index.open(path); dict.copy(); replace(row, a=1)")


class Watched(LocalStorage):
    """The local storage, which tells when it is at work."""

    inside = 0

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if not callable(found) or name.startswith("_"):
            return found

        def working(*arguments: Any) -> Any:
            Watched.inside += 1
            try:
                return found(*arguments)
            finally:
                Watched.inside -= 1

        return working


class _Auditor:
    def __init__(self) -> None:
        self.events: list[tuple[str, str]] | None = None
        sys.addaudithook(self.hear)  # for good: an audit hook cannot be taken away

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.events is None or Watched.inside:
            return
        if event in AUDITED:
            self.events.append((event, str(arguments[1] if event in {"os.rename", "os.link"} else arguments[0])))
        elif event == "open" and isinstance(arguments[0], str) and arguments[2] & 3:  # not read-only
            self.events.append((event, arguments[0]))

    @contextmanager
    def listening(self) -> Iterator[list[tuple[str, str]]]:
        self.events = []
        try:
            yield self.events
        finally:
            self.events = None


AUDITOR = _Auditor()


def test_nothing_passes_by_the_storage(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    storage = Watched()
    with AUDITOR.listening() as events:
        for number in range(5):
            full_run(tmp_path, [article(1, number), article(number + 2)], storage=storage)
        layout.state_file.unlink()  # the one thing that the test does itself
        for work in (compact, forget):
            with hold_dataset(tmp_path):
                roll_forward(tmp_path, storage)
                run_id = next_run_id(tmp_path, NOW)
                begin_run(tmp_path, run_id, NOW)
                if work is compact:
                    compact(tmp_path, run_id, storage=storage)
                else:
                    forget(tmp_path, run_id, ForgetRequest((article(3).article_id,), (), ("Матери",)), NOW, storage)
    ours = [one for one in events if one != ("os.remove", str(layout.state_file)) and not _is_allowed(layout, *one)]
    assert ours == []
    assert events  # the hook hears: locks and staged files


def _is_allowed(layout: Layout, event: str, path: str) -> bool:
    if Path(path) in {layout.run_lock, layout.commit_lock, layout.commit_gate, layout.state, layout.root}:
        return event in {"open", "os.mkdir"}
    # Files in the making are the writers' own; only whole ones are the storage's.
    if not Path(path).is_relative_to(layout.staging):
        return False
    return event == "os.mkdir" or Path(path).relative_to(layout.staging).parts[1:2] == ("tables",)
