"""The matcher over the shipped registry, as the tests ask it."""

from functools import cache
from pathlib import Path

from transforms.actors.matcher import ActorMatcher
from transforms.actors.registry import Registry, load_registry
from transforms.tables.records import ActorHit
from transforms.text.words import TextView

CONFIGS = Path(__file__).parent.parent / "configs"


@cache
def shipped_registry() -> Registry:
    return load_registry(CONFIGS / "actors.yaml")


@cache
def shipped_matcher() -> ActorMatcher:
    return ActorMatcher(shipped_registry())


def find(lang: str, title: str, text: str) -> list[ActorHit]:
    return shipped_matcher().find(TextView(title, lang), TextView(text, lang))


def found_actors(lang: str, title: str, text: str) -> set[str]:
    return {hit.actor_id for hit in find(lang, title, text)}
