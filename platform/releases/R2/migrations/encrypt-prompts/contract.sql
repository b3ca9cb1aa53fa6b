-- Stale rows were counted under the lock, a moment ago. The rewrite leaves no plaintext behind in the table's files: the old
-- ones are removed at commit. No trigger fires, so revisions and the ciphertexts bound to them stay as they are.
alter table prompt_versions alter column body type text using null::text;
alter table prompt_versions add constraint prompt_versions_sealed check (body is null);
