"""Whether nouns that are valid one by one also make sense together; every check is independent and reports all that it finds."""

from __future__ import annotations

from collections.abc import Iterator

from placement.instance import (
    batch_checks,
    fitting,
    flow_checks,
    grid_checks,
    lever_checks,
    order_checks,
    policy_checks,
    running_checks,
    service_checks,
    tenancy_checks,
)
from placement.instance.findings import Draft, Finding
from placement.instance.goodput import goodput
from placement.instance.objective import objective
from placement.instance.quotas import quotas
from placement.instance.references import identity, references
from placement.instance.timing import timing


def check(draft: Draft) -> Iterator[Finding]:
    """Everything wrong between the nouns of a draft. Nouns that are invalid themselves cause no findings in others."""
    yield from identity(draft)
    yield from references(draft)
    yield from timing(draft)
    yield from fitting.feed_tree(draft)
    yield from grid_checks.grid(draft)
    yield from fitting.pools(draft)
    yield from fitting.bought(draft)
    yield from fitting.jobs(draft)
    yield from fitting.job_pools(draft)
    yield from goodput(draft)
    yield from running_checks.running(draft)
    yield from batch_checks.batch(draft)
    yield from order_checks.order(draft)
    yield from fitting.service_pools(draft)
    yield from fitting.replicas(draft)
    yield from service_checks.services(draft)
    yield from demand(draft)
    yield from policy_checks.policies(draft)
    yield from objective(draft)
    yield from tenancy_checks.tenancy(draft)
    yield from quotas(draft)
    yield from lever_checks.levers(draft)
    yield from lever_checks.credits(draft)
    yield from flow_checks.shifting(draft)
    yield from flow_checks.degrading(draft)
    yield from flow_checks.elasticity(draft)


def demand(draft: Draft) -> Iterator[Finding]:
    """Every stream states its demand in exactly one way, and has a ladder of its own or its tenant's."""
    tenants = draft["tenants"]
    for n, stream in draft["streams"].valid.items():
        in_document = stream.demand_tokens_per_s is not None or stream.base_tokens_per_s is not None
        if in_document and n in draft.tabled_streams:
            field = "demand_tokens_per_s" if stream.demand_tokens_per_s is not None else "base_tokens_per_s"
            expected = "one statement: this stream has rows in the demand table"
            yield Finding(("streams", n, field), getattr(stream, field), expected, "keep one of them")
        elif not in_document and n not in draft.tabled_streams and "demand" not in draft.unread:
            expected = "demand_tokens_per_s, base_tokens_per_s, or rows in the demand table"
            yield Finding(("streams", n), stream.id, expected, "state the demand in one of these ways")
        tenant = tenants.by_id.get(stream.tenant)
        if stream.ladder is None and tenant is not None and tenant.ladder is None:
            expected = f"a ladder of its own or of its tenant '{tenant.id}'"
            yield Finding(("streams", n), stream.id, expected, "state under `ladder` what shortfall costs")
