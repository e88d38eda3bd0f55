ALTER TABLE exports.export
    ADD COLUMN exam_title   text,                           -- as it was when the export was asked for
    ADD COLUMN grades_as_of timestamptz,
    ADD COLUMN downloads    integer NOT NULL DEFAULT 0;

-- The last position that an institution's events have reached. Numbering holds its row until it commits, so that no
-- event appears before one that is already read.
CREATE TABLE exports.event_position (
    institution_id text   PRIMARY KEY,
    last           bigint NOT NULL
);

-- What was published to the facts, in its order.
CREATE TABLE exports.event (
    institution_id text        NOT NULL,
    position       bigint      NOT NULL,                    -- from 1, without gaps, an institution
    event_id       uuid        NOT NULL UNIQUE,
    event_type     text        NOT NULL,
    export_id      uuid        NOT NULL,
    body           text        NOT NULL,
    created_at     timestamptz NOT NULL,
    published_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (institution_id, position)
);
CREATE INDEX event_published ON exports.event (published_at);
