"""What a person does with tasks: suspend, resume, run -> the state that the refresher reads."""

from __future__ import annotations

import time
import uuid

from lake.errors import ConfigurationError, LoadError
from lake.settings import Settings
from operations.refresh.history import Outcome
from operations.refresh.tasks.project import Project
from operations.refresh.tasks.state import BY_HAND, Answer, State, StateFile

POLL_SECONDS = 0.2


def suspend(settings: Settings, project: Project, name: str) -> list[str]:
    """Suspend a task, by hand; return the tasks that are suspended with it. Raises FirnError."""
    _require(project, name)
    _change(settings, name, {"suspended": BY_HAND})
    return [other for other in project.plan.tasks if name in project.plan.ancestors[other]]


def resume(settings: Settings, project: Project, name: str) -> None:
    """Let a suspended task go on; its failures are forgotten.

    Raises ConfigurationError as long as a task upstream of it is suspended.
    """
    _require(project, name)
    state = StateFile(settings.home).read()
    above = [up for up in project.plan.ancestors[name] if state.of(up).suspended]
    if above:
        raise ConfigurationError(
            f"{name} comes from {above[0]}, which is suspended: {state.of(above[0]).suspended}",
            f"firn tasks resume {above[0]}",
        )
    _change(settings, name, {"suspended": "", "failures": 0, "outcome": None, "skipped": ""})


def try_again(settings: Settings, name: str) -> bool:
    """Forget the failures of a task; return False where a person suspended it.

    Raises EnvironmentFault when the state cannot be written.
    """
    suspended = StateFile(settings.home).read().of(name).suspended
    if suspended not in {"", BY_HAND}:
        _change(settings, name, {"suspended": "", "failures": 0})
    return suspended != BY_HAND


def request(settings: Settings, project: Project, name: str) -> str:
    """Ask for a run of a task; return the number of the request. Raises FirnError."""
    _require(project, name)
    number = uuid.uuid4().hex
    StateFile(settings.home).change(
        lambda state: state.model_copy(update={"requests": {**state.requests, number: name}})
    )
    return number


def answer(settings: Settings, number: str) -> Answer | None:
    """Return how the run ended that a request asked for, None before its end."""
    return StateFile(settings.home).read().answers.get(number)


def withdraw(settings: Settings, number: str) -> None:
    """Take back a request that nobody answered."""
    StateFile(settings.home).change(
        lambda state: state.model_copy(
            update={"requests": {n: t for n, t in state.requests.items() if n != number}}
        )
    )


def wait_for_answer(settings: Settings, number: str, seconds: float) -> Answer:
    """Return how a run ended that the refresher was asked for.

    Raises LoadError when it did not end in so many seconds; then it is no longer asked for.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := answer(settings, number):
            return found
        time.sleep(POLL_SECONDS)
    withdraw(settings, number)
    raise LoadError(f"the refresher did not run it within {seconds:.0f} s", "firn tasks")


def require_success(name: str, found: Answer) -> None:
    """Raise LoadError for a run that did not succeed."""
    if found.outcome is not Outcome.SUCCESS:
        raise LoadError(f"{name}: {found.message}", f"correct it, then: firn tasks run {name}")


def _require(project: Project, name: str) -> None:
    from difflib import get_close_matches

    tasks = project.plan.tasks
    if name not in tasks:
        near = get_close_matches(name, tasks, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        choose = ", ".join(tasks) or "no model declares config.meta.refresh"
        raise ConfigurationError(f"{name!r} is no task{hint}", f"choose from: {choose}")


def _change(settings: Settings, name: str, update: dict[str, object]) -> None:
    def change(state: State) -> State:
        return state.with_tasks({name: state.of(name).model_copy(update=update)})

    StateFile(settings.home).change(change)
