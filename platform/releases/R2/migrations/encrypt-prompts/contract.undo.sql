-- The plain text may come back. In the same transaction the stage goes back, so from its commit on writers keep both shapes.
alter table prompt_versions drop constraint if exists prompt_versions_sealed;
