"""The sandbox from its sources to tested gold, and proofs that are timed."""
