"""Customers: seed and country shares -> people who register, and now and then move house."""

import unicodedata
from datetime import date, datetime, timedelta
from random import Random

from sandbox.seeded_random import count_around, happens, untidy
from sandbox.shop.entities import Customer
from sandbox.shop.state import ShopState
from sandbox.shop.vocabulary import countries

_MAIL_DOMAINS = ("example.com", "example.org", "example.net")


def register(state: ShopState, rng: Random, at: datetime) -> Customer:
    """Add a new customer who registers at `at` and return it."""
    number = state.next_id(Customer)
    code = rng.choices(list(countries()), [entry.share for entry in countries().values()])[0]
    country = countries()[code]
    given, family = rng.choice(country.given_names), rng.choice(country.family_names)
    return state.add(
        Customer(
            customer_id=number,
            full_name=f"{given} {family}",
            email=f"{_mailbox(given, family)}{number}@{rng.choice(_MAIL_DOMAINS)}",
            phone=f"{country.phone_prefix} {rng.randint(1_000_000, 9_999_999)}",
            birth_date=date(2006, 12, 31) - timedelta(days=rng.randint(0, 60 * 365)),
            city=untidy(rng, rng.choice(country.cities)),
            country=untidy(rng, code),
            marketing_consent=happens(rng, 0.55),
            created_at=at,
            updated_at=at,
        )
    )


def _mailbox(given: str, family: str) -> str:
    letters = unicodedata.normalize("NFKD", f"{given}.{family}".lower())
    return "".join(letter for letter in letters if letter.isascii() and letter not in " '")


def let_people_be_people(state: ShopState, rng: Random) -> None:
    """Let some look around without ordering, some move to another place, some change their mind."""
    known = sorted(state.customers)
    for _ in range(count_around(rng, 0.002 * state.orders_wanted / 365)):
        register(state, rng, _moment(state, rng))
    if not known:
        return
    for _ in range(count_around(rng, 0.1 + 0.00012 * len(known))):
        customer = state.customers[rng.choice(known)]
        code = rng.choice(list(countries()))
        city = rng.choice(countries()[code].cities)
        state.change(customer, _moment(state, rng), city=city, country=untidy(rng, code))
    for _ in range(count_around(rng, 0.0002 * len(known))):
        customer = state.customers[rng.choice(known)]
        consent = not customer.marketing_consent
        state.change(customer, _moment(state, rng), marketing_consent=consent)


def _moment(state: ShopState, rng: Random) -> datetime:
    return state.morning + timedelta(seconds=rng.randint(7 * 3600, 22 * 3600))
