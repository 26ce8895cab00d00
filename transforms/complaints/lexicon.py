"""Word classes compiled for one language: which classes stand where in a sentence."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from transforms.complaints.patterns import Sequence_, parse_phrase
from transforms.text.morphology import lemmas

WORD_CACHE = 200_000  # word forms remembered by one lexicon; then it starts anew
Span = tuple[int, int]  # first and last word, inclusive
_PAST = re.compile("[аяиїіуо]л\\*$")
CLASS_TELLS = 6  # letters: a class counts like a word of this length when a phrase chooses its cue
MIN_PART = 2  # letters: shorter parts of a hyphenated word are particles
_NONE: frozenset[int] = frozenset()
_MAX_TRIES = 64  # starts of one phrase in one sentence: bounds what a hostile text can cost


def _telling(choice: str) -> int:
    return CLASS_TELLS if choice.startswith("@") else len(choice.strip("=*"))


class _Phrase:
    """A compiled sequence: which classes it gives, and what stands in each place with the gap before it."""

    __slots__ = ("elements", "targets")

    def __init__(self, targets: tuple[int, ...], elements: tuple[tuple[frozenset[int], int], ...]) -> None:
        self.targets = targets
        self.elements = elements

    def spans(self, found: Mapping[int, list[Span]], places: Sequence[int]) -> list[Span]:
        columns = []
        for ids, _ in self.elements:
            column = [span for i in ids for span in found.get(i, ())]
            columns.append(sorted(column) if len(ids) > 1 else column)
        results = []
        for first in columns[0][:_MAX_TRIES]:
            end = self._follow(1, first[1], columns, places)
            if end is not None:
                results.append((first[0], end))
        return results

    def _follow(self, index: int, end: int, columns: list[list[Span]], places: Sequence[int]) -> int | None:
        if index == len(columns):
            return end
        limit = places[end] + 1 + self.elements[index][1]
        for start, stop in columns[index]:
            if start <= end:
                continue
            if places[start] > limit:
                break
            last = self._follow(index + 1, stop, columns, places)
            if last is not None:
                return last
        return None


class Lexicon:
    """Word classes of one language, by number. Phrases may name other classes, as long as none names itself."""

    def __init__(self, names: Iterable[str], lang: str) -> None:
        """Make a lexicon of the classes `names`, still empty: `define` fills them, `freeze` closes it."""
        self.lang = lang
        self._ids: dict[str, int] = {}
        self._exact: defaultdict[str, set[int]] = defaultdict(set)
        self._forms: defaultdict[str, set[int]] = defaultdict(set)
        self._stems: defaultdict[str, set[int]] = defaultdict(set)
        self._endings: defaultdict[str, set[int]] = defaultdict(set)
        self._numbers: set[int] = set()
        self._parents: defaultdict[int, set[int]] = defaultdict(set)
        self._words: dict[str, tuple[int, ...]] = {}
        self._phrases: list[tuple[int, Sequence_]] = []
        self._levels: list[dict[int, list[_Phrase]]] = []
        self._closed: dict[int, frozenset[int]] = {}
        self._names = frozenset(names)
        for name in sorted(self._names):
            self._id("@" + name)

    def define(self, name: str, phrase: str) -> None:
        """Let `phrase` count as class `name`. Raises ValueError on a bad phrase or an unknown class."""
        self._add(self._ids["@" + name], parse_phrase(phrase))

    def group(self, readings: Sequence[Sequence_]) -> int:
        """Return the number of a group of a rule: a class without a name."""
        if len(readings) == 1 and len(readings[0]) == 1 and len(readings[0][0].choices) == 1:
            return self._choice(readings[0][0].choices[0])
        key = "&" + repr(readings)
        known = key in self._ids
        number = self._id(key)
        if not known:
            self._add(number, readings)
        return number

    def number(self, name: str) -> int:
        """Return the number of class `name`; an unknown class has a number too and stands nowhere."""
        return self._ids.get("@" + name, -1)

    def freeze(self) -> None:
        """Order the phrases by what they build on. Raises ValueError when classes name each other in a circle."""
        closure = self._closure()
        depth = self._depths(closure)
        usage: defaultdict[int, int] = defaultdict(int)
        for _, reading in self._phrases:
            for element in reading:
                for choice in element.choices:
                    usage[self._ids[choice]] += 1
        levels: list[dict[int, list[_Phrase]]] = []
        for target, reading in self._phrases:
            elements = tuple((frozenset(self._ids[c] for c in e.choices), e.gap) for e in reading)
            level = max(depth[i] for ids, _ in elements for i in ids)
            while len(levels) <= level:
                levels.append(defaultdict(list))
            phrase = _Phrase(tuple(sorted(closure[target])), elements)
            keys = min((ids for ids, _ in elements), key=lambda ids: (sum(usage[i] for i in ids), len(ids)))
            for key in keys:
                levels[level][key].append(phrase)
        self._levels = [dict(level) for level in levels]
        self._closed = closure

    def classes_of(self, word: str) -> tuple[int, ...]:
        """Return the numbers of all classes of `word` (normalised); by a part between hyphens too, save for `=form`."""
        known = self._words.get(word)
        if known is None:
            if len(self._words) >= WORD_CACHE:
                self._words.clear()
            known = self._words[word] = tuple(sorted(self._classify(word)))
        return known

    def stand(self, words: Sequence[str], places: Sequence[int]) -> dict[int, list[Span]]:
        """Return where each class stands in a sentence: `words`, and the place of each (punctuation takes places)."""
        found: dict[int, list[Span]] = {}
        for index, word in enumerate(words):
            for number in self.classes_of(word):
                found.setdefault(number, []).append((index, index))
        for level in self._levels:
            self._match_level(level, found, places)
        return found

    def stems(self, number: int) -> set[str]:
        """Return words and stems of which a text has one wherever it has the class: lower case, without marks.

        Of a phrase the most telling word is taken. Irregular forms of a word that is matched by its lemma are missing.
        """
        names = {known: name for name, known in self._ids.items()}
        below: defaultdict[int, set[int]] = defaultdict(set)
        for child, parents in self._parents.items():
            for parent in parents:
                below[parent].add(child)
        for target, reading in self._phrases:
            telling = max(reversed(reading), key=lambda element: min(map(_telling, element.choices)))
            below[target].update(self._ids[choice] for choice in telling.choices)
        wanted, todo = set(), [number]
        while todo:
            current = todo.pop()
            if current not in wanted:
                wanted.add(current)
                todo.extend(below[current])
        return {names[known].strip("=*") for known in wanted if names[known][0] not in "@&#*"}

    def _add(self, target: int, readings: Sequence[Sequence_]) -> None:
        for reading in readings:
            numbers = [self._choice(choice) for element in reading for choice in element.choices]
            if len(reading) == 1:
                for number in numbers:
                    self._parents[number].add(target)
            else:
                self._phrases.append((target, reading))

    def _match_level(
        self, level: dict[int, list[_Phrase]], found: dict[int, list[Span]], places: Sequence[int]
    ) -> None:
        added: dict[int, set[Span]] = {}
        for number in [n for n in found if n in level]:
            for phrase in level[number]:
                if not all(any(i in found for i in ids) for ids, _ in phrase.elements):
                    continue
                spans = phrase.spans(found, places)
                if spans:
                    for target in phrase.targets:
                        added.setdefault(target, set()).update(spans)
        for target, new in added.items():
            found[target] = sorted({*found.get(target, ()), *new})

    def _id(self, key: str) -> int:
        return self._ids.setdefault(key, len(self._ids))

    def _choice(self, choice: str) -> int:
        if choice.startswith("@"):
            if choice[1:] not in self._names:
                raise ValueError(f"unknown class {choice}")
            return self._ids[choice]
        known = choice in self._ids
        number = self._id(choice)
        if not known:
            if choice == "#":
                self._numbers.add(number)
            elif choice.startswith("="):
                self._forms[choice[1:]].add(number)
            elif choice.startswith("*"):
                self._endings[choice[1:]].add(number)
            elif choice.endswith("*"):
                self._stems[choice[:-1]].add(number)
                if self.lang == "uk" and _PAST.search(choice):
                    self._forms[choice[:-2] + "в"].add(number)  # зламал* is also зламав
            else:
                self._exact[choice].add(number)
        return number

    def _closure(self) -> dict[int, frozenset[int]]:
        closed: dict[int, frozenset[int]] = {}
        for number in self._ids.values():
            seen, todo = {number}, [number]
            while todo:
                for parent in self._parents.get(todo.pop(), ()):
                    if parent not in seen:
                        seen.add(parent)
                        todo.append(parent)
            closed[number] = frozenset(seen)
        return closed

    def _depths(self, closure: Mapping[int, frozenset[int]]) -> dict[int, int]:
        depth = dict.fromkeys(self._ids.values(), 0)
        for _ in range(len(self._names) + 2):
            changed = False
            for target, reading in self._phrases:
                need = 1 + max(depth[self._ids[c]] for e in reading for c in e.choices)
                for number in closure[target]:
                    if depth[number] < need:
                        depth[number] = need
                        changed = True
            if not changed:
                return depth
        raise ValueError("word classes name each other in a circle")

    def _classify(self, word: str) -> set[int]:
        parts = [word, *(p for p in word.split("-") if len(p) > MIN_PART)] if "-" in word else [word]
        direct: set[int] = {*self._forms.get(word, ())}
        for part in parts:
            bare = part.removesuffix("'s") if self.lang == "en" else part
            for form in {bare, *lemmas(bare, self.lang)}:
                direct |= self._exact.get(form, _NONE)
            for length in range(2, len(bare) + 1):
                direct |= self._stems.get(bare[:length], _NONE)
            for ending, numbers in self._endings.items():
                if part.endswith(ending):
                    direct |= numbers
        if any(character.isdigit() for character in word):
            direct |= self._numbers
        return {parent for number in direct for parent in self._closed[number]}
