"""The registry files: what they hold, and how a fault in them is named."""

from pathlib import Path

import pytest
from actor_finding import CONFIGS, shipped_registry

from transforms.actors.registry import load_registry, registry_fingerprint
from transforms.knowledge.yaml_file import InvalidFile

CODEBOOK_ACTORS = [
    "council-mothers-wives",
    "union-committees-soldiers-mothers",
    "soldiers-mothers-st-petersburg",
    "committee-soldiers-mothers",
    "way-home",
    "mothers-right",
    "families-of-warriors",
    "mothers-of-russia",
    "organisation-soldiers-mothers-ukraine",
    "families-azovstal",
    "other-relatives-group",
    "soldiers-mothers",
    "soldiers-relatives",
]

MINIMAL = """\
actors:
  - id: first
    kind: organisation
    country: RU
    alignment: independent
    names: {en: First Mothers}
    aliases:
      en: [First Mothers]
"""
SECOND = """\
  - id: second
    kind: organisation
    country: UA
    alignment: unknown
    names: {en: Second}
    aliases:
      en: [Second]
"""


def written(folder: Path, actors: str, words: str = "{}") -> Path:
    (folder / "relatives.yaml").write_text(words, encoding="utf-8")
    path = folder / "actors.yaml"
    path.write_text(actors, encoding="utf-8")
    return path


def problems(path: Path) -> str:
    with pytest.raises(InvalidFile) as caught:
        load_registry(path)
    return str(caught.value)


def test_every_actor_of_the_codebook_is_there() -> None:
    assert [actor.id for actor in shipped_registry().actors] == CODEBOOK_ACTORS


def test_organisations_have_names_in_three_languages_and_sources() -> None:
    for _, named, _ in shipped_registry().named():
        assert set(named.names) == {"en", "ru", "uk"}
        assert named.sources


def test_a_small_registry_loads(tmp_path: Path) -> None:
    registry = load_registry(written(tmp_path, MINIMAL))
    assert registry.actor("first").names == {"en": "First Mothers"}
    with pytest.raises(KeyError):
        registry.actor("second")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("kind: organisation", "kind: club"), "actors.yaml:3:"),
        (("alignment: independent", "alignment: neutral"), "actors.yaml:5:"),
        (("country: RU", "country: Russia"), "actors.yaml:4:"),
        (("id: first", "id: First Group"), "actors.yaml:2:"),
        (("aliases:", "alias:"), "unknown key"),
        (("names: {en: First Mothers}", "names: {}"), "actors.yaml:6:"),
        (("en: [First Mothers]", "de: [Erste]"), "actors.yaml:8:"),
        (("en: [First Mothers]", "en: [{text: First, writen: name}]"), "unknown key"),
        (("en: [First Mothers]", "en: [First Mothers, first mothers]"), "is listed twice"),
        (("country: RU", "country: RU\n    active_since: '2023-05'\n    active_until: '2022'"), "ends in 2022"),
        (("country: RU", "country: RU\n    active_since: May 2023"), "actors.yaml:5:"),
        (("country: RU", "country: RU\n    leaders: [{names: {en: [Olga]}, source: press}]"), "not a full name"),
        (("country: RU", "country: RU\n    leaders: [{names: {en: [Olga Ivanova]}}]"), "source: is missing"),
        (("country: RU", "country: RU\n    legal: [{status: illegal, source: press}]"), "actors.yaml:5:"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert change[0] in MINIMAL
    assert message in problems(written(tmp_path, MINIMAL.replace(*change)))


def test_two_actors_of_one_id(tmp_path: Path) -> None:
    text = problems(written(tmp_path, MINIMAL + SECOND.replace("id: second", "id: first")))
    assert "actors.yaml:9:" in text
    assert "first is already an actor" in text


def test_one_alias_of_two_actors(tmp_path: Path) -> None:
    text = problems(written(tmp_path, MINIMAL + SECOND.replace("[Second]", "['«First» mothers']")))
    assert "actors.yaml:15:" in text
    assert "already names first" in text


def test_known_groups_need_their_actor(tmp_path: Path) -> None:
    groups = "known_groups:\n  - names: {en: Third}\n    country: any\n    alignment: unknown\n"
    assert "needs an actor other-relatives-group" in problems(written(tmp_path, MINIMAL + groups))


def test_faults_of_the_words_name_their_own_file(tmp_path: Path) -> None:
    assert "relatives.yaml:1:" in problems(written(tmp_path, MINIMAL, "servise: {en: [soldiers]}"))
    assert "has no plural forms" in problems(written(tmp_path, MINIMAL, "service: {ru: [быстро]}"))
    assert "unknown lists: ands" in problems(written(tmp_path, MINIMAL, "grammar: {ands: [and]}"))


def test_missing_words_file(tmp_path: Path) -> None:
    path = written(tmp_path, MINIMAL + "words_file: nowhere.yaml\n")
    assert "nowhere.yaml:1:1: cannot be read" in problems(path)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = problems(written(tmp_path, MINIMAL.replace("kind: organisation", "kind: club").replace("RU", "Russia")))
    assert len(text.splitlines()) == 2


def test_fingerprint_tells_the_data_apart_and_nothing_else(tmp_path: Path) -> None:
    one = registry_fingerprint(load_registry(written(tmp_path, MINIMAL)))
    assert one == registry_fingerprint(load_registry(written(tmp_path, "# a comment\n" + MINIMAL)))
    assert one != registry_fingerprint(load_registry(written(tmp_path, MINIMAL.replace("RU", "UA"))))
    assert one != registry_fingerprint(load_registry(written(tmp_path, MINIMAL, "service: {en: [soldiers]}")))
    assert len(one) == 12


def test_fingerprint_of_the_shipped_registry_is_the_same_in_each_load() -> None:
    assert registry_fingerprint(load_registry(CONFIGS / "actors.yaml")) == registry_fingerprint(shipped_registry())


def test_facts_of_organisations_name_the_page_that_states_them() -> None:
    registry = shipped_registry()
    groups = [named for _, named, _ in registry.named()]
    stated = [fact.source for named in groups for fact in named.leaders]
    stated += [fact.source for named in groups for fact in named.legal]
    assert stated
    assert all(source.startswith(("https://", "http://")) for source in stated)
    for actor in registry.actors:
        pages = [source for source in actor.sources if source.startswith("http")]
        assert pages or actor.id == "other-relatives-group" or actor.kind == "collective", actor.id


def test_the_committee_and_the_union_have_their_own_leaders() -> None:
    leaders = {
        actor.id: {name for leader in actor.leaders for name in leader.names["ru"]}
        for actor in shipped_registry().actors
    }
    assert "Флера Салиховская" in leaders["committee-soldiers-mothers"]
    assert leaders["union-committees-soldiers-mothers"] == {"Валентина Мельникова"}
