"""Complaints, demands and quotations found in an article by rules."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from transforms.complaints.field_rules import FieldRules
from transforms.complaints.hits import DemandHit, Findings
from transforms.complaints.loading import Knowledge, load_knowledge
from transforms.complaints.quotes import QuoteHit
from transforms.complaints.reading import Reading
from transforms.complaints.status import StatusReader
from transforms.tables.records import ActorHit, ComplaintHit
from transforms.text.words import TextView


class ComplaintFinder:
    """Finds complaints, demands and quotations by the rules of a folder. Keeps no state between articles."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._status = {lang: StatusReader(k.lexicon) for lang, k in knowledge.languages.items()}

    @classmethod
    def load(cls, folder: Path) -> "ComplaintFinder":
        """Read the rules of `folder`. Raises InvalidFile that names every problem with its line."""
        return cls(load_knowledge(folder))

    def rules_fingerprint(self) -> str:
        """Return a short hash of the rule files."""
        return self._knowledge.fingerprint

    def cues(self, lang: str) -> set[str]:
        """Return the lower-case words and stems of service of which every text with a complaint has one.

        A text that has none of them, and names no actor, is out of scope for every rule; empty where `lang` has none.
        """
        language = self._knowledge.languages.get(lang)
        return language.lexicon.stems(language.lexicon.number("SERVICE")) if language else set()

    def find(
        self, title: TextView, text: TextView, actors: Sequence[ActorHit], published: datetime | None = None
    ) -> list[ComplaintHit]:
        """Return the complaints in an article, by field and place; `published` tells earlier times from its own."""
        return [hit for field in self.read(title, text, actors, published) for hit in field.complaints()]

    def find_demands(self, title: TextView, text: TextView, actors: Sequence[ActorHit]) -> list[DemandHit]:
        """Return the demands in an article, by field and place."""
        return [hit for field in self.read(title, text, actors, None) for hit in field.demands()]

    def find_quotes(self, title: TextView, text: TextView, actors: Sequence[ActorHit]) -> list[QuoteHit]:
        """Return the quotations in an article with their speakers, by field and place."""
        return [hit for field in self.read(title, text, actors, None) for hit in field.quotes()]

    def find_all(
        self, title: TextView, text: TextView, actors: Sequence[ActorHit], published: datetime | None = None
    ) -> Findings:
        """Return complaints, demands and quotations of an article, read once."""
        return self.findings(self.read(title, text, actors, published))

    @staticmethod
    def findings(fields: Sequence[FieldRules]) -> Findings:
        """Return complaints, demands and quotations of the `fields` of an article."""
        return Findings(
            tuple(hit for field in fields for hit in field.complaints()),
            tuple(hit for field in fields for hit in field.demands()),
            tuple(hit for field in fields for hit in field.quotes()),
        )

    def speaking_rules(self, text: TextView) -> set[str]:
        """Return the ids of all rules that find something in `text`, also where a stronger one speaks for it."""
        title = TextView("", text.lang)
        return {rule for field in self.read(title, text, (), None) for rule in field.rules()}

    def read(
        self, title: TextView, text: TextView, actors: Sequence[ActorHit], published: datetime | None = None
    ) -> list[FieldRules]:
        """Return title and text of an article as the rules read them; nothing where they do not know the language."""
        language = self._knowledge.languages.get(text.lang)
        if language is None:
            return []
        year = published.year if published else None
        head, body = Reading(title, "title", language.lexicon), Reading(text, "text", language.lexicon)
        status = self._status[text.lang]
        return [FieldRules(language, status, reading, head, actors, year) for reading in (head, body)]
