"""Step: all files of a run are published by one commit, or none is."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import apache_beam as beam

from transforms.dataset.publish_run import publish_run
from transforms.identity.waiting import keep_waiting
from transforms.tables.records import Run
from transforms.tables.run_row import RunFacts, run_row
from transforms.tables.shard_writer import StagedFile
from transforms.tables.slice_totals import HELD_TABLES, ONLY_SLICE, SliceFacts
from transforms.tables.staging import StageSettings

RUN_SHARD = "run"


@dataclass
class PublishTables(beam.PTransform):
    """{files, tallies, errors, broken, waiting} → the row of `runs` so far, after the commit of the slice.

    With the last slice it is stored. `broken` (article ids) and `waiting` (candidates) are for the slices that follow,
    and may be left out. Raises TooManyErrors, before the slice is published, where more items failed unexpectedly than
    a run may lose.
    """

    out: str
    stage: StageSettings
    facts: RunFacts
    now: Callable[[], datetime]  # the clock: a module-level function, so that it reaches a worker by name
    slice: SliceFacts = ONLY_SLICE
    spool: str = ""  # where candidates wait

    def expand(self, inputs: dict[str, beam.PCollection]) -> beam.PCollection:
        tallies = inputs["tallies"] | "AddTallies" >> beam.CombinePerKey(sum)
        later: dict[str, beam.PCollection] = {
            name: inputs[name] | f"Key{name.capitalize()}" >> beam.Map(lambda item: ("", item))
            for name in ("broken", "waiting")
            if name in inputs
        }
        return (
            {
                **later,
                # The run row is written even where no document was read.
                "run": inputs["start"] | "KeyStart" >> beam.Map(lambda _: ("", None)),
                "files": inputs["files"] | "KeyFiles" >> beam.Map(lambda file: ("", file)),
                "tallies": tallies | "KeyTallies" >> beam.Map(lambda tally: ("", tally)),
                "errors": inputs["errors"] | "KeyErrors" >> beam.Map(lambda error: ("", error)),
            }
            | "MeetForCommit" >> beam.CoGroupByKey()
            | "Commit" >> beam.ParDo(_Commit(self.out, self.stage, self.facts, self.now, self.slice, self.spool))
        )


class _Commit(beam.DoFn):
    def __init__(
        self,
        out: str,
        stage: StageSettings,
        facts: RunFacts,
        now: Callable[[], datetime],
        slice: SliceFacts,
        spool: str,
    ) -> None:
        self.out = out
        self.stage = stage
        self.facts = facts
        self.now = now
        self.slice = slice
        self.spool = spool

    def process(self, group: tuple[str, dict[str, Iterable[Any]]]) -> Iterator[object]:
        _, found = group
        files: list[StagedFile] = sorted(found["files"], key=lambda file: (file.table, file.dt, file.name))
        broken = sorted(found.get("broken", ()))
        totals = self.slice.before.plus(files, dict(found["tallies"]), sorted(found["errors"]), broken)
        row = run_row(self.facts, totals.files, dict(totals.tallies), sorted(totals.errors), self.now())
        if self.slice.last:
            self._report(row, sorted(key for (kind, key), _ in totals.tallies if kind == "ignored"))
            writer = self.stage.writer(RUN_SHARD)
            writer.add("runs", row, row.started_at)
            files = [*files, *self.slice.before.held(), *writer.close()]
        else:
            keep_waiting(self.spool, self.slice.number, list(found.get("waiting", ())))
            totals.write(self.stage.staging)
            files = [one for one in files if one.table not in HELD_TABLES]
        commit_id = self.slice.commit_id(row.run_id)
        publish_run(self.out, row.run_id, files, row.started_at, commit_id=commit_id, last=self.slice.last)
        yield row

    def _report(self, row: Run, ignored: Sequence[str]) -> None:
        # Read by the command line for its summary; the tables do not depend on it.
        report = Path(self.stage.staging).parent.parent / "state" / "last_run.json"
        report.write_text(json.dumps({"run_id": row.run_id, "ignored": ignored}), encoding="utf-8")
