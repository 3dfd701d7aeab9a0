"""One name per thing, and one place for it: what a newcomer may rely on when looking for a file."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
RAW = sorted((MODELS / "raw").glob("*.yml"))
MODEL_FILES = sorted(path for path in MODELS.rglob("*.sql"))
INTERMEDIATE = sorted((MODELS / "intermediate").rglob("*.sql"))
LONGEST_MODEL = 130
SEEDS = {path.stem for path in (ROOT / "seeds").glob("*.csv")}
MACROS = sorted((ROOT / "macros").rglob("*.sql"))
PUBLIC_MACROS = [path for path in MACROS if not path.stem.startswith("_")]
MACRO_FOLDERS = sorted({path.parent for path in MACROS})


@cache
def described_models() -> dict[str, tuple[Path, dict[str, Any]]]:
    """Return every model that a YAML file describes: name -> (file, description)."""
    return {
        model["name"]: (path, model)
        for path in sorted(MODELS.rglob("*.yml"))
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", [])
    }


@pytest.mark.parametrize("path", RAW, ids=lambda path: path.stem)
def test_a_source_has_one_name_everywhere(path: Path) -> None:
    (source,) = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    assert source["name"] == path.stem
    assert source["schema"] == f"raw_{path.stem}"
    silver = sorted((MODELS / "silver" / path.stem).glob("*.sql"))
    assert silver, f"no silver model reads {path.stem}"
    assert all(model.stem.startswith(f"{path.stem}__") for model in silver)


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_a_model_is_described_beside_its_sql(path: Path) -> None:
    described_in, model = described_models()[path.stem]
    assert described_in == path.with_suffix(".yml")
    assert model["description"].startswith("One row per")
    for column in model["columns"]:
        assert column.get("description"), f"{path.stem}.{column['name']} has no description"
        assert column.get("data_type"), f"{path.stem}.{column['name']} has no data_type"


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_a_seed_is_described_beside_its_rows(name: str) -> None:
    (seed,) = yaml.safe_load((ROOT / "seeds" / f"{name}.yml").read_text(encoding="utf-8"))["seeds"]
    with (ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    assert seed["name"] == name
    assert seed["description"].startswith("One row per")
    assert list(seed["config"]["column_types"]) == header
    described = {column["name"]: column for column in seed["columns"]}
    assert list(described) == header
    assert all(column["description"] for column in described.values())
    types = {column: entry["data_type"] for column, entry in described.items()}
    assert types == seed["config"]["column_types"]


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_layers_point_one_way(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    layer = path.relative_to(MODELS).parts[0]
    read = set(re.findall(r"ref\(\s*'(\w+)'", text))
    if layer == "gold":
        assert "source(" not in text, "gold reads tables of silver and gold, never raw"
    elif layer == "intermediate":
        assert "source(" not in text, "an intermediate model reads silver, never raw"
        system = path.parent.name
        assert read - SEEDS <= {model.stem for model in _models_between(system)}
    elif layer == "silver":
        assert read <= SEEDS, "a silver model reads one raw table, by stream(), and seeds"
        assert text.count("source(") == 1
    else:
        assert layer == "quarantine"
        assert not read


@pytest.mark.parametrize("path", INTERMEDIATE, ids=lambda path: path.stem)
def test_an_intermediate_model_belongs_to_one_system_and_is_read(path: Path) -> None:
    """A table of it goes to silver too, so it is named alike; a step is a part of what reads it."""
    assert path.stem.startswith(f"{path.parent.name}__")
    assert (MODELS / "raw" / f"{path.parent.name}.yml").exists()
    readers = [model for model in MODEL_FILES if f"'{path.stem}'" in model.read_text("utf-8")]
    assert readers, "nothing reads it"
    assert all(model.relative_to(MODELS).parts[0] != "silver" for model in readers)


@pytest.mark.parametrize("path", INTERMEDIATE, ids=lambda path: path.stem)
def test_an_intermediate_model_is_a_step_or_a_table_with_a_key(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    _, model = described_models()[path.stem]
    if "materialized='ephemeral'" in text:
        # The stream of a step would have no commit of its own to keep its offset in.
        assert not re.search(r"stream|changes_of|affected_groups|is_incremental|\bthis\b", text)
        assert "Ephemeral, a step of `" in model["description"]
    else:
        [key] = [c for c in model["columns"] if c["name"] == model["config"]["unique_key"]]
        assert {"unique", "not_null"} <= {t for t in key["data_tests"] if isinstance(t, str)}
        assert "changes_of(" in text


def _models_between(system: str) -> list[Path]:
    """Return the models of a system that an intermediate one may read."""
    layers = (MODELS / "silver", MODELS / "intermediate")
    return [model for layer in layers for model in (layer / system).glob("*.sql")]


@pytest.mark.parametrize("path", MODEL_FILES, ids=lambda path: path.stem)
def test_a_model_can_be_read_at_one_sitting(path: Path) -> None:
    """Longer ones have a step that deserves a model of its own, in models/intermediate."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODEL


@pytest.mark.parametrize("kind", ["models", "seeds"])
def test_what_belongs_to_a_system_has_its_tag(kind: str) -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))[kind]["firn"]
    if kind == "seeds":
        tagged = {name: project[name]["+tags"] for name in SEEDS}
        systems = {name: name.split("_")[0] for name in SEEDS} | {"sentiment_lexicon": "bakery"}
        assert tagged == {name: [system] for name, system in systems.items()}
        return
    for path in MODEL_FILES:
        layer, *folders, _ = path.relative_to(MODELS).parts
        [system] = folders or [path.stem.removesuffix("__rejected")]
        own = described_models()[path.stem][1].get("config", {}).get("tags")
        of_folder = project[layer].get(system, {}).get("+tags")
        assert (own or of_folder) == [system], path


@pytest.mark.parametrize("path", MACROS, ids=lambda path: path.stem)
def test_a_file_of_macros_has_one_public_macro_of_its_name(path: Path) -> None:
    text = _without_comments(path)
    names = re.findall(r"{%-? *(?:macro|test) +(\w+)", text)
    public = [name for name in names if not name.startswith("_")]
    if "{% materialization" in text or path.stem.startswith("_"):
        assert public == []
    else:
        assert public == [path.stem]


@pytest.mark.parametrize("path", MACROS, ids=lambda path: path.stem)
def test_a_macro_says_what_it_is_for(path: Path) -> None:
    assert path.read_text(encoding="utf-8").lstrip().startswith("{#"), "a comment comes first"


@pytest.mark.parametrize("path", PUBLIC_MACROS, ids=lambda path: path.stem)
def test_a_public_macro_shows_an_example(path: Path) -> None:
    """An indented block in the comment at the head; a macro that one calls is called in it."""
    comment, _, _ = path.read_text(encoding="utf-8").partition("#}")
    [*examples] = re.findall(r"\n\n((?: {8,}\S.*\n|\n)+)", comment)
    assert examples, "no block indented by 8 spaces after an empty line"
    if path.parent.name != "adapter" and not re.match("spark__|get_incremental_", path.stem):
        called = path.stem if path.stem != "generate_schema_name" else "+schema"
        assert any(called in example for example in examples)


@pytest.mark.parametrize("path", PUBLIC_MACROS, ids=lambda path: path.stem)
def test_a_public_macro_is_described_with_every_argument(path: Path) -> None:
    described_in = path.with_name(f"_{path.parent.name}__macros.yml")
    assert sorted(path.parent.glob("*.yml")) == [described_in], "one file for a folder"
    described = {
        macro["name"]: macro
        for macro in yaml.safe_load(described_in.read_text(encoding="utf-8"))["macros"]
    }
    name, arguments = _signature(path)
    assert described[name]["description"].strip()
    written = {entry["name"]: entry for entry in described[name].get("arguments", [])}
    assert list(written) == arguments
    assert all(entry["description"] and entry["type"] for entry in written.values())


@pytest.mark.parametrize("folder", MACRO_FOLDERS, ids=lambda path: path.name)
def test_a_folder_describes_no_macro_that_is_not_there(folder: Path) -> None:
    described = yaml.safe_load((folder / f"_{folder.name}__macros.yml").read_text(encoding="utf-8"))
    there = [_signature(path)[0] for path in PUBLIC_MACROS if path.parent == folder]
    assert sorted(macro["name"] for macro in described["macros"]) == sorted(there)


def _without_comments(path: Path) -> str:
    return re.sub(r"(?s){#.*?#}", "", path.read_text(encoding="utf-8"))


def _signature(path: Path) -> tuple[str, list[str]]:
    """Return the name that dbt knows a file's public macro by, and its arguments."""
    text = _without_comments(path)
    if "{% materialization" in text:
        return f"materialization_{path.stem}_spark", []
    pattern = r"{%-? *(macro|test) +" + path.stem + r" *\(([^)]*)\)"
    [(kind, declared)] = re.findall(pattern, text)
    arguments = [name.split("=")[0].strip() for name in declared.split(",") if name.strip()]
    return ("test_" if kind == "test" else "") + path.stem, arguments


def test_nothing_was_overlooked() -> None:
    assert len(RAW) >= 1
    assert len(MODEL_FILES) >= 20
    assert len(INTERMEDIATE) >= 4
    assert len(PUBLIC_MACROS) >= 15
    assert len(MACRO_FOLDERS) >= 6
