-- What tenant.sql's provisioning gives R1, and no more.
grant insert, update on prompt_versions to :"oldRole";
