-- The manifest and the proof of an export, from the footer of its file.
--   duckdb -f examples/sql/proof_and_manifest.sql

CREATE OR REPLACE TEMP VIEW manifest AS
SELECT decode(value)::JSON AS m
FROM parquet_kv_metadata('out/inbox_conversations.parquet')
WHERE decode(key) = 'lemexport.manifest';

-- Whether the export is complete, and whether the file has as many rows as the manifest states.
SELECT (m->>'$.proof.complete')::BOOLEAN AS complete, m->>'$.proof.method' AS method,
       (m->>'$.simulated')::BOOLEAN AS simulated, (m->>'$.rows')::BIGINT AS rows,
       (SELECT count(*) FROM 'out/inbox_conversations.parquet') AS rows_found
FROM manifest;

-- The run.
SELECT m->>'$.run_id' AS run_id, (m->>'$.window.started_at')::TIMESTAMPTZ AS started,
       (m->>'$.window.finished_at')::TIMESTAMPTZ AS finished, m->>'$.content.sha256' AS sha256
FROM manifest;

-- Every row that was read is kept, is a duplicate, or is superseded by a newer version.
SELECT (m->>'$.proof.requests')::BIGINT AS requests, (m->>'$.proof.rows_read')::BIGINT AS rows_read,
       (m->>'$.proof.rows')::BIGINT AS kept, (m->>'$.proof.duplicates')::BIGINT AS duplicates,
       (m->>'$.proof.superseded')::BIGINT AS superseded
FROM manifest;

-- The names of users, from team_users beside the conversations. Without that file the
-- table is empty, and the queries show the ids.
SET VARIABLE team_users = (
  SELECT if(count(*) > 0,
    $$SELECT id, nullif(trim(name), '') AS name FROM 'out/team_users.parquet'$$,
    $$SELECT '' AS id, '' AS name WHERE false$$)
  FROM glob('out/team_users.parquet'));
CREATE OR REPLACE TEMP TABLE team_users AS FROM query(getvariable('team_users'));

-- What was read of each user.
SELECT coalesce(name, user_id) AS user, pages, rows_read, total_before, total_after, complete
FROM (SELECT u->>'$.user_id' AS user_id, (u->>'$.pages')::BIGINT AS pages, (u->>'$.rows_read')::BIGINT AS rows_read,
             (u->>'$.total_items_start')::BIGINT AS total_before, (u->>'$.total_items_end')::BIGINT AS total_after,
             (u->>'$.complete')::BOOLEAN AS complete
      FROM (SELECT unnest((m->'$.proof.users')::JSON[]) AS u FROM manifest))
LEFT JOIN team_users ON team_users.id = user_id
ORDER BY user_id;
