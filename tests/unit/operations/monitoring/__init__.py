"""Tests of what the lake and the machine look like."""
