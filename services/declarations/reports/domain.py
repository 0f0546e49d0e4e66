"""The reports by name (DOMAIN 1.11), and the columns of each. Pure: no I/O, no clock."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from nhs.reports import Report


class Name(StrEnum):
    MISSING_DATA = "MISSING_DATA"
    SUBMISSION_AUDIT = "SUBMISSION_AUDIT"
    ACHIEVEMENT_RESULTS = "ACHIEVEMENT_RESULTS"
    ACHIEVEMENT_BY_INDICATOR = "ACHIEVEMENT_BY_INDICATOR"
    DECLARATION_STATUS = "DECLARATION_STATUS"
    DECLARATION_HISTORY = "DECLARATION_HISTORY"
    PAYMENTS = "PAYMENTS"


OF_ONE_SERVICE: Final = frozenset(
    {Name.SUBMISSION_AUDIT, Name.ACHIEVEMENT_RESULTS, Name.ACHIEVEMENT_BY_INDICATOR}
)
"""Reports over all indicators of all providers: of one service at a time."""

WITHOUT: Final[Mapping[Name, tuple[str, str]]] = {
    Name.PAYMENTS: ("achievement_date", "achievementDate"),
    Name.ACHIEVEMENT_RESULTS: ("financial_year", "financialYear"),
    Name.ACHIEVEMENT_BY_INDICATOR: ("financial_year", "financialYear"),
}
"""What a report cannot be narrowed to: payments have a year, results a date."""

ALLOCATED: Final[Mapping[Name, Report]] = {
    Name.DECLARATION_STATUS: Report.DECLARATION_STATUS,
    Name.PAYMENTS: Report.PAYMENTS,
    Name.ACHIEVEMENT_RESULTS: Report.ACHIEVEMENT,
    Name.ACHIEVEMENT_BY_INDICATOR: Report.ACHIEVEMENT,
}
"""By which report an organisation may let others run it."""


Columns = Sequence[tuple[str, str]]
"""Title, and the name of what the rows have."""

MONEY: Final = frozenset({"pounds", "amount", "settled", "failed", "before_pounds"})
"""What is left out for who sees no pounds."""

WORDS: Final = frozenset({"status", "action", "reached", "code", "how"})
"""What is written in capitals, and read as words."""

_PROVIDER: Final = (
    ("Quality Service", "service_code"),
    ("Provider Code", "provider"),
    ("Provider Name", "name"),
)
_PERIOD: Final = (("Period Start Date", "period_start"), ("Period End Date", "period_end"))
_VALUE: Final = (
    ("Numerator", "numerator"),
    ("Denominator", "denominator"),
    ("Register", "register"),
)
_WORTH: Final = (("Points", "points"), ("Pounds", "pounds"))

COLUMNS: Final[Mapping[Name, Columns]] = {
    Name.MISSING_DATA: (
        *_PROVIDER,
        ("Commissioner Code", "commissioner"),
        *_PERIOD,
        ("Achievement Date", "achievement_date"),
        ("Waits For Code", "waits_for"),
        ("Waits For Name", "waits_for_name"),
        ("Indicator", "indicator"),
        ("Cause", "code"),
        ("What Is Missing", "message"),
        ("Days Waiting", "days"),
    ),
    Name.SUBMISSION_AUDIT: (
        *_PROVIDER,
        ("Achievement Date", "achievement_date"),
        ("Indicator", "indicator"),
        *_VALUE,
        ("Numerator Replaced", "before_numerator"),
        ("Denominator Replaced", "before_denominator"),
        ("Register Replaced", "before_register"),
        ("How", "how"),
        ("Submitted By", "submitted_by"),
        ("Submitted At", "submitted_at"),
        ("By Way Of", "by_way_of"),
        ("Kept By", "kept_by"),
        ("Acting For", "acting_for"),
        ("Kept At", "loaded_at"),
        ("Current", "current"),
        ("Marked", "marked"),
    ),
    Name.ACHIEVEMENT_RESULTS: (
        ("Quality Service", "service_code"),
        ("Achievement Date", "achievement_date"),
        ("Provider Code", "provider"),
        ("Provider Name", "provider_name"),
        ("Indicator Group", "group_code"),
        ("Indicator", "indicator"),
        ("Indicator Name", "name"),
        *_VALUE,
        ("Achievement %", "achievement"),
        ("Lower Threshold %", "lower"),
        ("Upper Threshold %", "upper"),
        ("Reached", "reached"),
        ("Points Available", "most"),
        *_WORTH,
        ("Declaration Status", "status"),
        ("Compared With", "before_date"),
        ("Numerator Before", "before_numerator"),
        ("Denominator Before", "before_denominator"),
        ("Points Before", "before_points"),
        ("Pounds Before", "before_pounds"),
        ("Marked", "marked"),
    ),
    Name.ACHIEVEMENT_BY_INDICATOR: (
        ("Quality Service", "service_code"),
        ("Achievement Date", "achievement_date"),
        ("Indicator Group", "group_code"),
        ("Indicator", "indicator"),
        ("Indicator Name", "name"),
        ("Providers", "providers"),
        ("Numerator", "numerator"),
        ("Denominator", "denominator"),
        ("Achievement %", "achievement"),
        ("Lower Threshold %", "lower"),
        ("Upper Threshold %", "upper"),
        ("At Or Below Lower", "below_lower"),
        ("Between", "between_thresholds"),
        ("Upper Reached", "upper_reached"),
        *_WORTH,
    ),
    Name.DECLARATION_STATUS: (
        *_PROVIDER,
        ("Indicator", "indicator"),
        ("Commissioner Code", "commissioner"),
        *_PERIOD,
        ("Achievement Date", "achievement_date"),
        ("Status", "status"),
        ("Since", "step_since"),
        ("Days Waiting", "days"),
        ("Held", "held"),
        ("Hold Reason", "hold_reason"),
        ("Return Reason", "return_reason"),
        *_WORTH,
    ),
    Name.DECLARATION_HISTORY: (
        *_PROVIDER,
        ("Indicator", "indicator"),
        *_PERIOD,
        ("Entry", "position"),
        ("At", "at"),
        ("What Happened", "action"),
        ("Status Afterwards", "status"),
        ("By", "by"),
        ("Acting For", "acting_for"),
        ("Calculation", "calculation_version"),
        *_WORTH,
        ("Notes", "notes"),
        ("Hash", "hash"),
    ),
    Name.PAYMENTS: (
        ("Financial Year", "financial_year"),
        *_PERIOD,
        ("Quality Service", "service"),
        ("Commissioner Code", "commissioner"),
        ("Commissioner Name", "commissioner_name"),
        ("Payee Code", "payee"),
        ("Payee Name", "payee_name"),
        ("Provider Code", "provider"),
        ("Provider Name", "provider_name"),
        ("Payments", "count"),
        ("Points", "points"),
        ("Amount", "amount"),
        ("Settled", "settled"),
        ("Failed", "failed"),
    ),
}
SUMMARY: Final = (
    *_PROVIDER,
    *_PERIOD,
    ("Indicator Group", "group_name"),
    ("Indicator", "indicator"),
    ("Indicator Name", "indicator_name"),
    *_VALUE,
    ("Achievement %", "achievement"),
    ("Points Available", "most"),
    *_WORTH,
)
