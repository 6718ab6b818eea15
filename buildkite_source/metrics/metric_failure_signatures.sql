-- Failed attempts with the line of their log that says why, and its signature.
--
-- There when logs are loaded (--logs failed). The line is the last one that speaks of an error, a
-- failure, an exception or a panic, and is not the agent's own note on the exit status; else the
-- last one with any text. The signature is that line in lower case with numbers, hashes and
-- quoted text taken out, so that the same failure counts as one: group by it.
--
-- Grain: failed attempt with a log
-- Key: job_id
-- Materialized: by build_id
-- Columns:
--   step: Key or normalised name of the step, matrix values included.
--   failure_class: As in metric_failures.
--   is_hard_failure: It was the last of its chain.
--   line_number: Number of the line in job_log_lines.
--   line: The line, at most 500 characters.
--   signature: The line without what differs from one time to the next, at most 200 characters.
WITH log_lines AS (
  SELECT
    l.job_id,
    l.line_number,
    CASE
      -- Most lines speak of nothing, and are looked at once.
      WHEN NOT regexp_matches(
        lower(substring(l.text, 1, 500)),
        'error|fail|exception|panic|fatal|not found|denied|killed|exited with status|exit status'
      ) THEN 1
      WHEN regexp_matches(lower(substring(l.text, 1, 500)), 'exited with status|exit status')
      THEN 0
      ELSE 2
    END AS says
  FROM job_log_lines AS l
  JOIN jobs AS j ON j.id = l.job_id AND fails(j.state, j.soft_failed)
  WHERE trim(l.text) <> '' AND NOT coalesce(l.is_header, FALSE)
), chosen AS (
  -- The line that says most, and of those the last, as one number: no lines need to be sorted.
  SELECT
    job_id, max(CAST(says AS BIGINT) * 1000000000000 + line_number) % 1000000000000 AS line_number
  FROM log_lines
  GROUP BY 1
), told AS (
  SELECT l.job_id, l.line_number, substring(trim(l.text), 1, 500) AS line
  FROM job_log_lines AS l
  JOIN chosen AS c ON c.job_id = l.job_id AND c.line_number = l.line_number
)
SELECT
  f.job_id,
  f.organization_id,
  f.organization_slug,
  f.pipeline_id,
  f.pipeline_slug,
  f.build_id,
  f.build_number,
  f.branch_class,
  f.step,
  f.failure_class,
  f.is_hard_failure,
  f.settled_at,
  l.line_number,
  l.line,
  substring(
    regexp_replace(
      lower(l.line),
      '"[^"]*"|''[^'']*''|0x[0-9a-f]+|[0-9a-f]{7,}|[0-9]+([.:,-][0-9]+)*',
      '#',
      'g'
    ),
    1,
    200
  ) AS signature,
  f.web_url
FROM metric_failures AS f
JOIN told AS l ON l.job_id = f.job_id
