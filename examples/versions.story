# A plan that changes gets a new version: who was there before stays on the one they agreed to.
2026-01-01 plan starter USD
  calls  count per_unit 0.10
2026-01-01 subscribe acme starter
2026-02-01 plan starter USD
  calls  count per_unit 0.20
2026-02-01 subscribe bold starter
2026-02-05 usage acme calls 1 repeat 10
2026-02-05 usage bold calls 1 repeat 10
2026-03-01 close
2026-03-01 invoice acme 1.00 USD
2026-03-01 invoice bold 2.00 USD
