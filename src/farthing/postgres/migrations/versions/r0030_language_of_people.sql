-- What a person reads in Slack, where they have chosen; else it is their customer's language, or the seller's.
ALTER TABLE farthing.person ADD COLUMN language text CHECK (language IN ('en', 'ru'));
GRANT UPDATE (language) ON farthing.person TO farthing_app;
