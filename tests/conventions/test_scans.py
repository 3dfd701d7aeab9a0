"""The scans of workflows and for secrets in `make lint`, with faults planted into copies."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conventions.locks import ROOT

BIN = Path(sys.executable).parent
WORKFLOW = ROOT / ".github" / "workflows" / "test.yml"
FORM = ("check-jsonschema", "--builtin-schema", "vendor.github-workflows")
SAFETY = ("zizmor", "--offline", "--quiet", "--persona", "auditor")
SECRETS = ("detect-secrets-hook", "--baseline", str(ROOT / ".secrets.baseline"))


def _scan(command: tuple[str, ...], path: Path) -> tuple[int, str]:
    program, *arguments = command
    done = subprocess.run(
        [BIN / program, *arguments, path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_lint_and_pre_commit_run_these_scans() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    for scan in (FORM, SAFETY, (*SECRETS[:2], ".secrets.baseline")):
        assert f"$(BIN)/{' '.join(scan)} " in makefile
        assert f"entry: {' '.join(scan)}\n" in hooks


@pytest.mark.parametrize(
    ("scan", "before", "after", "found"),
    [
        (FORM, "runs-on: ubuntu-24.04", "run-on: ubuntu-24.04", "run-on"),
        (SAFETY, "checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "checkout@v6", "unpinned"),
        (SAFETY, "{persist-credentials: false}", "{fetch-depth: 1}", "artipacked"),
        (SAFETY, "{contents: read}", "write-all", "excessive-permissions"),
    ],
    ids=["misspelt key", "action by tag", "credentials stay", "all permissions"],
)
def test_a_fault_in_a_workflow_is_named(
    tmp_path: Path, scan: tuple[str, ...], before: str, after: str, found: str
) -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    copy = tmp_path / ".github" / "workflows" / "test.yml"
    copy.parent.mkdir(parents=True)
    copy.write_text(text, encoding="utf-8")
    assert _scan(scan, copy)[0] == 0
    assert before in text
    copy.write_text(text.replace(before, after, 1), encoding="utf-8")
    code, said = _scan(scan, copy)
    assert code != 0
    assert found in said


def test_a_secret_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text('REGION = "eu-central-1"\n', encoding="utf-8")
    assert _scan(SECRETS, file)[0] == 0
    key = "AKIA" + "Q3EXW7ZPLM2KDY5V"  # of the right form, in two parts; no real key
    file.write_text(f'REGION = "eu-central-1"\nKEY = "{key}"\n', encoding="utf-8")
    code, said = _scan(SECRETS, file)
    assert code == 1
    assert "AWS Access Key" in said
    assert f"{file}:2" in said
    assert key not in said
