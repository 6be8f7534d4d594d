"""Attacks on an entry that runs: each a way in that its manifests promise to close."""

from apim_aks.testbed.attacks.attack import Judgement, attack, front_attack

__all__ = ["Judgement", "attack", "front_attack"]
