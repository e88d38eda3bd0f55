-- Completed exports that their teachers are to be told of by mail. Who they are is read when it is sent: no address is
-- kept.
CREATE TABLE exports.mail (
    event_id       uuid        PRIMARY KEY,
    institution_id text        NOT NULL,
    user_id        text        NOT NULL,
    body           text        NOT NULL,               -- the event
    created_at     timestamptz NOT NULL DEFAULT now(),
    attempts       integer     NOT NULL DEFAULT 0,
    next_at        timestamptz          DEFAULT now(), -- null: over, sent or given up
    claimed_until  timestamptz,                        -- an instance is at it; one that died is waited for no longer
    sent_at        timestamptz,
    last_error     text
);
CREATE INDEX mail_due ON exports.mail (next_at) WHERE next_at IS NOT NULL;
