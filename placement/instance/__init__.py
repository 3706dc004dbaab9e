"""The nouns of an instance: frozen, self-validating, one module per family."""

from placement.instance.batch import BatchJob, BatchWork
from placement.instance.calendar import Band, Calendar, Steps
from placement.instance.demand import (
    DailyProfile,
    Growth,
    JobShape,
    Ladder,
    LatencyClass,
    Rung,
    Service,
    ServiceProfile,
    Stream,
    Tenant,
    TrainingJob,
)
from placement.instance.futures import Future, Futures
from placement.instance.instance import Document, Instance, Settings
from placement.instance.jobs import Jobs
from placement.instance.policy import Budget, CarbonPrice, Concentration
from placement.instance.supply import (
    Accelerator,
    Contract,
    Feed,
    IslandGroup,
    Link,
    Mode,
    Pool,
    Provider,
    Region,
    Site,
    Spanning,
)

__all__ = [
    "Accelerator",
    "Band",
    "BatchJob",
    "BatchWork",
    "Budget",
    "Calendar",
    "CarbonPrice",
    "Concentration",
    "Contract",
    "DailyProfile",
    "Document",
    "Feed",
    "Future",
    "Futures",
    "Growth",
    "Instance",
    "IslandGroup",
    "JobShape",
    "Jobs",
    "Ladder",
    "LatencyClass",
    "Link",
    "Mode",
    "Pool",
    "Provider",
    "Region",
    "Rung",
    "Service",
    "ServiceProfile",
    "Settings",
    "Site",
    "Spanning",
    "Steps",
    "Stream",
    "Tenant",
    "TrainingJob",
]
