"""`make dashboard`: settings -> Streamlit's options -> its server on loopback, until Ctrl-C.

python -m dashboard.serving.serve
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dashboard.drawing.palette import ACCENT, ACCENT_IN_THE_DARK
from lake.errors import ConfigurationError, EnvironmentFault, FirnError
from lake.processes import LOOPBACK, is_taken
from lake.settings import Settings
from operations.terminal import visible

PORT = "FIRN_DASHBOARD_PORT"
DEFAULT_PORT = "8501"


def options(port: str) -> Mapping[str, str]:
    """Return Streamlit's options: loopback alone, nothing sent to anyone, no stack traces shown."""
    return {
        "server.address": LOOPBACK,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.serverAddress": LOOPBACK,
        "browser.gatherUsageStats": "false",
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "theme.headingFontSizes": '["2.2rem", "1.4rem"]',
        "theme.light.primaryColor": ACCENT,
        "theme.dark.primaryColor": ACCENT_IN_THE_DARK,
    }


def port_of(settings: Settings) -> str:
    """Return the port to serve on.

    Raises ConfigurationError for one that is no number, EnvironmentFault for one in use.
    """
    port = settings.variable(PORT) or DEFAULT_PORT
    if not port.isdecimal():
        raise ConfigurationError(f"{PORT} is {port!r}", "set it to a port such as 8501")
    if is_taken(int(port)):
        raise EnvironmentFault(
            f"port {port} of {LOOPBACK} is in use by another program",
            f"stop that program, or choose another port: export {PORT}=…",
        )
    return port


def serve() -> None:
    """Serve the pages until Ctrl-C. Raises as `port_of` does."""
    port = port_of(Settings.load())
    from streamlit.web import cli

    draw_for_nobody()
    app = str(Path(__file__).with_name("app.py"))
    given = [f"--{name}={value}" for name, value in options(port).items()]
    sys.stdout.write(f"Dashboard: http://{LOOPBACK}:{port}; Ctrl-C ends it\n")
    sys.stdout.flush()
    cli.main(["run", app, *given])


def draw_for_nobody() -> None:
    """Draw the first page without a visitor, so that the first one waits for no library.

    Streamlit warns that no browser asks; its warnings are kept off the terminal. What fails here
    fails on the page too, where it is told.
    """
    from dashboard.site import show_site

    logging.disable(logging.CRITICAL)
    with suppress(Exception):
        show_site()
    logging.disable(logging.NOTSET)


def main() -> int:
    """Serve until Ctrl-C; a fault is told in two lines."""
    try:
        serve()
    except FirnError as fault:
        sys.stderr.write(visible(f"error: {fault}\n"))
        return fault.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
