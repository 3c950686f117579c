"""How far a device's clock is off, learnt from the codes that were accepted.

The window of `otp.matching_step` is three steps wide and stays so; what is learnt is only where
its centre lies (RFC 6238 section 6). One code says little, because a code is also late by the
time that typing takes. So the centre moves by one step, and only when two accepted codes in a
row lay at the same step on the same side of it.

What follows, and is tested:

- A device is never shut out by what it taught us. The centre only moves to a step at which the
  device was just seen twice, so for a device whose codes fall on two neighbouring steps (a clock
  that is off by part of a step, or a slow hand), both stay inside the window whatever the order.
- A clock that wanders is followed, as long as two codes are accepted before it has wandered one
  step further: up to `MAX_DRIFT` steps, and the window reaches one step beyond.
- Whoever guesses gains nothing: three steps are compared, wherever the centre lies, and only
  accepted codes move it.

A device that is off by more at its first code after a long pause is refused. Moving the window
there takes a proof of its own (two consecutive codes), not a guess; a centre that was moved so
far stays there, and comes back when the clock does.
"""

MAX_DRIFT = 5
"""Steps (150 seconds) by which the centre may come to differ from our clock, either way."""
FARTHEST = 20
"""Steps (ten minutes) to which two consecutive codes may move it at once."""


def learn(drift: int, last_offset: int, offset: int) -> int:
    """The new centre, in steps from our clock, after a code was accepted.

    Args:
        drift: The present centre, positive when the device is ahead of us.
        last_offset: Steps between our clock and the accepted code before this one, 0 at first.
        offset: Steps between our clock and the code just accepted.

    Raises:
        ValueError: `offset` lies outside the window around `drift`, so no code was accepted there.
    """
    if abs(offset - drift) > 1:
        raise ValueError("an accepted code lies inside the window")
    if offset != last_offset:
        return drift
    limit = max(MAX_DRIFT, abs(drift))
    return max(-limit, min(limit, offset))
