"""The commits of a run that is cut into slices: each is whole or undone, and a later one replaces what it must."""

import errno
import os
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from dataset_faults import FaultyStorage, Killed
from dataset_rows import NOW, all_rows, article, full_run, rows, stage
from test_dataset_daily import assert_counted

from transforms.dataset.commit import begin_run, next_run_id
from transforms.dataset.layout import Layout
from transforms.dataset.lock import hold_dataset
from transforms.dataset.publish_run import publish_run
from transforms.dataset.recovery import rebuild, roll_forward
from transforms.dataset.state_file import read_state
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.records import Article

STEP = 1 if os.environ.get("PICKET_PROVE") else 5
TEXT = "Матери срочников написали министру письмо о том, что их сыновьям не выдали ни обуви, ни формы, ни еды в части."
FIRST = [article(number, text=f"{TEXT} Номер {number % 2}.") for number in range(4)]
# Published earlier: they head the stories of the first slice.
SECOND = [
    article(number, text=f"{TEXT} Номер {number % 2}.", published_at=NOW - timedelta(hours=9)) for number in range(4, 8)
]
EARLIER = [article(99, text="Ничего похожего на остальные тексты в этом наборе нет.")]


def begin(out: Path) -> str:
    roll_forward(out)
    run_id = next_run_id(out, NOW)
    begin_run(out, run_id, NOW)
    return run_id


def publish_slice(out: Path, run_id: str, number: int, found: list[Article], storage: Storage = LOCAL) -> None:
    # The row of `runs` and the names of shards are those of a whole run: each slice has its own.
    staged = [one for one in stage(out, run_id, found) if one.table != "runs" or number]
    renamed = []
    for one in staged:
        path = Path(one.staged_path).with_name(f"{number}-{one.name}")
        shutil.move(one.staged_path, path)
        renamed.append(type(one)(one.table, one.dt, str(path), path.name, one.rows, one.bytes))
    commit_id = f"{run_id}-s{number}"
    publish_run(out, run_id, renamed, NOW, commit_id=commit_id, last=bool(number), storage=storage)


def stories_of_index(out: Path) -> list[tuple[object, ...]]:
    with closing(read_state(Layout(out).state_file)) as state:
        return state.execute("SELECT * FROM stories ORDER BY article").fetchall()


def test_slices_leave_what_one_commit_leaves(tmp_path: Path) -> None:
    full_run(tmp_path / "whole", [*FIRST, *SECOND])
    out = tmp_path / "sliced"
    with hold_dataset(out):
        run_id = begin(out)
        publish_slice(out, run_id, 0, FIRST)
        publish_slice(out, run_id, 1, SECOND)
    assert all_rows(out) == all_rows(tmp_path / "whole")
    assert len(rows(out, "stories")) == 8  # each article once, though the second slice linked some of the first anew
    assert_counted(out)
    kept = stories_of_index(out)
    assert len(kept) == 8
    rebuild(out)
    assert stories_of_index(out) == kept


def test_a_later_slice_may_fail_at_every_operation(tmp_path: Path) -> None:
    base = tmp_path / "base"
    full_run(base, EARLIER)
    with hold_dataset(base):
        run_id = begin(base)
        publish_slice(base, run_id, 0, FIRST)
    after_first = all_rows(base)
    counting = FaultyStorage(-1, Killed())
    shutil.copytree(base, tmp_path / "counted")
    publish_slice(tmp_path / "counted", run_id, 1, SECOND, counting)
    finished = all_rows(tmp_path / "counted")
    assert counting.count > 20
    for at in range(0, counting.count, STEP):
        for fault in (OSError(errno.ENOSPC, "No space left on device"), Killed()):
            out = tmp_path / f"{at}-{type(fault).__name__}"
            shutil.copytree(base, out)
            storage = FaultyStorage(at, fault)
            try:
                publish_slice(out, run_id, 1, SECOND, storage)
                assert all_rows(out) == finished  # only the clearing away failed
            except type(fault):
                pass
            if isinstance(fault, OSError):
                # Days that both slices count are as the first slice left them, not as they were before it.
                assert all_rows(out) in (after_first, finished), at
            with hold_dataset(out):
                roll_forward(out)
            assert all_rows(out) in (after_first, finished), at
            assert_counted(out)
    assert Layout(base).run_staging(run_id).exists()
