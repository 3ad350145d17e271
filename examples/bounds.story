# A bound belongs to its tier and quantities are exact: half a unit above 100 is in the next tier, and nothing is between.
2026-01-01 plan starter USD
  tokens  graduated 100@1 rest@0.5
  calls   volume 100@1 rest@0.5
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 100.5
2026-01-05 usage acme calls 100.5
2026-02-01 close
2026-02-01 invoice acme 150.50 USD
  tokens 100.5 100.25
  calls 100.5 50.25
