"""Several methods as one."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import pydantic
from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.agents.algorithms import Algorithm
    from rltransfer.tasks import SpaceDiff


class Compose(TransferMethod):
    """Several methods together, as a list stands for it in YAML: `- [finetune, soft_sharing]`.

    Their phases interleave (see ``TransferMethod``), so their order does not matter: weights are carried once, learning
    rates multiply, penalties and further losses add up. Heads start afresh where any of the methods says so.

    Args:
        methods: two or more, of which no two decide the same thing.

    Source: own choice.
    """

    registered: ClassVar[str] = "compose"
    transfers: ClassVar[Knowledge] = "several"
    heterogeneous: ClassVar[bool] = True

    methods: tuple[pydantic.SerializeAsAny[TransferMethod], ...] = Field(min_length=2)

    @pydantic.field_validator("methods", mode="before")
    @classmethod
    def _made(cls, value: Any) -> Any:
        """Methods in Python; in YAML they were made by now."""
        if isinstance(value, list | tuple):
            value = tuple(part for item in value for part in (item.methods if isinstance(item, Compose) else (item,)))
        return value

    @pydantic.model_validator(mode="after")
    def _go_together(self) -> Compose:
        for one, other in combinations(self.methods, 2):
            if type(one) is type(other):
                raise ValueError(f"{one.registered} stands twice in one composition. Take one of them.")
            if everything := next((m for m in (one, other) if "everything" in m.decides), None):
                raise ValueError(f"{everything.registered} stands alone: it is what others are compared with.")
            if both := sorted(one.decides & other.decides):
                raise ValueError(f"{one.registered} and {other.registered} both decide {both[0]}. Take one of them.")
            for keeper, reader in ((one, other), (other, one)):
                if keeper.keeps_features and reader.reads_observations:
                    raise ValueError(
                        f"{reader.label} needs the observations themselves, and {keeper.label} keeps features in their "
                        f"place. Give {keeper.registered} cache: false."
                    )
            try:
                one.check_beside(other)
                other.check_beside(one)
            except ConfigError as error:
                raise ValueError(str(error)) from None
        return self

    @property
    def label(self) -> str:
        """The name given, or those of all methods joined by ``+``."""
        return self.name or "+".join(method.label for method in self.methods)

    @property
    def takes_source(self) -> bool:
        """Whether any of the methods does."""
        return any(method.takes_source for method in self.methods)

    @property
    def plays_source(self) -> bool:
        """Whether any of the methods does."""
        return any(method.plays_source for method in self.methods)

    @property
    def changes_source(self) -> bool:
        """Whether any of the methods does."""
        return any(method.changes_source for method in self.methods)

    @property
    def plays_target_for(self) -> int:
        """Of all the methods."""
        return sum(method.plays_target_for for method in self.methods)

    def together(self) -> tuple[TransferMethod, ...]:
        """The methods it is composed of."""
        return self.methods

    def check_algorithm(self, algorithm: type[Algorithm] | None) -> None:
        """As each of the methods."""
        for method in self.methods:
            method.check_algorithm(algorithm)

    def refusal(self, algorithm: type[Algorithm] | None) -> str | None:
        """The first that one of the methods gives."""
        return next((reason for method in self.methods if (reason := method.refusal(algorithm))), None)

    def check_files(self) -> None:
        """As each of the methods."""
        for method in self.methods:
            method.check_files()

    def check(self, diff: SpaceDiff) -> None:
        """As each of the methods."""
        for method in self.methods:
            method.check(diff)

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """As each of the methods."""
        for method in self.methods:
            method.check_stages(stage_names)
