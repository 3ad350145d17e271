# 1 % of the first 1,000.00 and 2 % of the rest, and a fee for each tier once it is reached.
2026-01-01 plan card USD
  payments  graduated_percentage 1000@0.01+200 rest@0.02+300
2026-01-01 subscribe acme card
2026-01-05 usage acme payments 1050
2026-02-01 close
2026-02-01 invoice acme 511.00 USD
2026-02-05 usage acme payments 500
2026-03-01 close
2026-03-01 invoice acme 205.00 USD
