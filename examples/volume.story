# The tier that holds the whole quantity prices all of it, so that more can cost less.
2026-01-01 plan starter USD
  tokens  volume 10@0.50 100@0.40 rest@0.30+5
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 10
2026-02-01 close
2026-02-01 invoice acme 5.00 USD
2026-02-05 usage acme tokens 11
2026-03-01 close
2026-03-01 invoice acme 4.40 USD
2026-03-05 usage acme tokens 101
2026-04-01 close
2026-04-01 invoice acme 35.30 USD
