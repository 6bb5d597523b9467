"""What is written for users works: every YAML in configs/, and what README.md shows."""

import ast
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rltransfer
import rltransfer.registry
from rltransfer.cli import app
from rltransfer.config import parse_experiment

REPOSITORY = Path(__file__).parents[2]
CONFIGS = sorted((REPOSITORY / "configs").rglob("*.y*ml"))
STUDIES = sorted((REPOSITORY / "experiments").glob("*/*.y*ml"))
METHODS_PAGE = (REPOSITORY / "docs" / "methods.md").read_text(encoding="utf-8")
METHOD_SECTIONS = dict(re.findall(r"^### (.*)\n((?:(?!##).*\n)*)", METHODS_PAGE, re.MULTILINE))
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def check(*arguments):
    done = CliRunner().invoke(app, ["check", *map(str, arguments)])
    return done.exit_code, done.stderr


def test_there_is_a_quickstart():
    assert REPOSITORY / "configs" / "quickstart.yaml" in CONFIGS


@pytest.mark.parametrize("path", [*CONFIGS, *STUDIES], ids=lambda path: path.stem)
def test_every_configuration_checks(path):
    assert check(path) == (0, "")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_configuration_opens_with_the_command_that_runs_it(path):
    assert path.read_text(encoding="utf-8").startswith(f"# rltransfer run {path.relative_to(REPOSITORY)}")


def test_the_readmes_experiments_check(tmp_path):
    for number, block in enumerate(
        block for block in blocks("yaml") if re.search(r"^experiment:", block, re.MULTILINE)
    ):
        path = tmp_path / f"block-{number}.yaml"
        path.write_text(block, encoding="utf-8")
        assert check(path) == (0, ""), block


def test_the_page_of_methods_has_them_all():
    told_above = {"scratch", "compose"}
    assert set(rltransfer.registry.METHODS) - set(METHOD_SECTIONS) == told_above


@pytest.mark.parametrize("section", METHOD_SECTIONS)
def test_what_the_page_of_methods_shows_is_valid(section):
    shown = re.findall(r"^```yaml\n(.*?)^```", METHOD_SECTIONS[section], re.DOTALL | re.MULTILINE)
    assert shown
    trunk = "relational" if section == "relations" else "nature"
    rest = {
        "experiment": "shown",
        "trunk": trunk,
        "agent": "dqn" if section in {"instances", "jump_start"} else "ppo",
        "source": "{family: rover, budget: 1_000}",
        "targets": "{swap: {task: swap}}",
        "methods": "[finetune]",
        "budget": "1_000",
    }
    for block in shown:
        text = f"methods:\n{block}" if block.startswith("-") else block
        given = re.findall(r"^\w+(?=:)", text, re.MULTILINE)
        parse_experiment("".join(f"{key}: {value}\n" for key, value in rest.items() if key not in given) + text)


def test_the_evidence_that_the_page_of_methods_names_is_there():
    named = set(re.findall(r"`(test_\w+)`", METHODS_PAGE))
    written = {
        name
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    files = set(re.findall(r"`(tests/[\w/]+\.py)`", METHODS_PAGE))
    assert len(named) > 50
    assert named - written == set()
    assert {file for file in files if not (REPOSITORY / file).exists()} == set()


def test_the_readmes_commands_name_files_and_keys_that_are_there():
    commands = re.findall(r"rltransfer (?:run|check) (configs/[\w./-]+)((?: [\w.-]+=\S+)*)", README)
    for file, overrides in commands:
        assert check(REPOSITORY / file, *overrides.split()) == (0, ""), (file, overrides)


def test_the_readmes_python_uses_names_that_are_there():
    for block in blocks("python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rlt":
                assert hasattr(rltransfer, node.attr), node.attr


def test_the_readmes_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (REPOSITORY / target).exists(), target


def test_the_schema_for_editors_is_the_one_the_command_prints():
    printed = CliRunner().invoke(app, ["schema"]).stdout
    assert (REPOSITORY / "configs" / "schema.json").read_text(encoding="utf-8").strip() == printed.strip()


def test_the_readmes_python_runs_on_a_trained_agent(tiny, tmp_path, monkeypatch):
    """Block after block in one process, as a reader would paste them, at the size of a test."""
    smaller = {
        "learn(20_000)": "learn(64)",
        "num_envs=32": "num_envs=8",
        "n_steps=64, batch_size=256": "n_steps=8, batch_size=32",
    }
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "quickstart").symlink_to(tiny / "run")
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks("python"):
        text = block
        for written, small in smaller.items():
            text = text.replace(written, small)
        assert "20_000" not in text
        exec(compile(text, "README.md", "exec"), names)
    assert names["model"].num_timesteps == 64
    trunk = names["rlt"].load_trunk("runs/quickstart/source/seed-0")
    assert len(trunk.split(at="conv3")) == 2
    assert "conv1" in str(trunk.describe())


def test_the_gallery_shows_what_is_registered(monkeypatch):
    """Every row of every table, but for the spaces, which take the simulators to ask."""
    monkeypatch.syspath_prepend(REPOSITORY / "envs")
    from make_gallery import row

    page = (REPOSITORY / "envs" / "README.md").read_text(encoding="utf-8")
    sections = {part.splitlines()[0]: part for part in page.split("\n## ")[1:]}
    for name in rltransfer.registry.FAMILIES:
        family = rltransfer.registry.FAMILIES.get(name)
        if not type(family).__module__.startswith("rltransfer_envs"):
            continue
        rows = [row(factor) for factor in family.factors.values()]
        rows += [f"| `{task}` | {about} |" for task, about in family.tasks.items()]
        rows += [f"| `{robot}` | {about} |" for robot, about in family.robots.items()]
        missing = [line for line in rows if line not in sections[name]]
        assert not missing, "run: python envs/make_gallery.py"
