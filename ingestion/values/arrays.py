"""Arrays whose elements were turned into another type: lengths + elements -> lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def lists(like: pa.Array, elements: pa.Array, declared: pa.DataType) -> pa.Array:
    """Return lists as long, empty or null as those of `like`, with new elements in their order."""
    lengths = pc.list_value_length(like).fill_null(0).cast(pa.int64()).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), elements, type=declared, mask=like.is_null()
    )
