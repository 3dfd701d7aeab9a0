"""The Spark of a process that runs dbt: started while dbt parses, restarted for another lake."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

import psutil

from lake.errors import FirnError
from lake.profiles import Profile
from lake.settings import Settings
from operations.runtime.connect_client import REMOTE
from operations.runtime.sql_session import Session, open_session


class ResidentSpark:
    """One session of the target's Spark at a time; dbt in this process uses the same one."""

    def __init__(self, settings: Settings, session_settings: Mapping[str, str]) -> None:
        """Use the lake of `settings`; `session_settings` are set in each session, too."""
        self._settings = settings
        self._session_settings = session_settings
        self._session: Session | None = None
        self._opened_for: dict[str, str] = {}
        self._lock = threading.Lock()
        self._is_watched = False

    def start(self) -> None:
        """Open the session in a thread; a process whose Java ends has nothing to offer and ends."""
        threading.Thread(target=self._start, daemon=True).start()

    def session(self) -> Session:
        """Return the session, opened if it is not yet. Raises what `open_session` raises."""
        with self._lock:
            if self._session is None:
                session = open_session(self._settings)
                for name, value in self._session_settings.items():
                    session.sql(f"set {name}={value}")
                self._session, self._opened_for = session, _lake_of(self._settings)
            return self._session

    def move_to(self, settings: Settings) -> None:
        """Use the lake of other settings: a session keeps the catalog that it was opened with."""
        with self._lock:
            self._settings = settings
            if self._session is not None and self._is_of_another(settings):
                self._session.close()
                self._session = None
            is_open = self._session is not None
        if not is_open:
            self.start()

    def _is_of_another(self, settings: Settings) -> bool:
        """Whether the open session is of another lake; dbt says what is wrong with a profile."""
        try:
            return self._opened_for != _lake_of(settings)
        except FirnError:
            return True

    def _start(self) -> None:
        self.session()
        if self._is_watched:
            return
        self._is_watched = True
        java = [child for child in psutil.Process().children() if child.name() == "java"]
        if java:  # there is none where Spark runs elsewhere
            psutil.wait_procs(java)
            os._exit(1)


def _lake_of(settings: Settings) -> dict[str, str]:
    """Return what tells one lake, and the way to it, from another."""
    profile = Profile(settings)
    connection = profile.connection()
    reached = {name: str(connection.get(name)) for name in ("method", "host", "port")}
    parameters = profile.spark_parameters()
    return reached | {
        name: value
        for name, value in parameters.items()
        if name.startswith("spark.sql.") or name == REMOTE
    }
