"""Russian complaint knowledge: how things are told in slang, in offices and in headlines, and what only looks alike."""

from functools import lru_cache
from pathlib import Path

import pytest

from transforms.complaints.finder import ComplaintFinder
from transforms.text.words import TextView

RULES = Path(__file__).parent.parent / "configs" / "complaints"

TOLD = [
    ("FATE.INFO", "Одной матери солдата в штабе сказали про учения, другой про госпиталь."),
    ("FATE.INFO", "Потери полка скрывают под грифом, говорят вдовы солдат."),
    ("FATE.INFO", "О ранении мужа-контрактника жена узнала от однополчан, а не от командира."),
    ("ABU.EXTORT", "Заплати ротному сто тысяч, и бойца оставят в тылу."),
    ("ABU.EXTORT", "Командир забирал у солдат карты и снимал боевые."),
    ("MOB.CONTRACT", "Срочника обманом записали в контрактники."),
    ("MOB.CONTRACT", "Призывнику предложили выбор: депортация или контракт."),
    ("MOB.EXEMPT", "Отца пятерых детей призвали ошибочно, но домой солдата не вернули."),
    ("MOB.PROCEDURE", "Группа оповещения разбила стекло машины и увезла водителя в военкомат."),
    ("SUP.TRAINING", "Мобилизованных послали в окопы, не проведя ни одного занятия."),
    ("CON.MEDICAL", "Контуженному солдату не вызвали врача."),
    ("MOB.TERM", "Рапорт на отпуск солдату вернули: после победы."),
    ("FATE.CAPTIVE", "Жены морпехов говорят: среди вернувшихся из плена опять нет наших мужей."),
    ("GEN.OTHER", "Военнослужащую домогался командир батальона."),
    ("ABU.SACRIFICE", "Комбат сказал солдатам назад не приходить."),
    ("CON.LIVING", "Солдаты зимуют в летних палатках."),
]

LOOKS_ALIKE = [
    "Президент возложил венок к Могиле Неизвестного Солдата.",
    "Команда продлила контракт с защитником до окончания чемпионата, солдаты смотрели матч.",
    "Правительство заморозило денежные средства бизнесменов, сообщил военный обозреватель.",
    "Зенитчики бригады на учениях поразили мишени.",
    "Университет отказался уволить преподавательницу, которая писала о солдатах.",
    "Секретарь части работает с девяти, солдаты получают письма в штабе.",
    "Совет по правам человека не проводил заседания с матерями солдат в мае.",
    "Военные пенсионеры получили прибавку к пенсии.",
    "Прибыла колонна с солдатами, их встретили семьи.",
    "Срочники приняли присягу, родители солдат фотографировали сыновей.",
]


@lru_cache(maxsize=1)
def finder() -> ComplaintFinder:
    return ComplaintFinder.load(RULES)


def codes(text: str) -> set[str]:
    return {hit.code for hit in finder().find(TextView("", "ru"), TextView(text, "ru"), ())}


@pytest.mark.parametrize(("code", "text"), TOLD)
def test_what_is_told_in_russian_is_found(code: str, text: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize("text", LOOKS_ALIKE)
def test_what_only_looks_like_a_complaint_is_left(text: str) -> None:
    assert codes(text) == set()
