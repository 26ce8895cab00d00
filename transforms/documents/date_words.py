"""Names of months, weekdays and time zones as they stand in dates of Russian, Ukrainian and English feeds."""

# Month → all its forms, lower case, without a full stop. Ukrainian and Russian in nominative and genitive.
_MONTHS: dict[int, str] = {
    1: "january jan январь января янв січень січня січ",
    2: "february feb febr февраль февраля фев февр лютий лютого лют",
    3: "march mar март марта мар березень березня бер берез",
    4: "april apr апрель апреля апр квітень квітня кві квіт",
    5: "may май мая травень травня тра трав",
    6: "june jun июнь июня июн червень червня чер черв",
    7: "july jul июль июля июл липень липня лип",
    8: "august aug август августа авг серпень серпня сер серп",
    9: "september sep sept сентябрь сентября сен сент вересень вересня вер верес",
    10: "october oct октябрь октября окт жовтень жовтня жов жовт",
    11: "november nov ноябрь ноября ноя нояб листопад листопада лис лист",
    12: "december dec декабрь декабря дек грудень грудня гру груд",
}
MONTHS: dict[str, int] = {form: month for month, forms in _MONTHS.items() for form in forms.split()}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that add nothing to a date: weekdays, "year", "at", "o'clock".
NOISE = _words(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun "
    "понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье пн вт ср чт пт сб вс "
    "понеділок вівторок середа середу п'ятниця п'ятницю субота суботу неділя неділю нд пнд втр срд чтв птн сбт "
    "вск г год года р рік року y at on of the в во о об у published updated posted опубликовано опубліковано t"
)

# Zone name → an IANA zone where the offset has changed over the years, else minutes east of UTC.
ZONES: dict[str, str | int] = {
    "utc": 0,
    "gmt": 0,
    "ut": 0,
    "z": 0,
    "wet": 0,
    "west": 60,
    "bst": 60,  # British summer; Bangladesh does not occur in these feeds
    "ist": 330,
    "cet": 60,
    "cest": 120,
    "met": 60,
    "mest": 120,
    "mez": 60,
    "mesz": 120,
    "eet": 120,
    "eest": 180,
    "fet": 180,
    "trt": 180,
    "idt": 180,
    "msk": "Europe/Moscow",  # +4 from 2011 to 2014
    "мск": "Europe/Moscow",
    "msd": 240,
    "kalt": "Europe/Kaliningrad",
    "samt": "Europe/Samara",
    "yekt": "Asia/Yekaterinburg",
    "екб": "Asia/Yekaterinburg",
    "yekst": 360,
    "omst": "Asia/Omsk",
    "novt": "Asia/Novosibirsk",
    "krat": "Asia/Krasnoyarsk",
    "irkt": "Asia/Irkutsk",
    "yakt": "Asia/Yakutsk",
    "vlat": "Asia/Vladivostok",
    "magt": "Asia/Magadan",
    "sakt": "Asia/Sakhalin",
    "pett": "Asia/Kamchatka",
    "anat": "Asia/Anadyr",
    "volt": "Europe/Volgograd",
    "get": 240,
    "amt": 240,
    "azt": 240,
    "uzt": 300,
    "tjt": 300,
    "tmt": 300,
    "almt": "Asia/Almaty",
    "qyzt": "Asia/Qyzylorda",
    "kgt": 360,
    "київ": "Europe/Kyiv",
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
    "jst": 540,
    "hkt": 480,
    "sgt": 480,
    "aest": 600,
    "aedt": 660,
}
