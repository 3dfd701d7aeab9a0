"""What the lake and the machine look like now: doctor, tables, rows."""
