-- The spans of creation time whose builds are loaded.
--
-- Made of what each query of a build list has read. Between two spans of a list lies a gap: load it
-- with --since. Only queries for all builds of a list count, not those for open, finished or lost
-- ones.
--
-- Grain: build list, span
-- Key: organization_id, list, covered_from
-- Columns:
--   list: Organization slug, or organization and pipeline.
--   covered_from: Start of the span.
--   covered_to: End of the span.
--   gap_seconds: To the next span of the list; NULL after the last.
WITH loaded AS (
  SELECT
    organization_id,
    list,
    read_from AS span_from,
    created_to AS span_to
  FROM slices
  WHERE pass IN ('new', 'history', 'recheck')
), ordered AS (
  SELECT
    *,
    max(span_to) OVER (
      PARTITION BY organization_id, list ORDER BY span_from, span_to
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS covered_before
  FROM loaded
  WHERE span_from < span_to
), numbered AS (
  SELECT
    *,
    sum(CASE WHEN span_from <= covered_before THEN 0 ELSE 1 END) OVER (
      PARTITION BY organization_id, list ORDER BY span_from, span_to
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS span
  FROM ordered
), merged AS (
  SELECT
    organization_id, list, span, min(span_from) AS covered_from, max(span_to) AS covered_to
  FROM numbered
  GROUP BY 1, 2, 3
)
SELECT
  organization_id,
  list,
  covered_from,
  covered_to,
  seconds_between(
    covered_to,
    lead(covered_from) OVER (PARTITION BY organization_id, list ORDER BY covered_from)
  ) AS gap_seconds
FROM merged
