"""Invented names. Every place is made of parts; no practice, place or person is real."""

from random import Random

from cqrs.england.land import Address

_STEMS = (
    "ALDREN BRACKEL CORVEN DUNSEL EMBREN FENWAR GARLEN HESKEN IVELAN JARREN KESTREN LORNEL "
    "MARLEN NETTREN ORMEL PELLEN QUILLEN RAVREN SELKEN THORLEN ULVEN VERNEL WRENNEL YARLEN "
    "ASKREN BELVEN CALDREN DRAYNEL ELSWEN FARNEL GRIMREN HOLVEN INGREN KELDREN LASTREN MORVEN "
    "NARREN OSKREN PENDREN RUSKEN SWITHEN TARVEN UNDREN VASSEN WILDREN"
)
_ENDINGS = (
    "BECK BOURNE COMBE CROFT DALE FELL FOLD GARTH HOLT HYTHE LEIGH LOW MARSH MERE MOOR RIGG "
    "SHAW STOW THORPE WICK WOLD WORTHY"
)
_KINDS = (
    "MEDICAL CENTRE",
    "SURGERY",
    "MEDICAL PRACTICE",
    "HEALTH CENTRE",
    "GROUP PRACTICE",
    "FAMILY PRACTICE",
    "MEDICAL GROUP",
    "HOUSE SURGERY",
    "ROAD SURGERY",
    "PARK PRACTICE",
    "PATIENTS\N{RIGHT SINGLE QUOTATION MARK} PRACTICE",  # not ASCII: the file is cp1252
)
_ELSEWHERE = ("COMMUNITY CLINIC", "URGENT CARE CENTRE", "OUT OF HOURS", "MINOR INJURIES UNIT")
_STREETS = ("HIGH STREET", "CHURCH LANE", "STATION ROAD", "MILL LANE", "THE GREEN", "NEW ROAD")
_POSTCODE_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
# No real postcode begins with these: J and F stand before no such second letter.
_AREAS = tuple("J" + each for each in "ABCDFGHKLMNOPRSTUVWX") + tuple(
    "F" + each for each in "ABCDEFGHLMNOPRSTUVWX"
)


_PLACES = [stem + ending for stem in _STEMS.split() for ending in _ENDINGS.split()]


def place(rng: Random) -> str:
    return rng.choice(_PLACES)


def practice_name(rng: Random) -> str:
    name = f"{place(rng)} {rng.choice(_KINDS)}"
    return name + (" " if rng.random() < 0.01 else "")  # trailing blanks, as the real file has


def clinic_name(rng: Random) -> str:
    return f"{place(rng)} {rng.choice(_ELSEWHERE)}"


def pcn_name(rng: Random) -> str:
    pattern = rng.choice(("{} PCN", "{} & {} PCN", "{} HEALTH PCN", "NORTH {} PCN", "{} VALE PCN"))
    return pattern.format(place(rng), place(rng))


def icb_name(rng: Random) -> str:
    return f"NHS {place(rng).title()} and {place(rng).title()} Integrated Care Board"


def short_icb_name(name: str) -> str:
    """As ODS begins a sub-ICB's name."""
    return name.replace("Integrated Care Board", "ICB")


def address(rng: Random, first: str, area: int) -> Address:
    street = f"{rng.randint(1, 180)} {rng.choice(_STREETS)}"
    letters = "".join(rng.choices(_POSTCODE_LETTERS, k=2))
    postcode = f"{_AREAS[area % len(_AREAS)]}{rng.randint(1, 29)} {rng.randint(1, 9)}{letters}"
    return Address((first.strip(), street, place(rng), "", ""), postcode)


def phone(rng: Random) -> str:
    """From the range that is kept for fiction (Ofcom: 01632 960000 to 960999)."""
    return f"01632 960{rng.randint(0, 999):03d}"
