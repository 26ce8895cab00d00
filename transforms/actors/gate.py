"""The gate: one scan that tells whether a text may be about people in service and those who speak for them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from transforms.actors.forms import expand_person, expand_phrase
from transforms.actors.registry import Registry
from transforms.actors.vocabulary import Vocabulary
from transforms.knowledge.yaml_file import load_yaml
from transforms.text.normalise import Normalised, normalise

_ENOUGH, _NAME_IN_CONTEXT, _RELATIVES, _ARMY, _TROUBLE, _COMPANY = range(6)


class GateWords(BaseModel):
    """The content of `gate.yaml`; each list is explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    near: int = Field(gt=0, le=5000)
    service: dict[str, list[str]]
    relatives: dict[str, list[str]]
    army: dict[str, list[str]]
    trouble: dict[str, list[str]]


class Gate:
    """The compiled gate. Built once per process; `passes` keeps no state."""

    def __init__(self, registry: Registry, words: GateWords) -> None:
        import ahocorasick

        self._near = words.near
        table: dict[str, set[tuple[int, bool]]] = {}
        for kind, whole, form in (*_names(registry), *_listed(words), *_grammar(registry)):
            table.setdefault(form, set()).add((kind, whole))
        self._automaton: Any = ahocorasick.Automaton()
        for form, meanings in table.items():
            self._automaton.add_word(form, (len(form), tuple(sorted(meanings))))
        self._automaton.make_automaton()

    def passes(self, title: Normalised, text: Normalised) -> bool:
        """Tell whether the article deserves analysis. About 0.1 ms for 6,000 characters."""
        line = f"{title.text}\n{text.text}"
        size, near = len(line), self._near
        last = dict.fromkeys((_NAME_IN_CONTEXT, _RELATIVES, _ARMY, _TROUBLE, _COMPANY), -size - near - 1)
        for end, (length, meanings) in self._automaton.iter(line):
            start = end - length + 1
            if start and line[start - 1].isalnum():
                continue
            ends = end + 1 >= size or not line[end + 1].isalnum()
            for kind, whole in meanings:
                if whole and not ends:
                    continue
                if kind == _ENOUGH:
                    return True
                last[kind] = start
                if start - last[_ARMY] <= near and (start - last[_RELATIVES] <= near or start - last[_TROUBLE] <= near):
                    return True
                if last[_NAME_IN_CONTEXT] >= 0 and (last[_ARMY] >= 0 or last[_COMPANY] >= 0):
                    return True
        return False


def load_gate(path: Path | str, registry: Registry) -> Gate:
    """Read the gate's words at `path`. Raises InvalidFile that names every problem with file, line and column."""
    return Gate(registry, load_yaml(path, GateWords))


def _names(registry: Registry) -> Iterator[tuple[int, bool, str]]:
    for _, named, _ in registry.named():
        for lang, aliases in named.aliases.items():
            for alias in aliases:
                kind = _NAME_IN_CONTEXT if alias.context or alias.acronym or alias.beside else _ENOUGH
                for form in expand_phrase(alias.text, lang, alias.fixed or alias.acronym):
                    yield kind, True, form
                for stem in alias.beside:
                    head, star, _ = stem.partition("*")
                    yield _COMPANY, not star, normalise(head).text
        for leader in named.leaders:
            for lang, names in leader.names.items():
                for form in frozenset().union(*(expand_person(name, lang)[0] for name in names)):
                    yield _ENOUGH, True, form


def _grammar(registry: Registry) -> Iterator[tuple[int, bool, str]]:
    """Yield the words from which unnamed groups are recognised: what the matcher finds must pass the gate."""
    words = registry.words
    vocabulary = Vocabulary(words)
    for forms in vocabulary.forms.values():
        for form, tags in forms.items():
            roles = {tag.role for tag in tags}
            if "relation" in roles or "kin" in roles:
                yield _RELATIVES, True, form
            if "service" in roles or "attributes" in roles:
                yield _ARMY, True, form
    for stems in (*words.cues.values(), *words.war_places.values()):
        for stem in stems:
            head, star, _ = stem.partition("*")
            yield _ARMY, not star, normalise(head).text


def _listed(words: GateWords) -> Iterator[tuple[int, bool, str]]:
    for kind, by_language in (
        (_ENOUGH, words.service),
        (_RELATIVES, words.relatives),
        (_ARMY, words.army),
        (_TROUBLE, words.trouble),
    ):
        for stems in by_language.values():
            for stem in stems:
                head, star, _ = stem.partition("*")
                yield kind, not star, normalise(head).text
