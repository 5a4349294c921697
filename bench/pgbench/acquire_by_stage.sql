-- The same with one statement a stage, for as few round trips as can be while the row of a pool is locked.
\set n :n + 1
\set session :client_id * 100000000 + :n
BEGIN;
WITH seat AS (
    UPDATE pools SET in_use = in_use + 1 WHERE license_id = 1 AND in_use < seats RETURNING license_id
), hold AS (
    INSERT INTO holds (session_id, license_id) SELECT :session, license_id FROM seat RETURNING license_id
)
INSERT INTO journal (kind, session_id, license_id) SELECT 'acquired', :session, license_id FROM hold RETURNING seq;
WITH seat AS (
    UPDATE pools SET in_use = in_use + 1 WHERE license_id = 2 AND in_use < seats RETURNING license_id
), hold AS (
    INSERT INTO holds (session_id, license_id) SELECT :session, license_id FROM seat RETURNING license_id
)
INSERT INTO journal (kind, session_id, license_id) SELECT 'acquired', :session, license_id FROM hold RETURNING seq;
COMMIT;
