"""Ukrainian complaints: ways to say each that the shared rules' own examples do not show, and news that is none."""

from functools import cache
from pathlib import Path

import pytest

from transforms.complaints.finder import ComplaintFinder
from transforms.complaints.hits import Findings
from transforms.text.words import TextView

CONFIGS = Path(__file__).parent.parent / "configs" / "complaints"
FAMILIES = "Родини солдатів розповіли"  # a title that is about people in service and their families


@cache
def finder() -> ComplaintFinder:
    return ComplaintFinder.load(CONFIGS)


def found(text: str, title: str = FAMILIES) -> Findings:
    return finder().find_all(TextView(title, "uk"), TextView(text, "uk"), ())


def codes(text: str, title: str = FAMILIES) -> set[str]:
    return {hit.code for hit in found(text, title).complaints}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("MOB.PROCEDURE", "Сусіда забусили просто біля пекарні, повістки він не бачив."),
        ("MOB.PROCEDURE", "Адвентистові відмовили в альтернативній службі."),
        ("MOB.PROCEDURE", "У ТЦК його тримали чотири доби, адвоката не пускали."),
        ("MOB.EXEMPT", "Попри чинну відстрочку вдівця з двійнятами зарахували до навчальної частини, довідки порвали."),
        ("MOB.CONTRACT", "Строковиків ламали на контракт, карцером лякали."),
        ("MOB.TERM", "Ротацію роті скасували втретє."),
        ("SUP.TRAINING", "Новобранці не пройшли базової підготовки, а вже на передку."),
        ("SUP.EQUIP", "У взводу стріляти нічим, солдати без захисту."),
        ("SUP.FOOD", "Солдати топили сніг, бо їсти нема чого."),
        ("CON.LIVING", "У казармі дубак, сплять покотом на піддонах."),
        ("CON.MEDICAL", "Фельдшер видав льодяник, а пораненого лікарям не показали."),
        ("ABU.HAZING", "Старики роти влаштували новачкам прописку."),
        ("ABU.DETAIN", "Солдата за невиконання наказу замкнули в каптьорці на тиждень."),
        ("ABU.EXTORT", "Ротний узяв дві тисячі доларів за переведення солдата в тил."),
        ("ABU.SACRIFICE", "Піхоту кинули без прикриття, комбат вимкнув рацію."),
        ("FATE.MISSING", "Від брата ані дзвінка, телефон поза зоною."),
        ("FATE.KILLED", "Прислали домовину з чужим тілом."),
        ("FATE.CAPTIVE", "Морпіхи досі в неволі, обміни проходять повз них."),
        ("FATE.INFO", "Штаб засекретив, скільки хлопців загинуло, матері дізнаються з ворожих каналів."),
        ("PAY.WAGES", "Мобілізованим третій місяць не платять."),
        ("PAY.BENEFITS", "За поранення сина відмовили у виплаті, бо в довідці не той штамп."),
        ("AUT.IGNORED", "Міністр вийшов чорним ходом, до жінок ніхто не вийшов."),
        ("REP.INTIMIDATE", "Матері пригрозили органами опіки й порадили мовчати."),
        ("REP.PROSECUTE", "Рядового судять за відео про гнилі пайки."),
        ("GEN.OTHER", "За спалений у бою дрон солдатові виставили рахунок на мільйон."),
        ("GEN.OTHER", "Зв'язківців без їхньої згоди перевели в штурмову піхоту."),
    ],
)
def test_complaint_is_found(code: str, text: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("REP.PROSECUTE", "Рідних запросили на каток."),
        ("REP.PROSECUTE", "Колоні жінок дозволили пройти площею."),
        ("REP.INTIMIDATE", "Рідні зустріли звільнених на вокзалі."),
        ("REP.INTIMIDATE", "Дружинам порадили привезти теплі речі."),
        ("REP.CENSOR", "Видавництво видало книгу про захисників, допис зібрав вітання."),
        ("AUT.IGNORED", "За словами дружини, сержант порвав сорочку."),
        ("FATE.MISSING", "Невідомий меценат купив рідним квитки."),
        ("FATE.MISSING", "Родини зниклих прибрали сквер."),
        ("FATE.KILLED", "Родини солдатів домагаються справедливого суддівства на турнірі."),
        ("MOB.TERM", "Морпіхи не дають перепочинку ворожій піхоті."),
        ("SUP.TRAINING", "Курс у навчальному центрі триває кілька тижнів, солдати вчаться стріляти."),
        ("CON.LIVING", "На навчаннях солдати живуть у наметах."),
        ("ABU.EXTORT", "Солдати збирали гроші на ліки для дитини."),
        ("ABU.EXTORT", "Бійці віддали данину пам'яті полеглим."),
        ("ABU.VIOLENCE", "Двоє перехожих побили працівника військкомату."),
        ("ABU.SACRIFICE", "Комбат виїхав на нараду, рота чекала на обід."),
        ("CON.MEDICAL", "Лікарі назвали солдата здоровим."),
        ("GEN.OTHER", "Солдатам вручили ордени й медалі."),
    ],
)
def test_other_news_is_no_such_complaint(code: str, text: str) -> None:
    assert code not in codes(text)


def test_nothing_is_found_in_a_text_of_other_trades() -> None:
    text = "Лікарю відмовили у відпустці. Директор не відповів на лист, зарплату затримали, в кабінетах холодно."
    assert codes(text, "Поліклініка") == set()


def test_official_denial_keeps_its_status() -> None:
    hits = found("Жодного студента з відстрочкою не мобілізували, заявив військком.").complaints
    assert [(hit.code, hit.status) for hit in hits] == [("MOB.EXEMPT", "denied")]
    hits = found("Місць утримання в бригаді немає, заявив командир.").complaints
    assert ("ABU.DETAIN", "denied") in {(hit.code, hit.status) for hit in hits}
