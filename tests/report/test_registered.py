"""The tables of what is registered say of each method what it does."""

import pytest

import rltransfer as rlt
from rltransfer.registry import ALGORITHMS, METHODS
from rltransfer.report.registered import methods_table


@pytest.fixture(scope="module")
def rows():
    """{method: its line of the matrix, cells by the name of their column}."""
    table = methods_table().renderables[0]
    cells = {column.header: list(column.cells) for column in table.columns}
    return {name: {head: cells[head][n] for head in cells} for n, name in enumerate(cells["method"])}


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"compose"}))
def test_a_method_is_said_to_serve_the_algorithms_that_it_does_not_refuse(name, rows):
    method = rlt.Mapped(actions="shared") if name == "mapped" else METHODS.get(name)()
    unserved = {a for a in ALGORITHMS if method.refusal(ALGORITHMS.get(a)) is not None}
    said = rows[name]["algorithms"]
    if said.startswith("all"):
        assert said == ("all but " + ", ".join(a for a in ALGORITHMS if a in unserved) if unserved else "all")
    else:
        assert set(said.split(", ")) == set(ALGORITHMS) - unserved


def test_a_method_that_serves_other_actions_by_a_mapping_is_said_to(rows):
    assert rows["direct"]["spaces"] == "equal, or actions mapped"
    assert rows["finetune"]["spaces"] == rows["mapped"]["spaces"] == "may differ"
    assert rows["kickstarting"]["spaces"] == "equal"
