"""The step ReadSeeds: documents and failures come out where they belong."""

import json
from datetime import UTC, datetime
from pathlib import Path

import apache_beam as beam
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to

from transforms.documents.seed_files import find_seed_files, plan_shards
from transforms.read_seeds import ReadSeeds

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def test_documents_and_failures(tmp_path: Path) -> None:
    record = json.dumps({"id": "1", "title": "One", "text": ""})
    (tmp_path / "a.jsonl").write_text(f"{record}\n{record}\n")
    (tmp_path / "b.txt").write_text("Two")
    (tmp_path / "c.rss").write_text("<html>no feed</html>")
    (tmp_path / "d.jsonl").write_text("\n\n")
    files, missing = find_seed_files([str(tmp_path / "*.*")])
    shards, problems = plan_shards(files, tmp_path / "spool")
    assert not missing
    assert not problems

    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        read = pipeline | beam.Create(shards) | ReadSeeds(str(tmp_path / "spool"), "run", NOW)
        places = read.documents | beam.Map(lambda ref: (ref.place, ref.kind, ref.collected_at))
        assert_that(
            places,
            equal_to(
                [
                    (f"{tmp_path}/a.jsonl:1", "jsonl", NOW),
                    (f"{tmp_path}/a.jsonl:2", "jsonl", NOW),
                    (f"{tmp_path}/b.txt", "text", NOW),
                ]
            ),
            label="CheckDocuments",
        )
        reasons = read.failures | beam.Map(lambda failure: (failure.place, failure.step, failure.run_id))
        assert_that(
            reasons,
            equal_to([(f"{tmp_path}/c.rss", "read", "run"), (f"{tmp_path}/d.jsonl", "read", "run")]),
            label="CheckFailures",
        )
