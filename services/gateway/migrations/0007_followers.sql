-- Whose streams a change concerns is told with it, so that no gateway reads what nobody there follows.
CREATE OR REPLACE FUNCTION exports.announce_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('exports_changed', concat_ws(' ', NEW.id, NEW.requested_by, NEW.exam_id, NEW.institution_id));
    RETURN NULL;
END $$;

CREATE INDEX export_of_exam ON exports.export (institution_id, exam_id, requested_at DESC);
