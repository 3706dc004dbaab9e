"""Suites of cases, their results, and gates that say where a result is worse than its baseline."""
