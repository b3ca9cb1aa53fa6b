-- From here on only writers that keep both shapes can write. A grant is checked at each statement; Baton waits for what is open.
revoke insert, update, delete, truncate on prompt_versions from :"oldRole";
