from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from annotator.model.quick import quick
from annotator.model.sequence import LabelledBox


def test_quickly_made_instances_are_the_same_as_others() -> None:
    slow, fast = (make(3, 1, (1.0, 2.0, 3.0, 4.0), visibility=0.5) for make in (LabelledBox, quick(LabelledBox)))
    assert type(fast) is LabelledBox
    assert fast == slow
    assert hash(fast) == hash(slow)
    assert repr(fast) == repr(slow)
    assert replace(fast, number=4) == replace(slow, number=4)
    plain = replace(fast, attributes={})
    assert pickle.loads(pickle.dumps(plain)) == plain
    with pytest.raises(FrozenInstanceError):
        fast.number = 5  # type: ignore[misc]
