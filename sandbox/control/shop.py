"""The demo's shop: embedded PostgreSQL -> filled database -> connection URLs in firn.env."""

import secrets

import dotenv

from lake.errors import EnvironmentFault
from lake.settings import TOKEN_KEY, Settings
from sandbox import shop
from sandbox.control.env_file import remember
from sandbox.postgres import EmbeddedPostgres

READER = "SHOP_DATABASE_URL"
OWNER = "SHOP_ADMIN_URL"


def shop_server(settings: Settings) -> EmbeddedPostgres:
    """Return the server that holds the demo's shop, started or not."""
    return EmbeddedPostgres(settings.home / "sandbox" / "postgres")


def start_shop(settings: Settings) -> bool:
    """Start the shop's server; the first time, make and fill its database.

    Writes the connection URLs and a key for personal data into firn.env (mode 0600), keeping
    what stands there. Returns whether the shop was filled now.
    """
    server = shop_server(settings)
    server.start()
    urls = shop.create(server)
    remember(settings.env_file, {READER: urls.reader, OWNER: urls.owner})
    if not dotenv.dotenv_values(settings.env_file).get(TOKEN_KEY):
        remember(settings.env_file, {TOKEN_KEY: secrets.token_hex(32)})
    if shop.is_filled(urls.owner):
        return False
    shop.fill(urls.owner)
    return True


def advance_shop(settings: Settings, days: int) -> shop.Advance:
    """Move the shop on by `days` of its own calendar and return what changed.

    Raises EnvironmentFault when the sandbox is not running.
    """
    if not shop_server(settings).is_running:
        raise EnvironmentFault("the sandbox's PostgreSQL is not running", "firn sandbox start shop")
    return shop.advance(settings.connection(OWNER).get_secret_value(), days=days)
