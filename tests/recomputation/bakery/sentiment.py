"""How a comment sounds: words and VADER's lexicon -> a score between -1 and 1."""

import csv
import math
import re
from decimal import Decimal
from functools import cache
from pathlib import Path

from tests.recomputation.bakery.exact import rounded_double

LEXICON = Path(__file__).parents[3] / "seeds" / "sentiment_lexicon.csv"


@cache
def _lexicon() -> tuple[dict[str, Decimal], frozenset[str]]:
    """Return the words that sound like something, and those that turn others round."""
    with LEXICON.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    valences = {row["word"]: Decimal(row["valence"]) for row in rows}
    negators = frozenset(row["word"] for row in rows if row["is_negator"] == "true")
    return {word: valence for word, valence in valences.items() if valence}, negators


def score(comment: str | None) -> Decimal | None:
    """Return how a comment sounds, with 4 places; None where nothing was written."""
    if comment is None or not comment.strip():
        return None
    valences, negators = _lexicon()
    words = re.findall(r"[a-z]+(?:'[a-z]+)*", comment.lower().replace("\u2019", "'"))
    total = Decimal(0)
    for place, word in enumerate(words):
        if word not in valences:
            continue
        if word in negators and words[place + 1 : place + 2] and words[place + 1] in valences:
            continue
        is_turned = any(before in negators for before in words[max(place - 3, 0) : place])
        total += valences[word] * (Decimal("-0.74") if is_turned else 1)
    return rounded_double(float(total) / math.sqrt(float(total) ** 2 + 15), 4)
