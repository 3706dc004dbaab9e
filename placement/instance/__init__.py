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
from placement.instance.instance import Document, Instance
from placement.instance.jobs import Jobs
from placement.instance.objective import Level, Levels, LevelTerm
from placement.instance.policy import Budget, CarbonPrice, Concentration, Fairness, Freeze
from placement.instance.running import Running
from placement.instance.settings import Settings
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
    "Fairness",
    "Feed",
    "Freeze",
    "Future",
    "Futures",
    "Growth",
    "Instance",
    "IslandGroup",
    "JobShape",
    "Jobs",
    "Ladder",
    "LatencyClass",
    "Level",
    "LevelTerm",
    "Levels",
    "Link",
    "Mode",
    "Pool",
    "Provider",
    "Region",
    "Rung",
    "Running",
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
