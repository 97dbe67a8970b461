"""What ends traffic that would not end by itself: budgets of time, and a breaker per host.

Start with :mod:`endurance`. What is said of it afterwards: :mod:`harness.core.run.limits`.
"""
