-- Annotations of style error, with the build they are of.
--
-- There when annotations are loaded (--resources core,details). body_text is what a test reporter
-- or a script wrote: search it.
--
-- Grain: annotation of style error
-- Key: annotation_id
-- Columns:
--   annotation_id: The annotation; joins annotations.id.
--   job_id: Attempt it belongs to; NULL in the build's scope.
--   context: Name of the annotation within its build or job.
--   body_text: Body as plain text.
--   annotated_at: When it was created.
SELECT
  a.id AS annotation_id,
  b.organization_id,
  b.organization_slug,
  b.pipeline_id,
  b.pipeline_slug,
  b.build_id,
  b.build_number,
  b.branch_class,
  b.commit,
  b.state,
  b.is_settled,
  b.settled_at,
  a.job_id,
  a.context,
  a.body_text,
  a.created_at AS annotated_at,
  b.web_url
FROM annotations AS a
JOIN metric_build_classes AS b ON b.build_id = a.build_id
WHERE a.style = 'error'
