# Periods of two weeks, counted from the day on which the customer started; a year from a leap day comes back to it.
2027-11-30 catalog
  plans:
    sprint: {currency: USD, every: 2 weeks, periods: anniversary, prices: {fee: {shape: flat, fee: 14, charged: arrears}}}
    leap: {currency: USD, every: year, periods: anniversary, prices: {fee: {shape: flat, fee: 366, charged: advance}}}
2027-12-24 subscribe acme sprint
2028-01-06 close
2028-01-07 close
2028-01-07 invoices acme 1
2028-01-21 close
2028-01-21 invoice acme 14.00 USD
2028-02-29 subscribe bold leap
2028-02-29 close
2028-02-29 invoice bold 366.00 USD
2029-02-28 close
2029-02-28 invoice bold 366.00 USD
2029-02-28 invoices bold 2
