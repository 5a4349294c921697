-- A staged acquisition of two licenses in one transaction, as a program does it that looks after each step whether a seat
-- was free. Every session is another one: `n` counts those of a client.
\set n :n + 1
\set session :client_id * 100000000 + :n
BEGIN;
UPDATE pools SET in_use = in_use + 1 WHERE license_id = 1 AND in_use < seats;
INSERT INTO holds (session_id, license_id) VALUES (:session, 1);
INSERT INTO journal (kind, session_id, license_id) VALUES ('acquired', :session, 1);
UPDATE pools SET in_use = in_use + 1 WHERE license_id = 2 AND in_use < seats;
INSERT INTO holds (session_id, license_id) VALUES (:session, 2);
INSERT INTO journal (kind, session_id, license_id) VALUES ('acquired', :session, 2);
COMMIT;
