"""How an account's policy stands in its row: one text, read with the account."""

import json
from functools import lru_cache
from typing import Any

from twofold.core.rules import (
    Calendar,
    FactorPolicy,
    Pause,
    Rule,
    Stance,
    Start,
    Target,
    TargetKind,
)


def text_of(policy: FactorPolicy) -> str:
    """The text that `policy_of` reads."""
    calendar = policy.calendar
    return json.dumps(
        {
            "rules": [
                {
                    "id": rule.id,
                    "target": _pair(rule.target),
                    "stance": rule.stance.value,
                    "since": rule.since,
                    "start": rule.start.value,
                    "days": rule.days,
                }
                for rule in policy.rules
            ],
            "pauses": [
                {
                    "target": _pair(pause.target),
                    "since": pause.since,
                    "until": pause.until,
                    "reason": pause.reason,
                    "by": pause.by,
                }
                for pause in policy.pauses
            ],
            "report_only": policy.report_only,
            "calendar": {
                "zone": calendar.zone,
                "work_days": calendar.work_days,
                "quiet_days": calendar.quiet_days,
            },
            "round": policy.round,
        }
    )


@lru_cache(maxsize=256)
def policy_of(text: str) -> FactorPolicy:
    """The policy in a stored text; what the text leaves out is the default."""
    stored = json.loads(text)
    calendar = stored.get("calendar", {})
    return FactorPolicy(
        rules=tuple(_rule(one) for one in stored.get("rules", ())),
        pauses=tuple(_pause(one) for one in stored.get("pauses", ())),
        report_only=stored.get("report_only", False),
        calendar=Calendar(**{name: _fixed(value) for name, value in calendar.items()}),
        round=stored.get("round", 0),
    )


def _pair(target: Target) -> list[str]:
    return [target.kind.value, target.value]


def _target(pair: list[str]) -> Target:
    kind, value = pair
    return Target(TargetKind(kind), value)


def _rule(stored: dict[str, Any]) -> Rule:
    return Rule(
        id=stored["id"],
        target=_target(stored["target"]),
        stance=Stance(stored["stance"]),
        since=stored["since"],
        start=Start(stored["start"]),
        days=stored["days"],
    )


def _pause(stored: dict[str, Any]) -> Pause:
    return Pause(**{**stored, "target": _target(stored["target"])})


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
