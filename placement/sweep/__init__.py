"""What-if sweeps: many cases of one instance, expanded, run, resumed, collected and answered."""
