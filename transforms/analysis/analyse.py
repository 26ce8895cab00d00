"""One article through gate, detection and sentiment: from a parsed document to table rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from transforms.actors.gate import load_gate
from transforms.actors.matcher import ActorMatcher
from transforms.actors.registry import load_registry
from transforms.analysis.people import PeopleReader
from transforms.analysis.rows import FindingRows, Row
from transforms.complaints.field_rules import FieldRules
from transforms.complaints.finder import ComplaintFinder
from transforms.complaints.loading import load_knowledge
from transforms.places.finder import PlaceFinder
from transforms.places.gazetteer import load_places
from transforms.second_tier.finder import SecondTier
from transforms.sentiment.engines import NO_ENGINE, SKIPPED, Score, document_text, score_text
from transforms.tables.records import ActorHit, Article, ComplaintHit, DocumentRef, ParsedDocument
from transforms.text.language import identify_language
from transforms.text.words import TextView

# Confidence that one complaint needs in an article that names no actor, or none of its complaints counts, where rules
# speak alone. Of 624 real news items read one by one, five in six of those with weaker ones were about something else.
SURE_ENOUGH = 0.6
ANALYSED_LANGUAGES = frozenset({"en", "ru", "uk"})


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """Where the knowledge lies, what is analysed in depth, and the hash of all that decides."""

    registry: str
    complaints: str
    gate: str
    places: str
    model: str  # folder of the learned second tier; empty: rules alone
    mode: Literal["relevant", "all"]
    version: str
    people: bool = False  # whether names of private speakers are written, into a table of their own


@dataclass(frozen=True, slots=True)
class Identity:
    """Which article a document is, and the run that found it."""

    article_id: str
    revision: int
    run_id: str


@dataclass(frozen=True, slots=True)
class Findings:
    """The rows that one article gives."""

    article: Article
    rows: tuple[tuple[str, Row], ...]  # table, row

    def number(self, table: str) -> int:
        """Return how many rows of `table` there are."""
        return sum(name == table for name, _ in self.rows)


class Analyser:
    """Gate, matcher and rules, loaded once per process."""

    def __init__(self, settings: AnalysisSettings) -> None:
        """Load the knowledge. Raises InvalidFile where a registry or rule file has an error."""
        self.settings = settings
        registry = load_registry(Path(settings.registry))
        self.matcher = ActorMatcher(registry)
        knowledge = load_knowledge(Path(settings.complaints))
        self.finder = ComplaintFinder(knowledge)
        self.second = SecondTier.load(Path(settings.model), knowledge) if settings.model else None
        self.places = PlaceFinder(load_places(Path(settings.places)))
        self.gate = load_gate(Path(settings.gate), registry)

    def analyse(self, document: ParsedDocument, identity: Identity) -> Findings:
        """Return the rows of `document`; those of an article that the gate leaves aside are the article alone."""
        lang, confidence = identify_language(document.title, document.text, document.lang_hint or document.ref.language)
        title, text = TextView(document.title, lang), TextView(document.text, lang)
        known = lang in ANALYSED_LANGUAGES
        if not known or not (self.settings.mode == "all" or self.gate.passes(title.normal, text.normal)):
            score = Score(None, None, SKIPPED if known else NO_ENGINE)
            return Findings(self._article(document, identity, (lang, confidence), score, (), ()), ())
        actors = self.matcher.find(title, text)
        fields = self.finder.read(title, text, actors, document.published_at)
        by_rules = self.finder.findings(fields)
        complaints = self.settle(fields, actors, by_rules.complaints)
        score = score_text(document_text(document.title, document.text), lang)
        article = self._article(document, identity, (lang, confidence), score, actors, complaints)
        rows = FindingRows(article, {"title": title, "text": text})
        found: list[tuple[str, Row]] = []
        found += [("mentions", rows.mention(hit)) for hit in actors]
        said = [(hit, rows.complaint(hit)) for hit in complaints]
        found += [("complaints", row) for _, row in said]
        # Outside the subject «the strikers want a meeting» is nobody's demand of this kind.
        demands = by_rules.demands if article.relevant else ()
        found += [("demands", rows.demand(hit)) for hit in demands]
        quoted = [(hit, rows.quote(hit)) for hit in by_rules.quotes]
        found += [("quotes", row) for _, row in quoted]
        places = self.places.find(title, text)
        found += [("places", rows.place(hit)) for hit in places]
        if self.settings.people:
            people = PeopleReader(fields, actors, places)
            found += [("people", one) for hit, row in said if (one := rows.person(row, people.name_of(hit)))]
            found += [("people", one) for hit, row in quoted if (one := rows.person(row, people.name_of(hit)))]
        return Findings(article, tuple(found))

    def settle(
        self, fields: Sequence[FieldRules], actors: Sequence[ActorHit], rules: Sequence[ComplaintHit]
    ) -> list[ComplaintHit]:
        """Return the complaints of an article that are sure enough: `rules`, and what the second tier makes of them."""
        if self.second is not None:
            return self.second.find(fields, actors, rules)
        return list(rules) if actors or any(hit.confidence >= SURE_ENOUGH for hit in rules) else []

    def analyse_stored(self, article: Article, run_id: str) -> Findings:
        """Return the rows of an article that a dataset holds, by what decides now."""
        ref = DocumentRef("", "", 0, 0, "", article.source_id, "", article.collected_at)
        document = ParsedDocument(
            ref=ref,
            external_id=article.external_id,
            url=article.url,
            canonical_url=article.canonical_url,
            title=article.title,
            text=article.text,
            text_kind=article.text_kind,
            lang_hint=article.lang,
            published_at=article.published_at,
            published_raw=article.published_raw,
            date_flags=article.date_flags,
            content_hash=article.content_hash,
            text_method=article.text_method,
        )
        return self.analyse(document, Identity(article.article_id, article.revision, run_id))

    def _article(
        self,
        document: ParsedDocument,
        identity: Identity,
        language: tuple[str, float],
        score: Score,
        actors: Sequence[ActorHit],
        complaints: Sequence[ComplaintHit],
    ) -> Article:
        return Article(
            article_id=identity.article_id,
            external_id=document.external_id,
            source_id=document.ref.source_id,
            url=document.url,
            canonical_url=document.canonical_url,
            title=document.title,
            text=document.text,
            text_kind=document.text_kind,
            lang=language[0],
            lang_confidence=language[1],
            published_at=document.published_at,
            published_raw=document.published_raw,
            date_flags=document.date_flags,
            collected_at=document.ref.collected_at,
            content_hash=document.content_hash,
            revision=identity.revision,
            word_count=len(document.title.split()) + len(document.text.split()),
            relevant=bool(actors) or any(hit.status == "asserted" for hit in complaints),
            actors=tuple(sorted({hit.actor_id for hit in actors})),
            complaint_codes=tuple(sorted({hit.code for hit in complaints})),
            polarity=score.polarity,
            subjectivity=score.subjectivity,
            sentiment_engine=score.engine,
            analysis_version=self.settings.version,
            run_id=identity.run_id,
            text_method=document.text_method,
        )


@lru_cache(maxsize=1)
def load_analyser(settings: AnalysisSettings) -> Analyser:
    """Return the analyser of this process; loading takes a second, so that threads and bundles share one."""
    return Analyser(settings)
