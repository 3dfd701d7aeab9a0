"""How the lake runs: freshness, loads, runs, lag, tests, quarantine, publications."""

from dashboard.pages.operations.freshness import freshness
from dashboard.pages.operations.publications import publications
from dashboard.pages.operations.quarantine import quarantine
from dashboard.pages.operations.runs import lag, loads, runs
from dashboard.pages.operations.tests import tests
from dashboard.pages.page import Page

OPERATIONS = Page(
    "operations",
    "Operations",
    "Whether data arrives and is built, what failed, what was set aside, what was published.",
    {
        "Freshness": freshness,
        "Loads": loads,
        "Runs": runs,
        "Lag": lag,
        "Tests": tests,
        "Quarantine": quarantine,
        "Publications": publications,
    },
)
