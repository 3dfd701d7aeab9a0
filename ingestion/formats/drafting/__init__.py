"""What connectors draft declarations by: samples of rows -> fields, types, keys, columns."""
