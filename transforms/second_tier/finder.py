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
from transforms.second_tier.model import SUBJECT, LinearModel, read_model
from transforms.tables.records import ActorHit, ComplaintHit, Status
from transforms.tables.records import Field as FieldName

SETTINGS = "model.yaml"
MAX_SENTENCES = 400  # of one field that are scored: bounds what one article can cost
# An article that names no actor is not about the subject if it is long and few of its sentences have a word of service:
# of 60 English news items called relevant for a complaint alone, 16 were of that kind, and none of them rightly.
LONG = 12  # sentences
THIN = 0.1  # share of them
BESIDE = 2  # sentences to either side in which a word that only the army has is near
REACH = 4  # sentences to either side of a word of service, or of an actor, in which the model may speak
_STATUSES: tuple[Status, ...] = ("denied", "hypothetical", "historical")
_NUMBERS = {code: number for number, code in enumerate(CODES)}


class Settings(BaseModel):
    """How sure a complaint must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: float = Field(gt=0, le=1)  # confidence below which no complaint is written
    threshold_of: dict[str, float] = Field(default_factory=dict)  # the same for single languages
    alone: float = Field(gt=0, le=1)  # chance that any is right, below which an article without an actor gets none
    unbacked: float = Field(gt=0, le=1)  # the same where no rule gave any of them


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A sentence, what the model says of it, and what the rules found in it, by the number of the code.

    Of its article: `serving` is the share of the sentences that have a word of service or name an actor, `army` of
    those that have a word which only the army has, or name an actor. `subject` is how well it fits into an article with
    a complaint.
    """

    field: FieldRules
    sentence: Sentence
    odds: Floats
    status: Status
    spoken: Mapping[int, Sequence[ComplaintHit]]
    serving: float
    army_here: bool
    army_near: bool
    army: float
    subject: float

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
            army_here=self.army_here,
            army_near=self.army_near,
            army=self.army,
            subject=self.subject,
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
        if not fields or (not actors and _is_thin(fields)):
            return []
        scored = score_sentences(self._model, self._names, fields, rules)
        weighed = candidates_of([item.clues() for item in scored], bool(actors))
        chances = self._judge.chances(weighed.rows)
        threshold = self.settings.threshold_of.get(fields[0].reading.view.lang, self.settings.threshold)
        found: list[ComplaintHit] = []
        for number, code, chance in zip(weighed.sentences, weighed.codes, chances, strict=True):
            if chance >= threshold:
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
        status = scored.status
        if status == "asserted" and context.status == "historical":
            status = "historical"
        elif status == "asserted" and scored.field.wonders(sentence):
            status = "hypothetical"
        yield ComplaintHit(
            code=CODES[code],
            status=status,
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
    army = {field.reading.field: [_is_army(field, s) for s in field.reading.sentences] for field in fields}
    for field in fields:
        view = field.reading.view
        for hit in rules:
            if hit.field == field.reading.field:
                spoken[hit.field, view.sentence_at(hit.start)[0]][_NUMBERS[hit.code]].append(hit)
        for index, sentence in enumerate(field.reading.sentences):
            heard = (sentence.field, sentence.start) in spoken
            near = _stands_near(serves, sentence.field, index, REACH)
            if sentence.words and (heard or (index < MAX_SENTENCES and near)):
                read.append((field, sentence))
    if not read:
        return []
    known = names[read[0][0].reading.view.lang]
    scores = model.scores([features_of((sentence,), known) for _, sentence in read])
    odds = model.calibration.log_odds(scores)[:, [model.outputs.index(code) for code in CODES]]
    marks = scores[:, [model.outputs.index(f"status:{status}") for status in _STATUSES]]
    subjects = scores[:, model.outputs.index(SUBJECT)]
    serving, share = _share(serves), _share(army)
    return [
        Scored(
            field,
            sentence,
            row,
            _STATUSES[int(mark.argmax())] if mark.max() > 0 else "asserted",
            spoken.get((sentence.field, sentence.start), {}),
            serving=serving,
            army_here=army[sentence.field][sentence.index],
            army_near=_stands_near(army, sentence.field, sentence.index, BESIDE),
            army=share,
            subject=float(subject),
        )
        for (field, sentence), row, mark, subject in zip(read, odds, marks, subjects, strict=True)
    ]


def _stands_near(flags: Mapping[FieldName, Sequence[bool]], field: FieldName, index: int, reach: int) -> bool:
    """Whether a flag is up within `reach` sentences of number `index` of `field`; a title is near to the first ones."""
    headed = index < reach and any(flags.get("title", ()))
    return headed or any(flags[field][max(0, index - reach) : index + reach + 1])


def _share(flags: Mapping[FieldName, Sequence[bool]]) -> float:
    return sum(map(sum, flags.values())) / max(1, sum(map(len, flags.values())))


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


def _is_army(field: FieldRules, sentence: Sentence) -> bool:
    return sentence.has(field.reading.lexicon.number("ARMY_ONLY")) or field.names_actor(sentence)


def _serves(field: FieldRules, sentence: Sentence) -> bool:
    number = field.reading.lexicon.number
    return sentence.has(number("SERVICE")) or sentence.has(number("SERVICE_WEAK")) or field.names_actor(sentence)
