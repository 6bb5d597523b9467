"""The command line: quick, torch-free where it can be, and never a traceback for what a user can mend."""

import json
import subprocess
import sys
import types
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rltransfer
from rltransfer.cli import app
from rltransfer.errors import RunConflictError

TEXT = """\
experiment: quick
seeds: 2
source: {family: rover, budget: 1000}
targets: {dusk: {environment: {palette: dusk}}}
methods: [direct, finetune, hard_sharing, {frozen: {at: end}}, soft_sharing]
budget: 500
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "quick.yaml"
    path.write_text(TEXT)
    return path


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    "method", ["{hard_sharing: {beside: [nowhere]}}", "[{finetune: }, {hard_sharing: {beside: [nowhere]}}]"]
)
def test_check_tells_of_an_agent_that_a_method_names_and_that_is_not_there(method: str, file: Path) -> None:
    file.write_text(TEXT.replace("hard_sharing,", f"{method},"))
    result = invoke("check", file)
    assert result.exit_code != 0
    told = result.output + str(result.exception)
    assert "quick.yaml:5:" in told
    assert "hard_sharing.beside: nowhere holds no trained agent" in told


def test_check_tells_how_much_would_run(file: Path) -> None:
    result = invoke("check", file, "seeds=3")
    assert result.exit_code == 0
    assert result.stdout == (
        f"{file}: valid. 1 target x 6 methods x 3 seeds = up to 18 trials, after 3 source agents\n"
        "12,000 environment steps: 3,000 source, 9,000 target\n"
    )


def test_errors_go_to_stderr_with_status_2(file: Path) -> None:
    result = invoke("check", file, "seeds=0", "budgt=3")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "override 'seeds=0': seeds: is 0, but must be a whole number, 1 to 10000.",
        "override 'budgt=3': budgt: unknown key. Did you mean 'budget'?",
    ]


@pytest.mark.parametrize("arguments", [["check"], ["chekc"], ["check", "--wat"], ["run", "x", "--workers", "0"]])
def test_usage_errors_have_status_2(arguments: list[str]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_what_is_no_file(tmp_path: Path, name: str) -> None:
    result = invoke("check", tmp_path / name)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_version_and_help() -> None:
    assert invoke("--version").stdout.startswith("rltransfer ")
    listed = invoke("--help").stdout
    assert all(command in listed for command in ("check", "run", "show", "schema"))


def test_schema_is_json() -> None:
    assert "targets" in json.loads(invoke("schema").stdout)["properties"]


def test_run_and_show_hand_over(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[tuple[object, ...]] = []
    session = types.ModuleType("rltransfer.session")
    session.run_in_terminal = lambda config, *, out, workers: calls.append((config.seeds, out, workers)) or 0
    session.show_in_terminal = lambda directory: calls.append((directory,))
    monkeypatch.setitem(sys.modules, "rltransfer.session", session)
    monkeypatch.setattr(rltransfer, "session", session, raising=False)

    assert invoke("run", file, "seeds=1", "--out", tmp_path / "out", "--workers", "2").exit_code == 0
    assert invoke("show", tmp_path / "out").exit_code == 0
    assert calls == [((0,), tmp_path / "out", 2), (tmp_path / "out",)]

    def refuse(config, *, out, workers):
        raise RunConflictError("runs/quick belongs to another configuration: budget differs. Choose another --out.")

    session.run_in_terminal = refuse
    result = invoke("run", file)
    assert result.exit_code == 2
    assert result.stderr.startswith("runs/quick belongs to another configuration")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "{file}"], ["schema"]])
def test_torch_is_not_imported(file: Path, arguments: list[str]) -> None:
    program = (
        "import sys, rltransfer.cli\n"
        "try: rltransfer.cli.app(sys.argv[1:])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'torch', 'stable_baselines3', 'gymnasium', 'numpy', 'rich'} & set(sys.modules)\n"
        "heavy -= {'numpy'} if sys.argv[1] == 'schema' else set()  # which asks every format of data for its options\n"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)"
    )
    given = [argument.format(file=file) for argument in arguments]
    done = subprocess.run(
        [sys.executable, "-c", program, *given], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_families_are_listed_with_their_axes() -> None:
    result = invoke("list", "families")
    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if line.strip().startswith("rover"))
    assert "omni" in line
    assert "reach, swap, push" in line


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("methods", ("finetune", "frozen", "scratch", "agent and task", "may differ", "features")),
        ("trunks", ("nature", "impala", "mlp")),
        ("algorithms", ("ppo", "dqn")),
        ("wrappers", ("pixels", "frame_stack")),
        ("data", ("folders", "omniglot", "frames")),
    ],
)
def test_what_is_registered_is_listed(kind, names) -> None:
    result = invoke("list", kind)
    assert result.exit_code == 0
    assert all(f" {name} " in result.stdout for name in names)


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("method", "soft_sharing", ["transfers: parameters", "L2-SP", "Source: Li", "strength", "0.001", "one number"]),
        ("trunk", "nature", ["Mnih", "features", "512", "width of the last layer"]),
        ("algorithm", "dqn", ["target_update_interval", "1000"]),
        ("wrapper", "time_limit", ["steps", "needed"]),
    ],
)
def test_what_is_registered_is_shown_with_its_options(kind, name, told) -> None:
    result = invoke("show", kind, name)
    assert result.exit_code == 0
    assert [part for part in told if part not in result.stdout] == []


def test_an_unknown_kind_is_told_with_the_nearest() -> None:
    result = invoke("list", "famillies")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Did you mean 'families'?" in result.stderr


def test_a_family_is_shown_and_drawn(tmp_path) -> None:
    picture = tmp_path / "rover.png"
    result = invoke("show", "family", "rover", "--png", picture)
    assert result.exit_code == 0
    assert "gradient_angle" in result.stdout
    assert "0 to 0.25" in result.stdout  # the usual range of slip
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "family", "rovr"], "Did you mean 'rover'?"),
        (["show", "family", "rover", "more"], "show takes a run directory"),
        (["show", "methode", "finetune"], "unknown kind 'methode'. Did you mean 'method'?"),
        (["show", "method", "finetun"], "Did you mean 'finetune'?"),
        (["show", "runs/x", "--png", "x.png"], "--png goes with a family"),
        (["show", "family", "rover", "--png", "x.xyz"], "x.xyz: only PNG is written. Give it the ending .png: x.png"),
        (["check-family", "rovr"], "Did you mean 'rover'?"),
    ],
)
def test_what_cannot_be_shown_is_told_in_one_line(arguments, said) -> None:
    result = invoke(*arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert said in result.stderr


def test_a_family_that_breaks_a_promise_is_told_with_status_1(monkeypatch) -> None:
    from rltransfer.registry import FAMILIES

    sys.path.insert(0, str(Path(__file__).parent / "tasks"))
    from counting_family import Counting

    monkeypatch.setattr(Counting, "described_in", "counting_family:CountingVectorEnv")
    for fault, status in ((None, 0), ("still", 1)):
        monkeypatch.setitem(FAMILIES._loaded, "counting", Counting(fault))
        result = invoke("check-family", "counting", "--copies", "3", "--steps", "20")
        assert result.exit_code == status
        assert ("broken" in result.stdout) is (status == 1)
        assert "deterministic" in result.stdout
