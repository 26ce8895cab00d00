"""Table rows of what was found in an article: each names the revision that its span is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transforms.complaints.hits import DemandHit
from transforms.complaints.quotes import QuoteHit
from transforms.places.finder import PlaceHit
from transforms.sentiment.engines import score_text
from transforms.tables.ids import stable_id
from transforms.tables.records import (
    ActorHit,
    Article,
    Complaint,
    ComplaintHit,
    Demand,
    Field,
    Mention,
    PlaceMention,
    Quote,
)
from transforms.tables.restricted import FindingTable, Person
from transforms.text.words import TextView

Row = Mention | Complaint | Demand | Quote | PlaceMention | Person
Hit = ActorHit | ComplaintHit | DemandHit | QuoteHit | PlaceHit


@dataclass(frozen=True, slots=True)
class FindingRows:
    """Makes rows of hits in one article, whose `views` are its title and text."""

    article: Article
    views: Mapping[Field, TextView]

    def mention(self, hit: ActorHit) -> Mention:
        """Return the row of a place where an actor is named."""
        start, end = self.views[hit.field].sentence_at(hit.start)
        sentence = self.views[hit.field].raw[start:end]
        score = score_text(sentence, self.article.lang)
        return Mention(
            mention_id=self._id("mention", hit, hit.actor_id),
            actor_id=hit.actor_id,
            kind=hit.kind,
            surface=self._surface(hit),
            sentence=sentence,
            sentence_start=start,
            sentence_end=end,
            polarity=score.polarity,
            sentiment_engine=score.engine,
            **self._common(hit),
        )

    def complaint(self, hit: ComplaintHit) -> Complaint:
        """Return the row of a complaint."""
        return Complaint(
            complaint_id=self._id("complaint", hit, hit.code, hit.status),
            code=hit.code,
            family=hit.code.partition(".")[0],
            status=hit.status,
            evidence=self._surface(hit),
            sentence=self._sentence(hit),
            actor_ids=hit.actor_ids,
            speaker_kind=hit.speaker_kind,
            speaker=hit.speaker,
            target=hit.target,
            method=hit.method,
            confidence=hit.confidence,
            **self._common(hit),
        )

    def demand(self, hit: DemandHit) -> Demand:
        """Return the row of a demand."""
        return Demand(
            demand_id=self._id("demand", hit, hit.code),
            code=hit.code,
            evidence=self._surface(hit),
            sentence=self._sentence(hit),
            method=hit.method,
            confidence=hit.confidence,
            **self._common(hit),
        )

    def quote(self, hit: QuoteHit) -> Quote:
        """Return the row of a quotation."""
        return Quote(
            quote_id=self._id("quote", hit),
            surface=self._surface(hit),
            speaker_kind=hit.speaker_kind,
            speaker=hit.speaker,
            actor_ids=hit.actor_ids,
            **self._common(hit),
        )

    def place(self, hit: PlaceHit) -> PlaceMention:
        """Return the row of a place that is named."""
        return PlaceMention(
            place_mention_id=self._id("place", hit, hit.place_id),
            place_id=hit.place_id,
            name=hit.name,
            kind=hit.kind,
            country=hit.country,
            iso_3166_2=hit.iso_3166_2,
            surface=self._surface(hit),
            **self._common(hit),
        )

    def person(self, row: Complaint | Quote, name: tuple[int, int] | None) -> Person | None:
        """Return the row of the private person who says `row`, whose name is the raw span `name` in its field."""
        if name is None:
            return None
        table: FindingTable = "quotes" if isinstance(row, Quote) else "complaints"
        finding = row.quote_id if isinstance(row, Quote) else row.complaint_id
        return Person(
            person_id=stable_id("person", finding, *name),
            article_id=row.article_id,
            revision=row.revision,
            source_id=self.article.source_id,
            finding_table=table,
            finding_id=finding,
            field=row.field,
            surface=self.views[row.field].raw[slice(*name)],
            start_char=name[0],
            end_char=name[1],
            speaker_kind=row.speaker_kind,
            lang=row.lang,
            published_at=row.published_at,
            analysis_version=row.analysis_version,
            run_id=row.run_id,
        )

    def _id(self, kind: str, hit: Hit, *named: str) -> str:
        return stable_id(kind, self.article.article_id, self.article.revision, *named, hit.field, hit.start, hit.end)

    def _surface(self, hit: Hit) -> str:
        return self.views[hit.field].raw[hit.start : hit.end]

    def _sentence(self, hit: Hit) -> str:
        start, end = self.views[hit.field].sentence_at(hit.start)
        return self.views[hit.field].raw[start:end]

    def _common(self, hit: Hit) -> dict[str, Any]:
        return {
            "article_id": self.article.article_id,
            "revision": self.article.revision,
            "field": hit.field,
            "start_char": hit.start,
            "end_char": hit.end,
            "lang": self.article.lang,
            "published_at": self.article.published_at,
            "analysis_version": self.article.analysis_version,
            "run_id": self.article.run_id,
        }
