"""The sandbox from its sources to tested gold, and how long reports take to gold."""
