"""What a value in a recipe may be: its type, its range or its choices."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from core.errors import UsageError

_RULE = "rule"


@dataclass(frozen=True)
class Rule:
    """The values that one setting takes; ``kind`` is float, int, str, bool or tuple, of texts.

    ``default`` is what to suggest where a value is not even near.
    """

    kind: type
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    default: float | None = None

    def nearest(self, value: object) -> Any:
        """``value`` as this rule's type, or the allowed value that comes nearest to it."""
        if self.kind is bool:
            return bool(self.default)
        if self.kind is tuple:
            return [value] if isinstance(value, str) else []
        if self.kind is str:
            if not self.choices:
                return str(value)
            near = difflib.get_close_matches(str(value).lower(), self.choices, n=1, cutoff=0.0)
            return near[0]
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, (int, float)) or math.isnan(value):
            default = 1 if self.default is None else self.default
            return self.kind(max(self.low, min(self.high, default)))
        clamped = max(self.low, min(self.high, value))
        return round(clamped) if self.kind is int else float(clamped)

    def allows(self, value: object) -> bool:
        """Whether ``value`` has the type and lies within; whole numbers pass as numbers."""
        if self.kind is bool:
            return isinstance(value, bool)
        if self.kind is tuple:
            return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)
        if self.kind is str:
            return isinstance(value, str) and (not self.choices or value in self.choices)
        numbers = int if self.kind is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, numbers):
            return False
        return math.isfinite(value) and self.low <= value <= self.high

    def __str__(self) -> str:
        """The rule in words, to stand after “Use”."""
        if self.choices:
            return " or ".join(f"“{choice}”" for choice in self.choices)
        if self.kind is str:
            return "text in quotes"
        if self.kind is bool:
            return "true or false"
        if self.kind is tuple:
            return "a list of texts in quotes"
        number = "a whole number" if self.kind is int else "a number"
        if math.isfinite(self.low) and math.isfinite(self.high):
            return f"{number} from {self._written(self.low)} to {self._written(self.high)}"
        if math.isfinite(self.low):
            return f"{number} of at least {self._written(self.low)}"
        return number

    def _written(self, bound: float) -> str:
        return str(int(bound)) if self.kind is int else f"{bound:g}"


def number(default: float, low: float, high: float = math.inf) -> Any:
    """A field that takes a number from ``low`` to ``high``."""
    return field(default=default, metadata={_RULE: Rule(float, low, high, default=default)})


def count(default: int, low: int, high: float = math.inf) -> Any:
    """A field that takes a whole number from ``low`` to ``high``."""
    return field(default=default, metadata={_RULE: Rule(int, low, high, default=default)})


def text(default: str) -> Any:
    """A field that takes any text."""
    return field(default=default, metadata={_RULE: Rule(str)})


def flag(default: bool) -> Any:
    """A field that takes true or false."""
    return field(default=default, metadata={_RULE: Rule(bool, default=default)})


def names(*default: str) -> Any:
    """A field that takes a list of texts."""
    return field(default=default, metadata={_RULE: Rule(tuple)})


def choice(default: str, *others: str) -> Any:
    """A field that takes one of a few names, the default being the first."""
    return field(default=default, metadata={_RULE: Rule(str, choices=(default, *others))})


def rule_of(kind: type[Any], name: str) -> Rule | None:
    """The rule of the field ``name`` of the dataclass ``kind``, if it has one."""
    return next((f.metadata.get(_RULE) for f in fields(kind) if f.name == name), None)


def checked_value(rule: Rule, value: Any, name: str, where: str) -> Any:
    """``value`` in the rule's own type; ``UsageError`` says what would be allowed instead."""
    if not rule.allows(value):
        raise UsageError(
            "{where}: {name} cannot be {value}. Use {rule}; the nearest is {near}.",
            where=where,
            name=name,
            value=_written(value),
            rule=rule,
            near=_written(rule.nearest(value)),
        )
    return rule.kind(value) if rule.kind in (float, tuple) else value


def check(settings: object, where: str) -> None:
    """Hold every field of a settings object to its rule."""
    for f in fields(settings):  # type: ignore[arg-type]
        rule = f.metadata.get(_RULE)
        if rule is not None:
            value = checked_value(rule, getattr(settings, f.name), f.name, where)
            object.__setattr__(settings, f.name, value)


_Settings = TypeVar("_Settings")


def from_table(
    kind: type[_Settings],
    table: object,
    where: str,
    rules: Mapping[str, Rule] | None = None,
) -> _Settings:
    """A settings object from a table of a file.

    Unknown names are refused with the nearest known one, values by the rules of the fields or by
    ``rules``, for dataclasses that carry none. Raises ``UsageError``, beginning with ``where``.
    """
    if not isinstance(table, Mapping):
        raise UsageError("{where} must be a table of names and values.", where=where)
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    values = dict(table)
    for name, value in values.items():
        if name not in known:
            raise UsageError(
                "{where} does not know “{key}”. Did you mean “{near}”?",
                where=where,
                key=name,
                near=difflib.get_close_matches(str(name), known, n=1, cutoff=0.0)[0],
            )
        rule = rule_of(kind, name) or (rules or {}).get(name)
        if rule is not None:
            values[name] = checked_value(rule, value, name, where)
    return kind(**values)


def _written(value: object) -> str:
    """A value as a recipe's file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"“{value}”" if isinstance(value, str) else f"{value}"
