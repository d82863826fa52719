INSERT INTO user (id, name, email, fax, invited_by_id) VALUES
  (1, 'Ada Lovelace', 'ada@example.org', '+44 20 1842', NULL),
  (2, 'Charles Babbage', 'charles@example.org', NULL, 1),
  (3, 'Mary Somerville', 'mary@example.org', NULL, 1);

INSERT INTO product (id, sku, title, price) VALUES
  (1, 'TEA-01', 'Teapot', 24.5),
  (2, 'CUP-01', 'Cup', 7.25),
  (3, 'TEA-02', 'Darjeeling, 100 g', 9);

INSERT INTO "order" (id, user_id, status, placed_at) VALUES
  (1, 1, 'SHIPPED', '2024-03-01 09:30:00.000000'),
  (2, 2, 'PAID', '2024-03-04 16:05:00.000000'),
  (3, 1, 'OPEN', '2024-03-05 11:45:00.000000'),
  (4, 3, 'PAID', '2024-03-05 12:00:00.000000');

INSERT INTO order_line (id, order_id, product_id, quantity) VALUES
  (1, 1, 1, 1),
  (2, 1, 2, 4),
  (3, 2, 3, 2),
  (4, 3, 3, 1),
  (5, 3, 2, 2),
  (6, 4, 1, 1);
