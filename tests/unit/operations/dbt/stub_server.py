"""Answers as `operations.dbt.server` does, without dbt and Spark: request -> its process id."""

import json
import os
import socket
import sys
import time

from lake.settings import Settings
from operations.dbt.server import Server


class Echo(Server):
    """Answers with its process id and the request; `die` and `sleep <seconds>` it obeys."""

    def _answer(self, request: list[str] | str) -> dict[str, object]:
        word, _, seconds = str(request).partition(" ")
        if word == "die":
            os._exit(1)
        if word == "sleep":
            time.sleep(float(seconds))
        return {"answer": json.dumps([{"pid": os.getpid(), "asked": request}])}


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as door:
        Echo(Settings.load()).serve(door)
