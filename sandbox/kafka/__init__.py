"""A Kafka broker of the sandbox: jars of the Apache project -> one broker on 127.0.0.1."""
