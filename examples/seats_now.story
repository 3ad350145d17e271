# More seats count now: the rest for five goes back, and eight are charged for the days that are left.
2026-04-01 catalog
  plans:
    team:
      currency: USD
      prices:
        seats: {quantity: seats, shape: per_unit, unit: 30, charged: advance}
2026-04-01 subscribe acme team seats=5
2026-04-01 close through 2026-03-31
2026-04-01 invoice acme 150.00 USD
# 20 of 30 days are used: 150 x 10 / 30 = 50 goes back, and 8 x 30 x 10 / 30 = 80 is charged.
2026-04-21 change acme team seats=8
2026-04-21 invoice acme 30.00 USD
  seats 1 -50.00
  seats 8 80.00
2026-05-01 close
2026-05-01 invoice acme 240.00 USD
