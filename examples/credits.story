# A plan in credits: each job costs some, and 1 credit is worth 0.02.
2026-01-01 catalog
  meters:
    images: {event_type: image, measure: count, unit: images}
    minutes: {event_type: video, measure: sum, property: minutes, unit: minutes}
  plans:
    studio:
      currency: USD
      units: {credits: 0.02}
      prices:
        images: {meter: images, in: credits, shape: per_unit, unit: 4}
        minutes: {meter: minutes, in: credits, included: 10, shape: graduated, tiers: [{up_to: 60, unit: 30}, {unit: 20}]}
2026-01-01 subscribe acme studio
2026-01-05 event acme image repeat 50
2026-01-06 event acme video minutes=12.5
2026-02-01 close
2026-02-01 invoice acme 5.50 USD
  images 50 4.00
  minutes 12.5 1.50
