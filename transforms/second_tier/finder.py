"""Complaints that a learned model finds where the rules gave none, each with a calibrated confidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from transforms.complaints.codes import CODES, family
from transforms.complaints.field_rules import FieldRules
from transforms.complaints.hits import SentenceContext
from transforms.complaints.loading import Knowledge
from transforms.complaints.reading import Reading, Sentence
from transforms.complaints.targets import target_of
from transforms.knowledge.yaml_file import YamlFile
from transforms.second_tier.evidence import evidence_span
from transforms.second_tier.features import ClassNames, features_of
from transforms.second_tier.model import Floats, LinearModel, read_model
from transforms.tables.records import ActorHit, ComplaintHit, Status

SETTINGS = "model.yaml"
MIN_WORDS = 3  # words of a sentence below which nothing can be told
MAX_SENTENCES = 400  # of one field that are scored: bounds what one article can cost
_STATUSES: tuple[Status, ...] = ("denied", "hypothetical", "historical")


class ContextWeights(BaseModel):
    """How the chance of a code in its article follows from the sentence's own log-odds and from what stands around."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: float
    sentence: float = Field(gt=0)  # times the log-odds that the sentence alone gives
    actor: float  # the article names an actor
    rule: float  # a rule found some complaint in the article
    family: float  # a rule found one of the same family


class Settings(BaseModel):
    """When the model speaks, and how sure it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(gt=0, le=1)  # confidence below which nothing is written
    alone: float = Field(gt=0, le=1)  # the same where nothing else says that the article is relevant
    context: ContextWeights


@dataclass(frozen=True, slots=True)
class _Finding:
    """A code in a sentence; `column` is the code's output of the model."""

    sentence: Sentence
    code: str
    column: int
    status: Status
    chance: float


class SecondTier:
    """A model over the sentences of an article. Keeps no state between articles."""

    def __init__(self, model: LinearModel, settings: Settings, knowledge: Knowledge) -> None:
        """`knowledge` is that of the rules: the model sees its word classes."""
        self.settings = settings
        self._model = model
        self._names = {lang: ClassNames(k.lexicon, model.classes) for lang, k in knowledge.languages.items()}
        self._codes = [model.outputs.index(code) for code in CODES]
        self._statuses = [model.outputs.index(f"status:{status}") for status in _STATUSES]

    @classmethod
    def load(cls, folder: Path, knowledge: Knowledge) -> "SecondTier":
        """Read weights and settings of `folder`.

        Raises InvalidModel or InvalidFile where a file is damaged, OSError where one is missing.
        """
        return cls(read_model(folder), YamlFile(folder / SETTINGS).validate(Settings), knowledge)

    @property
    def method(self) -> str:
        """What the findings name as their method: the version is a hash of the weights."""
        return f"model {self._model.version}"

    def find(
        self, fields: Sequence[FieldRules], actors: Sequence[ActorHit], rules: Sequence[ComplaintHit]
    ) -> list[ComplaintHit]:
        """Return the complaints in `fields` that `rules`, the hits of the rules in this article, leave out, by place.

        Each code comes once in a sentence; where a rule gave it, in whatever status, the rule stands.
        """
        around = self._around(actors, rules)
        least = self.settings.threshold if actors or rules else self.settings.alone
        found: list[ComplaintHit] = []
        for field in fields:
            reading = field.reading
            taken = {(hit.code, reading.view.sentence_at(hit.start)[0]) for hit in rules if hit.field == reading.field}
            findings = [f for f in self._findings(reading, around, least) if (f.code, f.sentence.start) not in taken]
            if findings:
                contexts = {context.start: context for context in field.contexts()}
                found.extend(
                    self._hit(reading, finding, contexts[finding.sentence.start])
                    for finding in findings
                    if contexts[finding.sentence.start].in_scope
                )
        return found

    def log_odds(self, sentences: Sequence[Sentence], lang: str) -> tuple[Floats, list[Status]]:
        """Return the log-odds of each code (columns, as `CODES`) in each sentence, and the status of each sentence."""
        scores = self._model.scores([features_of((sentence,), self._names[lang]) for sentence in sentences])
        marks = scores[:, self._statuses]
        best = marks.argmax(axis=1)
        statuses: list[Status] = [
            _STATUSES[i] if row[i] > 0 else "asserted" for row, i in zip(marks, best.tolist(), strict=True)
        ]
        return self._model.calibration.log_odds(scores)[:, self._codes], statuses

    def _around(self, actors: Sequence[ActorHit], rules: Sequence[ComplaintHit]) -> Floats:
        """Return what the article adds to the log-odds of each code."""
        weights = self.settings.context
        families = {family(hit.code) for hit in rules}
        base = weights.base + weights.actor * bool(actors) + weights.rule * bool(rules)
        return np.array([base + weights.family * (family(code) in families) for code in CODES], np.float32)

    def _findings(self, reading: Reading, around: Floats, least: float) -> Iterator[_Finding]:
        sentences = [s for s in reading.sentences[:MAX_SENTENCES] if len(s.words) >= MIN_WORDS]
        if not sentences:
            return
        odds, statuses = self.log_odds(sentences, reading.view.lang)
        chances = 1 / (1 + np.exp(-(self.settings.context.sentence * odds + around)))
        for row, index in np.argwhere(chances >= least):
            yield _Finding(
                sentences[row], CODES[index], self._codes[index], statuses[row], round(float(chances[row, index]), 3)
            )

    def _hit(self, reading: Reading, finding: _Finding, context: SentenceContext) -> ComplaintHit:
        sentence = finding.sentence
        names = self._names[reading.view.lang]
        start, end = evidence_span(self._model, names, sentence, finding.column)
        # The rules know from other sentences that the whole passage is about the past; the model sees one sentence.
        past = context.status == "historical" and finding.status == "asserted"
        return ComplaintHit(
            code=finding.code,
            status="historical" if past else finding.status,
            field=sentence.field,
            start=start,
            end=end,
            actor_ids=context.actor_ids,
            speaker_kind=context.speaker_kind,
            speaker=context.speaker,
            target=target_of(reading.lexicon, reading.sentences, sentence, finding.code),
            method=self.method,
            confidence=finding.chance,
        )
