"""Every base class again, with PostgreSQL's words translated, and thin subclasses where needed.

`words.py` translates what projects and scripts say; a subclass of `neutral_*.py` overrides what
stands in a test's own fixtures, and its docstring says why.
"""

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.adapter_suite import neutral_contracts, neutral_fixtures, neutral_messages
from tests.adapter_suite.suite import base_classes, class_name

ABSTRACT = "abstract: gives no project to test"
SKIPPED = {
    "BaseArrayUtils": ABSTRACT,
    "BaseCachingTest": ABSTRACT,
    "BaseDataTypeMacro": ABSTRACT,
    "BaseCurrentTimestampAware": "the suite asks for one of aware and naive; Spark's is naive",
    "BaseClonePossible": "the suite asks for one of possible and not; Iceberg cannot clone",
}


def _subclasses(*modules: ModuleType) -> Iterator[tuple[str, type]]:
    """Yield the name of a base class, with the class that overrides it."""
    for module in modules:
        for found in vars(module).values():
            if isinstance(found, type) and found.__module__ == module.__name__:
                yield f"Base{found.__name__}", found


_OVERRIDES = dict(_subclasses(neutral_contracts, neutral_fixtures, neutral_messages))

for _found in base_classes():
    _name = class_name(_found)
    _class = type(
        _name, (_OVERRIDES.get(_found.__name__, _found),), {"__module__": __name__, "neutral": True}
    )
    if _found.__name__ in SKIPPED:
        _class = pytest.mark.skip(reason=SKIPPED[_found.__name__])(_class)
    globals()[_name] = _class
