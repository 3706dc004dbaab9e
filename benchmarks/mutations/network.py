"""Mutations of law 3: what gangs need of scale-up domains and islands, and what crosses the WAN."""

from __future__ import annotations

from benchmarks.mutations.mutation import BOTH_SIDES, CHECK_SIDE, RULES, Mutation

NETWORK: tuple[Mutation, ...] = (
    # ------------------------------------------------------------ law 3, interconnect
    Mutation(
        "interconnect domains", "a rounding the wrong way", "law", f"{RULES}/interconnect.py",
        "domains = -(-gangs.share_units[mine] // instance.domain_units[instance.island_pool[island]])",
        "domains = gangs.share_units[mine] // instance.domain_units[instance.island_pool[island]]", BOTH_SIDES,
    ),
    Mutation(
        "interconnect oversubscription", "a coefficient, on both sides", "law", f"{RULES}/interconnect.py",
        ".scale_out_gbit_s / pool.spanning.oversubscription", ".scale_out_gbit_s * pool.spanning.oversubscription", CHECK_SIDE,
    ),
    Mutation(
        "interconnect large replicas", "a coefficient", "law", f"{RULES}/interconnect.py",
        "1.0 / per_domain)", "1.0)", BOTH_SIDES,
    ),
    # ------------------------------------------------------------ law 3, wan
    Mutation(
        "wan links", "a dropped row", "law", f"{RULES}/wan.py",
        "used[np.isfinite(limit[used])]", "used[np.isinf(limit[used])]", BOTH_SIDES,
    ),
    Mutation(
        "wan price of split gangs", "a dropped term", "law", f"{RULES}/wan.py",
        "(Anchor.START, -1.0))", "(Anchor.START, 0.0))", BOTH_SIDES,
    ),
    Mutation(
        "wan worth of loads", "a dropped factor", "law", f"{RULES}/wan.py",
        "builder.curve(instance.discount_at)", "0", BOTH_SIDES,
    ),
    Mutation(
        "wan data before a start", "an off-by-one", "law", f"{RULES}/wan.py",
        "profile, (Anchor.START, -count), START)", "profile, (Anchor.START, 1 - count), START)", BOTH_SIDES,
    ),
    Mutation(
        "wan check of served traffic", "a unit: bytes for bits", "law", f"{RULES}/wan.py",
        "served.tokens_per_s[rows] * each * 8e-9", "served.tokens_per_s[rows] * each * 1e-9", CHECK_SIDE,
    ),
    Mutation(
        "wan rerouting relieves", "a dropped rate", "law", f"{RULES}/wan.py",
        "((options.over, 1.0), (options.instead, -1.0))", "((options.over, 1.0), (options.instead, 0.0))", BOTH_SIDES,
    ),
    Mutation(
        "wan rerouted is served", "a dropped rate", "law", f"{RULES}/wan.py",
        "builder.add_rates(options.option, served[at.reshape(-1)], 1.0)", "pass", BOTH_SIDES,
    ),
    Mutation(
        "wan check of rerouted traffic", "a dropped term", "law", f"{RULES}/wan.py",
        "((over, 8e-9), (instead, -8e-9))", "((over, 8e-9),)", CHECK_SIDE,
    ),
    Mutation(
        "wan check of ways", "an off-by-one", "law", f"{RULES}/wan.py",
        "if not 0 < way < there:", "if not 0 < way <= there:", CHECK_SIDE,
    ),
)
