-- A shop small enough to work out by hand: what every figure of gold must be
-- stands in the files beside this one, with the arithmetic. Runs on empty
-- tables. The as-of date is 2024-03-31, by a cancelled order.

insert into shop.categories (category_id, name, parent_category_id) values
(30, 'Drinks', null),
(10, 'Tea', 30),
(20, 'Coffee', 30);

insert into shop.products (
    product_id, sku, name, category_id, unit_cost, list_price, is_active
) values
(100, 'TEA-100', 'Green tea', 10, 2.00, 4.00, true),
(200, 'COF-200', 'Espresso', 20, 5.00, 12.00, true);

insert into shop.warehouses (warehouse_id, name, city, country) values
(1, 'North', 'Hamburg', 'DE'),
(2, 'South', 'Lyon', 'FR');

-- countries as they arrive: untidy, empty, blank
insert into shop.customers (
    customer_id, full_name, email, phone, birth_date, city, country,
    marketing_consent
) values
(1, 'A', 'a@example.org', '1', '1990-01-01', 'Hamburg', ' de', true),
(2, 'B', 'b@example.org', '2', '1990-01-02', 'Lyon', 'FR', true),
(3, 'C', 'c@example.org', '3', '1990-01-03', 'Rome', '', false),
(4, 'D', 'd@example.org', '4', '1990-01-04', 'Paris', 'fr ', false),
(5, 'E', 'e@example.org', '5', '1990-01-05', 'Bonn', 'DE', true),
(6, 'F', 'f@example.org', '6', '1990-01-06', 'Nice', 'fr', true),
(7, 'G', 'g@example.org', '7', '1990-01-07', 'Kiel', 'DE', true),
(8, 'H', 'h@example.org', '8', '1990-01-08', 'Lille', 'FR', true),
(9, 'I', 'i@example.org', '9', '1990-01-09', 'Turin', 'IT', true),
(10, 'J', 'j@example.org', '10', '1990-01-10', 'Milan', 'IT', true),
(11, 'K', 'k@example.org', '11', '1990-01-11', 'Oslo', '  ', true),
(12, 'L', 'l@example.org', '12', '1990-01-12', 'Genoa', 'IT', true);

-- order 1 was placed on the 10th in UTC, though on the 11th where it was noted;
-- order 5 (customer 2, February) and order 10 (the newest) are cancelled
insert into shop.orders (
    order_id, customer_id, status, currency, discount_amount, shipping_amount,
    tax_amount, placed_at
) values
(1, 1, 'shipped', 'EUR', 1.00, 3.00, 0.00, '2024-01-11 00:30:00+01'),
(2, 2, 'delivered', 'EUR', 0.05, 3.00, 0.00, '2024-01-15 10:00:00+00'),
(3, 3, 'delivered', 'EUR', 0.03, 3.00, 0.00, '2024-01-15 12:00:00+00'),
(4, 3, 'delivered', 'EUR', 0.00, 3.00, 0.00, '2024-01-15 18:00:00+00'),
(5, 2, 'cancelled', 'EUR', 0.00, 3.00, 0.00, '2024-02-05 10:00:00+00'),
(6, 1, 'paid', 'EUR', 0.00, 3.00, 0.00, '2024-02-09 23:30:00+00'),
(7, 1, 'paid', 'EUR', 2.00, 3.00, 0.00, '2024-03-25 11:30:00+00'),
(8, 5, 'paid', 'EUR', 0.00, 3.00, 0.00, '2024-03-01 08:00:00+00'),
(9, 6, 'paid', 'EUR', 0.00, 3.00, 0.00, '2024-02-29 23:59:59+00'),
(10, 4, 'cancelled', 'EUR', 0.00, 3.00, 0.00, '2024-03-31 20:00:00+00'),
(11, 8, 'paid', 'EUR', 0.00, 3.00, 0.00, '2023-11-01 12:00:00+00'),
(12, 9, 'paid', 'EUR', 0.00, 3.00, 0.00, '2024-02-10 00:00:00+00'),
(13, 9, 'delivered', 'EUR', 0.00, 3.00, 0.00, '2024-03-01 00:00:00+00'),
(14, 10, 'paid', 'EUR', 0.00, 3.00, 0.00, '2024-02-20 00:00:00+00'),
(15, 10, 'shipped', 'EUR', 0.00, 3.00, 0.00, '2024-03-01 00:00:00+00'),
(16, 11, 'delivered', 'EUR', 0.00, 3.00, 0.00, '2023-12-02 12:00:00+00'),
(17, 12, 'paid', 'EUR', 0.00, 3.00, 0.00, '2024-03-29 06:00:00+00'),
(18, 12, 'paid', 'EUR', 0.00, 3.00, 0.00, '2024-03-29 12:00:00+00');

insert into shop.order_items (
    order_item_id, order_id, product_id, quantity, unit_price, discount_amount
) values
(11, 1, 100, 1, 10.00, 0.00),
(12, 1, 100, 2, 5.00, 0.00),
(13, 1, 200, 1, 12.00, 2.00),
(21, 2, 100, 1, 3.00, 0.00),
(22, 2, 200, 1, 1.00, 0.00),
(23, 2, 200, 1, 1.00, 1.00),
(31, 3, 100, 1, 2.00, 2.00),
(32, 3, 100, 1, 0.00, 0.00),
(41, 4, 100, 1, 4.00, 0.00),
(51, 5, 100, 9, 9.00, 0.00),
(61, 6, 200, 1, 20.00, 0.00),
(71, 7, 100, 3, 7.00, 0.00),
(81, 8, 200, 2, 35.00, 0.00),
(91, 9, 200, 1, 20.00, 0.00),
(101, 10, 100, 9, 9.00, 0.00),
(111, 11, 100, 8, 2.50, 0.00),
(121, 12, 100, 1, 10.00, 0.00),
(131, 13, 100, 1, 10.00, 0.00),
(141, 14, 200, 1, 9.00, 0.00),
(151, 15, 100, 1, 10.00, 0.00),
(161, 16, 100, 1, 1.00, 1.00),
(171, 17, 100, 1, 40.00, 0.00),
(181, 18, 100, 1, 40.00, 0.00);

insert into shop.payments (payment_id, order_id, method, amount, status) values
(1, 1, ' Card', 32.00, 'captured'),
(2, 2, 'paypal', 6.95, 'captured');

-- shipment 5 carries a cancelled order
insert into shop.shipments (
    shipment_id, order_id, warehouse_id, carrier, shipping_cost,
    shipped_at, promised_at, delivered_at
) values
(
    1, 1, 1, 'dhl', 3.20,
    '2024-01-12 00:59:59.5+01', '2024-01-15 12:00:00+00', null
),
(
    2, 2, 1, 'UPS', 0.00,
    '2024-01-16 12:00:00+00', '2024-01-20 12:00:00+00',
    '2024-01-17 12:00:00.18+00'
),
(
    3, 3, 1, 'DHL', 1.00,
    '2024-01-16 06:00:00+00', '2024-01-17 12:00:00+00',
    '2024-01-17 12:00:00+00'
),
(
    4, 4, 1, ' Dhl ', 0.50,
    '2024-01-16 18:00:00+00', '2024-01-18 17:59:59+00',
    '2024-01-18 18:00:00+00'
),
(
    5, 5, 1, 'dhl', 9.00,
    '2024-02-06 06:00:00+00', '2024-02-09 12:00:00+00', null
),
(
    6, 16, 1, 'gls', 4.00,
    '2023-12-03 12:00:00+00', '2023-12-05 12:00:00+00',
    '2023-12-04 12:00:00+00'
),
(
    7, 13, 1, 'dpd', 2.00,
    '2024-03-02 00:00:00+00', '2024-03-04 00:00:00+00',
    '2024-03-03 00:00:00+00'
),
(
    8, 15, 1, 'dpd', 1.50,
    '2024-03-02 00:00:00+00', '2024-03-04 00:00:00+00', null
);

insert into shop.returns (
    return_id, order_item_id, quantity, refund_amount, reason, requested_at
) values
(1, 12, 1, 4.50, 'damaged', '2024-02-20 08:00:00+00'),
(2, 31, 1, 0.00, 'too late', '2024-01-20 08:00:00+00'),
(3, 151, 1, 0.00, 'lost', '2024-03-20 08:00:00+00');

-- movements 2 and 3 share their moment: the lower id comes first
insert into shop.stock_movements (
    movement_id, product_id, warehouse_id, kind, quantity, moved_at
) values
(1, 100, 1, 'receipt', 5, '2024-03-28 08:00:00+00'),
(2, 100, 1, 'sale', -7, '2024-03-28 10:00:00+00'),
(3, 100, 1, 'return', 2, '2024-03-28 10:00:00+00'),
(4, 100, 1, 'receipt', 4, '2024-03-28 12:00:00+00'),
(5, 100, 1, 'sale', -4, '2024-03-28 13:00:00+00'),
(6, 100, 1, 'receipt', 10, '2024-03-29 09:00:00+00'),
(7, 100, 1, 'sale', -13, '2024-03-31 23:00:00+00'),
(8, 100, 1, 'receipt', 3, '2024-04-01 01:00:00+00'),
(9, 200, 1, 'adjustment', -1, '2024-03-30 09:00:00+00'),
(10, 100, 2, 'receipt', 50, '2024-04-01 00:00:00+00'),
(11, 200, 2, 'receipt', 10, '2024-01-01 08:00:00+00'),
(12, 200, 2, 'sale', -1, '2024-01-01 09:00:00+00');
