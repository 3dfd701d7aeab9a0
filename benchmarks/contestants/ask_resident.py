"""Asks a resident dbt for one run: socket, mark and a file with the request -> exit code 0 or 1.

What is measured of it is a program that starts: the standard library only, and few modules of that.
"""

import json
import socket
import sys
from pathlib import Path


def ask(address: str, mark: str, request: str) -> bool:
    """Send a request, a line of JSON, to the server at a socket; return whether dbt succeeded."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        lines = connection.makefile("rw")
        lines.write(f"{json.dumps(mark)}\n")
        lines.flush()
        if json.loads(lines.readline() or "{}").get("what") != "accepted":
            return False
        lines.write(f"{request}\n")
        lines.flush()
        for line in lines:
            message = json.loads(line)
            if message["what"] == "done":
                return bool(message["outcome"]["success"])
        return False


if __name__ == "__main__":
    sys.exit(0 if ask(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_text()) else 1)
