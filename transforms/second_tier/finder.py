"""Complaints of an article from rules and a learned model, each with a calibrated confidence."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from transforms.complaints.codes import CODES
from transforms.complaints.field_rules import FieldRules
from transforms.complaints.loading import Knowledge
from transforms.complaints.reading import Sentence
from transforms.complaints.targets import target_of
from transforms.knowledge.yaml_file import YamlFile
from transforms.second_tier.evidence import evidence_span
from transforms.second_tier.features import ClassNames, features_of
from transforms.second_tier.judge import Clues, Floats, Judge, candidates_of
from transforms.second_tier.model import LinearModel, read_model
from transforms.tables.records import ActorHit, ComplaintHit, Status

SETTINGS = "model.yaml"
MAX_SENTENCES = 400  # of one field that are scored: bounds what one article can cost
# An article that names no actor is not about the subject if it is long and few of its sentences have a word of service:
# of 60 English news items called relevant for a complaint alone, 16 were of that kind, and none of them rightly.
LONG = 12  # sentences
THIN = 0.1  # share of them
REACH = 4  # sentences to either side of a word of service, or of an actor, in which the model may speak
_STATUSES: tuple[Status, ...] = ("denied", "hypothetical", "historical")
_NUMBERS = {code: number for number, code in enumerate(CODES)}


class Settings(BaseModel):
    """How sure a complaint must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(gt=0, le=1)  # confidence below which no complaint is written
    alone: float = Field(gt=0, le=1)  # chance that any is right, below which an article without an actor gets none
    unbacked: float = Field(gt=0, le=1)  # the same where no rule gave any of them


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A sentence, what the model says of it, and what the rules found in it, by the number of the code.

    `serving` is the share of the sentences of its article that have a word of service or name an actor.
    """

    field: FieldRules
    sentence: Sentence
    odds: Floats
    status: Status
    spoken: Mapping[int, Sequence[ComplaintHit]]
    serving: float

    def clues(self) -> Clues:
        """Return what the judge weighs."""
        field, sentence = self.field, self.sentence
        return Clues(
            odds=self.odds,
            spoken={code: max(hit.confidence for hit in hits) for code, hits in self.spoken.items()},
            service_near=field.covers("service", sentence),
            soldier_near=field.covers("soldier", sentence),
            family_near=field.covers("family", sentence),
            service_here=_serves(field, sentence),
            serving=self.serving,
            actor_here=field.names_actor(sentence),
            title=sentence.field == "title",
            words=len(sentence.words),
        )


class SecondTier:
    """A model over the sentences of an article. Keeps no state between articles."""

    def __init__(self, model: LinearModel, judge: Judge, settings: Settings, knowledge: Knowledge) -> None:
        """`knowledge` is that of the rules: the model sees its word classes."""
        self.settings = settings
        self._model = model
        self._judge = judge
        self._names = {lang: ClassNames(k.lexicon, model.classes) for lang, k in knowledge.languages.items()}

    @classmethod
    def load(cls, folder: Path, knowledge: Knowledge) -> "SecondTier":
        """Read weights and settings of `folder`.

        Raises InvalidModel or InvalidFile where a file is damaged, OSError where one is missing.
        """
        return cls(*read_model(folder), YamlFile(folder / SETTINGS).validate(Settings), knowledge)

    @property
    def method(self) -> str:
        """What the findings name as their method: the version is a hash of the weights."""
        return f"model {self._model.version}"

    def find(
        self, fields: Sequence[FieldRules], actors: Sequence[ActorHit], rules: Sequence[ComplaintHit]
    ) -> list[ComplaintHit]:
        """Return the complaints of an article that are sure enough, by field and place.

        `rules` are the hits of the rules in `fields`. Where rules gave a code in a sentence, their hits stand, with
        status and evidence, and get the confidence that model and article give them; elsewhere a code that the model is
        sure of comes once in a sentence.
        """
        if not actors and _is_thin(fields):
            return []
        scored = score_sentences(self._model, self._names, fields, rules)
        weighed = candidates_of([item.clues() for item in scored], bool(actors))
        chances = self._judge.chances(weighed.rows)
        found: list[ComplaintHit] = []
        for number, code, chance in zip(weighed.sentences, weighed.codes, chances, strict=True):
            if chance >= self.settings.threshold:
                found.extend(self._hits(scored[number], int(code), round(float(chance), 3)))
        backed = any(hit.method != self.method for hit in found)
        if not actors and _any_right(found) < (self.settings.alone if backed else self.settings.unbacked):
            return []
        return sorted(found, key=lambda hit: (hit.field != "title", hit.start, hit.code, hit.status))

    def _hits(self, scored: Scored, code: int, chance: float) -> Iterator[ComplaintHit]:
        """Yield the hits of the rules for `code` in a sentence, or the model's own where there are none."""
        spoken = scored.spoken.get(code)
        if spoken:
            yield from (replace(hit, confidence=chance) for hit in spoken)
            return
        sentence, reading = scored.sentence, scored.field.reading
        context = scored.field.context(sentence)
        column = self._model.outputs.index(CODES[code])
        start, end = evidence_span(self._model, self._names[reading.view.lang], sentence, column)
        # The rules know from other sentences that the whole passage is about the past; the model sees one sentence.
        past = context.status == "historical" and scored.status == "asserted"
        yield ComplaintHit(
            code=CODES[code],
            status="historical" if past else scored.status,
            field=sentence.field,
            start=start,
            end=end,
            actor_ids=context.actor_ids,
            speaker_kind=context.speaker_kind,
            speaker=context.speaker,
            target=target_of(reading.lexicon, sentence, CODES[code]),
            method=self.method,
            confidence=chance,
        )


def score_sentences(
    model: LinearModel, names: Mapping[str, ClassNames], fields: Sequence[FieldRules], rules: Sequence[ComplaintHit]
) -> list[Scored]:
    """Return the sentences of `fields` that may hold a complaint, with what `model` and `rules` say of each."""
    spoken: dict[tuple[str, int], dict[int, list[ComplaintHit]]] = defaultdict(lambda: defaultdict(list))
    read: list[tuple[FieldRules, Sentence]] = []
    serves = {field.reading.field: [_serves(field, s) for s in field.reading.sentences] for field in fields}
    headed = any(serves.get("title", ()))
    serving = sum(map(sum, serves.values())) / max(1, sum(map(len, serves.values())))
    for field in fields:
        view, flags = field.reading.view, serves[field.reading.field]
        for hit in rules:
            if hit.field == field.reading.field:
                spoken[hit.field, view.sentence_at(hit.start)[0]][_NUMBERS[hit.code]].append(hit)
        for index, sentence in enumerate(field.reading.sentences):
            heard = (sentence.field, sentence.start) in spoken
            near = any(flags[max(0, index - REACH) : index + REACH + 1]) or (headed and index < REACH)
            if sentence.words and (heard or (index < MAX_SENTENCES and near)):
                read.append((field, sentence))
    if not read:
        return []
    known = names[read[0][0].reading.view.lang]
    scores = model.scores([features_of((sentence,), known) for _, sentence in read])
    odds = model.calibration.log_odds(scores)[:, [model.outputs.index(code) for code in CODES]]
    marks = scores[:, [model.outputs.index(f"status:{status}") for status in _STATUSES]]
    return [
        Scored(
            field,
            sentence,
            row,
            _STATUSES[int(mark.argmax())] if mark.max() > 0 else "asserted",
            spoken.get((sentence.field, sentence.start), {}),
            serving,
        )
        for (field, sentence), row, mark in zip(read, odds, marks, strict=True)
    ]


def _is_thin(fields: Sequence[FieldRules]) -> bool:
    """Whether words of service come in a long article by the way only."""
    serving = [
        sentence.has(field.reading.lexicon.number("SERVICE"))
        for field in fields
        for sentence in field.reading.sentences
        if sentence.words
    ]
    return len(serving) >= LONG and sum(serving) < THIN * len(serving)


def _any_right(hits: Sequence[ComplaintHit]) -> float:
    """Return the chance that the best hit of at least one code is right, as if codes were independent."""
    best: dict[str, float] = {}
    for hit in hits:
        best[hit.code] = max(best.get(hit.code, 0.0), hit.confidence)
    return 1 - prod(1 - confidence for confidence in best.values())


def _serves(field: FieldRules, sentence: Sentence) -> bool:
    number = field.reading.lexicon.number
    return sentence.has(number("SERVICE")) or sentence.has(number("SERVICE_WEAK")) or field.names_actor(sentence)
