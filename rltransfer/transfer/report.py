"""What became of every parameter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.anatomy import named_parts
from rltransfer.errors import NothingTransferredError

Fate = Literal["copied", "mapped", "frozen", "tied", "penalised", "perturbed", "pretrained", "re-initialised", "absent"]
CARRIED: tuple[Fate, ...] = ("copied", "frozen", "tied", "penalised", "perturbed")
"""The fates that carry something over."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The fate of one parameter.

    Args:
        side: whose parameter it is.
        name: as ``named_parts`` calls it.
        shape: of the parameter.
        fate: ``copied`` (starts at the source's value), ``frozen`` (is the source's value and stays), ``tied`` (is
            the same tensor as the source's), ``penalised`` (starts there and is pulled back to it),
            ``perturbed`` (starts at a mixture of the source's value and a fresh one),
            ``pretrained`` (was learned from reward-free frames before learning begins; target only),
            ``mapped`` (in part, or in other places than in the source, by an inter-task mapping),
            ``re-initialised`` (fresh; target only), ``absent`` (left behind; source only).
        counterpart: the parameter on the other side, where one is.
        note: why, or with what constant.
        part: of what is mapped, how many of its numbers; the others are fresh in the target, absent from it in the
            source.
    """

    side: Literal["source", "target"]
    name: str
    shape: tuple[int, ...]
    fate: Fate
    counterpart: str | None = None
    note: str = ""
    part: int | None = None

    @property
    def numbers(self) -> int:
        """How many numbers the parameter has."""
        count = 1
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True)
class TransferReport:
    """The fate of every parameter of source and target; ``str()`` gives a short table."""

    method: str
    entries: tuple[Entry, ...]
    statistics: str = ""
    """What became of the running statistics that observations and rewards are scaled by; empty where there are none."""
    source_steps: int = 0
    """Environment steps for which the source task was played before the target is learned."""
    target_steps: int = 0
    """Environment steps for which the target task was played before it is learned; they are part of its budget."""
    findings: dict[str, Any] = field(default_factory=dict)
    """What methods found out, by name, as JSON values; some go on being found out while the target learns."""

    def of(self, side: Literal["source", "target"]) -> dict[str, Entry]:
        """The entries of one side, by parameter name."""
        return {entry.name: entry for entry in self.entries if entry.side == side}

    def counts(self, side: Literal["source", "target"] = "target") -> dict[Fate, int]:
        """How many numbers of one side met each fate."""
        totals: Counter[Fate] = Counter()
        for entry in self.of(side).values():
            part = entry.numbers if entry.part is None else entry.part
            totals[entry.fate] += part
            if part < entry.numbers:
                totals["re-initialised" if side == "target" else "absent"] += entry.numbers - part
        return dict(totals)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return {
            "method": self.method,
            "target": self.counts("target"),
            "source": self.counts("source"),
            "statistics": self.statistics,
            "source_steps": self.source_steps,
            "target_steps": self.target_steps,
            "findings": self.findings,
            "parameters": [asdict(entry) for entry in self.entries],
        }

    def __str__(self) -> str:
        lines = [f"transfer by {self.method}"]
        for side in ("target", "source"):
            totals = self.counts(side)
            parts = ", ".join(f"{count:,} {fate}" for fate, count in totals.items())
            lines.append(f"  {side}: {sum(totals.values()):,} parameters: {parts or 'none'}")
        if self.statistics:
            lines.append(f"  statistics of observations and rewards {self.statistics}")
        for task, steps in (("source", self.source_steps), ("target", self.target_steps)):
            if steps:
                lines.append(f"  the {task} task was played for {steps:,} steps before learning")
        lines.extend(f"  {name}: {value}" for name, value in self.findings.items())
        width = max((len(entry.name) for entry in self.entries), default=0)
        for entry in self.of("target").values():
            lines.append(f"    {entry.name:<{width}}  {entry.fate}{'  ' + entry.note if entry.note else ''}")
        left = [entry for entry in self.of("source").values() if entry.fate == "absent"]
        lines.extend(f"    {entry.name:<{width}}  absent from the target  {entry.note}".rstrip() for entry in left)
        return "\n".join(lines)


@dataclass
class Ledger:
    """Collects fates while a method works; closing it accounts for the rest.

    Args:
        method: label of the method.
        model: the target learner.
        source_agent: the source agent, where there is one.
        statistics: see ``TransferReport``.
    """

    method: str
    model: BaseAlgorithm
    source_agent: BaseAlgorithm | None
    statistics: str = ""
    _target: dict[str, Entry] = field(default_factory=dict)
    _source: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.renew()

    @property
    def source(self) -> BaseAlgorithm:
        """The source agent; there is one wherever something is carried over."""
        assert self.source_agent is not None
        return self.source_agent

    def renew(self) -> None:
        """Look the parameters up again, after modules were exchanged; what was noted of those now gone is forgotten."""
        theirs = {} if self.source_agent is None else named_parts(self.source_agent)
        self._parts = (named_parts(self.model), theirs)
        self._target = {name: entry for name, entry in self._target.items() if name in self._parts[0]}
        self._source = {name: e for name, e in self._source.items() if e.counterpart in self._target}

    def renamed(self, names: Mapping[str, str]) -> None:
        """Look the parameters up again, after some of the target's, old name to new, became parts of other modules."""
        noted = {names[name]: entry for name, entry in self._target.items() if name in names}
        given = {name: entry.part for name, entry in self._source.items()}
        self.renew()
        for name, entry in noted.items():
            self._target[name] = replace(entry, name=name)
            if entry.fate in (*CARRIED, "mapped"):
                parts = (entry.part, given.get(entry.counterpart or ""))
                self.note(name, entry.fate, entry.counterpart, entry.note, parts=parts)

    def note(
        self,
        name: str,
        fate: Fate,
        counterpart: str | None,
        note: str = "",
        *,
        parts: tuple[int | None, int | None] = (None, None),
    ) -> None:
        """The target's ``name`` and the source's ``counterpart`` met ``fate``; a later note replaces an earlier.

        Args:
            name: of the target's parameter.
            fate: of both.
            counterpart: the source's; None where what is carried over is another agent's than the source's.
            note: why, or with what constant.
            parts: how many numbers of the target's and of the source's parameter, where not all.
        """
        targets, sources = self._parts
        self._target[name] = Entry(
            side="target",
            name=name,
            shape=tuple(targets[name].shape),
            fate=fate,
            counterpart=counterpart,
            note=note,
            part=parts[0],
        )
        if counterpart is None:
            return
        self._source.setdefault(
            counterpart,
            Entry(side="source", name=counterpart, shape=tuple(sources[counterpart].shape), fate=fate),
        )
        if self._source[counterpart].counterpart in (None, name):  # the acting copy speaks for the source's
            self._source[counterpart] = replace(
                self._source[counterpart], fate=fate, counterpart=name, note=note, part=parts[1]
            )

    def carried(self) -> dict[str, str | None]:
        """Target name to source name of everything carried so far; None for what is another agent's."""
        return {n: e.counterpart for n, e in self._target.items() if e.fate in CARRIED}

    def standing(self) -> dict[str, str | None]:
        """What was carried, and what is mapped with no number left fresh: all that need not be learned."""
        mapped = {
            name: entry.counterpart
            for name, entry in self._target.items()
            if entry.fate == "mapped" and entry.part in (None, entry.numbers)
        }
        return {**self.carried(), **mapped}

    def mark(self, names: Iterable[str], fate: Fate, note: str = "") -> None:
        """Give what was carried under ``names`` (of the target) a further fate: frozen, tied or penalised."""
        carried = self.standing()
        for name in names:
            if name in carried:
                self.note(name, fate, carried[name], self._further(name, note))

    def remark(self, name: str, note: str) -> None:
        """Say more of the target's ``name``, whose fate stays."""
        entry, note = self._target.get(name), self._further(name, note)
        if entry is not None and entry.fate == "mapped":
            self._target[name] = replace(entry, note=note)
        elif entry is None or entry.fate not in CARRIED:
            self.refused(name, note)
        else:
            self.note(name, entry.fate, entry.counterpart, note)

    def _further(self, name: str, note: str) -> str:
        """``note`` behind what was said of the target's ``name`` before."""
        said = self._target[name].note if name in self._target else ""
        return "; ".join(part for part in (said, note) if part)

    def pretrained(self, names: Iterable[str], by: str) -> None:
        """What is called ``names`` was learned from frames; what was carried over keeps its fate, with a note."""
        carried = self.carried()
        for name in names:
            if name in carried:
                self.remark(name, f"then pretrained by {by}")
            else:
                shape = tuple(self._parts[0][name].shape)
                self._target[name] = Entry(side="target", name=name, shape=shape, fate="pretrained", note=f"by {by}")

    def refused(self, name: str, why: str) -> None:
        """Say why the target's ``name`` starts afresh."""
        shape = tuple(self._parts[0][name].shape)
        self._target[name] = Entry(side="target", name=name, shape=shape, fate="re-initialised", note=why)

    def close(self, *, may_carry_nothing: bool = False) -> TransferReport:
        """The report, in which what was not noted is re-initialised in the target and absent from it in the source.

        Raises:
            NothingTransferredError: nothing of the trunk was carried over, unless that is the method's nature; heads
                alone would sit on features that mean something else. Of a trunk that learns nothing, heads will do.
        """
        targets, sources = self._parts
        entries = [
            self._target.get(n) or Entry(side="target", name=n, shape=tuple(p.shape), fate="re-initialised")
            for n, p in targets.items()
        ]
        entries += [
            self._source.get(n) or Entry(side="source", name=n, shape=tuple(p.shape), fate="absent")
            for n, p in sources.items()
        ]
        needed = "trunk." if any(name.startswith("trunk.") for name in targets) else ""
        if not may_carry_nothing and not any(
            e.fate in (*CARRIED, "mapped") and e.name.startswith(needed) for e in entries
        ):
            raise NothingTransferredError(
                f"{self.method}: not one layer of the source's trunk fits the target's. Give both the same trunk and "
                "observation shape, or use scratch."
            )
        return TransferReport(self.method, tuple(entries), self.statistics)
