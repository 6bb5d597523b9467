"""Transfer metrics of one seed pair: the learner with transfer against its control from scratch.

Notation: J(t) is the return at target step t and A the area under it divided by the budget; T is with
transfer and 0 from scratch. No metric here is enough alone: a transfer can start higher, reach a threshold
sooner and still end lower. ``summarize`` reports them side by side.
"""

from __future__ import annotations

import math

import numpy as np

from rltransfer.metrics.curve import Curve

Normalizer = tuple[float, float]
"""(return of a random policy, return of a reference policy) on the target, mapped to 0 and 1."""


# Less room than this is the rounding error of an area of 1.
_LEAST_ROOM = 1e-12


def _check_pair(transfer: Curve, control: Curve) -> None:
    """Refuse a pair that was not evaluated at the same steps, and so not over the same budget."""
    if not np.array_equal(transfer.env_steps, control.env_steps):
        raise ValueError(
            f"Transfer and control must be evaluated at the same steps: found "
            f"{transfer.env_steps.size} evaluations up to step {transfer.budget} against "
            f"{control.env_steps.size} up to step {control.budget}. "
            f"Train both with the same budget and evaluation interval."
        )


def _normalize(value: float, normalizer: Normalizer | None) -> float:
    """Map a return so that the random policy scores 0 and the reference 1; no normalizer, no change."""
    if normalizer is None:
        return value
    random, reference = normalizer
    if not (math.isfinite(random) and math.isfinite(reference) and reference > random):
        raise ValueError(f"normalizer must be (random, reference), finite, reference above random: found {normalizer}.")
    return (value - random) / (reference - random)


def jumpstart(transfer: Curve, control: Curve) -> float:
    """Head start before any target training: J_T(0) - J_0(0).

    Args:
        transfer: Curve with transfer; must start at step 0.
        control: Curve from scratch, same seed and same evaluation steps.

    Returns:
        Difference in the unit of the returns; above 0 where transfer starts higher.

    Raises:
        ValueError: If the evaluation steps differ or the first is not 0: a later evaluation already contains
            learning, so its difference is no head start.

    Source:
        Taylor & Stone (2009) (jumpstart).
    """
    _check_pair(transfer, control)
    if transfer.env_steps[0] != 0:
        raise ValueError(
            f"jumpstart needs an evaluation at step 0: the first is at step {transfer.env_steps[0]}. "
            f"Evaluate both learners before their first update."
        )
    return transfer.first() - control.first()


def asymptotic_gain(transfer: Curve, control: Curve, *, fraction: float = 0.1) -> float:
    """Gain at the end of the budget: mean return of the last evaluations, transfer minus control.

    Args:
        transfer: Curve with transfer.
        control: Curve from scratch, same seed and same evaluation steps.
        fraction: Part of the budget averaged at the end, in (0, 1]; see ``Curve.final``.

    Returns:
        Difference in the unit of the returns.

    Raises:
        ValueError: If the evaluation steps differ or ``fraction`` is outside (0, 1].

    Source:
        Taylor & Stone (2009) (asymptotic performance).
    """
    _check_pair(transfer, control)
    return transfer.final(fraction) - control.final(fraction)


def total_reward_gain(transfer: Curve, control: Curve) -> float:
    """Gain over the whole budget: A_T - A_0. The primary metric of this library.

    Primary, because it is defined for every pair of curves, needs no threshold and no positive returns, and
    weighs a head start against a lower end instead of seeing one of them.

    Args:
        transfer: Curve with transfer.
        control: Curve from scratch, same seed and same evaluation steps.

    Returns:
        Difference of mean heights, in the unit of the returns.

    Raises:
        ValueError: If the evaluation steps differ or there are fewer than 2 evaluations.

    Source:
        Taylor & Stone (2009) (total reward), divided by the budget.
    """
    _check_pair(transfer, control)
    return transfer.area() - control.area()


def transfer_ratio(transfer: Curve, control: Curve, *, normalizer: Normalizer | None = None) -> float:
    """Relative gain over the whole budget: (A_T - A_0) / |A_0|.

    The ratio explodes where the control area is near zero and changes meaning below it, so normalise returns
    to [0, 1] first and report the normalizer beside the ratio.

    Args:
        transfer: Curve with transfer.
        control: Curve from scratch, same seed and same evaluation steps.
        normalizer: (random, reference) returns on the target. Normalising shifts A_0, and so changes the
            ratio: ratios under different normalizers cannot be compared.

    Returns:
        The ratio, 0 for no gain and 1 for a doubled area; nan where the (normalised) control area is not
        above 0.

    Raises:
        ValueError: If the evaluation steps differ, there are fewer than 2 evaluations, or the reference of
            the normalizer is not above its random.

    Source:
        Taylor & Stone (2009) (transfer ratio).
    """
    _check_pair(transfer, control)
    transfer_area = _normalize(transfer.area(), normalizer)
    control_area = _normalize(control.area(), normalizer)
    return (transfer_area - control_area) / control_area if control_area > 0 else math.nan


def asymptotic_ratio(
    transfer: Curve, control: Curve, *, fraction: float = 0.1, normalizer: Normalizer | None = None
) -> float:
    """Ratio of final performances: J_T(end) / J_0(end). Not the transfer ratio, which compares areas.

    Args:
        transfer: Curve with transfer.
        control: Curve from scratch, same seed and same evaluation steps.
        fraction: Part of the budget averaged at the end, in (0, 1]; see ``Curve.final``.
        normalizer: (random, reference) returns on the target.

    Returns:
        The ratio, 1 for no gain; nan where the (normalised) final control performance is not above 0.

    Raises:
        ValueError: If the evaluation steps differ, ``fraction`` is outside (0, 1], or the reference of the
            normalizer is not above its random.

    Source:
        Zhu et al., Transfer Learning in Deep Reinforcement Learning: A Survey, section on evaluation metrics
        (there called transfer ratio, tr).
    """
    _check_pair(transfer, control)
    transfer_final = _normalize(transfer.final(fraction), normalizer)
    control_final = _normalize(control.final(fraction), normalizer)
    return transfer_final / control_final if control_final > 0 else math.nan


def forward_transfer(transfer: Curve, control: Curve) -> float:
    """Share of the room above the control that transfer fills: (p - p_b) / (1 - p_b), p the area of success.

    Args:
        transfer: Curve of success rates in [0, 1] with transfer.
        control: Curve of success rates in [0, 1] from scratch, same seed and same evaluation steps.

    Returns:
        At most 1; 0 for no gain, below 0 where transfer hurts; nan where the control is perfect throughout
        (p_b = 1), which leaves no room.

    Raises:
        ValueError: If the evaluation steps differ, there are fewer than 2 evaluations, or a value lies
            outside [0, 1], as a return would.

    Source:
        Wolczyk et al. (2021), Continual World, section on metrics (forward transfer).
    """
    _check_pair(transfer, control)
    for name, curve in (("transfer", transfer), ("control", control)):
        if curve.returns.min() < 0 or curve.returns.max() > 1:
            raise ValueError(
                f"forward_transfer needs success rates in [0, 1]: found {name} values from "
                f"{curve.returns.min()} to {curve.returns.max()}. Record success rates, or use "
                f"total_reward_gain."
            )
    room = 1.0 - control.area()
    return (transfer.area() - control.area()) / room if room > _LEAST_ROOM else math.nan
