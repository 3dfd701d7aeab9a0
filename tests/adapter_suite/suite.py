"""Every base class of dbt-tests-adapter as a test class of ours, with nothing added.

Left out are classes for what this stack has not: materialized views, Python models, functions,
and catalogs of other vendors.
"""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from dbt.tests import adapter

LEFT_OUT = ("catalog_integrations", "functions", "materialized_view", "python_model")


def base_classes() -> Iterator[type]:
    """Give each base class that has tests."""
    (root,) = map(Path, adapter.__path__)
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        if parts[0] in LEFT_OUT:
            continue
        module = importlib.import_module(".".join((adapter.__name__, *parts)))
        for name, found in inspect.getmembers(module, inspect.isclass):
            is_own = found.__module__ == module.__name__
            if is_own and name.startswith("Base") and _has_tests(found):
                yield found


def _has_tests(found: type) -> bool:
    return any(name.startswith("test_") for name in dir(found))


def class_name(found: type) -> str:
    """Return the name of a base class's test class, which says its area too."""
    module = found.__module__.removeprefix(f"{adapter.__name__}.").replace(".", "_")
    return f"Test_{module}_{found.__name__}"


for _found in base_classes():
    _name = class_name(_found)
    globals()[_name] = type(_name, (_found,), {"__module__": __name__})
