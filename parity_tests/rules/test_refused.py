"""Pairs of rules without a meaning are refused with their sentence; every preset has one."""

from __future__ import annotations

from weighbridge.rules.refused import REFUSED, refusal
from weighbridge.settings.conventions import PRESETS


def test_presets_are_not_refused():
    for preset in PRESETS.values():
        assert refusal(preset.rules()) is None


def test_each_pair_is_refused_with_its_reason():
    assert REFUSED
    for pair, reason in REFUSED.items():
        assert refusal({**PRESETS["reference"].rules(), **dict(pair)}) == reason
        assert refusal(dict(pair)) == reason
        for one in pair:
            assert refusal(dict([one])) is None
