"""Relatives whose men are told by the scene around them: each rule beside a text built alike that has no such men."""

import pytest
from actor_finding import found_actors

PAIRS = [
    # Drafted men, boys taken in autumn, people of a country who fight.
    ("en", "Wives of drafted men stood at the gate.", "soldiers-relatives"),
    ("en", "Wives of dairy men stood at the gate. A soldier passed.", ""),
    ("en", "Mothers of conscripted young men wrote to the governor.", "soldiers-mothers"),
    ("en", "Families of Nepalis fighting for a foreign army want them back.", "soldiers-relatives"),
    ("en", "Families of Nepalis working for a foreign airline want them back. The army smiled.", ""),
    ("ru", "Жёны забранных в сентябре мужчин записали видео.", "soldiers-relatives"),
    ("ru", "Жёны уставших в сентябре мужчин записали видео.", ""),
    ("ru", "Близкие заключённых, завербованных на войну, ищут тела.", "soldiers-relatives"),
    ("ru", "Близкие заключённых, осуждённых за кражу, ищут адвоката. Солдат дал показания.", ""),
    ("uk", "Дружини забраних на фронт чоловіків записали відео.", "soldiers-relatives"),
    ("uk", "Дружини покараних за борги чоловіків записали відео.", ""),
    ("ru", "Мамы сыновей-новобранцев собрались у ворот.", "soldiers-mothers"),
    ("ru", "Мамы сыновей-первоклассников собрались у ворот части.", ""),
    ("uk", "Дружини музикантів 36-ї бригади чекають листа.", "soldiers-relatives"),
    ("uk", "Дружини музикантів міського оркестру чекають на концерт для бригади.", ""),
    # Sons and husbands named after the women.
    ("en", "Families with sons in captivity lit candles.", "soldiers-relatives"),
    ("en", "Families with sons in kindergarten lit candles. The army band played.", ""),
    ("en", "Women who had husbands at the front slept in the corridor.", "soldiers-relatives"),
    ("en", "Women who had husbands at the fair slept in the corridor.", ""),
    ("en", "Mothers fled with their sons as the army advanced.", ""),
    ("ru", "Женщины, у которых сыновья в плену, пришли к губернатору.", "soldiers-mothers"),
    ("ru", "Женщины, у которых сыновья в яслях, пришли к губернатору.", ""),
    ("ru", "Женщины, проводившие мужей по мобилизации, ждут указа.", "soldiers-relatives"),
    ("ru", "Женщины, проводившие мужей на рыбалку, ждут ухи.", ""),
    ("uk", "Жінки, чиї сини в полоні, прийшли на площу.", "soldiers-mothers"),
    ("uk", "Жінки, чиї чоловіки на фронті, прийшли на площу.", "soldiers-relatives"),
    # Men before them: "their wives".
    ("en", "The men have been at the front for a year. Their wives ask for leave.", "soldiers-relatives"),
    ("en", "Two men stood in front of the bank. Their wives asked for a loan.", ""),
    ("en", "The men's wives say there is no rotation at the front.", "soldiers-relatives"),
    ("en", "The men's wives say there is no bus to the market.", ""),
    ("en", "War widows demand their pensions.", "soldiers-relatives"),
    ("en", "The storm company has no relief, and the wives no longer believe the commander.", "soldiers-relatives"),
    ("en", "The mining company has no relief, and the wives no longer believe the army.", ""),
    ("uk", "Бійці прийшли на свято, і жінки заспівали.", ""),
    (
        "en",
        "Conscripts who tore up contracts were locked in a barracks gym. They got bread. Their parents fear the front.",
        "soldiers-relatives",
    ),
    (
        "en",
        "Conscripts were locked in a barracks gym. Villagers and their parents fear the front.",
        "",
    ),
    ("en", "The army leads, the front holds. Officials sleep. Their wives shop.", ""),
    ("en", "Wives of a Kostroma company say 43 conscripts are gone. The brigade denies it.", "soldiers-relatives"),
    ("en", "Wives of a Kostroma company say the bank is closed. Soldiers queue too.", ""),
    (
        "en",
        "The group, Baikal Hearth, which was set up by wives of sailors, wrote to the army.",
        "other-relatives-group soldiers-relatives",
    ),
    ("en", "The group, Baikal Hearth, which was set up by brewers, sold beer to the army.", ""),
    ("en", "The Wives' Council of the 88th Brigade wrote to the minister.", "other-relatives-group"),
    ("en", "The Wives' Council of the Rotary Club wrote to the army.", ""),
    # A unit before them, and what they ask.
    ("ru", "Рота не выходит на связь с мая. Родственники написали прокурору.", "soldiers-relatives"),
    ("ru", "Рота почётного караула прошла по площади. Родители просят вернуть кружки.", ""),
    ("ru", "«Бессмертный полк» прошёл по городу. Родственники просят вернуть портреты.", ""),
    ("uk", "Рота не виходить на зв'язок із травня. Рідні написали до прокуратури.", "soldiers-relatives"),
    ("uk", "Пожежна бригада впоралася за годину. Рідні написали подяку.", ""),
    ("en", "The brigade put out the fire. Families asked for blankets.", ""),
    # Whom they look for, see off or stand beside.
    ("en", "Relatives have been searching for the missing paratroopers since March.", "soldiers-relatives"),
    ("en", "Argentine mothers search for children taken by soldiers in 1976.", ""),
    ("uk", "Рідні зустріли звільнених з полону захисників.", "soldiers-relatives"),
    ("uk", "Рідні зустріли звільнених з лікарні шахтарів. Військові подарували квіти.", ""),
    ("ru", "Глава края рассказал о поддержке бойцов СВО и членов семей.", "soldiers-relatives"),
    ("ru", "Глава края рассказал о поддержке фермеров и членов семей. СВО он не касался.", ""),
    ("ru", "Офицеры полиции и члены их семей получили путёвки.", ""),
    ("ru", "Военные помогли семьям, пострадавшим от паводка.", ""),
    ("uk", "Вояки допомогли родинам виїхати.", ""),
    ("uk", "Скарги жінок-військовослужбовиць надійшли до бригади.", ""),
    # The dead of a text that is about an army alone.
    ("en", "The navy buried eleven sailors on Saturday. The sailors' families stood by.", "soldiers-relatives"),
    ("en", "The port buried eleven sailors on Saturday. The sailors' families stood by.", ""),
]


@pytest.mark.parametrize(("lang", "text", "actors"), PAIRS)
def test_the_scene_tells_whose_relatives_they_are(lang: str, text: str, actors: str) -> None:
    assert found_actors(lang, "", text) == set(actors.split())


ARMY = (
    "Soldiers of two companies have slept in a cattle shed since the bridge to the front was hit. "
    "The brigade denies it. {} A corporal said the regiment has no stoves."
)


@pytest.mark.parametrize(
    ("clause", "actors"),
    [
        ("Wives gathered outside the barracks.", "soldiers-relatives"),
        ("Parents wrote to the minister.", "soldiers-relatives"),
        ("Mothers protested in the square.", "soldiers-mothers"),
        ("Wives of the cooks gathered at the mill.", ""),
        ("Parents of pupils wrote to the minister.", ""),
        ("Families live in the village.", ""),
        ("Brothers wrote to the minister.", ""),
        ("Villagers and their wives gathered.", ""),
    ],
)
def test_relatives_who_act_in_a_text_about_an_army(clause: str, actors: str) -> None:
    assert found_actors("en", "", ARMY.format(clause)) == set(actors.split())


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (
            "en",
            "Troops looted the town, families said. A battalion lived in the school; the army shot dogs.",
        ),
        (
            "en",
            "The army fenced a meadow. Families wrote to the garrison commander; soldiers did not answer.",
        ),
        (
            "ru",
            "Оккупанты ушли. Семьи рассказали, что военные жили в школе, бригада увела коров, солдаты взяли машины.",
        ),
    ],
)
def test_families_of_a_place_that_an_army_came_to_are_not_soldiers(lang: str, text: str) -> None:
    assert found_actors(lang, "", text) == set()


def test_a_verb_in_the_plural_makes_mothers_several() -> None:
    text = "Реестр части устарел. О плене {} от чужих людей. В ТЦК молчат, бригада и рота тоже; солдат не ищут."
    assert found_actors("ru", "", text.format("матери узнают")) == {"soldiers-mothers"}
    assert found_actors("ru", "", text.format("матери сказали")) == set()


def test_relatives_who_act_in_a_title_need_fewer_words_of_their_text() -> None:
    text = "Twelve conscripts sit in a locked warehouse. The battalion calls it a rest, the army is silent."
    assert found_actors("en", "Locked up for a letter, relatives say", text) == {"soldiers-relatives"}
    assert found_actors("en", "Locked up for a letter, relatives eat", text) == set()


def test_relatives_of_one_soldier_are_no_group() -> None:
    text = (
        "Срочник найден повешенным в казарме. Мать не верит военной прокуратуре. Адвокат ждёт ответа военкомата, "
        "комбата допросили в военном суде, об армии пишут газеты. Родные добиваются экспертизы."
    )
    assert found_actors("ru", "", text) == set()


def test_parents_of_one_conscript_own_the_word() -> None:
    text = "Родители призывника просят военную прокуратуру о проверке. Командир роты молчит, солдат допросили."
    assert found_actors("ru", "", text) == set()
    assert found_actors("ru", "", text.replace("призывника", "призывников")) == {"soldiers-relatives"}


def test_words_between_commas_do_not_part_relatives_from_what_they_are_told() -> None:
    text = "A private of the platoon was found under a tower; the army closed the file. {}"
    told = text.format("His parents, Ann and John, were told that he slipped.")
    assert found_actors("en", "", told) == {"soldiers-relatives"}
    assert found_actors("en", "", text.format("His parents, Ann and John, keep bees.")) == set()


def test_a_unit_is_remembered_for_some_sentences() -> None:
    text = "Третий месяц рота без боевых. Ротный молчит. В штабе полка робот. {} пишут в единый центр."
    assert found_actors("ru", "", text.format("Жёны")) == {"soldiers-relatives"}
    assert found_actors("ru", "", text.format("Соседи")) == set()


def test_mothers_and_sons_of_a_title_are_those_of_its_text() -> None:
    title = "Как матери ездили за сыновьями в Моздок"
    assert found_actors("ru", title, "Зимой 1995 года в Чечне от роты осталось восемь человек.") == {"soldiers-mothers"}
    assert found_actors("ru", title, "Зимой на каток привезли восемь команд.") == set()


def test_a_title_is_about_an_army_where_its_text_is() -> None:
    title = "Семьям погибших отказывают в деньгах"
    text = "Из полка прислали бумагу: мужчин сочли самовольно оставившими службу. Военкомат молчит."
    assert found_actors("ru", title, text) == {"soldiers-relatives"}
    assert found_actors("ru", title, "Автобус вёз туристов. Страховая компания молчит.") == set()
    assert found_actors("ru", title, f"{text} Речь об аварии на шахте.") == set()


@pytest.mark.parametrize(
    ("lang", "text", "actor"),
    [
        ("en", "The Women of Steel asked for lists of captives from Azovstal.", "other-relatives-group"),
        ("en", "The women of steel city work at the plant.", ""),
        ("uk", "ГО «Жінки зі сталі» чекає на обмін полоненими.", "other-relatives-group"),
        ("uk", "Виставку «Жінки зі сталі» відкрили на заводі.", ""),
        ("uk", "Об'єднання дружин та матерів учасників АТО поїхало до моря.", "other-relatives-group"),
        ("ru", "Организация семей погибших защитников Отечества открыла музей.", "other-relatives-group"),
        ("en", "The Four Mothers movement brought the army home from Lebanon.", "other-relatives-group"),
        ("en", "The four mothers of Lebanon Street opened a shop.", ""),
        ("en", "Mothers on the Front, an Israeli movement, wants everyone to serve.", "other-relatives-group"),
        ("en", "Military Families Speak Out held a vigil.", "other-relatives-group"),
        ("en", "Zinvori Mayr wrote to the minister.", "other-relatives-group"),
        ("en", "The Tiananmen Mothers, a group of relatives, remember those whom the army shot.", ""),
        ("ru", "Движение «Матери 328» обратилось к военному суду.", ""),
        ("uk", "Всеукраїнська організація солдатських матерів зібрала з'їзд.", "organisation-soldiers-mothers-ukraine"),
        ("uk", "Обласний комітет матерів солдатів отримав слово.", "committee-soldiers-mothers"),
        ("en", "The St. Petersburg group Soldiers' Mothers has appealed.", "soldiers-mothers-st-petersburg"),
    ],
)
def test_named_groups_and_their_namesakes(lang: str, text: str, actor: str) -> None:
    assert found_actors(lang, "", text) == ({actor} if actor else set())


def test_a_leader_has_namesakes_where_no_army_is_spoken_of() -> None:
    assert found_actors("uk", "", "Ольгу Цуканову затримали.") == {"council-mothers-wives"}
    assert found_actors("uk", "", "Волейболістка Ольга Цуканова не зіграє у півфіналі.") == set()
    text = "Ольга Цуканова, колись волейболістка, говорить за мобілізованих."
    assert found_actors("uk", "", text) == {"council-mothers-wives"}


def test_a_channel_signs_its_posts_with_its_name() -> None:
    assert found_actors("ru", "", "Путь домой, отчёт. Жёны мобилизованных принесли цветы.") == {
        "way-home",
        "soldiers-relatives",
    }
    assert found_actors("ru", "", "Матери России, ваши жёны и мужья дома!") == set()
    assert found_actors("ru", "", "Приют «Путь домой» ищет миски: волонтёры мобилизованы.") == set()
