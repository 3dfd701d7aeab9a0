"""Answers as `operations.dbt.server` does, without dbt and Spark: request -> its process id."""

import json
import os
import socket
import sys
import time
from dataclasses import asdict

from lake.settings import Settings
from operations.dbt.outcome import Outcome
from operations.dbt.server import Request, Server


class Echo(Server):
    """Answers SQL with its process id; `die` and `sleep <seconds>` it obeys, dbt with its lake."""

    def _answer(self, request: Request) -> dict[str, object]:
        if "dbt" in request:
            settings = Settings.load()
            return {"outcome": asdict(Outcome(True, (), _lake(settings), 0, 0, 0))}
        word, _, seconds = str(request["sql"]).partition(" ")
        if word == "die":
            os._exit(1)
        if word == "sleep":
            time.sleep(float(seconds))
        return {"answer": json.dumps([{"pid": os.getpid(), "asked": request["sql"]}])}


def _lake(settings: Settings) -> tuple[str, ...]:
    return str(settings.home), settings.target or "its own"


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        Echo(Settings.load()).serve(listener)
