"""What may happen to a declaration, written down apart from the code that does it.

DOMAIN: the order of the steps, the switches, holding, returning, recalculating, closing, and who
may take which step after which. Persons and reasons are opaque; refusals are known by their code.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

INCOMPLETE = "INCOMPLETE"
PROVIDER = "AWAITING_PROVIDER_APPROVAL"
COMMISSIONER = "AWAITING_COMMISSIONER_APPROVAL"
FINANCE = "AWAITING_FINANCE_APPROVAL"
PAID = "FINANCE_APPROVED"
CLOSED = "CLOSED"

OVER = {PAID, CLOSED}
WAITS = {"declare": PROVIDER, "approve": COMMISSIONER, "finance-approve": FINANCE}
DID = {"declare": "DECLARED", "approve": "APPROVED", "finance-approve": "FINANCE_APPROVED"}

Answer = str | list[str]
"""The code of a refusal, or what happened, in order."""


@dataclass
class Model:
    no_declaration: bool = False
    no_approval: bool = False
    status: str = INCOMPLETE
    held: bool = False
    returned: bool = False
    calculation: int = 0
    provisional: bool = False
    waits_for: Hashable = ()
    took: dict[str, set[Hashable]] = field(default_factory=lambda: {step: set() for step in DID})

    def step(
        self,
        step: str,
        person: Hashable,
        *,
        due: bool = False,
        joined: bool = False,
        demonstration: bool = False,
    ) -> Answer:
        """One of the three duties."""
        if self.held:
            return "HELD"
        if self.status != WAITS[step]:
            return INCOMPLETE if (step, self.status) == ("declare", INCOMPLETE) else "WRONG_STATUS"
        if due:
            return "RECALCULATION_PENDING"
        second = any(person in took for other, took in self.took.items() if other != step)
        if second and not joined:
            return "SEPARATION_OF_DUTIES"
        if step == "finance-approve" and self.provisional and not demonstration:
            return "PROVISIONAL_RULES"
        self.took[step].add(person)
        return [*(["DUTIES_JOINED"] if second else []), *self._moved(step)]

    def _moved(self, step: str) -> list[str]:
        self.returned = False
        self.status = {"declare": COMMISSIONER, "approve": FINANCE, "finance-approve": PAID}[step]
        if step == "declare" and self.no_approval:
            return ["DECLARED", *self._moved("approve")]
        return [DID[step]]

    def give_back(self) -> Answer:
        if self.held:
            return "HELD"
        if self.status not in {COMMISSIONER, FINANCE}:
            return "WRONG_STATUS"
        self.status, self.returned = PROVIDER, True
        return ["RETURNED"]

    def hold(self) -> Answer:
        if self.status in OVER:
            return "WRONG_STATUS"
        if self.held:
            return "HELD"
        self.held = True
        return ["HELD"]

    def release(self, *, due: bool = False) -> Answer:
        if not self.held:
            return "NOT_HELD"
        self.held = False
        return ["RELEASED", *([] if due else self._passed())]

    def calculate(self, *, changed: bool, provisional: bool) -> list[str]:
        """The service calculated it, to another result or to the same as before."""
        if self.status in OVER:
            return []
        happened: list[str] = []
        if changed or self.status == INCOMPLETE:
            again = self.status in {COMMISSIONER, FINANCE}
            self.status, self.returned, self.provisional = PROVIDER, False, provisional
            self.calculation += changed
            happened = ["RECALCULATED" if again else "CALCULATED"]
        return [*happened, *self._passed()]

    def _passed(self) -> list[str]:
        waits = self.status == PROVIDER and not self.held and not self.returned
        return self._moved("declare") if self.no_declaration and waits else []

    def lose(self, what: Hashable) -> list[str]:
        """Something is missing that a calculation needs."""
        if self.status in OVER or (self.status, self.waits_for) == (INCOMPLETE, what):
            return []
        self.status, self.waits_for = INCOMPLETE, what
        return ["VALUES_MISSING"]

    def close(self) -> list[str]:
        if self.status in OVER:
            return []
        self.status, self.held = CLOSED, False
        return ["CLOSED"]

    def reopen(self) -> list[str]:
        """The participation goes on after all."""
        if self.status != CLOSED:
            return []
        self.status, self.returned, self.waits_for = INCOMPLETE, False, ()
        return ["OPENED"]
