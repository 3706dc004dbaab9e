"""What people read: supply against demand before a solve, and the plan after it, as text and as plain data."""
