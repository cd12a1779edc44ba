"""The values of the matrix, as source that both sides understand: present and absent, written in every way,
in another type, empty, beyond every limit, and wrong.
"""

from typing import Final

Sources = tuple[str, ...]

# Present in the rows, then absent; the first three make the lists and the ranges.
TYPICAL: Final[dict[str, Sources]] = {
    "text": ("'abc'", "'a'", "'Привет'", "''", "'ABC'", "'100%'", "'b'", "'\U0001f600'"),
    "char": ("'abc'", "'a'", "'Привет'", "''", "'abc '", "'abcdefghijklmnop'"),
    "integer": ("5", "0", "100", "-1", "7", "2**31 - 1", "-(2**31)"),
    "small": ("5", "0", "55", "-1", "2**15 - 1", "-(2**15)"),
    "big": ("5", "0", "2**53", "2**53 + 1", "2**63 - 1", "-(2**63)"),
    "boolean": ("True", "False"),
    "float": ("5.0", "0.1", "5.5", "0.3", "1e300", "-1.0", "0.1 + 0.2"),
    "decimal": (
        "Decimal('5')",
        "Decimal('0.1')",
        "Decimal('5.5')",
        "Decimal('123456.789')",
        "Decimal('-1.000')",
    ),
    "date": (
        "date(2020, 2, 29)",
        "date(2019, 12, 31)",
        "date(2021, 1, 3)",
        "date(1, 1, 1)",
        "date(2020, 2, 28)",
    ),
    "naive": (
        "datetime(2020, 2, 29)",
        "datetime(2020, 1, 1)",
        "datetime(2020, 12, 31, 23, 59, 59, 500000)",
        "datetime(1969, 12, 31, 23, 59, 59)",
    ),
    "aware": (
        "datetime(2020, 2, 29, 12, 30, 15, tzinfo=UTC)",
        "datetime(2020, 1, 1, 5, tzinfo=UTC)",
        "datetime(2024, 11, 3, 1, 30, fold=1, tzinfo=ZoneInfo('America/New_York'))",
        "datetime(2024, 11, 3, 1, 30, tzinfo=ZoneInfo('America/Detroit'))",
        "datetime(2020, 1, 1, 4, 59, 59, 999999, tzinfo=UTC)",
    ),
    "time": ("time(12, 30)", "time(5, 5, 5)", "time(12, 30, 15, 500000)", "time(0)", "time(7)"),
    "duration": (
        "timedelta(seconds=5)",
        "timedelta(days=1)",
        "timedelta(days=-1)",
        "timedelta(microseconds=1)",
        "timedelta(0)",
    ),
    "uuid": ("UUID(int=5)", "UUID('12345678-1234-5678-1234-567812345678')", "UUID(int=0)", "UUID(int=7)"),
    "binary": ("b'abc'", "b'\\0'", "b''", "b'a\\0b'", "b'\\xff\\xfe'"),
    "json": (
        *("1", "'abc'", "{'a': 1}", "{'b': 2, 'a': 1}", "1.0", "True", "[1, 2]", "{}", "[]", "''", "'1'"),
        *("{'a': None}", "[None]", "'null'", "10**10"),
    ),
    "color": ("Color.RED", "Color.GREEN", "Color.BLUE"),
}

# Other ways to write a value of the type.
WRITTEN: Final[dict[str, Sources]] = {
    "integer": (
        "'100'",
        "' 5 '",
        "5.0",
        "5.5",
        "-0.5",
        "4.5",
        "'5.0'",
        "Decimal('5.5')",
        "True",
        "2**31",
        "'0x5'",
    ),
    "small": ("'55'", "5.5", "2**15", "-(2**15) - 1", "70000"),
    "big": ("'9007199254740993'", "5.5", "2.0**53", "2**63", "-(2**63) - 1"),
    "boolean": ("'True'", "'t'", "'1'", "'False'", "'f'", "'0'", "'true'", "1", "0", "1.0", "2", "'yes'"),
    "float": ("'0.1'", "Decimal('0.1')", "'1e300'", "2**53 + 1", "'inf'", "'-Infinity'", "True"),
    "decimal": (
        "0.1",
        "5.5",
        "'5.5'",
        "'5,5'",
        "Decimal('0.10000')",
        "Decimal('5.0001')",
        "Decimal('1e20')",
        "0.1 + 0.2",
    ),
    "date": ("'2019-12-31'", "'20200229'", "'2020-2-29'", "'2020-02-30'", "'2020-02-29T00:00'"),
    "naive": ("'2020-02-29 12:30:15'", "'2020-02-29T12:30:15'", "'2020-02-29 12:30'", "'2020-02-30'"),
    "aware": (
        *("'2020-02-29 12:30:15+00:00'", "'2020-02-29T12:30:15Z'", "'2020-02-29T18:00:15+05:30'"),
        *("'2020-02-29T12:30:15'", "datetime(2020, 2, 29, 18, 0, 15, tzinfo=ZoneInfo('Asia/Kolkata'))"),
    ),
    "time": ("'12:30'", "'12:30:15.500000'", "'12:30:15.5'", "'24:00'", "'5:05:05'", "'T12:30'"),
    "duration": ("'1 00:00:00'", "'00:00:05'", "'5'", "'P1D'", "'1 day'", "'-1 00:00:00'"),
    "uuid": (
        *("'12345678-1234-5678-1234-567812345678'", "'12345678123456781234567812345678'"),
        *("'{12345678-1234-5678-1234-567812345678}'", "'ABCDEFAB-CDEF-ABCD-EFAB-CDEFABCDEFAB'", "5", "'5'"),
    ),
    "binary": ("bytearray(b'abc')", "memoryview(b'abc')"),
    "color": ("'RED'", "'GREEN'", "'PURPLE'", "'red'"),
}

FOREIGN: Final[Sources] = (
    *(
        "''",
        "'abc'",
        "'5'",
        "'a\\0b'",
        "'\\ud800'",
        "'2020-02-29'",
        "b'abc'",
        "5",
        "5.5",
        "True",
        "Decimal('5')",
    ),
    *("2**70", "-(2**70)", "float('inf')", "float('nan')", "Decimal('NaN')", "Decimal('Infinity')"),
    *(
        "date(2020, 2, 29)",
        "datetime(2020, 2, 29, 12, 30, 15)",
        "datetime(2020, 2, 29, 12, 30, 15, tzinfo=UTC)",
    ),
    *("time(12, 30)", "timedelta(5)", "UUID(int=5)", "Color.RED", "[]", "['abc']", "(5,)", "{}", "object()"),
)

# A piece of the text of a value, for columns that are no text.
PIECES: Final[dict[str, Sources]] = {
    "integer": ("'5'", "'-1'", "5", "'00'"),
    "small": ("'5'", "'-1'", "5"),
    "big": ("'5'", "'90'", "2**53"),
    "boolean": ("'true'", "'1'", "'t'", "True"),
    "float": ("'5'", "'5.5'", "'.'", "'e+'", "5.5"),
    "decimal": ("'5'", "'5.5'", "'.'", "'789'", "Decimal('5.5')"),
    "date": ("'2020'", "'-02-'", "'2020-02-29'", "'29'", "date(2020, 2, 29)"),
    "naive": ("'2020'", "'-02-'", "'2020-02-29'", "':30:'", "' '", "':15'", "'.5'"),
    "aware": ("'2020'", "'-02-'", "'2020-02-29'", "':30:'", "':15'"),
    "time": ("'12'", "':30'", "'12:30'", "'12:30:15'", "'.5'"),
    "duration": ("'1'", "'5'", "'day'", "'00:00:05'"),
    "uuid": (
        *("'1234'", "'ABCD'", "'5678-1234'", "'567812345678'", "'12345678-1234-5678-1234-567812345678'"),
        *("'12345678123456781234567812345678'", "UUID(int=5)"),
    ),
    "binary": ("'a'", "b'a'"),
    "color": ("'RED'", "'red'", "'E'", "'N'", "Color.RED", "'PURPLE'"),
    "json": ("'abc'", "'ABC'", "'a'", "'1'", "'null'", "'true'", "'\"'", "1", "'é'"),
}
TEXTS: Final[Sources] = (
    *(
        "''",
        "'a'",
        "'A'",
        "'abc'",
        "'BC'",
        "' '",
        "'%'",
        "'_'",
        "'\\\\'",
        "'/'",
        '"\'"',
        "'\"'",
        "'*'",
        "'['",
    ),
    *(
        "'{'",
        "'\\n'",
        "'привет'",
        "'ПРИВ'",
        "'É'",
        "'e\\u0301'",
        "'ß'",
        "'SS'",
        "'\U0001f600'",
        "'5'",
        "'0%'",
    ),
    *(
        "5",
        "5.0",
        "True",
        "Decimal('5.0')",
        "'None'",
        "date(2020, 2, 29)",
        "'2020-02-29'",
        "UUID(int=5)",
        "b'a'",
    ),
    *("['a']", "'a\\0b'", "'\\ud800'", "Color.RED", "object()"),
)
PATTERNS: Final[Sources] = (
    *("'a'", "'^a'", "'c$'", "'a.c'", "'^a.b$'", "'[0-9]+'", "'^$'", "'(a|b)b'", "'^(abc)+$'", "'a*'", "''"),
    *(
        "'ПРИВЕТ'",
        "'[П-п]'",
        "'É'",
        "'\\\\d'",
        "'\\\\s'",
        "'a\\\\.b'",
        "'^[^a]'",
        "'b{1}'",
        "'(?i)ABC'",
        "'5'",
    ),
    *("'['", "'('", "5", "True", "b'a'", "['a']", "'a\\0b'", "'\\ud800'"),
)
FLAGS: Final[Sources] = ("True", "False", "1", "0", "None", "'x'", "''")

DATES: Final = ("date(2020, 2, 29)", "date(2019, 12, 31)", "date(2020, 1, 1)", "date(1, 1, 2)")
TIMES: Final = ("time(12, 30)", "time(0)", "time(12, 30, 15)", "time(23, 59, 59, 999999)")
PARTS: Final[dict[str, Sources]] = {
    "year": ("2020", "2019", "2021", "1", "9999"),
    "iso_year": ("2020", "2019", "2021", "2025", "1"),
    "month": ("2", "12", "1"),
    "day": ("29", "31", "1"),
    "week": ("1", "9", "53"),
    "week_day": ("1", "7", "4"),
    "iso_week_day": ("7", "1", "6"),
    "quarter": ("1", "4", "2"),
    "hour": ("12", "0", "5"),
    "minute": ("30", "0", "59"),
    "second": ("15", "0", "59"),
    "date": DATES,
    "time": TIMES,
}
# What is compared with a part, whatever the part.
PART_VALUES: Final[Sources] = (
    *("'2020'", "'12'", "2020.0", "2020.5", "True", "'x'", "0", "-1", "13", "10_000", "2**31", "2**70", "[]"),
    *(
        "Decimal('2020')",
        "date(2020, 2, 29)",
        "datetime(2020, 2, 29, 12, 30)",
        "time(12, 30)",
        "'2020-02-29'",
    ),
    *("'12:30'", "b'2020'", "object()", "F('integer')", "None"),
)

# Ways into a document: those asked about thoroughly, and those whose keys are hard to write.
JSON_PATHS: Final[Sources] = ("a", "a__b", "0", "a__0")
JSON_ODD_PATHS: Final[Sources] = (
    *(
        "a__b__c",
        "b",
        "1",
        "0__a",
        "a__0__b",
        "a__1__b",
        "-1",
        "a__-1",
        "zz",
        "é",
        "a b",
        "a.b",
        'a"b',
        "a%b",
    ),
    *("exact", "year"),
)
JSON_VALUES: Final[Sources] = (
    *("1", "1.0", "9", "True", "'abc'", "'1'", "''", "[1, 2]", "{}", "{'b': 1}", "'2020-02-29'", "'zero'"),
)
JSON_PARTS: Final[Sources] = (
    *(
        "1",
        "1.0",
        "'abc'",
        "True",
        "[]",
        "{}",
        "[1]",
        "[2, 1]",
        "[1, 2, 2]",
        "[[1]]",
        "{'a': 1}",
        "{'a': {}}",
    ),
    *(
        "{'a': 1, 'b': 2}",
        "{'a': {'b': {'c': 'x'}, 'd': 1}}",
        "{'a': [1]}",
        "[{'a': 1}]",
        "{'a': None}",
        "''",
    ),
    *("F('json')", "object()", "b'a'", "{1, 2}", "None"),
)
JSON_KEYS: Final[Sources] = ("'a'", "'b'", "'0'", "'zz'", "''", "'é'", "'a\"b'", "'a.b'", "'abc'", "None")
JSON_NUMBERS: Final[Sources] = ("0", "-1", "5.5")
JSON_KEY_LISTS: Final[Sources] = (
    *("['a']", "['a', 'b']", "['a', 'zz']", "['zz']", "[]", "('a',)", "[0]", "['a', 0]", "'ab'", "5", "None"),
    *("[None]", "['a b', 'a.b']"),
)

# What a relation takes, or does not.
_KEYS: Final[Sources] = (
    *(
        "<own>(2)",
        "5",
        "'5'",
        "0",
        "None",
        "99",
        "<alien>(2)",
        "5.0",
        "5.5",
        "True",
        "2**70",
        "-(2**70)",
        "'x'",
    ),
    *("<own>(None)", "[]", "object()", "b'5'", "UUID(int=5)", "<Own>.filter(id=2)"),
)
_KEY_LISTS: Final[Sources] = (
    *(
        "[1, 2]",
        "[]",
        "<Own>.filter(id__lt=4)",
        "[None]",
        "[<own>(1), <own>(2)]",
        "[<own>(1), 2, '3']",
        "[1, None]",
    ),
    *(
        "(99,)",
        "iter([5])",
        "[2**70, 5]",
        "['x']",
        "[<alien>(2)]",
        "5",
        "None",
        "<own>(1)",
        "range(4)",
        "[F('id')]",
    ),
    *(
        "<Own>.none()",
        "<Own>.filter(id__lt=4).values('id')",
        "<Alien>.filter(id=1)",
        "<Own>.order_by('-id')[:3]",
    ),
    *("<Own>.filter(integer=5).values('integer')", "<Own>.filter(id__lt=4).values('id', 'integer')"),
    *("Specimen.filter(id__lt=3).values('box')", "Box.exclude(specimens__integer=5).values('pk')"),
)


def _between(sources: Sources, own: str, alien: str) -> Sources:
    names = {"<own>": own, "<alien>": alien, "<Own>": own.capitalize(), "<Alien>": alien.capitalize()}
    return tuple(_replaced(source, names) for source in sources)


def _replaced(source: str, names: dict[str, str]) -> str:
    for placeholder, name in names.items():
        source = source.replace(placeholder, name)
    return source


KEYS: Final = {
    "box": _between(_KEYS, "box", "specimen"),
    "specimens": _between(_KEYS, "specimen", "box"),
}
KEY_LISTS: Final = {
    "box": _between(_KEY_LISTS, "box", "specimen"),
    "specimens": _between(_KEY_LISTS, "specimen", "box"),
}
