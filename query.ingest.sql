-- Queries of package ingest, in the order in which an ingest runs them: stage
-- the file, merge it under a lock, record the batch last.

-- name: PrepareIngest :exec
-- A large file takes longer than any query may. And what one transaction fills
-- has no statistics: the planner would take it, and the plans kept for foreign
-- keys, for small. An index is never far off.
SELECT set_config('statement_timeout', '0', true), set_config('enable_seqscan', 'off', true);

-- name: NextBatch :one
SELECT nextval('ops.batch_id')::bigint AS id;

-- name: StageTargets :copyfrom
INSERT INTO staging.target (batch, line, name)
VALUES ($1, $2, $3);

-- name: StageTargetEvents :copyfrom
INSERT INTO staging.target_event (batch, line, target, at, kind, version, source)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: StageRuns :copyfrom
INSERT INTO staging.run (batch, line, source, name, tool, suite, target, planned_for)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: StageRunEvents :copyfrom
INSERT INTO staging.run_event (batch, line, source, run, at, kind, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: StagePlannedCells :copyfrom
INSERT INTO staging.planned_cell (batch, line, source, run, probe, detector, category, evaluations)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: StageAttempts :copyfrom
INSERT INTO staging.attempt (batch, line, source, run, name, at, probe, category, target_version, answered)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: StageScores :copyfrom
INSERT INTO staging.score (batch, line, source, run, attempt, at, detector, output, value, hit)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: StageFindings :copyfrom
INSERT INTO staging.finding (batch, line, source, name, target, title)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: StageFindingEvents :copyfrom
INSERT INTO staging.finding_event (batch, line, source, name, at, kind, severity, state, owner, due)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: StageIncidents :copyfrom
INSERT INTO staging.incident (batch, line, source, name, title)
VALUES ($1, $2, $3, $4, $5);

-- name: StageIncidentEvents :copyfrom
INSERT INTO staging.incident_event (batch, line, source, name, at, kind, severity)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: StageComponentEvents :copyfrom
INSERT INTO staging.component_event (batch, line, source, component, at, kind, interval_s)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: StageHealthSamples :copyfrom
INSERT INTO staging.health_sample (batch, line, source, component, at, up, latency_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: StageActions :copyfrom
INSERT INTO staging.action (batch, line, source, name, kind, title, about)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: StageActionEvents :copyfrom
INSERT INTO staging.action_event (batch, line, source, name, at, kind, owner, due, all_day)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: StageWatermarks :copyfrom
INSERT INTO staging.watermark (batch, line, source, feed, complete_through)
VALUES ($1, $2, $3, $4, $5);

-- name: StageClaims :copyfrom
INSERT INTO staging.claim (batch, line, source, run, at, what, probe, detector, value)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: LockMerge :exec
-- Ingests of one source merge one after the other, so that each sees what is
-- already known.
SELECT pg_advisory_xact_lock(7202612, hashtext(@source));

-- name: BatchOfContent :one
SELECT * FROM ops.batch WHERE source = @source AND content_sha256 = @content_sha256;

-- name: AddTargets :execrows
-- Whatever names a target makes it known.
INSERT INTO ops.target (name, batch)
SELECT named.name, @batch
FROM (SELECT name FROM staging.target WHERE staging.target.batch = @batch
      UNION SELECT target FROM staging.target_event WHERE staging.target_event.batch = @batch
      UNION SELECT target FROM staging.run WHERE staging.run.batch = @batch
      UNION SELECT target FROM staging.finding WHERE staging.finding.batch = @batch) named
ORDER BY named.name
ON CONFLICT DO NOTHING;

-- name: AddTargetEvents :execrows
-- Of an event that is known already, a row is added only where it now says
-- something else than the newest row known.
INSERT INTO ops.target_event (target, at, kind, version, source, batch)
SELECT s.target, s.at, s.kind, s.version, s.source, s.batch
FROM (SELECT DISTINCT ON (target, at, kind) * FROM staging.target_event g
      WHERE g.batch = @batch ORDER BY target, at, kind, line DESC) s
LEFT JOIN LATERAL (
    SELECT k.version, k.source FROM ops.target_event k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.target, k.at, k.kind) = (s.target, s.at, s.kind)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE (known.version, known.source) IS DISTINCT FROM (s.version, s.source);

-- name: RunOfAnotherTarget :one
-- A run keeps its target: the same run under another one is refused.
SELECT s.line, s.source, s.name, s.known::text AS known_target, s.target AS staged_target
FROM (SELECT g.line, g.source, g.name, g.target,
             coalesce(r.target, first_value(g.target) OVER (PARTITION BY g.source, g.name ORDER BY g.line)) AS known
      FROM staging.run g LEFT JOIN ops.run r ON (r.source, r.name) = (g.source, g.name)
      WHERE g.batch = @batch) s
WHERE s.target <> s.known
ORDER BY s.line LIMIT 1;

-- name: AddRuns :execrows
INSERT INTO ops.run (source, name, tool, suite, target, planned_for, batch)
SELECT DISTINCT ON (source, name) source, name, tool, suite, target, planned_for, batch
FROM staging.run g WHERE g.batch = @batch
ORDER BY source, name, line
ON CONFLICT (source, name) DO NOTHING;

-- name: AddFindings :execrows
INSERT INTO ops.finding (source, name, target, title, batch)
SELECT DISTINCT ON (source, name) source, name, target, title, batch
FROM staging.finding g WHERE g.batch = @batch
ORDER BY source, name, line
ON CONFLICT (source, name) DO NOTHING;

-- name: AddIncidents :execrows
INSERT INTO ops.incident (source, name, title, batch)
SELECT DISTINCT ON (source, name) source, name, title, batch
FROM staging.incident g WHERE g.batch = @batch
ORDER BY source, name, line
ON CONFLICT (source, name) DO NOTHING;

-- name: AddActions :execrows
INSERT INTO ops.action (source, name, kind, title, about, batch)
SELECT DISTINCT ON (source, name) source, name, kind, title, about, batch
FROM staging.action g WHERE g.batch = @batch
ORDER BY source, name, line
ON CONFLICT (source, name) DO NOTHING;

-- name: UnknownReference :one
-- The first line that speaks of something nobody has named.
SELECT s.line, s.what, s.name
FROM (SELECT line, 'run' AS what, source, run AS name FROM staging.run_event WHERE staging.run_event.batch = @batch
      UNION ALL SELECT line, 'run', source, run FROM staging.planned_cell WHERE staging.planned_cell.batch = @batch
      UNION ALL SELECT line, 'run', source, run FROM staging.attempt WHERE staging.attempt.batch = @batch
      UNION ALL SELECT line, 'run', source, run FROM staging.claim WHERE staging.claim.batch = @batch
      UNION ALL SELECT line, 'finding', source, name FROM staging.finding_event WHERE staging.finding_event.batch = @batch
      UNION ALL SELECT line, 'incident', source, name FROM staging.incident_event WHERE staging.incident_event.batch = @batch
      UNION ALL SELECT line, 'action', source, name FROM staging.action_event WHERE staging.action_event.batch = @batch) s
WHERE CASE s.what
      WHEN 'run' THEN NOT EXISTS (SELECT FROM ops.run k WHERE (k.source, k.name) = (s.source, s.name))
      WHEN 'finding' THEN NOT EXISTS (SELECT FROM ops.finding k WHERE (k.source, k.name) = (s.source, s.name))
      WHEN 'incident' THEN NOT EXISTS (SELECT FROM ops.incident k WHERE (k.source, k.name) = (s.source, s.name))
      ELSE NOT EXISTS (SELECT FROM ops.action k WHERE (k.source, k.name) = (s.source, s.name)) END
ORDER BY s.line LIMIT 1;

-- name: AddRunEvents :execrows
INSERT INTO ops.run_event (run, at, kind, reason, batch)
SELECT r.id, s.at, s.kind, s.reason, s.batch
FROM (SELECT DISTINCT ON (source, run, at, kind) * FROM staging.run_event g
      WHERE g.batch = @batch ORDER BY source, run, at, kind, line DESC) s
JOIN ops.run r ON (r.source, r.name) = (s.source, s.run)
LEFT JOIN LATERAL (
    SELECT k.reason FROM ops.run_event k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.run, k.at, k.kind) = (r.id, s.at, s.kind)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.reason IS DISTINCT FROM s.reason;

-- name: AddPlannedCells :execrows
INSERT INTO ops.planned_cell (run, probe, detector, category, evaluations, batch)
SELECT r.id, s.probe, s.detector, s.category, s.evaluations, s.batch
FROM (SELECT DISTINCT ON (source, run, probe, detector) * FROM staging.planned_cell g
      WHERE g.batch = @batch ORDER BY source, run, probe, detector, line DESC) s
JOIN ops.run r ON (r.source, r.name) = (s.source, s.run)
LEFT JOIN LATERAL (
    SELECT k.category, k.evaluations FROM ops.planned_cell k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.run, k.probe, k.detector) = (r.id, s.probe, s.detector)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.category IS NULL OR (known.category, known.evaluations) IS DISTINCT FROM (s.category, s.evaluations);

-- name: AddAttempts :execrows
-- An attempt is what was sent: known once, it stays as first recorded.
INSERT INTO ops.attempt (run, name, at, probe, category, target_version, answered, batch)
SELECT r.id, s.name, s.at, s.probe, s.category, s.target_version, s.answered, s.batch
FROM (SELECT DISTINCT ON (at, name, run, source) * FROM staging.attempt g
      WHERE g.batch = @batch ORDER BY at, name, run, source, line DESC) s
JOIN ops.run r ON (r.source, r.name) = (s.source, s.run)
ON CONFLICT (run, name, at) DO NOTHING;

-- name: UnknownAttempt :one
SELECT s.line, s.run, s.attempt, s.at
FROM staging.score s LEFT JOIN ops.run r ON (r.source, r.name) = (s.source, s.run)
LEFT JOIN LATERAL (SELECT k.id FROM ops.attempt k
                   WHERE (k.run, k.name) = (r.id, s.attempt) AND k.at + interval '0' = s.at LIMIT 1) a ON true
WHERE s.batch = @batch AND a.id IS NULL
ORDER BY s.line LIMIT 1;

-- name: AddScores :one
-- A changed score is a re-score: a row of this batch beside the older ones.
WITH added AS (
    INSERT INTO ops.score (attempt, at, detector, output, value, hit, batch)
    SELECT a.id, a.at, s.detector, s.output, s.value, s.hit, s.batch
    FROM (SELECT DISTINCT ON (at, attempt, detector, output, run, source) * FROM staging.score g
          WHERE g.batch = @batch ORDER BY at, attempt, detector, output, run, source, line DESC) s
    JOIN ops.run r ON (r.source, r.name) = (s.source, s.run)
    -- One by one, by run and name: all attempts of a file may share one time,
    -- and all of them one run.
    CROSS JOIN LATERAL (SELECT k.id, k.at FROM ops.attempt k
                        WHERE (k.run, k.name) = (r.id, s.attempt) AND k.at + interval '0' = s.at LIMIT 1) a
    LEFT JOIN LATERAL (
        -- Of a run that is new with this batch nothing can be known.
        SELECT k.value, k.hit FROM ops.score k JOIN ops.batch b ON b.id = k.batch
        WHERE r.batch <> @batch
          AND (k.attempt, k.at, k.detector, k.output) = (a.id, a.at, s.detector, s.output)
        ORDER BY b.recorded_at DESC LIMIT 1) known ON true
    WHERE (known.value, known.hit) IS DISTINCT FROM (s.value, s.hit)
    RETURNING ops.score.hit)
SELECT count(*) AS added, count(*) FILTER (WHERE added.hit) AS hits FROM added;

-- name: AddFindingEvents :execrows
INSERT INTO ops.finding_event (source, name, at, kind, severity, state, owner, due, batch)
SELECT s.source, s.name, s.at, s.kind, s.severity, s.state, s.owner, s.due, s.batch
FROM (SELECT DISTINCT ON (source, name, at, kind) * FROM staging.finding_event g
      WHERE g.batch = @batch ORDER BY source, name, at, kind, line DESC) s
LEFT JOIN LATERAL (
    SELECT true AS is, k.severity, k.state, k.owner, k.due FROM ops.finding_event k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.source, k.name, k.at, k.kind) = (s.source, s.name, s.at, s.kind)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.is IS NULL
   OR (known.severity, known.state, known.owner, known.due) IS DISTINCT FROM (s.severity, s.state, s.owner, s.due);

-- name: AddIncidentEvents :execrows
INSERT INTO ops.incident_event (source, name, at, kind, severity, batch)
SELECT s.source, s.name, s.at, s.kind, s.severity, s.batch
FROM (SELECT DISTINCT ON (source, name, at, kind) * FROM staging.incident_event g
      WHERE g.batch = @batch ORDER BY source, name, at, kind, line DESC) s
LEFT JOIN LATERAL (
    SELECT true AS is, k.severity FROM ops.incident_event k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.source, k.name, k.at, k.kind) = (s.source, s.name, s.at, s.kind)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.is IS NULL OR known.severity IS DISTINCT FROM s.severity;

-- name: AddComponentEvents :execrows
INSERT INTO ops.component_event (source, component, at, kind, interval_s, batch)
SELECT s.source, s.component, s.at, s.kind, s.interval_s, s.batch
FROM (SELECT DISTINCT ON (source, component, at, kind) * FROM staging.component_event g
      WHERE g.batch = @batch ORDER BY source, component, at, kind, line DESC) s
LEFT JOIN LATERAL (
    SELECT true AS is, k.interval_s FROM ops.component_event k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.source, k.component, k.at, k.kind) = (s.source, s.component, s.at, s.kind)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.is IS NULL OR known.interval_s IS DISTINCT FROM s.interval_s;

-- name: AddHealthSamples :execrows
INSERT INTO ops.health_sample (source, component, at, up, latency_ms, batch)
SELECT s.source, s.component, s.at, s.up, s.latency_ms, s.batch
FROM (SELECT DISTINCT ON (source, component, at) * FROM staging.health_sample g
      WHERE g.batch = @batch ORDER BY source, component, at, line DESC) s
LEFT JOIN LATERAL (
    SELECT k.up, k.latency_ms FROM ops.health_sample k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.source, k.component, k.at) = (s.source, s.component, s.at)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.up IS NULL OR (known.up, known.latency_ms) IS DISTINCT FROM (s.up, s.latency_ms);

-- name: AddActionEvents :execrows
INSERT INTO ops.action_event (source, name, at, kind, owner, due, all_day, batch)
SELECT s.source, s.name, s.at, s.kind, s.owner, s.due, s.all_day, s.batch
FROM (SELECT DISTINCT ON (source, name, at, kind) * FROM staging.action_event g
      WHERE g.batch = @batch ORDER BY source, name, at, kind, line DESC) s
LEFT JOIN LATERAL (
    SELECT k.owner, k.due, k.all_day FROM ops.action_event k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.source, k.name, k.at, k.kind) = (s.source, s.name, s.at, s.kind)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.all_day IS NULL
   OR (known.owner, known.due, known.all_day) IS DISTINCT FROM (s.owner, s.due, s.all_day);

-- name: AddWatermarks :execrows
INSERT INTO ops.watermark (source, feed, complete_through, batch)
SELECT DISTINCT s.source, s.feed, s.complete_through, s.batch
FROM staging.watermark s
WHERE s.batch = @batch
  AND NOT EXISTS (SELECT FROM ops.watermark k
                  WHERE (k.source, k.feed, k.complete_through) = (s.source, s.feed, s.complete_through));

-- name: AddClaims :execrows
INSERT INTO ops.claim (run, at, what, probe, detector, value, batch)
SELECT r.id, s.at, s.what, s.probe, s.detector, s.value, s.batch
FROM (SELECT DISTINCT ON (source, run, what, probe, detector) * FROM staging.claim g
      WHERE g.batch = @batch ORDER BY source, run, what, probe, detector, line DESC) s
JOIN ops.run r ON (r.source, r.name) = (s.source, s.run)
LEFT JOIN LATERAL (
    SELECT k.value FROM ops.claim k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.run, k.what, k.probe, k.detector) = (r.id, s.what, s.probe, s.detector)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.value IS DISTINCT FROM s.value;

-- name: KeptAsRecorded :many
-- What was known before and now reads differently; it stays as first recorded.
SELECT 'finding' AS what, count(*) AS rows FROM staging.finding s
JOIN ops.finding k ON (k.source, k.name) = (s.source, s.name)
WHERE s.batch = @batch AND (k.target, k.title) <> (s.target, s.title)
UNION ALL
SELECT 'incident', count(*) FROM staging.incident s
JOIN ops.incident k ON (k.source, k.name) = (s.source, s.name)
WHERE s.batch = @batch AND k.title <> s.title
UNION ALL
SELECT 'action', count(*) FROM staging.action s
JOIN ops.action k ON (k.source, k.name) = (s.source, s.name)
WHERE s.batch = @batch AND (k.kind, k.title, k.about) <> (s.kind, s.title, s.about)
UNION ALL
SELECT 'run', count(*) FROM staging.run s
JOIN ops.run k ON (k.source, k.name) = (s.source, s.name)
WHERE s.batch = @batch AND (k.tool, k.suite, k.planned_for) <> (s.tool, s.suite, s.planned_for)
UNION ALL
SELECT 'attempt', count(*)
FROM (SELECT DISTINCT ON (a.source, a.run, a.name, a.at) r.id AS run_id, a.* FROM staging.attempt a
      JOIN ops.run r ON (r.source, r.name) = (a.source, a.run)
      WHERE a.batch = @batch AND r.batch <> @batch
      ORDER BY a.source, a.run, a.name, a.at, a.line DESC) s
CROSS JOIN LATERAL (SELECT a.probe, a.category, a.target_version, a.answered FROM ops.attempt a
                    WHERE (a.run, a.name) = (s.run_id, s.name) AND a.at + interval '0' = s.at LIMIT 1) k
WHERE (k.probe, k.category, k.target_version, k.answered) <> (s.probe, s.category, s.target_version, s.answered);

-- name: ClearStaging :exec
WITH
    target_gone AS (DELETE FROM staging.target g WHERE g.batch = @batch),
    target_event_gone AS (DELETE FROM staging.target_event g WHERE g.batch = @batch),
    run_gone AS (DELETE FROM staging.run g WHERE g.batch = @batch),
    run_event_gone AS (DELETE FROM staging.run_event g WHERE g.batch = @batch),
    planned_cell_gone AS (DELETE FROM staging.planned_cell g WHERE g.batch = @batch),
    attempt_gone AS (DELETE FROM staging.attempt g WHERE g.batch = @batch),
    score_gone AS (DELETE FROM staging.score g WHERE g.batch = @batch),
    finding_gone AS (DELETE FROM staging.finding g WHERE g.batch = @batch),
    finding_event_gone AS (DELETE FROM staging.finding_event g WHERE g.batch = @batch),
    incident_gone AS (DELETE FROM staging.incident g WHERE g.batch = @batch),
    incident_event_gone AS (DELETE FROM staging.incident_event g WHERE g.batch = @batch),
    component_event_gone AS (DELETE FROM staging.component_event g WHERE g.batch = @batch),
    health_sample_gone AS (DELETE FROM staging.health_sample g WHERE g.batch = @batch),
    action_gone AS (DELETE FROM staging.action g WHERE g.batch = @batch),
    action_event_gone AS (DELETE FROM staging.action_event g WHERE g.batch = @batch),
    watermark_gone AS (DELETE FROM staging.watermark g WHERE g.batch = @batch)
DELETE FROM staging.claim g WHERE g.batch = @batch;

-- name: LockBatches :exec
-- The fetch takes this lock shared, before its snapshot: from here on no
-- report's as-of can pass this batch by.
SELECT pg_advisory_xact_lock(7202611);

-- name: AddBatch :one
INSERT INTO ops.batch (id, source, format, name, content_sha256, rows, backdated, recorded_at)
SELECT @id, @source, @format, @name, @content_sha256, @rows, false,
       greatest(clock_timestamp(), (SELECT max(b.recorded_at) + interval '1 microsecond' FROM ops.batch b))
RETURNING recorded_at;

-- name: AddBackdatedBatch :one
-- An instant given by hand moves up to the next one that is free.
WITH RECURSIVE taken AS (
    SELECT @recorded_at::timestamptz AS at
    UNION ALL
    SELECT taken.at + interval '1 microsecond' FROM taken
    WHERE EXISTS (SELECT FROM ops.batch b WHERE b.recorded_at = taken.at))
INSERT INTO ops.batch (id, source, format, name, content_sha256, rows, backdated, recorded_at)
SELECT @id, @source, @format, @name, @content_sha256, @rows, true, max(taken.at) FROM taken
RETURNING recorded_at;

-- name: ListBatches :many
SELECT * FROM ops.batch ORDER BY recorded_at DESC, id DESC;
