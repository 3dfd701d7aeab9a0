"""The process of the warm Spark: settings, port and token -> a Spark Connect server on loopback."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from lake.private import private_folder
from lake.processes import LOOPBACK, installed_package
from lake.settings import Settings
from operations.runtime.cds_archive import OPTIONS
from operations.runtime.environment import dbt_environment
from operations.runtime.spark_token import VARIABLE

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
# Every dbt command opens a session of its own; one that is over is forgotten after this time.
SESSION_TIMEOUT = "5m"


def launch(
    settings: Settings, log_file: Path, port: int, parameters: Mapping[str, str], token: str
) -> psutil.Popen:
    """Start the server, which prints to `log_file`, and return its process.

    It gets the token by its environment, which only its own user can look at: arguments are shown
    to everyone, and Spark's settings to whoever asks for them in SQL.
    """
    folder = log_file.parent
    spark = installed_package("pyspark")
    own = {"SPARK_HOME": str(spark), VARIABLE: token}
    environment = dbt_environment(settings) | own
    environment.pop("SPARK_REMOTE", None)
    with log_file.open("wb") as log:
        return psutil.Popen(
            [
                *(str(spark / "bin" / "spark-submit"), "--class", SERVER),
                *("--properties-file", str(_write_properties(folder, port, parameters))),
                "spark-internal",
            ],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=settings.umask,
        )


def _write_properties(folder: Path, port: int, parameters: Mapping[str, str]) -> Path:
    """Write the settings as Spark reads them; the file is nobody else's to read."""
    file = folder / "spark.properties"
    file.touch(mode=0o600)
    scratch = _scratch(folder)
    settings = {
        **parameters,
        OPTIONS: f"{parameters.get(OPTIONS, '')} -Djava.io.tmpdir={scratch}".strip(),
        "spark.local.dir": str(scratch),
        "spark.app.name": "firn spark",
        "spark.connect.grpc.binding.address": LOOPBACK,
        "spark.connect.grpc.binding.port": str(port),
        "spark.connect.session.manager.defaultSessionTimeout": SESSION_TIMEOUT,
    }
    lines = [f"{name}={value}".replace("\\", "\\\\") for name, value in settings.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def _scratch(folder: Path) -> Path:
    """Return an empty folder for the server's temporary files.

    In /tmp some would have a name that is the same for all users, of whom only one could make it.
    """
    scratch = folder / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    return private_folder(scratch)
