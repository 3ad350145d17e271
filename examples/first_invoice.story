# The whole product in six lines: a plan, a customer, some usage, and the invoice it makes.
2026-01-01 plan starter USD
  tokens  graduated 1000000@0.000002 rest@0.0000015
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 400000
2026-01-20 usage acme tokens 900000
2026-02-01 close
2026-02-01 slack #billing Invoice for acme: 2.45 USD
2026-02-01 invoice acme 2.45 USD
  tokens 1300000 2.45
