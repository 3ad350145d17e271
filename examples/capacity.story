# The smallest step that holds the month's peak has one price.
2026-01-01 plan cloud USD
  machines  maximum capacity 10@50 50@200 rest@900
2026-01-01 subscribe acme cloud
2026-01-05 usage acme machines 8
2026-01-20 usage acme machines 12
2026-01-21 usage acme machines 3
2026-02-01 close
2026-02-01 invoice acme 200.00 USD
  machines 12 200.00
2026-03-01 close
2026-03-01 invoice acme 50.00 USD
