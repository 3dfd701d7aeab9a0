"""Tests of exports: small lakes, files read by other programs."""
