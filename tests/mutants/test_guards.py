"""Guards in a module, and the module without one of them."""

from tests.mutants.guards import guards_of

SOURCE = """
def kept(names: list[str], größe: int) -> int:
    if größe > 9 or not names:
        raise ValueError("ß")
    for name in names:
        if name == "é":
            continue
        if (found := name.find("x")) < 0:
            return found
    if names:
        größe += 1
    if größe:
        return 1
    else:
        return 2
"""


def test_what_leaves_early_is_a_guard() -> None:
    found = {guard.line: guard.condition for guard in guards_of(SOURCE)}
    assert found == {3: "größe > 9 or not names", 6: "name == 'é'"}


def test_a_guard_is_switched_off_alone() -> None:
    for guard in guards_of(SOURCE):
        changed = guard.switched_off(SOURCE)
        compile(changed, "changed", "exec")
        lines = zip(SOURCE.splitlines(), changed.splitlines(), strict=True)
        differing = [new.strip() for old, new in lines if old != new]
        assert differing == ["if False:"]
