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
SELECT * FROM cob.template WHERE name = @name ORDER BY applied_at DESC;

-- name: TemplateVersion :one
SELECT * FROM cob.template WHERE name = @name AND version = @version;

-- name: ListTemplates :many
SELECT * FROM cob.template ORDER BY name, applied_at;

-- name: InsertTemplate :exec
INSERT INTO cob.template (name, version, spec, sha256, note, applied_by)
VALUES (@name, @version, @spec, @sha256, @note, @applied_by);

---------------------------------------------------------------- open

-- name: OpenCycle :execrows
INSERT INTO cob.cycle (series, business_date, series_version, template, template_version,
                       window_start, window_end, deadline, state, requested_by, request_id)
VALUES (@series, @business_date, @series_version, @template, @template_version,
        @window_start, @window_end, @deadline, 'open', @requested_by, @request_id)
ON CONFLICT DO NOTHING;

-- name: Cycle :one
SELECT * FROM cob.cycle WHERE series = @series AND business_date = @business_date;

-- name: ReopenCycle :exec
UPDATE cob.cycle SET state = 'open', failure = ''
WHERE series = @series AND business_date = @business_date AND state = 'failed';

-- name: FailCycle :exec
UPDATE cob.cycle SET state = 'failed', failure = @failure
WHERE series = @series AND business_date = @business_date AND state = 'open';

---------------------------------------------------------------- await

-- name: FixAsOf :one
-- The first caller fixes it to the database's clock; every later one reads it.
UPDATE cob.cycle
SET as_of = coalesce(as_of, clock_timestamp()),
    late = coalesce(as_of, clock_timestamp()) > deadline
WHERE series = @series AND business_date = @business_date
RETURNING as_of::timestamptz AS as_of, late;

---------------------------------------------------------------- fetch

-- name: WaitForWriters :exec
-- Taken in a transaction of its own, before the snapshot begins: an ingest
-- holds this lock exclusively while it commits, so every batch at or before an
-- as-of of the past is visible afterwards.
SELECT pg_advisory_xact_lock_shared(7202611);

-- name: Now :one
SELECT clock_timestamp()::timestamptz AS now;

-- name: BecomeReader :exec
SELECT set_config('role', 'cob_reader', true);

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
       count(*) AS sent,
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
JOIN ops.batch b ON b.id = r.batch AND b.recorded_at <= @as_of
WHERE (r.planned_for >= @window_start AND r.planned_for < @window_end
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

-- name: ActionEvents :many
SELECT DISTINCT ON (e.source, e.name, e.at, e.kind)
       e.source, e.name, a.kind AS action_kind, a.title, a.about, e.at, e.kind, e.owner, e.due, e.all_day
FROM ops.action_event e
JOIN ops.batch b ON b.id = e.batch AND b.recorded_at <= @as_of
JOIN ops.action a ON a.source = e.source AND a.name = e.name
WHERE e.at < @window_end
  AND (cardinality(@sources::text[]) = 0 OR e.source = ANY (@sources::text[]))
ORDER BY e.source, e.name, e.at, e.kind, b.recorded_at DESC;

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
INSERT INTO cob.delivery (series, business_date, revision, channel, recipient)
VALUES (@series, @business_date, @revision, @channel, @recipient)
ON CONFLICT DO NOTHING;

-- name: IssueCycle :exec
UPDATE cob.cycle SET state = @state, failure = ''
WHERE series = @series AND business_date = @business_date AND state = 'open';

-- name: LatestRevision :one
SELECT r.*, f.size AS facts_size, d.size AS document_size
FROM cob.revision r
JOIN cob.content f ON f.sha256 = r.facts_sha256
JOIN cob.content d ON d.sha256 = r.document_sha256
WHERE r.series = @series AND r.business_date = @business_date
ORDER BY r.revision DESC LIMIT 1;

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
