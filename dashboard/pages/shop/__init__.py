"""The shop: sales, customers, stock and delivery, from its marts."""

from dashboard.pages.page import Page
from dashboard.pages.shop.customers import customers
from dashboard.pages.shop.delivery import delivery
from dashboard.pages.shop.sales import sales
from dashboard.pages.shop.stock import stock

SHOP = Page(
    "shop",
    "Shop",
    "What the shop sells, who buys, what runs out, and how parcels arrive. Days are UTC.",
    {"Sales": sales, "Customers": customers, "Stock": stock, "Delivery": delivery},
    source="shop",
)
