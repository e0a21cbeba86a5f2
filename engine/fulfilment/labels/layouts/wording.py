"""Words, figures and dates of papers in a language: `papers` in the catalogues of rules/wording."""

from dataclasses import dataclass
from datetime import date, datetime

from rules.vocabulary import Kind
from rules.wording import amounts
from rules.wording.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True, slots=True)
class Wording:
    catalogue: Catalogue

    @classmethod
    def of(cls, language: str) -> "Wording":
        return cls(load_catalogue(language))

    @property
    def language(self) -> str:
        return self.catalogue.language

    def text(self, key: str, **values: str) -> str:
        return self.catalogue.text(f"papers.{key}", **values)

    def counted(self, key: str, count: int) -> str:
        return self.catalogue.counted(f"papers.{key}", count)

    def weight(self, grams: int) -> str:
        """From a kilogram on, in kilograms."""
        return amounts.amount(Kind.WEIGHT, grams, self.catalogue)

    def quantity(self, quantity: int, decimals: int, unit: str | None) -> str:
        number = amounts.number(quantity, 10**decimals, self.catalogue, places=decimals)
        return f"{number}\xa0{unit}" if unit else number

    def date(self, day: date) -> str:
        return amounts.date(day.toordinal(), self.catalogue)

    def instant(self, instant: datetime) -> str:
        """To the minute, as the clock of the wall has it."""
        time = amounts.time(instant.hour * 60 + instant.minute, self.catalogue)
        return self.catalogue.text("dates.instant", date=self.date(instant.date()), time=time)
