-- What documents are written in: the customer's own language, or else that of the legal entity that invoices them.
ALTER TABLE farthing.legal_entity ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'ru'));
ALTER TABLE farthing.customer ADD COLUMN language text CHECK (language IN ('en', 'ru'));
GRANT UPDATE (language) ON farthing.legal_entity TO farthing_app;
GRANT UPDATE (language) ON farthing.customer TO farthing_app;
