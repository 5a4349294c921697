-- The tables of a license server as one would write it first: a row a pool with its count, a row a hold, a row an event.
CREATE TABLE pools (
    license_id bigint PRIMARY KEY,
    seats bigint NOT NULL,
    in_use bigint NOT NULL DEFAULT 0 CHECK (in_use <= seats)
);
CREATE TABLE holds (
    session_id bigint NOT NULL,
    license_id bigint NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (session_id, license_id)
);
CREATE TABLE journal (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    session_id bigint NOT NULL,
    license_id bigint NOT NULL
);
INSERT INTO pools (license_id, seats) VALUES (1, 1000000000), (2, 1000000000);
