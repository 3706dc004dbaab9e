"""The objective: levels that are minimised one after another, each a weighted sum of terms.

    value of a level = sum over its terms of weight x term

Terms are those of ``plan.TERMS`` in USD, groups of them, and measures: what is no money, and counts only where a level names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from placement.instance.base import ID_PATTERN, Id, Noun
from placement.instance.findings import Draft, Finding, did_you_mean
from placement.instance.policy import Fairness, Minima
from placement.plan import LEVELS, TERM_LEVEL, TERMS
from placement.program import Floats

if TYPE_CHECKING:
    from placement.instance.instance import Instance

Ids = Annotated[tuple[Id, ...], Field(min_length=1, strict=False)]
GROUPS = {name: tuple(term for term in TERMS if TERM_LEVEL[term] == n) for n, name in enumerate(LEVELS)}
"""Names for several terms at once: those of promises, those of net cost."""

CARBON, UNSERVED_TOKENS, UNSERVED_SHARE, WORST_SHARE = MEASURES = (
    "carbon_tonnes", "unserved_million_tokens", "unserved_share", "worst_unserved_share",
)  # fmt: skip
"""Emitted; not served of demand, in millions of tokens and as a share of all that is asked; of whoever is served least."""

UNITS = {CARBON: "tonnes", UNSERVED_TOKENS: "million tokens", UNSERVED_SHARE: "share", WORST_SHARE: "share"}
"""Of measures; all other terms are in USD."""

OF_TENANTS = (UNSERVED_TOKENS, UNSERVED_SHARE)
OVERRUN = "overrun"
"""What goes on of what today's plan breaks: a term only where something stands today, which counts where dropped jobs do."""

TermName = Literal[(*GROUPS, *TERMS, *MEASURES)]  # type: ignore[valid-type]


def worst_share(policy: str, minima: int = 1) -> str:
    """Name of the term that a policy of fairness by max_min has for so many of the least shares."""
    return f"{WORST_SHARE}[{policy}{f',{minima}' if minima > 1 else ''}]"


class LevelTerm(Noun):
    """A term of a level, or a group of them."""

    term: TermName
    """A term as answers name it, ``promises`` or ``net_cost`` for all of theirs, or a measure."""
    weight: Annotated[float, Field(gt=0, le=1e12)] = 1.0
    """What a unit of it counts (default 1)."""
    tenants: Ids | None = None
    """Whose demand, for what is unserved; default: all."""
    policy: Id | None = None
    """Of kind fairness and rule max_min, for worst_unserved_share."""
    minima: Minima = None
    """How many of the least shares of each slot it adds up, at most those of the policy (default 1)."""

    @model_validator(mode="after")
    def _consistent(self) -> LevelTerm:
        if self.tenants is not None and self.term not in OF_TENANTS:
            raise PydanticCustomError("level_tenants", "tenants are for {terms} only", {"terms": " and ".join(OF_TENANTS)})
        if (self.policy is not None) != (self.term == WORST_SHARE):
            raise PydanticCustomError("level_policy", "worst_unserved_share needs a policy, and only it has one")
        if self.minima is not None and self.term != WORST_SHARE:
            raise PydanticCustomError("level_minima", "minima are for worst_unserved_share only")
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the Program's terms that it stands for."""
        if self.term in GROUPS:
            return GROUPS[self.term]
        if self.policy is not None:
            return (worst_share(self.policy, self.minima or 1),)
        return (self.term if self.tenants is None else f"{self.term}[{','.join(self.tenants)}]",)


class Level(Noun):
    """What is minimised at once, subject to the levels before."""

    id: Id
    terms: Annotated[tuple[LevelTerm, ...], Field(min_length=1, max_length=100, strict=False)]
    most: Annotated[float, Field(ge=-1e18, le=1e18)] | None = None
    """No plan may be worth more at this level (default: any may)."""


@dataclass(frozen=True)
class Measure:
    """A term that is no money: ``key`` names it in the Program and in answers."""

    key: str
    term: str
    tenants: tuple[str, ...] | None
    policy: str | None


@dataclass(frozen=True)
class Levels:
    """Levels and terms of an instance's Program; ``weights`` [levels, terms] of its terms."""

    names: tuple[str, ...]
    terms: tuple[str, ...]
    weights: Floats
    measures: tuple[Measure, ...]
    most: tuple[float | None, ...] = ()
    """Of each level, what no plan may exceed."""

    @property
    def in_usd(self) -> bool:
        """Whether every level is a sum of dollars as they are."""
        return not self.measures and bool(np.isin(self.weights, (0.0, 1.0)).all())

    @property
    def units(self) -> dict[str, str]:
        """What each level is measured in, by name."""
        named = {measure.key: UNITS[measure.term] for measure in self.measures}
        units = [named.get(term, "USD") for term in self.terms]
        return {name: _unit(row, units) for name, row in zip(self.names, self.weights, strict=True)}

    def values(self, terms: Mapping[str, float]) -> dict[str, float]:
        """Value of each level, by name, from the terms of a plan."""
        return {
            name: sum(float(weight) * terms.get(term, 0.0) for term, weight in zip(self.terms, row, strict=True) if weight)
            for name, row in zip(self.names, self.weights, strict=True)
        }

    def turnover(self, terms: Mapping[str, float]) -> dict[str, float]:
        """The same with every term taken as positive: what rounding is measured by."""
        return self.values({term: abs(value) for term, value in terms.items()})

    @property
    def ends_in_net_cost(self) -> bool:
        """Whether the last level is net cost as it is, which prices of contracts and losses are read from."""
        last = {term for term, weight in zip(self.terms, self.weights[-1], strict=True) if weight}
        return self.in_usd and last == set(GROUPS["net_cost"])


def _unit(weights: Floats, units: list[str]) -> str:
    """Unit of a sum of terms: theirs, if they have it in common."""
    counted = {unit for unit, weight in zip(units, weights, strict=True) if weight}
    if len(counted) > 1:
        return "weighted sum"
    return counted.pop() + ("" if np.isin(weights, (0.0, 1.0)).all() else ", weighted")


def levels_of(instance: Instance) -> Levels:
    """See ``Instance.levels``."""
    stated = list(instance.objective.values()) or default_levels(instance)
    measures: dict[str, Measure] = {}
    for level in stated:
        for part in level.terms:
            if part.term in MEASURES:
                measures.setdefault(part.keys[0], Measure(part.keys[0], part.term, part.tenants, part.policy))
    # Not where today's plan breaks something: scenarios of an instance have their terms in common.
    today = (OVERRUN,) if instance.jobs.running or instance.today is not None else ()
    terms = (*TERMS, *measures, *today)
    weights = np.zeros((len(stated), len(terms)))
    for n, level in enumerate(stated):
        for part in level.terms:
            weights[n, [terms.index(key) for key in part.keys]] += part.weight
    weights[:, len(terms) - len(today) :] = weights[:, [TERMS.index("promised_jobs")] * len(today)]
    names, most = tuple(level.id for level in stated), tuple(level.most for level in stated)
    return Levels(names, terms, weights, tuple(measures.values()), most)


def default_levels(instance: Instance) -> list[Level]:
    """Promises, then whoever is served least by the order of such policies, then net cost."""
    fair = [
        Level(id=level_name(policy.id, n), terms=(LevelTerm(term=WORST_SHARE, policy=policy.id, minima=n if n > 1 else None),))
        for policy in max_min(instance.policies)
        for n in range(1, policy.counts + 1)
    ]
    first, last = (Level(id=name, terms=(LevelTerm(term=name),)) for name in LEVELS)
    return [first, *fair, last]


def level_name(policy: str, minima: int) -> str:
    """The level that a policy of fairness by max_min has by default for so many of the least shares."""
    return policy if minima == 1 else f"{policy}-{minima}"


def max_min(policies: Mapping[Any, Any]) -> list[Fairness]:
    """Policies that ask for a level."""
    return [policy for policy in policies.values() if isinstance(policy, Fairness) and policy.rule == "max_min"]


def with_levels(instance: Instance, text: str) -> Instance:
    """The instance with the levels that a text states, see ``levels_from``: another digest. ValueError says what is wrong."""
    changed = replace(instance, objective=levels_from(text, instance))
    counted = changed.levels.weights.sum(axis=0).tolist()
    missing = [term for term, counts in zip(changed.levels.terms, counted, strict=True) if not counts]
    if missing:
        raise ValueError(f"every term of money counts in some level; in none: {', '.join(missing)}; add net_cost and promises")
    measured = {measure.key for measure in changed.levels.measures}
    for policy in max_min(instance.policies):
        for n in range(1, policy.counts + 1):
            if worst_share(policy.id, n) not in measured:
                of = "" if n == 1 else f" and its {n} least shares"
                raise ValueError(f"no level is for policy {policy.id!r}{of}, which asks for one; add {level_name(policy.id, n)}")
    if any(measure.term == CARBON for measure in changed.levels.measures):
        for name, pool in instance.pools.items():
            if all(instance.feeds[feed].carbon_g_per_kwh is None for feed in instance.feeds_above(pool)):
                raise ValueError(f"{CARBON} is not known: no feed above pool {name!r} says carbon_g_per_kwh; state it")
    return changed


def levels_from(text: str, instance: Instance) -> dict[str, Level]:
    """Levels as a command states them, for an instance: ``promises,fair,2*energy+net_cost``.

    Commas part levels, plus signs what is merged into one, ``weight*`` goes before a name: that of a level of the instance, of a
    group or of a term. ValueError says what is wrong.
    """
    known = {level.id: level.terms for level in list(instance.objective.values()) or default_levels(instance)}
    found: dict[str, Level] = {}
    for one in text.split(","):
        parts: dict[str, LevelTerm] = {}
        names = []
        for piece in one.split("+"):
            stated, _, name = piece.strip().rpartition("*")
            weight = _weight(stated, piece)
            if name not in known and name not in (*GROUPS, *TERMS, *OF_TENANTS, CARBON):
                raise ValueError(f"{name!r} is no level, group or term; {did_you_mean(name, [*known, *GROUPS, *TERMS], 'a level')}")
            names.append(name)
            for part in known.get(name) or (LevelTerm(term=name),):
                key = ",".join(part.keys)
                before = parts[key].weight if key in parts else 0.0
                parts[key] = part.model_copy(update={"weight": before + weight * part.weight})
        level = Level(id="+".join(dict.fromkeys(names)), terms=tuple(parts.values()))
        if level.id in found:
            raise ValueError(f"{level.id!r} is named twice; name each level once")
        found[level.id] = level
    return found


def _weight(stated: str, piece: str) -> float:
    try:
        weight = float(stated) if stated else 1.0
    except ValueError:
        weight = -1.0
    if not 0 < weight <= 1e12:
        raise ValueError(f"{piece.strip()!r} begins with no weight above 0 and up to 1e12; write 2.5*NAME")
    return weight


# ------------------------------------------------------------ what the format asks of it


def objective(draft: Draft) -> Iterator[Finding]:
    """Levels name what exists, carbon is known where it counts, and no term of money is left out."""
    family = draft["objective"]
    if not family.ids:
        yield from _named_alike(draft)
    if not family.ids or not family.readable:
        return
    used: set[str] = set()
    for n, level in family.valid.items():
        for k, part in enumerate(level.terms):
            place = ("objective", n, "terms", k)
            for key in part.keys:
                if any(key in before.keys for before in level.terms[:k]):
                    expected = f"each term once in a level; {key} is there already"
                    yield Finding((*place, "term"), part.term, expected, "add the weights up")
                    break
            used |= set(part.keys)
            for m, tenant in enumerate(part.tenants or ()):
                if tenant not in draft["tenants"].position:
                    remedy = did_you_mean(tenant, draft["tenants"].position, "a tenant")
                    yield Finding((*place, "tenants", m), tenant, "a tenant", remedy)
            fair = {policy.id: policy.counts for policy in max_min(draft["policies"].valid)}
            if part.policy is not None and part.policy not in fair:
                expected = "a policy of kind fairness and rule max_min"
                yield Finding((*place, "policy"), part.policy, expected, did_you_mean(part.policy, fair, "such a policy"))
            elif part.policy is not None and (part.minima or 1) > fair[part.policy]:
                expected = f"at most the minima of policy '{part.policy}', {fair[part.policy]}"
                yield Finding((*place, "minima"), part.minima, expected, "lower it, or raise those of the policy")
            if part.term == CARBON:
                yield from _carbon(draft, (*place, "term"))
    if len(family.valid) == len(family.ids):
        yield from _left_out(draft, used)


def _named_alike(draft: Draft) -> Iterator[Finding]:
    """Levels that the default gives policies have names of their own."""
    names = set(LEVELS)
    for n, policy in draft["policies"].valid.items():
        for minima in range(1, policy.counts + 1) if policy in max_min({0: policy}) else ():
            name = level_name(policy.id, minima)
            if name in names:
                expected = f"an id by which levels can be called; '{name}' is another level already"
                yield Finding(("policies", n, "id"), policy.id, expected, "rename the policy, or state the objective")
            elif not re.match(ID_PATTERN, name):
                expected = f"an id short enough for a level to be called by it and '-{minima}'"
                yield Finding(("policies", n, "id"), policy.id, expected, "shorten it, or state the objective")
            names.add(name)


def _left_out(draft: Draft, used: set[str]) -> Iterator[Finding]:
    missing = [term for term in TERMS if term not in used]
    if missing:
        named = ", ".join(missing[:5]) + (" and others" if len(missing) > 5 else "")
        expected = f"every term of money in some level; in none: {named}"
        remedy = "add them, or promises and net_cost for all of theirs"
        yield Finding(("objective",), [level.id for level in draft["objective"].valid.values()], expected, remedy)
    for n, policy in draft["policies"].valid.items():
        if policy not in max_min({0: policy}):
            continue
        if worst_share(policy.id) not in used:
            expected = f"a level with the term {WORST_SHARE} and this policy, since the objective is stated"
            yield Finding(("policies", n, "id"), policy.id, expected, "add the level, or remove the policy")
        for minima in range(2, policy.counts + 1):
            if worst_share(policy.id, minima) not in used:
                expected = f"a level with the term {WORST_SHARE}, this policy and minima: {minima}, since the objective is stated"
                yield Finding(("policies", n, "minima"), policy.minima, expected, "add the level, or lower minima")


def _carbon(draft: Draft, place: tuple[str | int, ...]) -> Iterator[Finding]:
    """Every pool has a feed that says what a kWh emits."""
    feeds, sites = draft["feeds"].by_id, draft["sites"].by_id
    for pool in draft["pools"].valid.values():
        at, path = pool.feed or (sites[pool.site].feed if pool.site in sites else None), list[str]()
        while at in feeds and at not in path:
            path.append(at)
            at = feeds[at].parent
        if path and at is None and all(feeds[feed].carbon_g_per_kwh is None for feed in path):
            expected = f"carbon_g_per_kwh on a feed above each pool; there is none above '{pool.id}'"
            yield Finding(place, CARBON, expected, "state it on the feed of the grid area, or on that of a hall")
            return
