"""A source policy as the teacher of a learner: what it would do with what the learner sees."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.anatomy import policy_of, trunk_sites
from rltransfer.agents.normalizing import rescaled, statistics_of
from rltransfer.transfer.mechanisms.policies_compared import Behaviour, acting_part, behaviour


class Teacher:
    """Answers to a learner's observations, however the learner has them.

    Observations that the learner normalises are brought to the teacher's scale. Where the learner is given features of
    a frozen prefix, which is the source's own, the teacher takes them up at the same stage.

    Args:
        source: the agent that teaches; it is left as it is.
        learner: whose observations it is asked about.

    Raises:
        NotApplicableError: the source or the learner is recurrent.
    """

    def __init__(self, source: BaseAlgorithm, learner: BaseAlgorithm) -> None:
        self._source, self._learner = source, learner
        self._statistics = statistics_of(source)
        for model in (source, learner):
            acting_part(policy_of(model))
        policy_of(source).set_training_mode(False)

    @torch.no_grad()
    def __call__(self, observations: Any) -> Behaviour:
        """What the teacher would do.

        Args:
            observations: (batch, *observation) tensor as the learner's minibatches have them, or parts by name.
        """
        policy = policy_of(self._source)
        observations = rescaled(observations, statistics_of(self._learner), self._statistics)
        start = trunk_sites(self._learner)[0].extractor.start
        extractors = [site.extractor for site in trunk_sites(self._source)]
        before = [extractor.start for extractor in extractors]
        try:
            for extractor in extractors:
                extractor.start = start
            return behaviour(policy, observations)
        finally:
            for extractor, stage in zip(extractors, before, strict=True):
                extractor.start = stage
