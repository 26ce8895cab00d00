"""The end of a run: its articles are linked to stories, the days that it changes are counted, and all is committed."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from transforms.dataset import journal
from transforms.dataset.absorb import PublishedFile
from transforms.dataset.commit import CommitResult, publish
from transforms.dataset.daily import stage_daily
from transforms.dataset.layout import Layout
from transforms.dataset.link_run import LinkSettings, link_stories
from transforms.dataset.state_file import read_state
from transforms.dataset.storage import LOCAL, Storage
from transforms.tables.shard_writer import StagedFile


def publish_run(
    out: Path | str,
    run_id: str,
    staged: Sequence[StagedFile],
    linked_at: datetime,
    settings: LinkSettings | None = None,
    *,
    removed: Sequence[PublishedFile] = (),
    commit_id: str | None = None,
    last: bool = True,
    storage: Storage = LOCAL,
) -> CommitResult:
    """Commit the `staged` files of a run with the rows of `stories` and `daily` that follow from them.

    `linked_at` is the run's clock; `removed` are published files whose articles the staged ones hold, analysed anew:
    their stories stay as they are. Asking again for a commit that was carried out changes nothing. Raises what
    `publish` raises.
    """
    with closing(read_state(Layout(out).state_file)) as state:
        done = journal.commit_state(state, commit_id or run_id) is not None
    if done:
        # Tried again: the files of the first time are in place, and nothing is left to derive from.
        return publish(out, run_id, staged, commit_id=commit_id, last=last, storage=storage)
    files = list(staged)
    if not removed:
        files += link_stories(out, run_id, staged, linked_at, settings)
    daily = stage_daily(out, run_id, files, removed)
    return publish(
        out,
        run_id,
        [*files, *daily.staged],
        removed=[*removed, *daily.removed],
        commit_id=commit_id,
        last=last,
        storage=storage,
    )
