"""A dictionary of images and one of descriptions, coupled by codes that classes structure."""

from __future__ import annotations

from typing import cast

import numpy as np
from scipy.linalg import solve

from rltransfer.errors import ConfigError
from rltransfer.images.zero_shot.inputs import FloatArray
from rltransfer.images.zero_shot.method import positive
from rltransfer.images.zero_shot.moments import MomentMethod, Moments


class StructuredDictionary(MomentMethod):
    """Images and descriptions are both made of atoms, in the same proportions for the same class.

    An image is its code times the image atoms, a class's description is the class's code times the description
    atoms, and images' codes lie around their class's. With B, D the atoms, z the images' codes and u the classes'::

        sum_i |x_i - z_i B|^2 + within |z_i - u_y(i)|^2  +  balance * sum_c n_c (|s_c - u_c D|^2 + ridge |u_c|^2)

    is lowered over codes and atoms (no longer than 1) in turn. A new image is scored by what it would cost as one of
    the class whose code the description alone gives.

    Args:
        num_atoms: how many; at most the smaller of features and attributes is of use.
        within: more holds images' codes closer to their class's.
        balance: weight of descriptions beside images.
        ridge: more draws codes of classes towards 0.
        rounds: how often codes and atoms are improved in turn.
        seed: of the first atoms.

    Source: own closed-form variant, because the published ones take sparse codes, which cost a LASSO an image:
    dictionaries of both domains that share codes after Kolouri et al. 2018, "Joint Dictionaries for Zero-Shot
    Learning", with codes tied by class as in Zhang & Saligrama 2016, "Zero-Shot Learning via Joint Latent Similarity
    Embedding" (supervised dictionary learning).
    """

    def __init__(
        self,
        *,
        num_atoms: int = 40,
        within: float = 1.0,
        balance: float = 1.0,
        ridge: float = 0.01,
        rounds: int = 20,
        seed: int = 0,
    ) -> None:
        self.num_atoms = num_atoms
        self.within = within
        self.balance = balance
        self.ridge = ridge
        self.rounds = rounds
        self.seed = seed

    def _solve(self, found: Moments, S: FloatArray) -> None:
        positive(self, "num_atoms", "within", "balance", "ridge", "rounds")
        if not isinstance(self.seed, int | np.integer) or self.seed < 0:
            raise ConfigError(f"StructuredDictionary: seed is {self.seed!r}. It must be a whole number from 0 on.")
        counts, means, gram = found.counts[:, None], found.means, found.gram
        rng = np.random.default_rng(self.seed)
        codes: FloatArray = rng.standard_normal((len(S), self.num_atoms))
        self.image_atoms_ = _atoms(codes.T @ (counts * codes), codes.T @ (counts * means))
        self.objective_: list[float] = []
        for _ in range(self.rounds):
            self.description_atoms_ = _atoms(codes.T @ (counts * codes), codes.T @ (counts * S))
            codes = self._class_codes(means, S)
            self._improve_image_atoms(gram, means, counts, codes)
            self.objective_.append(self._cost(gram, means, counts, codes, S))

    def _encoder(self) -> tuple[FloatArray, FloatArray]:
        """Image code z = x E + u F, the best for image x of a class with code u: (features, atoms), (atoms, atoms)."""
        atoms = self.image_atoms_
        system = atoms @ atoms.T + self.within * np.eye(len(atoms))
        return solve(system, atoms, assume_a="pos").T, self.within * np.linalg.inv(system)

    def _class_codes(self, means: FloatArray, S: FloatArray) -> FloatArray:
        """The best code of each class with images' codes at their best: (classes, atoms)."""
        atoms, words = self.image_atoms_, self.description_atoms_
        metric = self._metric()
        system = atoms @ metric @ atoms.T + self.balance * (words @ words.T + self.ridge * np.eye(len(words)))
        right = means @ metric @ atoms.T + self.balance * S @ words.T
        return cast(FloatArray, solve(system, right.T, assume_a="pos").T)

    def _metric(self) -> FloatArray:
        """M such that an image x of a class with code u costs (x - uB) M (x - uB)', its own code at its best."""
        atoms = self.image_atoms_
        inner = self.within * np.eye(len(atoms)) + atoms @ atoms.T
        return cast(FloatArray, np.eye(atoms.shape[1]) - atoms.T @ solve(inner, atoms, assume_a="pos"))

    def _improve_image_atoms(self, gram: FloatArray, means: FloatArray, counts: FloatArray, codes: FloatArray) -> None:
        encode, keep = self._encoder()
        drawn = codes @ keep
        crossed = encode.T @ (means.T @ (counts * drawn))
        second = encode.T @ gram @ encode + crossed + crossed.T + drawn.T @ (counts * drawn)
        mixed = encode.T @ gram + drawn.T @ (counts * means)
        self.image_atoms_ = _atoms(second, mixed, self.image_atoms_)

    def _cost(self, gram: FloatArray, means: FloatArray, counts: FloatArray, codes: FloatArray, S: FloatArray) -> float:
        metric, shown = self._metric(), codes @ self.image_atoms_
        images = float((gram * metric).sum())
        images += float((counts * ((shown - 2 * means) @ metric) * shown).sum())
        described = (S - codes @ self.description_atoms_) ** 2
        words = described.sum(axis=1) + self.ridge * (codes**2).sum(axis=1)
        return images + self.balance * float(counts[:, 0] @ words)

    def _match(self, X: FloatArray, descriptions: FloatArray) -> FloatArray:
        words = self.description_atoms_
        system = words @ words.T + self.ridge * np.eye(len(words))
        codes = solve(system, words @ descriptions.T, assume_a="pos").T
        shown, metric = codes @ self.image_atoms_, self._metric()
        pulled = shown @ metric
        return cast(FloatArray, 2 * X @ pulled.T - (pulled * shown).sum(axis=1))


def _atoms(second: FloatArray, mixed: FloatArray, start: FloatArray | None = None, sweeps: int = 5) -> FloatArray:
    """Atoms B, none longer than 1, that lower ``sum |x - z B|^2``, one after the other.

    Args:
        second: (atoms, atoms) sum of the outer products of the codes z.
        mixed: (atoms, features) sum of the outer products of codes and what they stand for.
        start: (atoms, features) what is improved; None for zeros.
        sweeps: over all atoms.

    Source: Mairal et al. 2009, "Online Dictionary Learning for Sparse Coding", Algorithm 2.
    """
    atoms = np.zeros_like(mixed) if start is None else start.copy()
    for _ in range(sweeps):
        for k in range(len(atoms)):
            if second[k, k] <= 0:
                continue
            moved = atoms[k] + (mixed[k] - second[k] @ atoms) / second[k, k]
            atoms[k] = moved / max(1.0, float(np.linalg.norm(moved)))
    return atoms
