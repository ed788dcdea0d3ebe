-- What Orleans 10.2's AdoNet providers need in PostgreSQL 13 or newer: for the cluster's membership, for reminders, and for
-- the state of grains (who subscribes to a stream).
--
-- Orleans reads its statements from the table OrleansQuery, by their keys. Keys, parameters, columns of results and what a
-- result means are Orleans' interface; everything else is ours.
--
-- 'playfair silo' runs this script itself where it finds none or an older one, if its role may create tables. Where it may
-- not, the database's owner runs it and grants the role what it needs (README.md beside this file). It may be run again.
--
--   psql --single-transaction --set ON_ERROR_STOP=1 --file orleans.sql --dbname playfair

CREATE TABLE IF NOT EXISTS orleansquery (querykey text PRIMARY KEY, querytext text NOT NULL);

-- A cluster's silos change one at a time: who has read an older version of them is refused, and reads again.
CREATE TABLE IF NOT EXISTS orleans_clusters (
    name text PRIMARY KEY,
    version integer NOT NULL DEFAULT 0);

CREATE TABLE IF NOT EXISTS orleans_silos (
    cluster text NOT NULL REFERENCES orleans_clusters ON DELETE CASCADE,
    address text NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    status integer NOT NULL,
    gateway_port integer NOT NULL,
    suspicions text,
    started timestamptz NOT NULL,
    alive timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation));

CREATE TABLE IF NOT EXISTS orleans_reminders (
    service text NOT NULL,
    grain text NOT NULL,
    name text NOT NULL,
    start timestamptz NOT NULL,
    period_ms bigint NOT NULL,
    hash integer NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (service, grain, name));
CREATE INDEX IF NOT EXISTS orleans_reminders_by_hash ON orleans_reminders (service, hash);

-- A grain's key is two numbers, a text, or both; no text is the empty one, which Orleans does not allow as a key.
CREATE TABLE IF NOT EXISTS orleans_grain_states (
    service text NOT NULL,
    kind text NOT NULL,
    n0 bigint NOT NULL,
    n1 bigint NOT NULL,
    extension text NOT NULL,
    payload bytea,
    version integer NOT NULL,
    PRIMARY KEY (service, kind, n0, n1, extension));

INSERT INTO orleansquery (querykey, querytext) VALUES

-- This script's version, for PlayFair.
('PlayFairVersion', '1'),

-- Membership. A change succeeds (1) with the version that its silo has read, which it raises; else nothing changes (0).

('InsertMembershipVersionKey', $$
WITH added AS (
    INSERT INTO orleans_clusters (name) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*)::integer FROM added
$$),

('InsertMembershipKey', $$
WITH raised AS (
    UPDATE orleans_clusters SET version = version + 1
    WHERE name = @DeploymentId AND version = @Version AND NOT EXISTS (
        SELECT FROM orleans_silos
        WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING name),
added AS (
    INSERT INTO orleans_silos (
        cluster, address, port, generation, name, host, status, gateway_port, started, alive)
    SELECT
        name, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    FROM raised
    RETURNING 1)
SELECT count(*)::integer FROM added
$$),

('UpdateMembershipKey', $$
WITH raised AS (
    UPDATE orleans_clusters SET version = version + 1
    WHERE name = @DeploymentId AND version = @Version AND EXISTS (
        SELECT FROM orleans_silos
        WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING name),
changed AS (
    UPDATE orleans_silos SET status = @Status, suspicions = @SuspectTimes, alive = @IAmAliveTime
    FROM raised
    WHERE cluster = raised.name AND address = @Address AND port = @Port AND generation = @Generation
    RETURNING 1)
SELECT count(*)::integer FROM changed
$$),

-- Not a change of the membership: every silo writes its own, every few seconds.
('UpdateIAmAlivetimeKey', $$
UPDATE orleans_silos SET alive = @IAmAliveTime
WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$),

-- The version comes also where there is no such silo, or none at all.
('MembershipReadRowKey', $$
SELECT
    s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName,
    s.status AS Status, s.gateway_port AS ProxyPort, s.suspicions AS SuspectTimes, s.started AS StartTime,
    s.alive AS IAmAliveTime, c.version AS Version
FROM orleans_clusters c LEFT JOIN orleans_silos s
    ON s.cluster = c.name AND s.address = @Address AND s.port = @Port AND s.generation = @Generation
WHERE c.name = @DeploymentId
$$),

('MembershipReadAllKey', $$
SELECT
    s.address AS Address, s.port AS Port, s.generation AS Generation, s.name AS SiloName, s.host AS HostName,
    s.status AS Status, s.gateway_port AS ProxyPort, s.suspicions AS SuspectTimes, s.started AS StartTime,
    s.alive AS IAmAliveTime, c.version AS Version
FROM orleans_clusters c LEFT JOIN orleans_silos s ON s.cluster = c.name
WHERE c.name = @DeploymentId
$$),

('GatewaysQueryKey', $$
SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation
FROM orleans_silos
WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0
$$),

('DeleteMembershipTableEntriesKey', $$
DELETE FROM orleans_clusters WHERE name = @DeploymentId
$$),

-- Status 3 is Active: such a silo is another's to declare dead, not to forget.
('CleanupDefunctSiloEntriesKey', $$
DELETE FROM orleans_silos WHERE cluster = @DeploymentId AND alive < @IAmAliveTime AND status <> 3
$$),

-- Reminders.

('UpsertReminderRowKey', $$
INSERT INTO orleans_reminders AS r (service, grain, name, start, period_ms, hash, version)
VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 0)
ON CONFLICT (service, grain, name) DO UPDATE SET
    start = excluded.start, period_ms = excluded.period_ms, hash = excluded.hash, version = r.version + 1
RETURNING version AS Version
$$),

('ReadReminderRowKey', $$
SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period_ms AS Period, version AS Version
FROM orleans_reminders
WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName
$$),

('ReadReminderRowsKey', $$
SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period_ms AS Period, version AS Version
FROM orleans_reminders
WHERE service = @ServiceId AND grain = @GrainId
$$),

-- A silo's part of the ring of hashes, its end included.
('ReadRangeRows1Key', $$
SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period_ms AS Period, version AS Version
FROM orleans_reminders
WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash
$$),

-- The same where the part goes over the ring's seam.
('ReadRangeRows2Key', $$
SELECT grain AS GrainId, name AS ReminderName, start AS StartTime, period_ms AS Period, version AS Version
FROM orleans_reminders
WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)
$$),

('DeleteReminderRowKey', $$
WITH deleted AS (
    DELETE FROM orleans_reminders
    WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version
    RETURNING 1)
SELECT count(*)::integer FROM deleted
$$),

('DeleteReminderRowsKey', $$
DELETE FROM orleans_reminders WHERE service = @ServiceId
$$),

-- States of grains. A write succeeds with the version that its grain has read, none where there was no state yet, and gives
-- the new version; else it gives no row, and Orleans tells the grain that its state is not the newest.

('ReadFromStorageKey', $$
SELECT payload AS PayloadBinary, version AS Version
FROM orleans_grain_states
WHERE service = @ServiceId AND kind = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND extension = coalesce(@GrainIdExtensionString, '')
$$),

('WriteToStorageKey', $$
WITH added AS (
    INSERT INTO orleans_grain_states (service, kind, n0, n1, extension, payload, version)
    SELECT
        @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), @PayloadBinary, 1
    WHERE @GrainStateVersion IS NULL
    ON CONFLICT DO NOTHING
    RETURNING version),
changed AS (
    UPDATE orleans_grain_states SET payload = @PayloadBinary, version = version + 1
    WHERE service = @ServiceId AND kind = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
        AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
    RETURNING version)
SELECT version AS NewGrainStateVersion FROM added UNION ALL SELECT version FROM changed
$$),

-- Leaves the row, and with it the version that the next write must have.
('ClearStorageKey', $$
UPDATE orleans_grain_states SET payload = NULL, version = version + 1
WHERE service = @ServiceId AND kind = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
RETURNING version AS NewGrainStateVersion
$$),

('DeleteStorageKey', $$
DELETE FROM orleans_grain_states
WHERE service = @ServiceId AND kind = @GrainTypeString AND n0 = @GrainIdN0 AND n1 = @GrainIdN1
    AND extension = coalesce(@GrainIdExtensionString, '') AND version = @GrainStateVersion
RETURNING version + 1 AS NewGrainStateVersion
$$)

ON CONFLICT (querykey) DO UPDATE SET querytext = excluded.querytext;
