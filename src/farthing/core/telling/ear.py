"""Who hears something: finance, who looks after the data, a customer in their channel, or one person by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Hearer(StrEnum):
    """What kind of ear it is."""

    FINANCE = "finance"
    DATA = "data"
    CUSTOMER = "customer"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Ear:
    """One place where things are told; a customer's and a person's have an id.

    >>> str(Ear(Hearer.FINANCE)), Ear.read(str(Ear(Hearer.CUSTOMER, UUID(int=1)))) == Ear(Hearer.CUSTOMER, UUID(int=1))
    ('finance', True)
    """

    hearer: Hearer
    whose: UUID | None = None

    def __post_init__(self) -> None:
        has_id = self.hearer in (Hearer.CUSTOMER, Hearer.PERSON)
        assert has_id == (self.whose is not None), f"{self.hearer} of {self.whose}"

    def __str__(self) -> str:
        return self.hearer.value if self.whose is None else f"{self.hearer.value} {self.whose}"

    @classmethod
    def read(cls, written: str) -> Ear:
        """The ear as it is kept."""
        hearer, _, whose = written.partition(" ")
        return cls(Hearer(hearer), UUID(whose) if whose else None)

    @property
    def customer_id(self) -> UUID | None:
        """Whose channel it is, where it is a customer's."""
        return self.whose if self.hearer is Hearer.CUSTOMER else None


FINANCE = Ear(Hearer.FINANCE)
DATA = Ear(Hearer.DATA)


def customer_ear(customer_id: UUID) -> Ear:
    """A customer's own channel."""
    return Ear(Hearer.CUSTOMER, customer_id)


def person_ear(person_id: UUID) -> Ear:
    """One person, by themselves."""
    return Ear(Hearer.PERSON, person_id)
