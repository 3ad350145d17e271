# A year paid in July is earned day by day: at the year's end 184 of its 365 days are revenue.
2026-07-01 catalog
  plans:
    yearly:
      currency: USD
      every: year
      periods: anniversary
      prices:
        fee: {shape: flat, fee: 730, charged: advance}
2026-07-01 subscribe acme yearly
2026-07-01 close through 2026-06-30
2026-07-01 invoice acme 730.00 USD
2026-07-01 balance deferred_revenue acme -730.00 USD
# July to December: 31 + 31 + 30 + 31 + 30 + 31 = 184 days at 2 a day.
2026-12-31 release
2026-12-31 balance revenue acme -368.00 USD
2026-12-31 balance deferred_revenue acme -362.00 USD
2027-07-01 close
2027-07-01 balance revenue acme -730.00 USD
2027-07-01 balance deferred_revenue acme -730.00 USD
