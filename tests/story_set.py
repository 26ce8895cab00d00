"""Articles with true copies (edited, cut, re-titled, framed by boilerplate) and others of the same topic.

The sentences are those of the gold set; an article is some of them, so that two articles tell of the same things and
now and then share a sentence, as reports do that repeat the background.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ru", "uk")
GOLD = Path(__file__).parent / "gold"
PARTS = ("development", "heldout")  # a set of stories that grew with the gold set could not be compared with itself
BOILERPLATE = {
    "en": ("MOSCOW, March 4 (Wire) - ", " Subscribe to our channel and read the news first. All rights reserved."),
    "ru": ("МОСКВА, 4 марта, Агентство. ", " Подписывайтесь на наш канал. Все права защищены, перепечатка по ссылке."),
    "uk": ("КИЇВ, 4 березня, Агенція. ", " Підписуйтесь на наш канал. Усі права захищено, передрук за посиланням."),
}


@dataclass(frozen=True)
class Told:
    """A text, the story that it truly belongs to, and how it was made of the first one."""

    story: int
    made: str
    title: str
    text: str


@cache
def sentences(lang: str) -> tuple[str, ...]:
    """Return the sentences of the gold set in one language, in a fixed order."""
    found: set[str] = set()
    for part in PARTS:
        for line in (GOLD / part / f"{lang}.jsonl").read_text(encoding="utf-8").splitlines():
            for sentence in json.loads(line)["text"].replace("\n", " ").split(". "):
                if len(sentence.split()) >= 6:
                    found.add(sentence.strip(" .") + ".")
    return tuple(sorted(found))


def stories(number: int, seed: int = 1) -> Iterator[Told]:
    """Yield `number` stories, each with its copies; languages in turn."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable set
    for story in range(number):
        lang = LANGUAGES[story % 3]
        pool = sentences(lang)
        parts = rng.sample(pool, rng.randint(6, 22))
        title = " ".join(rng.choice(pool).split()[:8])
        yield Told(story, "first", title, " ".join(parts))
        words = [word for sentence in pool for word in sentence.split()]
        other = " ".join(rng.choice(pool).split()[:8])
        start, end = BOILERPLATE[lang]
        yield Told(story, "words", title, _replaced(parts, rng.uniform(0.02, 0.3), rng, words))
        yield Told(story, "passages", other, _rewritten(parts, rng.uniform(0.02, 0.3), rng, pool))
        yield Told(story, "cut", title, " ".join(parts[: max(3, round(len(parts) * rng.uniform(0.5, 0.95)))]))
        yield Told(story, "framed", other, start + _replaced(parts, 0.03, rng, words) + end)


def _replaced(parts: list[str], share: float, rng: random.Random, words: list[str]) -> str:
    return " ".join(rng.choice(words) if rng.random() < share else word for part in parts for word in part.split())


def _rewritten(parts: list[str], share: float, rng: random.Random, pool: tuple[str, ...]) -> str:
    return " ".join(rng.choice(pool) if rng.random() < share else part for part in parts)
