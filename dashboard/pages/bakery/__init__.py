"""The bakeries: a day's sales, feedback, ovens, and orders to place."""

from dashboard.pages.bakery.day import day
from dashboard.pages.bakery.feedback import feedback
from dashboard.pages.bakery.orders import orders
from dashboard.pages.bakery.ovens import ovens
from dashboard.pages.page import Page

BAKERY = Page(
    "bakery",
    "Bakery",
    "What the stores sold on a day, what customers say, how the machines do, what to order.",
    {"Day": day, "Feedback": feedback, "Ovens": ovens, "Orders to place": orders},
    source="bakery",
)
