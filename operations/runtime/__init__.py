"""What Spark runs on: Java, jars, class archive, SQL engine, warm Spark."""
