"""The sandbox's checkout: embedded PostgreSQL -> filled database -> connection URLs in firn.env.

Its database stands beside the shop's on one server.
"""

from collections.abc import Callable

from lake.errors import EnvironmentFault
from lake.settings import Settings
from sandbox import checkout
from sandbox.control.env_file import remember
from sandbox.control.shop import shop_server

READER = "CHECKOUT_DATABASE_URL"
OWNER = "CHECKOUT_ADMIN_URL"


def start_checkout(settings: Settings) -> bool:
    """Start the server; the first time, make and fill the checkout's database.

    Writes the connection URLs into firn.env (mode 0600), keeping what stands there. Returns whether
    the database was filled now.
    """
    server = shop_server(settings)
    server.start()
    urls = checkout.create(server)
    remember(settings.env_file, {READER: urls.reader, OWNER: urls.owner})
    if checkout.is_filled(urls.owner):
        return False
    checkout.fill(urls.owner)
    return True


def advance_checkout(settings: Settings, days: int) -> checkout.Advance:
    """Let so many days pass for the checkout and return what they brought.

    Raises EnvironmentFault when the server does not run, ConfigurationError as `advance` does.
    """
    return checkout.advance(_owner_url(settings), days=days)


def produce_checkout(
    settings: Settings, rate: float, seconds: float | None, is_stopped: Callable[[], bool]
) -> checkout.Produced:
    """Let orders be placed in the present, `rate` a second, for so many seconds or until stopped.

    Raises EnvironmentFault when the server does not run.
    """
    return checkout.produce(_owner_url(settings), rate, seconds, is_stopped)


def remove_checkout(settings: Settings) -> None:
    """Stop the server and delete its data, the shop's too; no effect when there is none."""
    shop_server(settings).destroy()


def _owner_url(settings: Settings) -> str:
    if not shop_server(settings).is_running:
        raise EnvironmentFault(
            "the sandbox's PostgreSQL is not running", "firn sandbox start checkout"
        )
    return settings.connection(OWNER).get_secret_value()
