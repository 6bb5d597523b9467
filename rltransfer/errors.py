"""The errors users meet: each says what was asked, what was found and how to mend it."""


class RLTransferError(Exception):
    """Anything rltransfer refuses to do. The message is one line, fit to be shown without a traceback."""


class ConfigError(RLTransferError):
    """An experiment file, an override or an argument that does not hold."""


class UnknownNameError(ConfigError):
    """A name that no registry, family or trunk knows. Carries the nearest known one as a suggestion."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...], suggestion: str | None = None) -> None:
        self.kind = kind
        self.name = name
        self.known = known
        self.suggestion = suggestion
        hint = f"Did you mean {suggestion!r}?" if suggestion else f"Known: {', '.join(known) or 'none'}."
        super().__init__(f"unknown {kind} {name!r}. {hint}")


class MissingExtraError(RLTransferError):
    """A package that an optional extra brings is not installed."""


class SpaceMismatchError(RLTransferError):
    """Observation or action spaces that do not fit together."""


class NothingTransferredError(RLTransferError):
    """A transfer that copied, froze, tied or penalised not one parameter."""


class NotApplicableError(RLTransferError):
    """A transfer method that cannot serve this pair of source and target. Listed in the result, never fatal."""


class NoEffectWarning(UserWarning):
    """Something that was asked for and changes nothing, as far as a short rollout can tell."""


class ArtifactError(RLTransferError):
    """A saved trunk or agent that is damaged, incomplete or of another kind."""


class RunConflictError(RLTransferError):
    """A run directory that belongs to another configuration."""


class RunLockedError(RLTransferError):
    """A run directory that another process is writing."""


class DataError(RLTransferError):
    """Images or tables that are missing, damaged, or not what their loader reads."""


class UnfitDataError(DataError, ValueError):
    """Rows, labels or settings that an estimator cannot learn from; a ValueError too, as scikit-learn expects."""


class SkippedDataWarning(UserWarning):
    """Files or rows that were left out because ``on_error: skip`` asked for it: how many, which and why."""
