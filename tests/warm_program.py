"""Everything that a run loads, loaded: what a server of forked processes imports, so that each starts in no time."""

from datetime import UTC, datetime
from pathlib import Path

from pipeline.commands import app
from pipeline.config import Profile
from pipeline.graph import build
from pipeline.plan import analysis_settings
from pipeline.runner import new_pipeline
from transforms.analysis.analyse import Identity, load_analyser
from transforms.documents.parse import parse_document
from transforms.stories.signatures import sign
from transforms.tables.ids import stable_id
from transforms.tables.records import DocumentRef, Unreadable

LOADED = (app, build, new_pipeline)
TEXT = b"Title\n\nMothers of conscripts wrote a letter to the ministry because their sons had no equipment."


def _warm() -> None:
    # What loads at its first use is used once; a whole run would leave threads behind, which no fork outlives.
    analyser = load_analyser(analysis_settings(Profile()))
    ref = DocumentRef("s", str(Path(__file__)), 0, len(TEXT), "text", "warm", "warm", datetime(2024, 5, 1, tzinfo=UTC))
    document = parse_document(ref, TEXT)
    assert not isinstance(document, Unreadable), document
    analyser.analyse(document, Identity(stable_id("article", "warm"), 0, "warm"))
    sign([("Title", TEXT.decode())])


_warm()
