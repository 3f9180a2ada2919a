-- Every query of COB, in the order in which a report flows. sqlc types them
-- into package db; no other file holds SQL, but for the migrations.
--
-- Operational data is read as known at an instant: rows of batches recorded at
-- or before @as_of, and of two rows about the same thing the newest. An empty
-- @sources means all of them.

---------------------------------------------------------------- start-up

-- name: SchemaVersion :one
SELECT coalesce(max(version_id), 0)::bigint AS version FROM public.cob_schema WHERE is_applied;

-- name: CheckRoles :one
-- What the connection may do: become the reader, and write nothing there.
SELECT current_user::text AS login,
       pg_has_role(current_user, 'cob_app', 'MEMBER')::boolean AS is_app,
       pg_has_role(current_user, 'cob_reader', 'MEMBER')::boolean AS is_reader,
       (current_setting('is_superuser') = 'on')::boolean AS is_superuser,
       current_setting('server_version_num')::integer AS server_version;

---------------------------------------------------------------- configuration

-- name: LatestSeries :one
SELECT * FROM cob.series WHERE name = @name ORDER BY version DESC LIMIT 1;

-- name: SeriesVersion :one
SELECT * FROM cob.series WHERE name = @name AND version = @version;

-- name: ListSeries :many
SELECT DISTINCT ON (name) * FROM cob.series ORDER BY name, version DESC;

-- name: InsertSeries :exec
INSERT INTO cob.series (name, version, spec, sha256, note, applied_by)
VALUES (@name, @version, @spec, @sha256, @note, @applied_by);

-- name: TemplateVersions :many
SELECT * FROM cob.template WHERE name = @name ORDER BY version;

-- name: TemplateVersion :one
SELECT * FROM cob.template WHERE name = @name AND version = @version;

-- name: ListTemplates :many
SELECT * FROM cob.template ORDER BY name, version;

-- name: InsertTemplate :exec
INSERT INTO cob.template (name, version, spec, sha256, note, applied_by)
VALUES (@name, @version, @spec, @sha256, @note, @applied_by);

-- name: NewestMetrics :many
-- Of each declared metric the version that new reports follow.
SELECT DISTINCT ON (id) * FROM cob.metric ORDER BY id, version DESC;

-- name: PinnedMetrics :many
-- The versions that a cycle was opened with.
SELECT m.* FROM cob.metric m
JOIN jsonb_to_recordset(@metrics::jsonb) AS p (id text, version integer) ON (p.id, p.version) = (m.id, m.version)
ORDER BY m.id;

-- name: MetricVersions :many
SELECT * FROM cob.metric WHERE id = @id ORDER BY version DESC;

-- name: ListMetrics :many
SELECT * FROM cob.metric ORDER BY id, version;

-- name: InsertMetric :exec
INSERT INTO cob.metric (id, version, spec, sha256, note, applied_by)
VALUES (@id, @version, @spec, @sha256, @note, @applied_by);

-- name: TemplateFiles :many
SELECT f.file, f.sha256, c.size, c.body
FROM cob.template_file f
JOIN cob.content c ON c.sha256 = f.sha256
WHERE f.name = @name AND f.version = @version
ORDER BY f.file;

-- name: InsertTemplateFile :exec
INSERT INTO cob.template_file (name, version, file, sha256) VALUES (@name, @version, @file, @sha256);

---------------------------------------------------------------- ingest
-- Stage a file, merge it under a lock, record the batch last.

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
INSERT INTO staging.attempt (batch, line, source, run, name, at, probe, category, target_version, answered, unsent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

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

-- name: StageObservations :copyfrom
INSERT INTO staging.observation (batch, line, source, metric, labels, observed_at, value, unit)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: StageNotes :copyfrom
INSERT INTO staging.note (batch, line, source, name, type, domain, title, author, date, url, notes, tags, withdrawn)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

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
INSERT INTO ops.attempt (run, name, at, probe, category, target_version, answered, unsent, batch)
SELECT r.id, s.name, s.at, s.probe, s.category, s.target_version, s.answered, s.unsent, s.batch
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

-- name: ObservationInAnotherUnit :one
-- A file writes one metric in one unit.
SELECT s.line, s.metric, s.unit, s.first_unit::text AS first_unit
FROM (SELECT g.line, g.metric, g.unit, first_value(g.unit) OVER (PARTITION BY g.source, g.metric ORDER BY g.line) AS first_unit
      FROM staging.observation g WHERE g.batch = @batch) s
WHERE s.unit <> s.first_unit
ORDER BY s.line LIMIT 1;

-- name: AddObservations :execrows
INSERT INTO ops.observation (source, metric, labels, observed_at, value, unit, batch)
SELECT s.source, s.metric, s.labels, s.observed_at, s.value, s.unit, s.batch
FROM (SELECT DISTINCT ON (g.source, g.metric, g.labels::jsonb, g.observed_at)
             g.source, g.metric, g.labels::jsonb AS labels, g.observed_at, g.value::numeric AS value, g.unit, g.batch
      FROM staging.observation g WHERE g.batch = @batch
      ORDER BY g.source, g.metric, g.labels::jsonb, g.observed_at, g.line DESC) s
LEFT JOIN LATERAL (
    SELECT k.value, k.unit FROM ops.observation k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.source, k.metric, k.observed_at, k.labels_key) = (s.source, s.metric, s.observed_at, md5(s.labels::text))
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.unit IS NULL OR (known.value, known.unit) IS DISTINCT FROM (s.value, s.unit);

-- name: WithdrawnUnknownNote :one
-- The first line that withdraws a note nobody has named.
SELECT s.line, s.name
FROM staging.note s
WHERE s.batch = @batch AND s.withdrawn
  AND NOT EXISTS (SELECT FROM ops.note k WHERE (k.source, k.name) = (s.source, s.name))
  AND NOT EXISTS (SELECT FROM staging.note o WHERE o.batch = @batch AND NOT o.withdrawn AND (o.source, o.name) = (s.source, s.name))
ORDER BY s.line LIMIT 1;

-- name: AddNotes :execrows
-- A note that now reads differently is a row of this batch beside the older ones.
INSERT INTO ops.note (source, name, type, domain, title, author, date, url, notes, tags, withdrawn, batch)
SELECT s.source, s.name, s.type, s.domain, s.title, s.author, s.date, s.url, s.notes, s.tags, s.withdrawn, s.batch
FROM (SELECT DISTINCT ON (source, name) * FROM staging.note g
      WHERE g.batch = @batch ORDER BY source, name, line DESC) s
LEFT JOIN LATERAL (
    SELECT k.type, k.domain, k.title, k.author, k.date, k.url, k.notes, k.tags, k.withdrawn
    FROM ops.note k JOIN ops.batch b ON b.id = k.batch
    WHERE (k.source, k.name) = (s.source, s.name)
    ORDER BY b.recorded_at DESC LIMIT 1) known ON true
WHERE known.withdrawn IS NULL
   OR (known.type, known.domain, known.title, known.author, known.date, known.url, known.notes, known.tags, known.withdrawn)
      IS DISTINCT FROM (s.type, s.domain, s.title, s.author, s.date, s.url, s.notes, s.tags, s.withdrawn);

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
CROSS JOIN LATERAL (SELECT a.probe, a.category, a.target_version, a.answered, a.unsent FROM ops.attempt a
                    WHERE (a.run, a.name) = (s.run_id, s.name) AND a.at + interval '0' = s.at LIMIT 1) k
WHERE (k.probe, k.category, k.target_version, k.answered, k.unsent) <> (s.probe, s.category, s.target_version, s.answered, s.unsent);

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
    observation_gone AS (DELETE FROM staging.observation g WHERE g.batch = @batch),
    watermark_gone AS (DELETE FROM staging.watermark g WHERE g.batch = @batch),
    note_gone AS (DELETE FROM staging.note g WHERE g.batch = @batch)
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

---------------------------------------------------------------- ledger
-- What is owed, what became of it, who decided and who has read it.

-- name: LatestCalendar :one
SELECT * FROM cob.calendar WHERE name = @name ORDER BY version DESC LIMIT 1;

-- name: CalendarVersion :one
SELECT * FROM cob.calendar WHERE name = @name AND version = @version;

-- name: ListCalendars :many
SELECT DISTINCT ON (name) * FROM cob.calendar ORDER BY name, version DESC;

-- name: InsertCalendar :exec
INSERT INTO cob.calendar (name, version, spec, sha256, note, applied_by)
VALUES (@name, @version, @spec, @sha256, @note, @applied_by);

-- name: LockFiles :exec
-- Whoever applies files does so alone, for its transaction.
SELECT pg_advisory_xact_lock(7202614);

-- name: SeriesSince :one
-- When a series was first applied.
SELECT applied_at FROM cob.series WHERE name = @name AND version = 1;

-- name: LockSeries :exec
-- Whoever adds cycles to a series does so alone, for its transaction.
SELECT pg_advisory_xact_lock(7202613, hashtext(@series));

-- name: RecordedWindows :many
SELECT business_date, window_start, window_end FROM cob.cycle WHERE series = @series ORDER BY business_date;

-- name: RecordCycle :execrows
-- Fixes a due date's window. Nobody has begun.
INSERT INTO cob.cycle (series, business_date, series_version, calendar, calendar_version, withhold,
                       window_start, window_end, deadline, state)
VALUES (@series, @business_date, @series_version, sqlc.narg('calendar'), sqlc.narg('calendar_version'), @withhold,
        @window_start, @window_end, @deadline, 'owed')
ON CONFLICT DO NOTHING;

-- name: Cycle :one
SELECT * FROM cob.cycle WHERE series = @series AND business_date = @business_date;

-- name: Cycles :many
-- Every recorded cycle of a series with what was issued and who has read it.
SELECT c.series, c.business_date, c.state, c.window_start, c.window_end, c.deadline, c.as_of, c.late, c.missing, c.failure,
       c.withhold, c.decided_by, c.decided_reason, c.changed_at, c.opened_at,
       coalesce(r.revision, 0)::integer AS revision,
       coalesce(r.issued_at, to_timestamp(0))::timestamptz AS issued_at, -- revision 0: not issued
       coalesce(k.by, '')::text AS acknowledged_by,
       coalesce(k.acknowledged_at, to_timestamp(0))::timestamptz AS acknowledged_at
FROM cob.cycle c
LEFT JOIN LATERAL (SELECT v.revision, v.issued_at FROM cob.revision v
                   WHERE (v.series, v.business_date) = (c.series, c.business_date) ORDER BY v.revision DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (SELECT a.by, a.acknowledged_at FROM cob.acknowledgement a
                   WHERE (a.series, a.business_date, a.revision) = (c.series, c.business_date, r.revision)
                   ORDER BY a.id LIMIT 1) k ON true
WHERE c.series = @series AND c.business_date BETWEEN @from_date AND @to_date
ORDER BY c.business_date;

-- name: CycleEvents :many
SELECT * FROM cob.cycle_event WHERE series = @series AND business_date = @business_date ORDER BY id;

-- name: Transitions :many
SELECT * FROM cob.transition ORDER BY from_state, to_state;

-- name: WaiveCycle :execrows
-- A begun cycle is waived through its workflow, which knows when that is safe.
UPDATE cob.cycle
SET state = 'waived', decided_by = @decided_by, decided_identity = @decided_identity, decided_reason = @decided_reason
WHERE series = @series AND business_date = @business_date
  AND (state IN ('owed', 'missed', 'failed') OR @begun::boolean AND state IN ('open', 'awaiting_data', 'held'));

-- name: MissCycle :execrows
UPDATE cob.cycle SET state = 'missed'
WHERE series = @series AND business_date = @business_date AND state = 'owed';

-- name: Acknowledge :one
INSERT INTO cob.acknowledgement (series, business_date, revision, by, identity, note)
VALUES (@series, @business_date, @revision, @by, @identity, @note)
RETURNING *;

-- name: FirstAcknowledgement :one
-- Who first said to have read a date's report, as known at an instant.
SELECT * FROM cob.acknowledgement
WHERE series = @series AND business_date = @business_date AND acknowledged_at <= @as_of
ORDER BY revision DESC, id LIMIT 1;

-- name: ScheduleRow :one
SELECT * FROM cob.schedule WHERE series = @series;

-- name: ListSchedules :many
SELECT * FROM cob.schedule ORDER BY series;

-- name: SaveSchedule :exec
INSERT INTO cob.schedule (series, spec) VALUES (@series, @spec)
ON CONFLICT (series) DO UPDATE SET spec = excluded.spec, applied_at = clock_timestamp();

-- name: CountSchedule :exec
UPDATE cob.schedule SET overlap_skipped = @overlap_skipped, missed_catch_up = @missed_catch_up WHERE series = @series;

-- name: RaiseAlarm :execrows
-- One row where it is new; none where it stands already.
INSERT INTO cob.alarm (kind, series, subject, detail) VALUES (@kind, @series, @subject, @detail)
ON CONFLICT DO NOTHING;

-- name: StandingAlarms :many
SELECT * FROM cob.alarm WHERE cleared_at IS NULL ORDER BY id;

-- name: ClearAlarm :execrows
UPDATE cob.alarm SET cleared_at = clock_timestamp() WHERE id = @id AND cleared_at IS NULL;

---------------------------------------------------------------- open

-- name: OpenCycle :execrows
-- Takes a cycle that nobody has begun, with the versions of today.
UPDATE cob.cycle
SET state = 'open', series_version = @series_version, template = @template, template_version = @template_version,
    metrics = @metrics,
    calendar = sqlc.narg('calendar'), calendar_version = sqlc.narg('calendar_version'), withhold = @withhold,
    requested_by = @requested_by, request_id = @request_id, opened_at = clock_timestamp(), as_of_rule = @as_of_rule
WHERE series = @series AND business_date = @business_date AND state IN ('owed', 'missed');

-- name: ReopenCycle :execrows
-- Takes back a failure, or what an interrupted run left waiting. The rule that
-- somebody asks for now counts where the as-of is not fixed yet.
UPDATE cob.cycle
SET state = 'open', failure = '',
    as_of_rule = CASE WHEN as_of IS NULL AND @as_of_rule::text <> '' THEN @as_of_rule ELSE as_of_rule END
WHERE series = @series AND business_date = @business_date AND state IN ('failed', 'awaiting_data', 'held');

-- name: FailCycle :exec
UPDATE cob.cycle SET state = 'failed', failure = @failure
WHERE series = @series AND business_date = @business_date AND state IN ('open', 'awaiting_data', 'held');

---------------------------------------------------------------- await

-- name: StillWaiting :exec
-- Says what is missing, and that the cycle waits or is held.
UPDATE cob.cycle SET state = @state, missing = @missing
WHERE series = @series AND business_date = @business_date AND state IN ('open', 'awaiting_data', 'held') AND as_of IS NULL;

-- name: FixAsOf :one
-- The first to fix it decides; whoever comes later reads it.
UPDATE cob.cycle
SET as_of_rule = CASE WHEN as_of IS NULL THEN @rule ELSE as_of_rule END,
    late = CASE WHEN as_of IS NULL THEN @late ELSE late END,
    decided_by = CASE WHEN as_of IS NULL THEN @decided_by ELSE decided_by END,
    decided_identity = CASE WHEN as_of IS NULL THEN @decided_identity ELSE decided_identity END,
    decided_reason = CASE WHEN as_of IS NULL THEN @decided_reason ELSE decided_reason END,
    as_of = coalesce(as_of, @as_of),
    state = 'open', missing = ''
WHERE series = @series AND business_date = @business_date AND state IN ('open', 'awaiting_data', 'held')
RETURNING *;

---------------------------------------------------------------- fetch

-- name: WaitForWriters :exec
-- Taken in a transaction of its own, before the snapshot begins: an ingest
-- holds this lock exclusively while it commits, so every batch at or before an
-- as-of of the past is visible afterwards.
SELECT pg_advisory_xact_lock_shared(7202611);

-- name: Now :one
SELECT clock_timestamp()::timestamptz AS now;

-- name: BecomeReader :exec
-- For this transaction: the reader's rights, and memory to sort a day's scores
-- in, which would otherwise go through files.
SELECT set_config('role', 'cob_reader', true), set_config('work_mem', '128MB', true);

-- name: Watermarks :many
SELECT w.source, w.feed,
       max(w.complete_through)::timestamptz AS complete_through,
       bool_or(w.complete_through >= @window_end)::boolean AS reached,
       coalesce(min(b.recorded_at) FILTER (WHERE w.complete_through >= @window_end), max(b.recorded_at))::timestamptz AS recorded_at
FROM ops.watermark w
JOIN ops.batch b ON b.id = w.batch AND b.recorded_at <= @as_of
WHERE cardinality(@sources::text[]) = 0 OR w.source = ANY (@sources::text[])
GROUP BY w.source, w.feed
ORDER BY w.feed, w.source;

-- name: AttackCells :many
-- Evaluations and hits of a window by run, probe and detector: of each output
-- and detector the newest known score.
SELECT r.id AS run, r.source, r.name AS run_name, r.target, a.category, a.probe, s.detector,
       count(*) AS evaluated,
       count(*) FILTER (WHERE s.hit) AS hits,
       max(s.at)::timestamptz AS last_at
FROM (SELECT DISTINCT ON (sc.attempt, sc.at, sc.detector, sc.output)
             sc.attempt, sc.at, sc.detector, sc.hit
      FROM ops.score sc
      JOIN ops.batch b ON b.id = sc.batch AND b.recorded_at <= @as_of
      WHERE sc.at >= @window_start AND sc.at < @window_end
      ORDER BY sc.attempt, sc.at, sc.detector, sc.output, b.recorded_at DESC) s
JOIN ops.attempt a ON a.id = s.attempt AND a.at = s.at
JOIN ops.run r ON r.id = a.run
WHERE cardinality(@sources::text[]) = 0 OR r.source = ANY (@sources::text[])
GROUP BY r.id, a.category, a.probe, s.detector
ORDER BY r.target, a.category, a.probe, s.detector, r.source, r.name;

-- name: AttackTrend :many
-- Evaluations and hits of many windows that follow one another: bucket 1 is
-- bounds[1] to bounds[2], and so on.
SELECT width_bucket(s.at, @bounds::timestamptz[])::integer AS bucket,
       count(*) AS evaluated,
       count(*) FILTER (WHERE s.hit) AS hits
FROM (SELECT DISTINCT ON (sc.attempt, sc.at, sc.detector, sc.output)
             sc.attempt, sc.at, sc.hit
      FROM ops.score sc
      JOIN ops.batch b ON b.id = sc.batch AND b.recorded_at <= @as_of
      WHERE sc.at >= @window_start AND sc.at < @window_end
      ORDER BY sc.attempt, sc.at, sc.detector, sc.output, b.recorded_at DESC) s
JOIN ops.attempt a ON a.id = s.attempt AND a.at = s.at
JOIN ops.run r ON r.id = a.run
WHERE cardinality(@sources::text[]) = 0 OR r.source = ANY (@sources::text[])
GROUP BY 1
ORDER BY 1;

-- name: AttemptCounts :many
SELECT r.source, r.target,
       count(*) FILTER (WHERE NOT a.unsent) AS sent,
       count(*) FILTER (WHERE a.answered) AS answered
FROM ops.attempt a
JOIN ops.batch b ON b.id = a.batch AND b.recorded_at <= @as_of
JOIN ops.run r ON r.id = a.run
WHERE a.at >= @window_start AND a.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR r.source = ANY (@sources::text[]))
GROUP BY r.source, r.target
ORDER BY r.target, r.source;

-- name: Runs :many
-- Every run that was planned, started or ended in the window.
SELECT r.id, r.source, r.name, r.suite, r.target, r.planned_for
FROM ops.run r
WHERE (EXISTS (SELECT FROM ops.batch b WHERE b.id = r.batch AND b.recorded_at <= @as_of)
       -- Backdated events may be known longer than the row that first named the run.
       OR EXISTS (SELECT FROM ops.run_event e JOIN ops.batch b ON b.id = e.batch WHERE e.run = r.id AND b.recorded_at <= @as_of))
  AND (r.planned_for >= @window_start AND r.planned_for < @window_end
       OR r.id IN (SELECT e.run FROM ops.run_event e WHERE e.at >= @window_start AND e.at < @window_end))
  AND (cardinality(@sources::text[]) = 0 OR r.source = ANY (@sources::text[]))
ORDER BY r.planned_for, r.source, r.name;

-- name: RunEvents :many
SELECT DISTINCT ON (e.run, e.at, e.kind) e.run, e.at, e.kind, e.reason
FROM ops.run_event e
JOIN ops.batch b ON b.id = e.batch AND b.recorded_at <= @as_of
WHERE e.run = ANY (@runs::bigint[]) AND e.at < @window_end
ORDER BY e.run, e.at, e.kind, b.recorded_at DESC;

-- name: PlannedCells :many
SELECT DISTINCT ON (p.run, p.probe, p.detector)
       p.run, p.probe, p.detector, p.category, coalesce(p.evaluations, 0)::bigint AS evaluations
FROM ops.planned_cell p
JOIN ops.batch b ON b.id = p.batch AND b.recorded_at <= @as_of
WHERE p.run = ANY (@runs::bigint[])
ORDER BY p.run, p.probe, p.detector, b.recorded_at DESC;

-- name: Claims :many
-- What the sources say their own totals are, of runs in the window.
SELECT DISTINCT ON (c.run, c.what, c.probe, c.detector)
       c.run, r.source, r.name AS run_name, r.target, c.what, c.probe, c.detector, c.value
FROM ops.claim c
JOIN ops.batch b ON b.id = c.batch AND b.recorded_at <= @as_of
JOIN ops.run r ON r.id = c.run
WHERE c.at >= @window_start AND c.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR r.source = ANY (@sources::text[]))
ORDER BY c.run, c.what, c.probe, c.detector, b.recorded_at DESC;

-- name: RunCells :many
-- Evaluations and hits of whole runs, whatever windows they touch.
SELECT s.run, s.probe, s.detector, count(*) AS evaluated, count(*) FILTER (WHERE s.hit) AS hits
FROM (SELECT DISTINCT ON (sc.attempt, sc.at, sc.detector, sc.output) a.run, a.probe, sc.detector, sc.hit
      FROM ops.attempt a
      JOIN ops.score sc ON sc.attempt = a.id AND sc.at = a.at
      JOIN ops.batch b ON b.id = sc.batch AND b.recorded_at <= @as_of
      WHERE a.run = ANY (@runs::bigint[])
      ORDER BY sc.attempt, sc.at, sc.detector, sc.output, b.recorded_at DESC) s
GROUP BY s.run, s.probe, s.detector
ORDER BY s.run, s.probe, s.detector;

-- name: TargetEvents :many
SELECT DISTINCT ON (e.target, e.at, e.kind) e.target, e.at, e.kind, e.version
FROM ops.target_event e
JOIN ops.batch b ON b.id = e.batch AND b.recorded_at <= @as_of
WHERE e.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR e.source = ANY (@sources::text[]))
ORDER BY e.target, e.at, e.kind, b.recorded_at DESC;

-- name: EvaluationsSince :one
-- How many evaluations of a target were made in the window after an instant.
SELECT count(*) AS evaluations
FROM (SELECT DISTINCT sc.attempt, sc.at, sc.detector, sc.output
      FROM ops.score sc
      JOIN ops.batch b ON b.id = sc.batch AND b.recorded_at <= @as_of
      JOIN ops.attempt a ON a.id = sc.attempt AND a.at = sc.at
      JOIN ops.run r ON r.id = a.run
      WHERE sc.at >= @since AND sc.at < @window_end AND r.target = @target
        AND (cardinality(@sources::text[]) = 0 OR r.source = ANY (@sources::text[]))) s;

-- name: LateScores :many
-- Scores about a window that were recorded after its deadline.
SELECT b.source, b.name, b.recorded_at, count(*) AS rows
FROM ops.score sc
JOIN ops.batch b ON b.id = sc.batch
WHERE sc.at >= @window_start AND sc.at < @window_end
  AND b.recorded_at > @deadline AND b.recorded_at <= @as_of
  AND (cardinality(@sources::text[]) = 0 OR b.source = ANY (@sources::text[]))
GROUP BY b.id
ORDER BY b.recorded_at;

-- name: FindingEvents :many
SELECT DISTINCT ON (e.source, e.name, e.at, e.kind)
       e.source, e.name, f.target, f.title, e.at, e.kind, e.severity, e.state, e.owner, e.due
FROM ops.finding_event e
JOIN ops.batch b ON b.id = e.batch AND b.recorded_at <= @as_of
JOIN ops.finding f ON f.source = e.source AND f.name = e.name
WHERE e.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR e.source = ANY (@sources::text[]))
ORDER BY e.source, e.name, e.at, e.kind, b.recorded_at DESC;

-- name: IncidentEvents :many
SELECT DISTINCT ON (e.source, e.name, e.at, e.kind)
       e.source, e.name, i.title, e.at, e.kind, e.severity
FROM ops.incident_event e
JOIN ops.batch b ON b.id = e.batch AND b.recorded_at <= @as_of
JOIN ops.incident i ON i.source = e.source AND i.name = e.name
WHERE e.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR e.source = ANY (@sources::text[]))
ORDER BY e.source, e.name, e.at, e.kind, b.recorded_at DESC;

-- name: Components :many
-- What is watched: of each component the newest event before the window's end.
SELECT DISTINCT ON (e.source, e.component)
       e.source, e.component, e.at, e.kind, coalesce(e.interval_s, 0)::integer AS interval_s
FROM ops.component_event e
JOIN ops.batch b ON b.id = e.batch AND b.recorded_at <= @as_of
WHERE e.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR e.source = ANY (@sources::text[]))
ORDER BY e.source, e.component, e.at DESC, b.recorded_at DESC;

-- name: Health :many
SELECT s.source, s.component,
       count(*) AS samples,
       count(*) FILTER (WHERE s.up) AS up,
       count(s.latency_ms) AS timed,
       coalesce(percentile_disc(0.95) WITHIN GROUP (ORDER BY s.latency_ms), 0)::double precision AS p95_ms,
       max(s.at)::timestamptz AS last_at
FROM (SELECT DISTINCT ON (h.source, h.component, h.at) h.source, h.component, h.at, h.up, h.latency_ms
      FROM ops.health_sample h
      JOIN ops.batch b ON b.id = h.batch AND b.recorded_at <= @as_of
      WHERE h.at >= @window_start AND h.at < @window_end
        AND (cardinality(@sources::text[]) = 0 OR h.source = ANY (@sources::text[]))
      ORDER BY h.source, h.component, h.at, b.recorded_at DESC) s
GROUP BY s.source, s.component
ORDER BY s.component, s.source;

-- name: Observations :many
-- What one source observed of one thing in a window, by the labels that matter.
SELECT o.dims::jsonb AS dims,
       count(*) AS observed,
       count(o.value) AS valued,
       coalesce(sum(o.value), 0)::text AS total,
       coalesce(min(o.unit), '')::text AS first_unit,
       coalesce(max(o.unit), '')::text AS last_unit,
       max(o.observed_at)::timestamptz AS last_at
FROM (SELECT DISTINCT ON (k.observed_at, k.labels_key) k.observed_at, k.value, k.unit,
             (SELECT coalesce(jsonb_object_agg(l.key, l.value), '{}') FROM jsonb_each(k.labels) l WHERE l.key = ANY (@dims::text[])) AS dims
      FROM ops.observation k
      JOIN ops.batch b ON b.id = k.batch AND b.recorded_at <= @as_of
      WHERE k.source = @source AND k.metric = @metric
        AND k.observed_at >= @window_start AND k.observed_at < @window_end
      ORDER BY k.observed_at, k.labels_key, b.recorded_at DESC) o
GROUP BY o.dims
ORDER BY o.dims;

-- name: Levels :many
-- The newest observation of each combination of labels before the window's end,
-- however old, and what they are together by the labels that matter. The oldest
-- of them tells whether one is out of date.
SELECT o.dims::jsonb AS dims,
       count(*) AS observed,
       count(o.value) AS valued,
       coalesce(sum(o.value), 0)::text AS total,
       coalesce(min(o.unit), '')::text AS first_unit,
       coalesce(max(o.unit), '')::text AS last_unit,
       min(o.observed_at)::timestamptz AS oldest_at
FROM (SELECT DISTINCT ON (k.labels_key) k.observed_at, k.value, k.unit,
             (SELECT coalesce(jsonb_object_agg(l.key, l.value), '{}') FROM jsonb_each(k.labels) l WHERE l.key = ANY (@dims::text[])) AS dims
      FROM ops.observation k
      JOIN ops.batch b ON b.id = k.batch AND b.recorded_at <= @as_of
      WHERE k.source = @source AND k.metric = @metric AND k.observed_at < @window_end
      ORDER BY k.labels_key, k.observed_at DESC, b.recorded_at DESC) o
GROUP BY o.dims
ORDER BY o.dims;

-- name: ActionEvents :many
SELECT DISTINCT ON (e.source, e.name, e.at, e.kind)
       e.source, e.name, a.kind AS action_kind, a.title, a.about, e.at, e.kind, e.owner, e.due, e.all_day
FROM ops.action_event e
JOIN ops.batch b ON b.id = e.batch AND b.recorded_at <= @as_of
JOIN ops.action a ON a.source = e.source AND a.name = e.name
WHERE e.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR e.source = ANY (@sources::text[]))
ORDER BY e.source, e.name, e.at, e.kind, b.recorded_at DESC;

-- name: KnownNotes :one
-- How many reference notes there are: known, and not withdrawn.
SELECT count(*) AS notes
FROM ops.note n
JOIN ops.batch b ON b.id = n.batch AND b.recorded_at <= @as_of
WHERE NOT n.withdrawn
  AND NOT EXISTS (SELECT FROM ops.note k JOIN ops.batch kb ON kb.id = k.batch
                  WHERE (k.source, k.name) = (n.source, n.name) AND kb.recorded_at <= @as_of AND kb.recorded_at > b.recorded_at);

-- name: NotesOfDomains :many
-- Reference notes of the domains, the newest first. No domain: all of them.
SELECT n.source, n.name, n.type, n.domain, n.title, n.author, n.date, n.url, count(*) OVER () AS found
FROM ops.note n
JOIN ops.batch b ON b.id = n.batch AND b.recorded_at <= @as_of
WHERE NOT n.withdrawn
  AND (cardinality(@domains::text[]) = 0 OR n.domain = ANY (@domains::text[]))
  AND (cardinality(@types::text[]) = 0 OR n.type = ANY (@types::text[]))
  AND NOT EXISTS (SELECT FROM ops.note k JOIN ops.batch kb ON kb.id = k.batch
                  WHERE (k.source, k.name) = (n.source, n.name) AND kb.recorded_at <= @as_of AND kb.recorded_at > b.recorded_at)
ORDER BY n.date DESC, n.source, n.name
LIMIT @most::integer;

-- name: NotesNamed :many
-- Reference notes by name, or by source and name with a slash between.
SELECT n.source, n.name, n.type, n.domain, n.title, n.author, n.date, n.url
FROM ops.note n
JOIN ops.batch b ON b.id = n.batch AND b.recorded_at <= @as_of
WHERE NOT n.withdrawn
  AND (n.name = ANY (@names::text[]) OR n.source || '/' || n.name = ANY (@names::text[]))
  AND NOT EXISTS (SELECT FROM ops.note k JOIN ops.batch kb ON kb.id = k.batch
                  WHERE (k.source, k.name) = (n.source, n.name) AND kb.recorded_at <= @as_of AND kb.recorded_at > b.recorded_at)
ORDER BY n.source, n.name;

-- name: MatchingNotes :many
-- Reference notes that speak of what is looked for, the most relevant first.
-- A term is looked for by phrases; phrase i belongs to the term numbered
-- (@terms)[i], from 1, and a note has to hold (@needed)[i] of them; fewer where
-- phrases are alike or nothing but stop words. Matched are the numbers of the
-- terms that were found.
WITH phrase AS (
    SELECT i::integer AS place, (@terms::integer[])[i] AS term, (@needed::integer[])[i] AS needed,
           phraseto_tsquery('english'::regconfig, translate((@phrases::text[])[i], '-_./:', '     ')) AS query
    FROM generate_series(1, cardinality(@phrases::text[])) AS i),
wanted AS (
    SELECT w.term, least(min(w.needed), count(DISTINCT w.query::text)) AS needed FROM phrase w WHERE numnode(w.query) > 0 GROUP BY w.term),
known AS (
    SELECT p.place, p.term, w.needed, p.query, n.source, n.name, n.type, n.domain, n.title, n.author, n.date, n.url, n.search
    FROM phrase p
    JOIN wanted w ON w.term = p.term
    JOIN ops.note n ON n.search @@ p.query
    JOIN ops.batch b ON b.id = n.batch AND b.recorded_at <= @as_of
    WHERE NOT n.withdrawn
      AND (cardinality(@types::text[]) = 0 OR n.type = ANY (@types::text[]))
      AND NOT EXISTS (SELECT FROM ops.note k JOIN ops.batch kb ON kb.id = k.batch
                      WHERE (k.source, k.name) = (n.source, n.name) AND kb.recorded_at <= @as_of AND kb.recorded_at > b.recorded_at)),
found AS (
    SELECT h.source, h.name, h.type, h.domain, h.title, h.author, h.date, h.url, h.term,
           sum(ts_rank_cd(h.search, h.query) ORDER BY h.place) AS rank
    FROM known h
    GROUP BY h.source, h.name, h.type, h.domain, h.title, h.author, h.date, h.url, h.term
    HAVING count(DISTINCT h.query::text) >= min(h.needed))
SELECT f.source, f.name, f.type, f.domain, f.title, f.author, f.date, f.url,
       array_agg(f.term ORDER BY f.term)::integer[] AS matched, count(*) OVER () AS found
FROM found f
GROUP BY f.source, f.name, f.type, f.domain, f.title, f.author, f.date, f.url
ORDER BY sum(f.rank ORDER BY f.term) DESC, f.source, f.name
LIMIT @most::integer;

---------------------------------------------------------------- stages

-- name: PutContent :exec
INSERT INTO cob.content (sha256, media_type, body) VALUES (@sha256, @media_type, @body)
ON CONFLICT DO NOTHING;

-- name: Content :one
SELECT body FROM cob.content WHERE sha256 = @sha256;

-- name: Stage :one
SELECT s.sha256, c.size, s.summary
FROM cob.stage s
JOIN cob.content c ON c.sha256 = s.sha256
WHERE s.series = @series AND s.business_date = @business_date AND s.revision = @revision AND s.stage = @stage;

-- name: RecordStage :exec
-- The first result of a stage stands; a repeated one changes nothing.
INSERT INTO cob.stage (series, business_date, revision, stage, sha256, summary)
VALUES (@series, @business_date, @revision, @stage, @sha256, @summary)
ON CONFLICT DO NOTHING;

---------------------------------------------------------------- analyse

-- name: LockCalls :exec
-- One at a time takes a call: whoever holds the lock sees every call that was
-- taken before, and limits hold exactly.
SELECT pg_advisory_xact_lock(hashtextextended('cob.ai_call', 0));

-- name: LoseCalls :execrows
-- Calls that a worker left behind when it ended: whoever makes the next attempt
-- at the same thing is the only one who works on it.
UPDATE cob.ai_call SET outcome = 'lost', ended_at = least(clock_timestamp(), expires_at)
WHERE series = @series AND business_date = @business_date AND revision = @revision
  AND block = @block AND provider = @provider AND round = @round AND outcome = 'calling';

-- name: ProviderFreeIn :many
-- How long until one more call to a provider is free: nothing where it is free
-- now. A call occupies its place from when it was taken until a whole period
-- after it ended, because only then is it known when it arrived at the latest.
SELECT least(coalesce(ended_at, expires_at) + sqlc.arg(period)::interval - clock_timestamp(), sqlc.arg(period)::interval)::interval AS wait
FROM cob.ai_call
WHERE provider = @provider
  AND taken_at > clock_timestamp() - sqlc.arg(period)::interval - interval '1 hour'
  AND coalesce(ended_at, expires_at) + sqlc.arg(period)::interval > clock_timestamp()
ORDER BY 1 DESC
OFFSET sqlc.arg(before)::integer LIMIT 1;

-- name: ChargedToReport :one
SELECT coalesce(sum(charged_tokens), 0)::bigint AS tokens, coalesce(sum(charged_microusd), 0)::bigint AS microusd
FROM cob.ai_call
WHERE series = @series AND business_date = @business_date AND revision = @revision;

-- name: ChargedToday :one
-- The day is UTC's.
SELECT coalesce(sum(charged_tokens), 0)::bigint AS tokens, coalesce(sum(charged_microusd), 0)::bigint AS microusd
FROM cob.ai_call
WHERE taken_at >= date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';

-- name: Attempts :one
SELECT count(*)::integer FROM cob.ai_call
WHERE series = @series AND business_date = @business_date AND revision = @revision
  AND block = @block AND provider = @provider AND round = @round AND counts;

-- name: TakeCall :exec
INSERT INTO cob.ai_call (id, provider, kind, model, parameters, purpose, series, business_date, revision, block, round, attempt,
                         expires_at, request_sha256, charged_tokens, charged_microusd)
VALUES (@id, @provider, @kind, @model, @parameters, @purpose, sqlc.narg('series'), sqlc.narg('business_date'), sqlc.narg('revision'), @block, @round, @attempt,
        clock_timestamp() + @lasts::interval, @request_sha256, @charged_tokens, @charged_microusd);

-- name: EndCall :execrows
UPDATE cob.ai_call
SET outcome = @outcome, code = @code, counts = @counts, ended_at = clock_timestamp(), response_sha256 = @response_sha256,
    answer_sha256 = @answer_sha256, answered_by = @answered_by, provider_request_id = @provider_request_id, http_status = @http_status,
    finish_reason = @finish_reason, input_tokens = @input_tokens, output_tokens = @output_tokens,
    charged_tokens = @charged_tokens, charged_microusd = @charged_microusd, latency_ms = @latency_ms
WHERE id = @id AND outcome IN ('calling', 'lost');

-- name: JudgeCall :exec
UPDATE cob.ai_call SET verdict = @verdict, complaint = @complaint WHERE id = @id AND outcome = 'answered';

-- name: AnsweredCall :many
-- The answer to a question that was answered before: what was paid for is not
-- asked again.
SELECT c.id, c.answered_by, a.body AS answer
FROM cob.ai_call c
JOIN cob.content a ON a.sha256 = c.answer_sha256
WHERE c.series = @series AND c.business_date = @business_date AND c.revision = @revision
  AND c.block = @block AND c.provider = @provider AND c.round = @round AND c.outcome = 'answered'
ORDER BY c.taken_at LIMIT 1;

-- name: RefusedDrafts :many
-- What a provider has written for a block so far, and what was wrong with it.
SELECT c.round, a.body AS answer, c.complaint
FROM cob.ai_call c
JOIN cob.content a ON a.sha256 = c.answer_sha256
WHERE c.series = @series AND c.business_date = @business_date AND c.revision = @revision
  AND c.block = @block AND c.provider = @provider AND c.verdict = 'refused' AND c.round < @round AND c.purpose IN ('draft', 'repair')
ORDER BY c.taken_at;

-- name: CallsOfRevision :many
SELECT * FROM cob.ai_call
WHERE series = @series AND business_date = @business_date AND revision = @revision
ORDER BY taken_at, id;

---------------------------------------------------------------- issue

-- name: InsertRevision :execrows
INSERT INTO cob.revision (series, business_date, revision, supersedes, qualified, late, as_of, facts, unmeasured,
                          facts_sha256, document_sha256, renderer, workflow_id, run_id)
VALUES (@series, @business_date, @revision, @supersedes, @qualified, @late, @as_of, @facts, @unmeasured,
        @facts_sha256, @document_sha256, @renderer, @workflow_id, @run_id)
ON CONFLICT DO NOTHING;

-- name: InsertArtifact :exec
INSERT INTO cob.artifact (series, business_date, revision, format, file_name, sha256)
VALUES (@series, @business_date, @revision, @format, @file_name, @sha256);

-- name: InsertDelivery :exec
INSERT INTO cob.delivery (series, business_date, revision, channel, recipient, state, detail)
VALUES (@series, @business_date, @revision, @channel, @recipient, @state, @detail)
ON CONFLICT DO NOTHING;

-- name: IssueCycle :execrows
UPDATE cob.cycle SET state = @state, failure = ''
WHERE series = @series AND business_date = @business_date AND state = 'open';

-- name: LatestRevision :one
SELECT r.*, f.size AS facts_size, d.size AS document_size
FROM cob.revision r
JOIN cob.content f ON f.sha256 = r.facts_sha256
JOIN cob.content d ON d.sha256 = r.document_sha256
WHERE r.series = @series AND r.business_date = @business_date
ORDER BY r.revision DESC LIMIT 1;

-- name: RevisionNumbered :one
SELECT * FROM cob.revision WHERE series = @series AND business_date = @business_date AND revision = @revision;

-- name: Artifacts :many
SELECT a.format, a.file_name, a.sha256, c.size
FROM cob.artifact a
JOIN cob.content c ON c.sha256 = a.sha256
WHERE a.series = @series AND a.business_date = @business_date AND a.revision = @revision
ORDER BY a.format;

---------------------------------------------------------------- deliver

-- name: Deliveries :many
SELECT * FROM cob.delivery
WHERE series = @series AND business_date = @business_date AND revision = @revision
ORDER BY id;

-- name: BeginDelivery :one
-- Marks the attempt before it is made. A delivered one is left as it is.
UPDATE cob.delivery
SET state = CASE WHEN state = 'delivered' THEN state ELSE 'sending' END,
    attempts = attempts + CASE WHEN state = 'delivered' THEN 0 ELSE 1 END,
    changed_at = clock_timestamp()
WHERE id = @id
RETURNING *;

-- name: EndDelivery :exec
UPDATE cob.delivery SET state = @state, detail = @detail, changed_at = clock_timestamp()
WHERE id = @id AND state <> 'delivered';
