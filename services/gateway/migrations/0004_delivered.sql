-- Whether an event has reached the exchange of its own, if it has one: from there it goes on to the facts.
ALTER TABLE exports.outbox ADD COLUMN delivered boolean NOT NULL DEFAULT false;
