"""What a start of `firn` leaves out."""

import subprocess
import sys

PROGRAM = """
import sys
from operations.runtime.imports import leave_out_pandas
leave_out_pandas()
import pyarrow as pa
import pyarrow.dataset
assert pa.array(["text"]).to_pylist() == ["text"]
assert "pandas" not in sys.modules
"""


def test_pyarrow_does_without_pandas() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
