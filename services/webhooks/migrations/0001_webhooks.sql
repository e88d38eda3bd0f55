CREATE TABLE exports.webhook_endpoint (
    id              uuid        PRIMARY KEY,
    institution_id  text        NOT NULL,
    url             text        NOT NULL,
    event_types     text[]      NOT NULL DEFAULT '{}',  -- none: every one
    secrets         bytea       NOT NULL,               -- encrypted; the newest first
    created_at      timestamptz NOT NULL DEFAULT now(),
    failing_since   timestamptz,                        -- the first failure after the last success
    disabled_at     timestamptz,
    disabled_reason text,
    CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
);
CREATE INDEX webhook_endpoint_of_institution ON exports.webhook_endpoint (institution_id);

CREATE TABLE exports.webhook_delivery (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id   uuid        NOT NULL REFERENCES exports.webhook_endpoint ON DELETE CASCADE,
    event_id      uuid        NOT NULL,
    event_type    text        NOT NULL,
    body          text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    attempts      integer     NOT NULL DEFAULT 0,
    next_at       timestamptz          DEFAULT now(),   -- null: over, delivered or given up
    claimed_until timestamptz,                          -- an instance is at it; one that died is waited for no longer
    delivered_at  timestamptz,
    last_status   integer,
    last_error    text,
    UNIQUE (endpoint_id, event_id)                      -- an event that comes twice is delivered once
);
CREATE INDEX webhook_delivery_due ON exports.webhook_delivery (endpoint_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_delivery_over ON exports.webhook_delivery (created_at) WHERE next_at IS NULL;
