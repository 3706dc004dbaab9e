"""Mutations of laws and solvers: proof that tests and gates catch what they are for. See ``command`` for how they are run."""

from benchmarks.mutations.contracts import CONTRACTS
from benchmarks.mutations.laws import LAWS
from benchmarks.mutations.mutation import Mutation
from benchmarks.mutations.network import NETWORK
from benchmarks.mutations.plans import PLANS
from benchmarks.mutations.policies import POLICIES
from benchmarks.mutations.searches import SEARCHES
from benchmarks.mutations.services import SERVED

MUTATIONS: tuple[Mutation, ...] = (*LAWS, *NETWORK, *POLICIES, *CONTRACTS, *SERVED, *PLANS, *SEARCHES)
