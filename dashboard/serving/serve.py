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


def options(port: int) -> Mapping[str, object]:
    """Return Streamlit's options: loopback alone, nothing sent to anyone, no stack traces shown."""
    return {
        "server.address": LOOPBACK,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "browser.serverAddress": LOOPBACK,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "theme.headingFontSizes": ["2.2rem", "1.4rem"],
        "theme.light.primaryColor": ACCENT,
        "theme.dark.primaryColor": ACCENT_IN_THE_DARK,
    }


def port_of(settings: Settings) -> int:
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
    return int(port)


def serve() -> None:
    """Serve the pages until Ctrl-C. Raises as `port_of` does."""
    port = port_of(Settings.load())
    import uvicorn
    from streamlit.starlette import App
    from streamlit.web import bootstrap

    bootstrap.load_config_options({n.replace(".", "_"): v for n, v in options(port).items()})
    draw_for_nobody()
    app = App(Path(__file__).with_name("app.py"))
    sys.stdout.write(f"Dashboard: http://{LOOPBACK}:{port}; Ctrl-C ends it\n")
    sys.stdout.flush()
    # `streamlit run` opens its port so that each file waits 40 ms for an acknowledgement (Nagle)
    uvicorn.run(app, host=LOOPBACK, port=port, log_level="warning")


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
