-- The closed list of formats is `contracts.states.Format`: what writes a row has checked it.
ALTER TABLE exports.export DROP CONSTRAINT export_format_check;
