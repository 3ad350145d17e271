# A correction is an event of its own, and may take away more than a month has: at the first tier's price, without fees.
2026-01-01 plan starter USD
  tokens  graduated 100@1+5 rest@0.5+10
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 150
2026-01-20 usage acme tokens -90
2026-02-01 close
2026-02-01 invoice acme 65.00 USD
  tokens 60 65.00
2026-02-05 usage acme tokens -20
2026-03-01 close
2026-03-01 invoice acme -20.00 USD
  tokens -20 -20.00
