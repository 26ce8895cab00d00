"""Whose account a text or a quotation is by its own words: «my son», «our platoon», «we interviewed»."""

from collections.abc import Iterator, Sequence

from transforms.complaints.lexicon import Lexicon
from transforms.complaints.quotes import Quotation
from transforms.complaints.reading import Reading, Sentence
from transforms.tables.records import SpeakerKind

FIRST_PERSON = 2  # words of it outside quotations that make a text somebody's own account
SEVERAL = 3  # quotations, and nobody named beside any of them: letters and voices from the army
# Class of words → who tells a text in the first person; the first that comes in it wins.
_TELLERS: tuple[tuple[str, SpeakerKind], ...] = (
    ("V_REPORTER", "media"), ("V_RIGHTS", "rights_group"), ("V_OUR_WORK", "rights_group"), ("V_OUR_KIN", "group"),
    ("V_MY_KIN", "relative"), ("V_MY_KIN_TOO", "relative"), ("V_SOLDIER", "soldier"),
)  # fmt: skip
# Of these one word is enough: they say «we» once and speak of others from then on.
_SAID_ONCE = frozenset({"media", "rights_group", "group", "relative"})


class TellerReader:
    """Reads who tells a field, or a quotation in it, by what they call their own."""

    def __init__(self, lexicon: Lexicon, reading: Reading, spoken: Sequence[Quotation]) -> None:
        """`spoken` are the quotations of the field."""
        number = lexicon.number
        self._first_person = (number("V_FIRST_PERSON"), number("V_I_TOO"))
        self._relative = number("RELATIVE")
        self._tellers = [(number(name), kind) for name, kind in _TELLERS]
        self._own = [(number("V_MY_KIN"), "relative"), (number("V_SOLDIER"), "soldier")]
        self._reading = reading
        self._spoken = spoken

    def of_text(self) -> SpeakerKind | None:
        """Return who tells the text in the first person; None where nobody does, or the journalist."""
        said = sum(1 for number in self._first_person for _ in self._outside(number))
        if not said:
            return None
        enough = said >= min(FIRST_PERSON, len(self._reading.sentences))
        for number, kind in self._tellers:
            if (enough or kind in _SAID_ONCE) and any(True for _ in self._outside(number)):
                return None if kind == "media" else kind
        return None

    def of_kin(self, quotation: Quotation) -> bool:
        """Whether a relative speaks in `quotation`: of «my son»."""
        return self._is_inside(self._own[0][0], quotation)

    def of_quotation(self, quotation: Quotation) -> SpeakerKind | None:
        """Return who speaks in `quotation`: of «my son» or a son, of «our platoon»."""
        for number, kind in self._own:
            if self._is_inside(number, quotation):
                return "relative" if kind == "relative" else "soldier"
        return "relative" if self._is_inside(self._relative, quotation) else None

    def is_first_person(self, quotation: Quotation) -> bool:
        """Whether `quotation` has a word of the first person."""
        return any(self._is_inside(number, quotation) for number in self._first_person)

    def _outside(self, number: int) -> Iterator[Sentence]:
        """Yield the sentence of each place of class `number` that no quotation holds."""
        for sentence in self._reading.sentences:
            for first, _ in sentence.found.get(number, ()):
                place = sentence.words[first].start
                if not any(q.start - 1 <= place < q.end for q in self._spoken):
                    yield sentence

    def _is_inside(self, number: int, quotation: Quotation) -> bool:
        return any(
            quotation.start <= start and end <= quotation.end
            for sentence in self._reading.sentences
            if sentence.start < quotation.end and quotation.start < sentence.end
            for start, end in map(sentence.raw_span, sentence.found.get(number, ()))
        )


def voice_of_all(kinds: Sequence[SpeakerKind]) -> SpeakerKind | None:
    """Return whose the quotations of unknown speakers are, where nobody is named beside any: one person's answers."""
    if set(kinds) <= {"unknown"}:
        return "soldier" if len(kinds) >= SEVERAL else None
    if set(kinds) <= {"unknown", "relative", "soldier"}:
        return "relative" if "relative" in kinds else "soldier"
    return None
