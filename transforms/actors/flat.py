"""A text as one line of bare words for phrase scanning, with the way back to its words."""

from bisect import bisect_right

from transforms.actors.forms import flat_token
from transforms.text.words import TextView, Word

BARRIER = "|"  # between words that no name spans: a full stop, a comma, a bracket
_TRANSPARENT = frozenset(" \"'-*_")  # characters inside names: quotes, dashes, and bold marks of messengers
_SHORTENED = {"st", "г", "им", "ім"}  # a full stop after these is no end: "Soldiers' Mothers of St. Petersburg"


class FlatText:
    """`line` holds the words of `view` between single spaces; `words` and `view` are what it was made from."""

    def __init__(self, view: TextView) -> None:
        self.view = view
        self.words = view.words
        normal = view.normal.text
        pieces: list[str] = [" "]
        self._starts: list[int] = []
        self._owners: list[int] = []
        length, previous = 1, 0
        for index, word in enumerate(self.words):
            if index and not self._joins(index, normal[previous : word.norm_start]):
                pieces.append(BARRIER + " ")
                length += 2
            previous = word.norm_end
            for part in flat_token(word.text).split("-"):
                self._starts.append(length)
                self._owners.append(index)
                pieces.append(part + " ")
                length += len(part) + 1
        self.line = "".join(pieces)

    def _joins(self, index: int, gap: str) -> bool:
        """Tell whether a name may go on over the `gap` before the word at `index`."""
        if _TRANSPARENT.issuperset(gap):
            return True
        if gap == ". ":
            return self.words[index - 1].text in _SHORTENED
        return gap.strip(" ") == "\n" and self.words[index].sentence == self.words[index - 1].sentence

    def word_range(self, start: int, end: int) -> tuple[int, int]:
        """Return the indexes of the first and last word of the line's span `start`, `end` (a space at either end)."""
        first = bisect_right(self._starts, start + 1) - 1
        last = bisect_right(self._starts, end - 1) - 1
        return self._owners[first], self._owners[last]

    def before(self, index: int) -> str:
        """Return the normalised characters between the word at `index` and the one before it."""
        start = self.words[index - 1].norm_end if index else 0
        return self.view.normal.text[start : self.words[index].norm_start]

    def after(self, index: int) -> str:
        """Return the normalised characters between the word at `index` and the next."""
        end = self.words[index + 1].norm_start if index + 1 < len(self.words) else len(self.view.normal.text)
        return self.view.normal.text[self.words[index].norm_end : end]

    def capitalised(self, word: Word) -> bool:
        """Tell whether the word begins with a capital letter in the raw text."""
        return self.view.raw[word.start : word.start + 1].isupper()
