"""Starts the catalog: jars -> a JVM that Python builds the server in -> an address.

Iceberg's own test server listens on every address of the machine; built from here, the same parts
listen on 127.0.0.1 alone. The adapter checks all tables of a transaction before it commits the
first, and then commits one after the other: a server that people use does better.
"""

from pathlib import Path
from typing import Any

import pyspark
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from lake.processes import LOOPBACK
from lake.settings import Settings
from operations.runtime.jars import JarSet, ensure_jars, jar_cache
from operations.runtime.java import ensure_java

HERE = Path(__file__).parent
JARS = JarSet("The REST catalog", HERE / "ivy.xml", HERE / "jars.sha256", "make test")
MEMORY = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
NO_LOGS = "-Dlog4j2.level=OFF"


class RestCatalogServer:
    """A REST catalog whose tables lie below the folder `home`; it ends with `stop`."""

    def __init__(self, home: Path) -> None:
        """Start it; it answers when this returns."""
        home.mkdir(parents=True, exist_ok=True)
        settings = Settings.load()
        java = ensure_java(settings)
        folders = (
            ensure_jars(settings, java, JARS) / "rest-catalog",
            Path(pyspark.__file__).parent / "jars",
            jar_cache(settings) / "spark",
        )
        port, token = launch_gateway(
            classpath=":".join(f"{folder}/*" for folder in folders),
            javaopts=[*MEMORY, NO_LOGS],
            java_path=str(java.path),
            die_on_exit=True,
            enable_auth=True,
        )
        self._gateway = JavaGateway(
            gateway_parameters=GatewayParameters(port=port, auth_token=token, auto_convert=True)
        )
        self._server = _server(self._gateway.jvm, home)
        self._server.start()
        self.url = f"http://{LOOPBACK}:{self._server.getURI().getPort()}"

    def stop(self) -> None:
        """End it."""
        self._gateway.shutdown()


def _server(jvm: Any, home: Path) -> Any:  # noqa: ANN401 - Java's objects
    properties = {
        "catalog-impl": "org.apache.iceberg.jdbc.JdbcCatalog",
        "uri": f"jdbc:sqlite:{home}/catalog.db",
        "jdbc.schema-version": "V1",
        "clients": "1",
        "warehouse": f"file://{home}/warehouse",
    }
    iceberg, jetty = jvm.org.apache.iceberg, jvm.org.eclipse.jetty
    catalog = iceberg.CatalogUtil.buildIcebergCatalog(
        "behind_rest", properties, jvm.org.apache.hadoop.conf.Configuration()
    )
    servlet = iceberg.rest.RESTCatalogServlet(iceberg.rest.RESTCatalogAdapter(catalog))
    context = jetty.ee10.servlet.ServletContextHandler()
    context.addServlet(jetty.ee10.servlet.ServletHolder(servlet), "/*")
    server = jetty.server.Server(jvm.java.net.InetSocketAddress(LOOPBACK, 0))
    server.setHandler(context)
    return server
