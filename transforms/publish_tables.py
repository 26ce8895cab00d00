"""Step: all files of a run are published by one commit, or none is."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import apache_beam as beam

from transforms.dataset.publish_run import publish_run
from transforms.tables.run_row import RunFacts, run_row
from transforms.tables.shard_writer import StagedFile
from transforms.tables.staging import StageSettings

RUN_SHARD = "run"


@dataclass
class PublishTables(beam.PTransform):
    """{files, tallies, errors} → the one row of `runs`, after the commit.

    Raises TooManyErrors, before anything is published, where more items failed unexpectedly than a run may lose.
    """

    out: str
    stage: StageSettings
    facts: RunFacts
    now: Callable[[], datetime]  # the clock: a module-level function, so that it reaches a worker by name

    def expand(self, inputs: dict[str, beam.PCollection]) -> beam.PCollection:
        tallies = inputs["tallies"] | "AddTallies" >> beam.CombinePerKey(sum)
        return (
            {
                # The run row is written even where no document was read.
                "run": inputs["start"] | "KeyStart" >> beam.Map(lambda _: ("", None)),
                "files": inputs["files"] | "KeyFiles" >> beam.Map(lambda file: ("", file)),
                "tallies": tallies | "KeyTallies" >> beam.Map(lambda tally: ("", tally)),
                "errors": inputs["errors"] | "KeyErrors" >> beam.Map(lambda error: ("", error)),
            }
            | "MeetForCommit" >> beam.CoGroupByKey()
            | "Commit" >> beam.ParDo(_Commit(self.out, self.stage, self.facts, self.now))
        )


class _Commit(beam.DoFn):
    def __init__(self, out: str, stage: StageSettings, facts: RunFacts, now: Callable[[], datetime]) -> None:
        self.out = out
        self.stage = stage
        self.facts = facts
        self.now = now

    def process(self, group: tuple[str, dict[str, Iterable[Any]]]) -> Iterator[object]:
        _, found = group
        files: list[StagedFile] = sorted(found["files"], key=lambda file: (file.table, file.dt, file.name))
        tallies = dict(found["tallies"])
        row = run_row(self.facts, files, tallies, sorted(found["errors"]), self.now())
        writer = self.stage.writer(RUN_SHARD)
        writer.add("runs", row, row.started_at)
        # Read by the command line for its summary; the tables do not depend on it.
        ignored = sorted(key for kind, key in tallies if kind == "ignored")
        report = Path(self.stage.staging).parent.parent / "state" / "last_run.json"
        report.write_text(json.dumps({"run_id": row.run_id, "ignored": ignored}), encoding="utf-8")
        publish_run(self.out, row.run_id, [*files, *writer.close()], row.started_at)
        yield row
