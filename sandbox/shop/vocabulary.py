"""What the generator draws from: data/*.json -> countries with their people, and the catalogue."""

import json
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict


class Country(BaseModel):
    """A country the shop delivers to."""

    model_config = ConfigDict(frozen=True)

    share: int
    vat_percent: int
    phone_prefix: str
    promised_days: int
    carriers: tuple[str, ...]
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    cities: tuple[str, ...]


class WarehousePlan(BaseModel):
    """A warehouse, the countries it serves first and its share of the orders."""

    model_config = ConfigDict(frozen=True)

    name: str
    city: str
    country: str
    serves: tuple[str, ...]
    share: float


class Catalogue(BaseModel):
    """Warehouses, reasons for returns, and products (name, price in cents) by category."""

    model_config = ConfigDict(frozen=True)

    warehouses: tuple[WarehousePlan, ...]
    return_reasons: tuple[str, ...]
    categories: dict[str, dict[str, tuple[tuple[str, int], ...]]]


@cache
def countries() -> dict[str, Country]:
    """Return the countries by their two-letter code."""
    text = files(__package__).joinpath("data/people.json").read_text(encoding="utf-8")
    return {code: Country.model_validate(entry) for code, entry in json.loads(text).items()}


@cache
def catalogue() -> Catalogue:
    """Return what the shop sells and where it keeps it."""
    text = files(__package__).joinpath("data/catalogue.json").read_text(encoding="utf-8")
    return Catalogue.model_validate_json(text)


def country_code(text: str) -> str:
    """Return the code that an untidily typed country means."""
    return text.strip().upper()
