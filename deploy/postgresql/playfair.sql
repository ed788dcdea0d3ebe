-- The tables of PlayFair in PostgreSQL 13 or newer: docs/store.md says what is in them.
--
-- 'playfair silo' runs this script itself when it finds none of them, if its role may create tables. Where it may not,
-- the database's owner runs it, once, and grants the role what it needs (README.md beside this file):
--
--   psql --single-transaction --set ON_ERROR_STOP=1 --file playfair.sql --dbname playfair
--
-- The database's encoding must be UTF8.

CREATE TABLE playfair_version (version integer NOT NULL);
INSERT INTO playfair_version VALUES (1);

-- Every claim of a video has a number of its own, above all before it.
CREATE SEQUENCE claims;

CREATE TABLE texts (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text COLLATE "C" NOT NULL UNIQUE);

-- Each commit of updates changes its videos' rows: room on their pages keeps that from touching the indexes.
CREATE TABLE videos (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    definition text NOT NULL,
    resume text,
    claim bigint NOT NULL DEFAULT 0,
    saves bigint NOT NULL DEFAULT 0,
    last_sequence bigint,
    update_count bigint NOT NULL DEFAULT 0,
    update_bytes bigint NOT NULL DEFAULT 0,
    other_bytes bigint NOT NULL DEFAULT 0,
    statistics_sequence bigint,
    is_deleted boolean NOT NULL DEFAULT false)
    WITH (fillfactor = 50);
CREATE UNIQUE INDEX videos_by_name ON videos (name) WHERE NOT is_deleted;
CREATE INDEX videos_deleted ON videos (id) WHERE is_deleted;

-- Blobs are dense already: not to be compressed, and in their row as long as that fits a page.
CREATE TABLE updates (
    sequence bigint NOT NULL,
    arrived bigint NOT NULL,
    video integer NOT NULL,
    body bytea NOT NULL,
    frames bytea,
    PRIMARY KEY (video, sequence))
    WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE updates ALTER body SET STORAGE EXTERNAL, ALTER frames SET STORAGE EXTERNAL;

CREATE TABLE spans (
    video integer NOT NULL,
    span bigint NOT NULL,
    first_arrived bigint NOT NULL,
    last_arrived bigint NOT NULL,
    first_frame_sequence bigint NOT NULL,
    last_frame_sequence bigint NOT NULL,
    first_frame_arrived bigint NOT NULL,
    last_frame_arrived bigint NOT NULL,
    last_frame bigint NOT NULL,
    PRIMARY KEY (video, span))
    WITH (fillfactor = 70);
CREATE INDEX spans_by_age ON spans (first_arrived);

CREATE TABLE segments (
    video integer NOT NULL,
    span bigint NOT NULL,
    runs bytea NOT NULL,
    PRIMARY KEY (video, span));

CREATE TABLE thumbnails (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sequence bigint NOT NULL,
    frame bigint NOT NULL,
    video integer NOT NULL,
    png bytea NOT NULL)
    WITH (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE thumbnails ALTER png SET STORAGE EXTERNAL;
CREATE INDEX thumbnails_by_sequence ON thumbnails (video, sequence);
CREATE INDEX thumbnails_by_frame ON thumbnails (video, frame);

CREATE TABLE statistics (
    bucket bigint NOT NULL,
    video integer NOT NULL,
    model integer NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (video, model, bucket));
CREATE INDEX statistics_by_age ON statistics (bucket);
